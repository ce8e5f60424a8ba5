//! Runs the statements about one future.

use yieldfrom::{Future, Result};

use super::exception::{for_futures, into_error, of_error};
use super::frame::Frame;
use super::syntax::{FutureAction, What};
use super::thing::Thing;
use crate::language::expr::Expr;
use crate::language::run::Runner;
use crate::language::value::Value;

impl Frame<'_> {
    pub(crate) fn on_future(&mut self, action: &FutureAction) -> Result<()> {
        match action {
            FutureAction::Make(name) => {
                let future = self.world.event_loop.create_future();
                self.world.name(self.name(name)?, Thing::Future(future));
            }
            FutureAction::SetResult { future, value } => {
                let future = self.future(future)?;
                future.set_result(self.eval(value)?)?;
            }
            FutureAction::SetException { future, raise } => {
                let future = self.future(future)?;
                let exception = into_error(self.exception(raise)?);
                future.set_exception(for_futures(exception))?;
            }
            FutureAction::Cancel { future, to } => {
                let cancelled = self.future(future)?.cancel();
                self.assign(to, Value::Int(cancelled.into()));
            }
            FutureAction::Get { future, what, to } => {
                let value = get(&self.future(future)?, *what)?;
                self.assign(to, value);
            }
            _ => self.on_done(action)?,
        }
        Ok(())
    }

    /// Adds or removes a done callback.
    fn on_done(&mut self, action: &FutureAction) -> Result<()> {
        match action {
            FutureAction::OnDone { future, body, name } => {
                let callback = self.callback(body);
                let id = self.future(future)?.add_done_callback(|_| callback());
                if let Some(name) = name {
                    self.world.name(self.name(name)?, Thing::Callback(id));
                }
            }
            FutureAction::RemoveOnDone {
                future,
                callback,
                to,
            } => {
                let future = self.future(future)?;
                let removed = match self.thing(callback)? {
                    Thing::Callback(id) => future.remove_done_callback(&id),
                    thing => return Err(self.unexpected("a callback", thing.kind())),
                };
                self.assign(to, Value::Int(i64::try_from(removed).unwrap_or(i64::MAX)));
            }
            _ => unreachable!("the other statements are run elsewhere"),
        }
        Ok(())
    }

    /// Waits for a future, or for what the next one to be done came to.
    pub(crate) fn await_named(&self, name: &Expr) -> Result<Value> {
        match self.thing(name)? {
            Thing::Future(future) => self.co().yield_from(&future),
            Thing::Round(round) => match round.take() {
                Some(round) => self.co().yield_from(round),
                None => Err(self.malformed("an awaitable is awaited again")),
            },
            thing => Err(self.unexpected("what can be awaited", thing.kind())),
        }
    }
}

fn get(future: &Future<Value>, what: What) -> Result<Value> {
    Ok(match what {
        What::Result => future.result()?,
        What::Exception => match future.exception()? {
            Some(error) => Value::from(of_error(&error).to_string()),
            None => Value::None,
        },
        What::Done => Value::Int(future.done().into()),
        What::Cancelled => Value::Int(future.cancelled().into()),
    })
}
