//! Runs the statements that all languages have.

use yieldfrom_delegation::{Error, Result};

use super::exception::Exception;
use super::expr::{Expr, To, Variable};
use super::session::{Session, Stopped};
use super::syntax::{Op, Raise, Stmt, Try};
use super::value::{Trouble, Value};

/// How a block ended, if not by an exception.
#[derive(Debug)]
pub(crate) enum Flow {
    Normal,
    Break,
    Continue,
    Return(Value),
}

/// Where the statements of one place are.
#[derive(Debug, Default)]
pub(crate) struct Position {
    /// The exceptions of the handlers that are being run, outermost first.
    handled: Vec<Error>,
    /// The line of the statement that is being run.
    pub(crate) line: usize,
}

/// An instance, or the outside, that runs statements.
pub(crate) trait Runner {
    type Action;
    /// The exceptions that a handler for `Exception` does not handle.
    const EXITS: &'static [&'static str];

    fn session(&self) -> &Session;
    fn position(&mut self) -> &mut Position;
    fn line(&self) -> usize;
    fn lookup(&self, variable: &Variable) -> Value;
    fn set(&mut self, variable: &Variable, value: Value);

    /// Writes what an `emit` says.
    fn emit(&self, text: &str) -> Result<()>;

    /// Runs a statement that the language adds.
    fn act(&mut self, action: &Self::Action) -> Result<Flow>;

    /// Returns the exception that a scenario sees in an error of the library.
    fn exception_of(&self, error: &Error) -> Exception;

    /// Makes an error that the library treats as the exception.
    fn error_of(&self, exception: Exception) -> Error;

    /// Returns how an operator's trouble is raised.
    fn trouble(&self, name: &str, text: &str) -> Exception;

    fn block(&mut self, statements: &[Stmt<Self::Action>]) -> Result<Flow> {
        for statement in statements {
            self.session().step()?;
            self.position().line = statement.line;
            match self.statement(&statement.op)? {
                Flow::Normal => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Normal)
    }

    fn statement(&mut self, op: &Op<Self::Action>) -> Result<Flow> {
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
                let holds = self.eval(cond)?.is_true();
                return self.block(if holds { then } else { otherwise });
            }
            Op::Action(action) => return self.act(action),
            Op::Raise(raise) => {
                let exception = self.exception(raise)?;
                return Err(self.error_of(exception));
            }
            Op::Reraise => {
                let handled = self.position().handled.last();
                return Err(handled.expect("checked when parsed").clone());
            }
            Op::Emit(args) => {
                let args: Vec<_> = self.eval_all(args)?.iter().map(Value::display).collect();
                self.emit(&args.join(" "))?;
            }
            Op::Let { to, value } => {
                let value = self.eval(value)?;
                self.set(to, value);
            }
        }
        Ok(Flow::Normal)
    }

    fn repeat(
        &mut self,
        times: Option<&Expr>,
        var: &To,
        body: &[Stmt<Self::Action>],
    ) -> Result<Flow> {
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

    fn try_statement(&mut self, statement: &Try<Self::Action>) -> Result<Flow> {
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

    fn handle(&mut self, statement: &Try<Self::Action>, error: Error) -> Result<Flow> {
        if error.is::<Stopped>() {
            return Err(error);
        }
        let exception = self.exception_of(&error);
        let handles = |name: &String| exception.is_handled_by(name, Self::EXITS);
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
        self.position().handled.push(error);
        let outcome = self.block(&handler.body);
        self.position().handled.pop();
        outcome
    }

    fn assign(&mut self, to: &To, value: Value) {
        if let Some(variable) = to {
            self.set(variable, value);
        }
    }

    fn eval(&self, expr: &Expr) -> Result<Value> {
        expr.eval(&|variable| self.lookup(variable))
            .map_err(|trouble| self.raise(trouble))
    }

    fn eval_all(&self, exprs: &[Expr]) -> Result<Vec<Value>> {
        exprs.iter().map(|expr| self.eval(expr)).collect()
    }

    fn raise(&self, trouble: Trouble) -> Error {
        let text = trouble.to_string();
        let name = match trouble {
            Trouble::BadOperand => "TypeError",
            Trouble::ZeroDivision => "ZeroDivisionError",
            Trouble::TooLarge(_) => return self.malformed(text),
        };
        self.error_of(self.trouble(name, &text))
    }

    fn exception(&self, raise: &Raise) -> Result<Exception> {
        let argument = raise.argument.as_ref().map(|argument| self.eval(argument));
        Ok(Exception::new(&raise.name, argument.transpose()?))
    }

    fn integer(&self, expr: &Expr, what: &str) -> Result<i64> {
        match self.eval(expr)? {
            Value::Int(n) => Ok(n),
            value => Err(self.malformed(format!("'{what}' must be an integer, not {value}"))),
        }
    }

    fn malformed(&self, message: impl Into<String>) -> Error {
        self.session().malformed(self.line(), message)
    }
}
