//! The operations on the generator in a slot: each prints its outcome, and raises nothing.

use std::fmt;

use yieldfrom_delegation::{Error, GeneratorState, Result, State};

use super::body::{Frame, ScenarioGenerator};
use super::exception::{into_error, of_error};
use super::player::Slot;
use super::syntax::Operation;
use crate::language::exception::Exception;
use crate::language::expr::Expr;
use crate::language::run::Runner;
use crate::language::session::Stopped;
use crate::language::value::Value;

/// What an operation on a generator comes to.
type Outcome = Result<GeneratorState<Value, Value>>;

impl Frame<'_> {
    /// Performs an operation, and returns what its `to` takes.
    ///
    /// The handle that it takes from the slot lives until the outcome is printed.
    pub(crate) fn operate(&mut self, slot: &Expr, operation: &Operation) -> Result<Value> {
        let slot = &*self.slot_name(slot)?;
        let generator = || self.generator(slot);
        match operation {
            Operation::Next => {
                let generator = generator()?;
                self.print_outcome(slot, generator.next())
            }
            Operation::Send(value) => {
                let value = self.eval(value)?;
                let generator = generator()?;
                let outcome = if value == Value::None {
                    generator.next()
                } else {
                    generator.send(value)
                };
                self.print_outcome(slot, outcome)
            }
            Operation::Throw(raise) => {
                let error = into_error(self.exception(raise)?);
                let generator = generator()?;
                self.print_outcome(slot, generator.throw(error))
            }
            Operation::Close => {
                let generator = generator()?;
                self.print_end(slot, "closed", generator.close())
            }
            Operation::State => {
                let state = state_name(generator()?.state());
                self.print(slot, format_args!("state {state}"))
            }
            Operation::Exhaust { limit } => {
                let limit = limit
                    .as_ref()
                    .map(|limit| self.integer(limit, "limit"))
                    .transpose()?;
                self.exhaust(slot, &generator()?, limit)
            }
        }
    }

    fn generator(&self, slot: &str) -> Result<ScenarioGenerator> {
        match self.world.slot(slot) {
            Some(Slot::Generator(generator)) => Ok(generator),
            Some(Slot::Items(_)) => {
                Err(self.malformed(format!("slot '{slot}' holds a plain iterator")))
            }
            None => Err(self.malformed(format!("slot '{slot}' is empty"))),
        }
    }

    fn exhaust(
        &self,
        slot: &str,
        generator: &ScenarioGenerator,
        limit: Option<i64>,
    ) -> Result<Value> {
        for round in 0.. {
            if limit.is_some_and(|limit| round >= limit) {
                return self.print(slot, format_args!("stop"));
            }
            match generator.next() {
                Ok(GeneratorState::Yielded(item)) => {
                    drop(self.print(slot, format_args!("item {item}"))?)
                }
                Ok(GeneratorState::Complete(_)) => break,
                Err(error) if had_ended(&error) => break,
                Err(error) => return self.print_end(slot, "", Err(error)),
            }
        }
        self.print(slot, format_args!("end"))
    }

    fn print_outcome(&self, slot: &str, outcome: Outcome) -> Result<Value> {
        match outcome {
            Ok(GeneratorState::Yielded(value)) => {
                self.print(slot, format_args!("yield {value}"))?;
                Ok(value)
            }
            Ok(GeneratorState::Complete(value)) => self.print(slot, format_args!("return {value}")),
            Err(error) if had_ended(&error) => self.print(slot, format_args!("return None")),
            Err(error) => self.print_end(slot, "", Err(error)),
        }
    }

    /// Prints `good`, or the exception.
    fn print_end(&self, slot: &str, good: &str, outcome: Result<()>) -> Result<Value> {
        match outcome {
            Ok(()) => self.print(slot, format_args!("{good}")),
            Err(error) if error.is::<Stopped>() => Err(error),
            Err(error) => self.print(slot, format_args!("raise {}", of_error(&error))),
        }
    }

    fn print(&self, slot: &str, outcome: fmt::Arguments<'_>) -> Result<Value> {
        self.world
            .session
            .trace(format_args!("{slot}: {outcome}"))?;
        Ok(Value::None)
    }
}

/// Returns whether a generator had ended before the operation. A thrown `StopIteration` has an
/// exception inside.
fn had_ended(error: &Error) -> bool {
    error.is_finished() && !error.is::<Exception>()
}

fn state_name(state: State) -> &'static str {
    match state {
        State::Created => "CREATED",
        State::Running => "RUNNING",
        State::Suspended => "SUSPENDED",
        State::Closed => "CLOSED",
    }
}
