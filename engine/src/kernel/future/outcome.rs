//! What a future has ended with: how it is shown, cloned and moved out.

use std::cell::Cell;
use std::mem;

use super::{FutureData, FutureState};
use crate::errors::InvalidStateError;
use crate::kernel::event_loop::Place;
use yieldfrom_delegation::{Error, Result};

/// What a future has ended with.
pub(super) enum Outcome<T> {
    /// Nothing yet, or it is shown to code of the program just now.
    None,
    Ended(Result<T>),
    /// The result was moved out at this line.
    Taken(Place),
}

impl<T> Default for Outcome<T> {
    #[inline(always)]
    fn default() -> Self {
        Self::None
    }
}

impl<T: 'static> FutureData<T> {
    /// Fails if the future is pending or cancelled.
    fn check_finished(&self, operation: &str) -> Result<()> {
        match self.state() {
            FutureState::Finished => Ok(()),
            FutureState::Cancelled => Err(Error::cancelled()),
            FutureState::Pending => Err(InvalidStateError::new(format!(
                "{operation}: the future is not done; wait for it by yield_from first"
            ))
            .into()),
        }
    }

    /// Shows the result to `look`, and returns what that returns.
    pub(crate) fn read<R>(&self, operation: &str, look: impl FnOnce(&T) -> R) -> Result<R> {
        self.check_finished(operation)?;
        self.unseen.set(false);
        // It is put back even if the look panics.
        let lent = Lent::of(&self.outcome);
        match &lent.value {
            Outcome::Ended(Ok(value)) => Ok(look(value)),
            Outcome::Ended(Err(error)) => Err(error.clone()),
            Outcome::Taken(at) => Err(taken(operation, at)),
            Outcome::None => Err(lent_out(operation)),
        }
    }

    /// Moves the result out, on behalf of a line of the program.
    #[inline]
    pub(crate) fn take(&self, operation: &str, at: Place) -> Result<T> {
        self.check_finished(operation)?;
        self.unseen.set(false);
        match self.outcome.replace(Outcome::Taken(at)) {
            Outcome::Ended(Ok(value)) => Ok(value),
            other => Err(self.keep(operation, other)),
        }
    }

    /// Puts back what is no result that could be moved out, and returns the error that says so.
    #[cold]
    fn keep(&self, operation: &str, outcome: Outcome<T>) -> Error {
        let error = match &outcome {
            Outcome::Ended(Err(error)) => error.clone(),
            Outcome::Taken(at) => taken(operation, at),
            Outcome::Ended(Ok(_)) | Outcome::None => lent_out(operation),
        };
        self.outcome.set(outcome);
        error
    }

    /// Returns the error it has ended with, if any.
    pub(crate) fn exception(&self, operation: &str) -> Result<Option<Error>> {
        self.check_finished(operation)?;
        self.unseen.set(false);
        Ok(self.peek_error())
    }

    /// Returns the error it has ended with, if any, and still counts it as unseen.
    pub(crate) fn peek_error(&self) -> Option<Error> {
        let outcome = self.outcome.take();
        let error = match &outcome {
            Outcome::Ended(Err(error)) => Some(error.clone()),
            _ => None,
        };
        self.outcome.set(outcome);
        error
    }
}

/// A value that was taken out of its cell to be looked at, and is put back when this is dropped.
pub(crate) struct Lent<'a, V: Default> {
    cell: &'a Cell<V>,
    pub(crate) value: V,
}

impl<'a, V: Default> Lent<'a, V> {
    #[inline(always)]
    pub(crate) fn of(cell: &'a Cell<V>) -> Self {
        let value = cell.take();
        Self { cell, value }
    }
}

impl<V: Default> Drop for Lent<'_, V> {
    #[inline(always)]
    fn drop(&mut self) {
        self.cell.set(mem::take(&mut self.value));
    }
}

#[cold]
fn taken(operation: &str, at: Place) -> Error {
    InvalidStateError::new(format!(
        "{operation}: the result was moved out at {}:{}; to keep it there, use the future by reference, such \
         as `co.yield_from(&future)`, which clones the result",
        at.file(),
        at.line()
    ))
    .into()
}

#[cold]
fn lent_out(operation: &str) -> Error {
    let why = format!("{operation}: the result is being cloned; ask again when that is over");
    InvalidStateError::new(why).into()
}
