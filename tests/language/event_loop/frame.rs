//! Runs statements: a coroutine's inside a coroutine of the library, those of main and of callbacks
//! outside.

use std::collections::HashMap;
use std::rc::Rc;

use yieldfrom::{Co, Coroutine, CoroutineBuilder, DeadlockError, Error, Result, sleep_with};

use super::exception::{for_futures, into_error, of_error};
use super::player::World;
use super::syntax::{Action, Awaited, When};
use super::thing::Thing;
use crate::language::exception::Exception;
use crate::language::expr::{Expr, To, Variable};
use crate::language::run::{Flow, Position, Runner};
use crate::language::session::{Session, Stopped};
use crate::language::syntax::{Block, Call, Stmt};
use crate::language::value::Value;

/// The label of what is no coroutine.
const NO_LABEL: &str = "-";

type Variables = HashMap<Rc<str>, Value>;

/// The variables of one place, and what its statements need to run.
pub(crate) struct Frame<'a> {
    pub(crate) world: &'a Rc<World>,
    /// Absent in main and in callbacks.
    co: Option<&'a Co>,
    label: Rc<str>,
    variables: Variables,
    position: Position,
}

impl Runner for Frame<'_> {
    type Action = Action;
    const EXITS: &'static [&'static str] = &["CancelledError", "GeneratorExit"];

    fn session(&self) -> &Session {
        &self.world.session
    }

    fn position(&mut self) -> &mut Position {
        &mut self.position
    }

    fn line(&self) -> usize {
        self.position.line
    }

    fn lookup(&self, variable: &Variable) -> Value {
        match variable {
            Variable::Local(name) => self.variables.get(name).cloned(),
            Variable::Global(name) => self.world.variables.borrow().get(name).cloned(),
        }
        .unwrap_or_default()
    }

    fn set(&mut self, variable: &Variable, value: Value) {
        match variable {
            Variable::Local(name) => self.variables.insert(name.clone(), value),
            Variable::Global(name) => {
                let mut variables = self.world.variables.borrow_mut();
                variables.insert(name.clone(), value)
            }
        };
    }

    fn emit(&self, text: &str) -> Result<()> {
        self.world.emit(&self.label, format_args!("{text}"))
    }

    fn act(&mut self, action: &Action) -> Result<Flow> {
        match action {
            Action::Composite(composite) => return self.composite(composite),
            Action::Future(action) => self.on_future(action)?,
            Action::Sleep { delay, value, to } => self.sleep(delay, value.as_ref(), to)?,
            Action::Call { call, to } => {
                let coroutine = self.instance(call, self.label.clone(), Role::Called)?;
                let result = self.co().yield_from(coroutine)?;
                self.assign(to, result);
            }
            Action::Spawn { call, name } => {
                let name = self.name(name)?;
                let coroutine = self.instance(call, name.clone(), Role::Task)?;
                let task = self.world.event_loop.create_task(coroutine);
                self.world.name(name, Thing::Future(task.into()));
            }
            Action::Await { future, to } => {
                let result = self.await_named(future)?;
                self.assign(to, result);
            }
            Action::Make { kind, name } => self.make(kind, name)?,
            Action::Do { object, method, to } => {
                let result = self.call_method(object, method)?;
                self.assign(to, result);
            }
            _ => self.on_loop(action)?,
        }
        Ok(Flow::Normal)
    }

    fn exception_of(&self, error: &Error) -> Exception {
        of_error(error)
    }

    fn error_of(&self, exception: Exception) -> Error {
        into_error(exception)
    }

    fn trouble(&self, name: &str, _: &str) -> Exception {
        Exception::new(name, None)
    }
}

/// What a coroutine is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Another one delegates to it.
    Called,
    /// It becomes a task.
    Task,
}

impl<'a> Frame<'a> {
    pub(crate) fn main(world: &'a Rc<World>) -> Self {
        Self::outside(world, HashMap::new())
    }

    fn outside(world: &'a Rc<World>, variables: Variables) -> Self {
        Self {
            world,
            co: None,
            label: NO_LABEL.into(),
            variables,
            position: Position::default(),
        }
    }

    /// Runs the statements of main.
    pub(crate) fn run_main(&mut self) -> Result<()> {
        let world = self.world;
        self.run_outside(&world.program.outside, "main")
    }

    /// Runs statements that nobody is there to take exceptions from.
    fn run_outside(&mut self, block: &[Stmt<Action>], what: &str) -> Result<()> {
        match self.block(block) {
            Err(error) if !error.is::<Stopped>() => {
                Err(self.malformed(format!("{} leaves {what}", of_error(&error))))
            }
            outcome => outcome.map(drop),
        }
    }

