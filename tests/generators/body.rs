//! Runs statements: a body's inside a generator of the library, and the driver's outside.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use yieldfrom_delegation::{Builder, Error, Generator, Result, iter};

use super::exception::Exception;
use super::player::{Co, Slot, Stopped, Unwinding, World};
use super::syntax::{Call, Expr, Function, Name, Op, Raise, Source, Stmt, To, Try};
use super::value::{Trouble, Value};

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

/// How a block ended, if not by an exception.
#[derive(Debug)]
enum Flow {
    Normal,
    Break,
    Continue,
    Return(Value),
}

/// The variables of one instance, and what its statements need to run.
pub(crate) struct Frame<'a> {
    pub(crate) world: &'a Rc<World>,
    /// Absent in the driver.
    co: Option<&'a Co>,
    variables: HashMap<Name, Value>,
    /// The exceptions of the handlers that are being run, outermost first.
    handled: Vec<Error>,
    /// The line of the statement that is being run.
    pub(crate) line: usize,
}

/// Makes an instance; nothing of its body runs.
fn instance(world: &Rc<World>, function: &Rc<Function>, args: Vec<Value>) -> ScenarioGenerator {
    let (world, function) = (world.clone(), function.clone());
    Builder::new().name(function.name.clone()).build(move |co| {
        let variables = function.params.iter().cloned().zip(args).collect();
        let mut frame = Frame {
            world: &world,
            co: Some(co),
            variables,
            handled: Vec::new(),
            line: 0,
        };
        match frame.block(&function.body)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::None),
        }
    })
}

impl<'a> Frame<'a> {
    pub(crate) fn driver(world: &'a Rc<World>) -> Self {
        Self {
            world,
            co: None,
            variables: HashMap::new(),
            handled: Vec::new(),
            line: 0,
        }
    }

    /// Runs the driver's statements.
    pub(crate) fn run_driver(&mut self) -> Result<()> {
        let drive = self.world.scenario.drive.clone();
        match self.block(&drive) {
            Err(error) if !error.is::<Stopped>() => {
                let exception = Exception::of(&error);
                Err(self
                    .world
                    .malformed(self.line, format!("{exception} in the driver")))
            }
            outcome => outcome.map(drop),
        }
    }

