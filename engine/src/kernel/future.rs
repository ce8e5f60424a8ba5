//! Futures: results that are not there yet.

mod any;
mod callbacks;
mod composite;
mod done_callback;
mod handle;
mod outcome;
mod reason;
mod shared_callback;
mod traits;
mod waitable;
mod waiter;

use std::cell::Cell;
use std::panic::Location;
use std::rc::Rc;

pub(crate) use any::{AnyFuture, FutureObject};
pub(crate) use callbacks::{CallbackList, Callbacks};
pub(crate) use composite::Composite;
pub use done_callback::CallbackId;
pub use handle::Future;
pub(crate) use handle::not_awaited;
pub(crate) use outcome::Lent;
use outcome::Outcome;
pub use reason::WaitKind;
pub(crate) use reason::{Explanation, Reason, Subject};
pub(crate) use shared_callback::{Follower, SharedCallback};
pub(crate) use waitable::{Cancelling, DEEP, Waitable, cancel};
pub(crate) use waiter::{SpareWaiter, Waiter};

use crate::errors::panics::Panics;
use crate::errors::{InvalidStateError, RuntimeError};
use crate::kernel::awaitable::other_loop;
use crate::kernel::event_loop::{Core, ErrorContext, EventLoop, Place, Ready};
#[cfg(feature = "futures")]
use crate::kernel::task::StacklessData;
use crate::kernel::task::TaskData;
use yieldfrom_delegation::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FutureState {
    Pending,
    Cancelled,
    Finished,
}

impl FutureState {
    /// Returns its name as asyncio shows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Cancelled => "cancelled",
            Self::Finished => "finished",
        }
    }
}

/// What kind of future it is.
pub(crate) enum Role<T: 'static> {
    Task(TaskData<T>),
    /// A task that takes no stack.
    #[cfg(feature = "futures")]
    Stackless(StacklessData<T>),
    /// A plain future, or one that stands for others, such as a gather.
    Other(Option<Box<dyn Composite>>),
}

/// A future's memory, shared by all its handles.
// The fields that a task's step touches come first, next to the reference counts.
#[repr(C)]
pub(crate) struct FutureData<T: 'static> {
    state: Cell<FutureState>,
    /// Whether it has an error that the program has not looked at.
    unseen: Cell<bool>,
    /// Whether the loop knows where it was made: in debug mode.
    is_placed: Cell<bool>,
    /// Whether it is in a list in which duplicates are looked for, see `mark`.
    is_marked: Cell<bool>,
    /// The number that was given with its only done callback.
    callback_number: Cell<u32>,
    pub(crate) role: Role<T>,
    pub(crate) core: Rc<Core>,
    outcome: Cell<Outcome<T>>,
    callbacks: Cell<Callbacks>,
}

impl<T: 'static> FutureData<T> {
    #[inline(always)]
    pub(crate) fn new(core: &Rc<Core>, role: Role<T>) -> Self {
        Self {
            core: Rc::clone(core),
            state: Cell::new(FutureState::Pending),
            unseen: Cell::new(false),
            is_placed: Cell::new(false),
            is_marked: Cell::new(false),
            callback_number: Cell::new(0),
            outcome: Cell::new(Outcome::None),
            callbacks: Cell::default(),
            role,
        }
    }

    #[inline(always)]
    pub(crate) fn is_done(&self) -> bool {
        self.state.get() != FutureState::Pending
    }

    pub(crate) fn state(&self) -> FutureState {
        self.state.get()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.state.get() == FutureState::Cancelled
    }

    /// Ends the future with a result or an error. If it has ended already, gives the outcome back.
    pub(crate) fn finish(&self, outcome: Result<T>) -> Result<(), Result<T>> {
        if self.is_done() {
            return Err(outcome);
        }
        self.unseen.set(outcome.is_err());
        self.outcome.set(Outcome::Ended(outcome));
        self.end(FutureState::Finished);
        Ok(())
    }

    /// Ends the future as cancelled, and returns true, unless it has ended already.
    pub(crate) fn end_cancelled(&self) -> bool {
        let pending = !self.is_done();
        if pending {
            self.end(FutureState::Cancelled);
        }
        pending
    }

    fn end(&self, state: FutureState) {
        self.state.set(state);
        let callbacks = self.callbacks.take();
        callbacks.schedule(self.callback_number.get());
    }

    /// Fails if the future belongs to another loop.
    #[inline]
    pub(crate) fn check_loop(&self, event_loop: &EventLoop, operation: &str) -> Result<()> {
        if Rc::ptr_eq(&self.core, event_loop.core()) {
            return Ok(());
        }
        Err(other_loop(operation))
    }

    pub(crate) fn is_task(&self) -> bool {
        !matches!(self.role, Role::Other(_))
    }

    /// Notes where it was made, in debug mode.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn place(&self) {
        if self.core.in_debug_mode() {
            self.is_placed.set(true);
            self.core.places.set(self.address(), Location::caller());
        }
    }

    /// Replaces the noted line by the one that the library made it for.
    pub(crate) fn replace_place(&self, place: Place) {
        if self.is_placed.get() {
            self.core.places.set(self.address(), place);
        }
    }

    /// Returns where it was made, if it was made in debug mode.
    pub(crate) fn made_at(&self) -> Option<&'static Location<'static>> {
        self.is_placed
            .get()
            .then(|| self.core.places.get(self.address()))?
    }
}