    /// Returns the coroutine that the statements are run in.
    pub(crate) fn co(&self) -> &'a Co {
        self.co.expect("checked when parsed")
    }

    /// Makes an instance; nothing of its body runs.
    pub(crate) fn instance(
        &self,
        call: &Call,
        label: Rc<str>,
        role: Role,
    ) -> Result<Coroutine<Value>> {
        let args = self.eval_all(&call.args)?;
        let world = self.world.clone();
        let function = world.program.functions[&call.function].clone();
        let builder = CoroutineBuilder::new().name(function.name.clone());
        Ok(builder.build(move |co| {
            let mut frame = Frame {
                world: &world,
                co: Some(co),
                label,
                variables: function.params.iter().cloned().zip(args).collect(),
                position: Position::default(),
            };
            let outcome = frame.block(&function.body);
            world.stop_loop();
            match outcome {
                Ok(Flow::Return(value)) => Ok(value),
                Ok(_) => Ok(Value::None),
                Err(error) if role == Role::Task => Err(for_futures(error)),
                Err(error) => Err(error),
            }
        }))
    }

    /// Makes the function that runs a callback's statements, with variables as they are now.
    pub(crate) fn callback(&self, body: &Block<Action>) -> impl FnOnce() + use<> {
        let (world, body) = (self.world.clone(), body.clone());
        let variables = self.variables.clone();
        move || {
            // That it fails is known to the session, and there is nobody else to tell.
            let _ = Frame::outside(&world, variables).run_outside(&body, "a callback");
            world.stop_loop();
        }
    }

    fn sleep(&mut self, delay: &Expr, value: Option<&Expr>, to: &To) -> Result<()> {
        let delay = self.duration(delay, "delay")?;
        let value = value.map_or(Ok(Value::None), |value| self.eval(value))?;
        let result = self.co().yield_from(sleep_with(delay, value))?;
        self.assign(to, result);
        Ok(())
    }

    /// Runs a statement that is about the loop and its callbacks.
    fn on_loop(&mut self, action: &Action) -> Result<()> {
        match action {
            Action::Run(awaited) => self.run(awaited)?,
            Action::RunForever => {
                let outcome = self.world.event_loop.run_forever();
                self.check_run(outcome.as_ref().err())?;
                self.emit("stopped")?;
            }
            Action::Stop => self.world.event_loop.stop(),
            Action::Time(to) => {
                let now = Value::Int(self.world.now());
                self.assign(to, now);
            }
            Action::Schedule { when, body, name } => {
                let name = name.as_ref().map(|name| self.name(name)).transpose()?;
                let handle = self.schedule(when, body)?;
                if let Some(name) = name {
                    self.world.name(name, handle);
                }
            }
            Action::CancelHandle(handle) => match self.thing(handle)? {
                Thing::Handle(handle) => handle.cancel(),
                Thing::Timer(handle) => handle.cancel(),
                thing => return Err(self.unexpected("a handle", thing.kind())),
            },
            _ => unreachable!("the other statements are run elsewhere"),
        }
        Ok(())
    }

    fn run(&mut self, awaited: &Awaited) -> Result<()> {
        let outcome = match awaited {
            Awaited::Coroutine { call, .. } => {
                let main = self.instance(call, "main".into(), Role::Task)?;
                self.world.event_loop.run_until_complete(main)
            }
            Awaited::Future(future) => {
                let future = self.future(future)?;
                self.world.event_loop.run_until_complete(&future)
            }
        };
        self.check_run(outcome.as_ref().err())?;
        match outcome {
            Ok(value) => self.emit(&format!("return {value}")),
            Err(error) => self.emit(&format!("raise {}", of_error(&error))),
        }
    }

    /// Complains about a run that would have waited for ever.
    fn check_run(&self, error: Option<&Error>) -> Result<()> {
        if self.session().is_stopped() {
            return Err(Error::new(Stopped));
        }
        match error {
            Some(error) if error.is::<DeadlockError>() => {
                Err(self.malformed("the run waits for what never comes"))
            }
            _ => Ok(()),
        }
    }

    fn schedule(&self, when: &When, body: &Block<Action>) -> Result<Thing> {
        let event_loop = &self.world.event_loop;
        let now = self.world.now();
        let when = match when {
            When::Soon => {
                return Ok(Thing::Handle(event_loop.call_soon(self.callback(body))?));
            }
            When::Later(delay) => now.checked_add(self.integer(delay, "delay")?),
            When::At(when) => Some(self.integer(when, "when")?),
        };
        let when = when.and_then(|when| self.world.loop_time(when));
        let when = when.ok_or_else(|| self.malformed("a time is too late"))?;
        Ok(Thing::Timer(event_loop.call_at(when, self.callback(body))?))
    }
}