    fn block(&mut self, statements: &[Stmt]) -> Result<Flow> {
        for statement in statements {
            self.world.step()?;
            self.line = statement.line;
            match self.statement(&statement.op)? {
                Flow::Normal => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Normal)
    }

    fn statement(&mut self, op: &Op) -> Result<Flow> {
        match op {
            Op::Return(value) => return Ok(Flow::Return(self.eval(value)?)),
            Op::Break => return Ok(Flow::Break),
            Op::Continue => return Ok(Flow::Continue),
            Op::Try(statement) => return self.try_statement(statement),
            Op::Repeat { times, var, body } => return self.repeat(times.as_ref(), var, body),
            Op::If {
                cond,
                then,
                otherwise,
            } => {
                let branch = if self.eval(cond)?.is_true() {
                    then
                } else {
                    otherwise
                };
                return self.block(branch);
            }
            _ => self.simple_statement(op)?,
        }
        Ok(Flow::Normal)
    }

    /// Runs a statement that contains none.
    fn simple_statement(&mut self, op: &Op) -> Result<()> {
        match op {
            Op::Yield { value, to } => {
                let value = self.eval(value)?;
                let sent = self.yield_value(value)?;
                self.assign(to, sent);
            }
            Op::From { source, to } => {
                let result = self.delegate(source)?;
                self.assign(to, result);
            }
            Op::Raise(raise) => return Err(self.exception(raise)?.into_error()),
            Op::Reraise => return Err(self.handled.last().expect("checked when parsed").clone()),
            Op::Emit(args) => {
                let args: Vec<_> = self.eval_all(args)?.iter().map(Value::display).collect();
                let space = if args.is_empty() { "" } else { " " };
                self.world
                    .trace(format_args!("emit{space}{}", args.join(" ")))?;
            }
            Op::Let { to, value } => {
                let value = self.eval(value)?;
                self.assign(&Some(to.clone()), value);
            }
            Op::Operate {
                slot,
                operation,
                to,
            } => {
                let value = self.operate(slot, operation)?;
                self.assign(to, value);
            }
            _ => self.slot_statement(op)?,
        }
        Ok(())
    }

    /// Runs a statement that fills or empties a slot.
    fn slot_statement(&mut self, op: &Op) -> Result<()> {
        match op {
            Op::New { call, slot } => {
                let generator = self.call(call)?;
                let slot = self.slot_name(slot)?;
                self.world.fill(&slot, Slot::Generator(generator));
            }
            Op::Iter { items, slot } => {
                let items = self.items(items)?;
                let slot = self.slot_name(slot)?;
                self.world.fill(&slot, Slot::Items(items));
            }
            Op::Del(slot) => {
                let slot = self.slot_name(slot)?;
                if !self.world.empty(&slot) {
                    return Err(self.malformed(format!("slot '{slot}' is empty")));
                }
            }
            _ => unreachable!("the other statements are run elsewhere"),
        }
        Ok(())
    }

    fn repeat(&mut self, times: Option<&Expr>, var: &To, body: &[Stmt]) -> Result<Flow> {
        let times = match times {
            None => i64::MAX,
            Some(times) => self.integer(times, "times")?,
        };
        for round in 0..times {
            self.assign(var, Value::Int(round));
            match self.block(body)? {
                Flow::Normal | Flow::Continue => {}
                Flow::Break => break,
                flow @ Flow::Return(_) => return Ok(flow),
            }
        }
        Ok(Flow::Normal)
    }

    fn try_statement(&mut self, statement: &Try) -> Result<Flow> {
        let outcome = match self.block(&statement.body) {
            Ok(Flow::Normal) => self.block(&statement.otherwise),
            Ok(flow) => Ok(flow),
            Err(error) => self.handle(statement, error),
        };
        // The parser has made sure that a `finally` is left in two ways only: at its end, or by an
        // exception.
        self.block(&statement.finally)?;
        outcome
    }

    fn handle(&mut self, statement: &Try, error: Error) -> Result<Flow> {
        if error.is::<Stopped>() {
            return Err(error);
        }
        let exception = Exception::of(&error);
        let handles = |name: &String| exception.is_handled_by(name);
        let Some(handler) = statement
            .handlers
            .iter()
            .find(|handler| handler.names.iter().any(handles))
        else {
            return Err(error);
        };
        if handler.to.is_some() {
            self.assign(&handler.to, Value::from(exception.to_string()));
        }
        self.handled.push(error);
        let outcome = self.block(&handler.body);
        self.handled.pop();
        outcome
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
            &world.scenario.functions[&call.function],
            args,
        ))
    }
}

/// Expressions.
impl Frame<'_> {
    pub(crate) fn assign(&mut self, to: &To, value: Value) {
        if let Some(name) = to {
            self.variables.insert(name.clone(), value);
        }
    }

    pub(crate) fn eval(&self, expr: &Expr) -> Result<Value> {
        match expr {
            Expr::Value(value) => Ok(value.clone()),
            Expr::Var(name) => Ok(self.variables.get(name).cloned().unwrap_or_default()),
            Expr::List(items) => {
                Value::list(self.eval_all(items)?).map_err(|trouble| self.raise(&trouble))
            }
            Expr::Binary(operator, operands) => {
                let a = self.eval(&operands.0)?;
                let b = self.eval(&operands.1)?;
                operator
                    .apply(&a, &b)
                    .map_err(|trouble| self.raise(&trouble))
            }
        }
    }

    fn eval_all(&self, exprs: &[Expr]) -> Result<Vec<Value>> {
        exprs.iter().map(|expr| self.eval(expr)).collect()
    }

    fn raise(&self, trouble: &Trouble) -> Error {
        match Exception::of_trouble(trouble) {
            Ok(exception) => exception.into_error(),
            Err(what) => self.malformed(what),
        }
    }

    pub(crate) fn exception(&self, raise: &Raise) -> Result<Exception> {
        let argument = raise
            .argument
            .as_ref()
            .map(|argument| self.eval(argument))
            .transpose()?;
        Ok(Exception::new(&raise.name, argument))
    }

    pub(crate) fn integer(&self, expr: &Expr, what: &str) -> Result<i64> {
        match self.eval(expr)? {
            Value::Int(n) => Ok(n),
            value => Err(self.malformed(format!("'{what}' must be an integer, not {value}"))),
        }
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

    pub(crate) fn malformed(&self, message: impl Into<String>) -> Error {
        self.world.malformed(self.line, message)
    }
}
