//! Runs statements: a body's inside a generator of the library, and the driver's outside.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use yieldfrom_delegation::{Builder, Error, Generator, Result, iter};

use super::exception::{into_error, of_error};
use super::player::{Co, Slot, Unwinding, World};
use super::syntax::{Action, Source};
use crate::language::exception::Exception;
use crate::language::expr::{Expr, Variable};
use crate::language::run::{Flow, Position, Runner};
use crate::language::session::{Session, Stopped};
use crate::language::syntax::{Call, Function};
use crate::language::value::Value;

pub(crate) type ScenarioGenerator = Generator<Value, Value, Value>;

/// A plain iterator over a list. Whoever shares it advances it for all, and it stays ended.
pub(crate) struct Items {
    items: Rc<[Value]>,
    at: Cell<usize>,
}

impl Items {
    fn advance(&self) -> Option<Value> {
        let item = self.items.get(self.at.get())?;
        self.at.set(self.at.get() + 1);
        Some(item.clone())
    }
}

/// The variables of one instance, and what its statements need to run.
pub(crate) struct Frame<'a> {
    pub(crate) world: &'a Rc<World>,
    /// Absent in the driver.
    co: Option<&'a Co>,
    variables: HashMap<Rc<str>, Value>,
    position: Position,
}

/// Makes an instance; nothing of its body runs.
fn instance(
    world: &Rc<World>,
    function: &Rc<Function<Action>>,
    args: Vec<Value>,
) -> ScenarioGenerator {
    let (world, function) = (world.clone(), function.clone());
    Builder::new().name(function.name.clone()).build(move |co| {
        let mut frame = Frame {
            world: &world,
            co: Some(co),
            variables: function.params.iter().cloned().zip(args).collect(),
            position: Position::default(),
        };
        match frame.block(&function.body)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::None),
        }
    })
}

impl Runner for Frame<'_> {
    type Action = Action;
    const EXITS: &'static [&'static str] = &["GeneratorExit"];

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
            Variable::Local(name) => self.variables.get(name).cloned().unwrap_or_default(),
            Variable::Global(_) => unreachable!("generators have none"),
        }
    }

    fn set(&mut self, variable: &Variable, value: Value) {
        match variable {
            Variable::Local(name) => drop(self.variables.insert(name.clone(), value)),
            Variable::Global(_) => unreachable!("generators have none"),
        }
    }

    fn emit(&self, text: &str) -> Result<()> {
        let space = if text.is_empty() { "" } else { " " };
        self.session().trace(format_args!("emit{space}{text}"))
    }

    fn act(&mut self, action: &Action) -> Result<Flow> {
        match action {
            Action::Yield { value, to } => {
                let value = self.eval(value)?;
                let sent = self.yield_value(value)?;
                self.assign(to, sent);
            }
            Action::From { source, to } => {
                let result = self.delegate(source)?;
                self.assign(to, result);
            }
            Action::Operate {
                slot,
                operation,
                to,
            } => {
                let value = self.operate(slot, operation)?;
                self.assign(to, value);
            }
            _ => self.slot_action(action)?,
        }
        Ok(Flow::Normal)
    }

    fn exception_of(&self, error: &Error) -> Exception {
        of_error(error)
    }

    fn error_of(&self, exception: Exception) -> Error {
        into_error(exception)
    }

    fn trouble(&self, name: &str, text: &str) -> Exception {
        Exception::with_text(name, text)
    }
}

impl<'a> Frame<'a> {
    pub(crate) fn driver(world: &'a Rc<World>) -> Self {
        Self {
            world,
            co: None,
            variables: HashMap::new(),
            position: Position::default(),
        }
    }

    /// Runs the driver's statements.
    pub(crate) fn run_driver(&mut self) -> Result<()> {
        let world = self.world;
        match self.block(&world.program.outside) {
            Err(error) if !error.is::<Stopped>() => {
                let exception = of_error(&error);
                Err(self.malformed(format!("{exception} in the driver")))
            }
            outcome => outcome.map(drop),
        }
    }

    /// Runs a statement that fills or empties a slot.
    fn slot_action(&mut self, action: &Action) -> Result<()> {
        match action {
            Action::New { call, slot } => {
                let generator = self.call(call)?;
                let slot = self.slot_name(slot)?;
                self.world.fill(&slot, Slot::Generator(generator));
            }
            Action::Iter { items, slot } => {
                let items = self.items(items)?;
                let slot = self.slot_name(slot)?;
                self.world.fill(&slot, Slot::Items(items));
            }
            Action::Del(slot) => {
                let slot = self.slot_name(slot)?;
                if !self.world.empty(&slot) {
                    return Err(self.malformed(format!("slot '{slot}' is empty")));
                }
            }
            _ => unreachable!("the other statements are run elsewhere"),
        }
        Ok(())
    }

    fn yield_value(&self, value: Value) -> Result<Value> {
        let _unwinding = Unwinding(self.world);
        self.co.expect("checked when parsed").yield_(value)
    }

    fn delegate(&mut self, source: &Source) -> Result<Value> {
        let items = match source {
            Source::Items(items) => self.items(items)?,
            Source::Call(call) => {
                let generator = self.call(call)?;
                return self.delegate_to_generator(generator);
            }
            Source::Slot(slot) => match self.slot(slot)? {
                Slot::Generator(generator) => return self.delegate_to_generator(generator),
                Slot::Items(items) => items,
            },
        };
        let co = self.co.expect("checked when parsed");
        let _unwinding = Unwinding(self.world);
        co.yield_from(iter(std::iter::from_fn(move || items.advance())))
            .map(|()| Value::None)
    }

    fn delegate_to_generator(&self, generator: ScenarioGenerator) -> Result<Value> {
        let co = self.co.expect("checked when parsed");
        let _unwinding = Unwinding(self.world);
        match co.yield_from(generator) {
            // No body lets a StopIteration out. This one says that the generator had ended before;
            // if it was thrown in then, its argument is taken for the result, in CPython too.
            Err(error) if error.is_finished() => Ok(error
                .downcast_ref::<Exception>()
                .and_then(|thrown| thrown.argument.clone())
                .unwrap_or_default()),
            outcome => outcome,
        }
    }

    fn call(&mut self, call: &Call) -> Result<ScenarioGenerator> {
        let args = self.eval_all(&call.args)?;
        let world = self.world;
        Ok(instance(
            world,
            &world.program.functions[&call.function],
            args,
        ))
    }

    fn items(&self, expr: &Expr) -> Result<Rc<Items>> {
        match self.eval(expr)? {
            Value::List(list) => Ok(Rc::new(Items {
                items: list.items().clone(),
                at: Cell::new(0),
            })),
            value => Err(self.malformed(format!("an iterator needs a list, not {value}"))),
        }
    }

    pub(crate) fn slot_name(&self, expr: &Expr) -> Result<Rc<str>> {
        match self.eval(expr)? {
            Value::Str(name) => Ok(name),
            value => Err(self.malformed(format!("a slot's name must be a string, not {value}"))),
        }
    }

    fn slot(&self, expr: &Expr) -> Result<Slot> {
        let name = self.slot_name(expr)?;
        self.world
            .slot(&name)
            .ok_or_else(|| self.malformed(format!("slot '{name}' is empty")))
    }
}