#[cold]
pub(crate) fn already_done(operation: &str) -> Error {
    InvalidStateError::new(format!("{operation}: the future is done already")).into()
}

/// Returns the error that a future ends with in place of this one. A future cannot raise
/// `StopIteration`: in the waiting coroutine, it would look like a normal end.
pub(crate) fn as_outcome(error: Error) -> Error {
    if !error.is_finished() {
        return error;
    }
    let why = format!("set_exception: a future cannot raise StopIteration: {error}");
    RuntimeError::new(why).into()
}

impl<T: 'static> Waitable for FutureData<T> {
    fn subscribe(self: Rc<Self>, wakeup: Rc<dyn Ready>) {
        self.add_callback(wakeup);
    }

    fn can_cancel(&self, depth: u32) -> bool {
        !self.is_done()
            && match &self.role {
                Role::Other(Some(composite)) if depth > 0 => composite.can_cancel(depth - 1),
                _ => true,
            }
    }

    fn cancel_one(self: Rc<Self>, rest: &mut Cancelling) -> bool {
        self.mark_seen();
        if self.is_done() {
            return false;
        }
        match &self.role {
            Role::Other(None) => self.end_cancelled(),
            Role::Task(data) => {
                data.cancel(&self, rest);
                true
            }
            #[cfg(feature = "futures")]
            Role::Stackless(data) => {
                data.cancel(&self);
                true
            }
            Role::Other(Some(composite)) => composite.cancel(rest),
        }
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    fn core(&self) -> Option<&Rc<Core>> {
        Some(&self.core)
    }

    fn explain(&self, to: &mut Explanation) {
        match &self.role {
            Role::Other(None) => to.says(WaitKind::Future, self.to_string()),
            Role::Other(Some(composite)) => {
                let (kind, name) = composite.purpose();
                to.says(kind, name.to_owned());
                composite.awaited(&mut to.awaited);
            }
            _ => to.says(WaitKind::Task, self.head().name(&self.core)),
        }
        to.over = self.is_done();
    }

    fn mark_seen(&self) {
        self.unseen.set(false);
    }
}

/// Reports what would be lost unseen: an error, or a task that was waiting for something.
impl<T: 'static> Drop for FutureData<T> {
    fn drop(&mut self) {
        let is_lost = match &self.role {
            Role::Task(data) => data.head.is_lost(self) || data.head.is_noted(),
            #[cfg(feature = "futures")]
            Role::Stackless(data) => data.head.is_lost(self) || data.head.is_noted(),
            Role::Other(_) => false,
        };
        if is_lost || self.unseen.get() || self.is_placed.get() {
            self.end_noticed();
        }
    }
}

impl<T: 'static> FutureData<T> {
    /// Reports an unseen error or a lost task, and lets the loop forget name and line. Code of the
    /// program runs here; its first panic goes on when everything is done.
    #[cold]
    fn end_noticed(&self) {
        let mut panics = Panics::default();
        panics.catch(|| self.report_unseen());
        if self.is_task() {
            panics.catch(|| self.head().report_lost(self));
            let context = self.head().forget_notes(&self.core);
            panics.catch(|| drop(context));
        }
        if self.is_placed.get() {
            self.core.places.forget(self.address());
        }
        // Not while the first panic unwinds.
        panics.catch(|| drop(self.callbacks.take()));
        panics.catch(|| drop(self.outcome.take()));
        panics.resume();
    }

    fn report_unseen(&self) {
        if self.unseen.get()
            && let Outcome::Ended(Err(error)) = self.outcome.take()
        {
            let what = if self.is_task() { "Task" } else { "Future" };
            let context = ErrorContext::new(format!("{what} exception was never retrieved"))
                .error(error)
                .source(self.to_string());
            self.core.call_exception_handler(&context);
        }
    }
}

/// A single future as the subject of a wait, for operations such as `wait_for`.
impl<T: 'static> Subject for FutureData<T> {
    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        all.push(self);
    }
}
