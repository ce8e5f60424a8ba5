//! What is ready to run: a first-in, first-out queue.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::{Driver, Unresolved};

use super::Core;
use super::tasks::Slot;
use crate::kernel::future::{CallbackList, Waitable};
use crate::kernel::nanos::Nanos;
use crate::kernel::request::Request;
use crate::kernel::task::TaskObject;

/// Something that the loop runs in one of its turns: a task's step, a handle, a done callback.
pub(crate) trait Ready {
    /// Runs it, in a turn of its loop. Not called if `begin` gives a driver.
    fn run(self: Rc<Self>, core: &Rc<Core>);

    /// Returns the coroutine to be resumed, and the task's slot, if it is a task to whose step
    /// nothing is special.
    ///
    /// The loop itself resumes it then, where that is inlined, and goes on with `resolve`, and
    /// with `wait` or `sleep`.
    fn begin(&self) -> Option<(Driver<'_, Request, ()>, Slot)> {
        None
    }

    /// Brings a step to its end that did not come to a suspension at once, or to the task's end.
    fn resolve(&self, _unresolved: Unresolved<'_, Request, ()>) -> Option<Request> {
        unreachable!("only tasks are resumed")
    }

    /// Suspends a task, unless it is in a region in which that is refused. There the error is thrown in
    /// at once.
    fn suspend_with_care(self: Rc<Self>, _core: &Core, _request: Request) {
        unreachable!("only tasks are resumed")
    }

    /// Suspends a task until something is done.
    fn wait(self: Rc<Self>, _core: &Core, _what: Rc<dyn Waitable>) {
        unreachable!("only tasks are resumed")
    }

    /// Suspends a task for some time, which is not zero.
    fn sleep(self: Rc<Self>, _core: &Core, _delay: Nanos) {
        unreachable!("only tasks are resumed")
    }

    /// Appends it to the ready queue of its loop.
    fn schedule(self: Rc<Self>);

    /// Tells a done callback that a future is done. The number is the one with which it was added.
    #[inline]
    fn future_done(self: Rc<Self>, _number: u32) {
        self.schedule();
    }

    /// Returns whether a done callback is still to be scheduled when its future is done.
    fn is_wanted(&self) -> bool {
        true
    }

    /// Makes sure that it does not run any more, though it may be in the ready queue.
    fn cancel(&self) {}

    /// Says what it is, for reports: `<Handle main() at a.rs:3>`.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Returns the task that it is, if it is one.
    fn as_task(&self) -> Option<&dyn TaskObject> {
        None
    }

    /// Returns whether it is a callback that was scheduled by itself, and follows no future.
    #[cfg(feature = "trace")]
    fn is_scheduled_callback(&self) -> bool {
        false
    }

    /// Returns the done callbacks that it consists of, if it stands for several.
    fn as_list(&self) -> Option<&CallbackList> {
        None
    }

    /// Fetches what running it will touch into the processor's cache.
    fn prefetch(&self) {}

    /// Fetches what `prefetch` looks at, and what its end will touch.
    fn prefetch_state(&self, _core: &Core) {}
}

/// What is ready for the next turn, in order.
///
/// No borrow lasts while code of the program runs: the caller drops the entries that it takes out.
#[derive(Default)]
pub(crate) struct ReadyQueue {
    entries: RefCell<Vec<Rc<dyn Ready>>>,
}

impl ReadyQueue {
    #[inline(always)]
    pub(crate) fn push(&self, entry: Rc<dyn Ready>) {
        self.entries.borrow_mut().push(entry);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Returns whether the last entry is at this address.
    #[cfg(feature = "trace")]
    #[inline]
    pub(crate) fn ends_with(&self, address: usize) -> bool {
        let entries = self.entries.borrow();
        entries
            .last()
            .is_some_and(|last| Rc::as_ptr(last).addr() == address)
    }

    /// Returns the entry with this number.
    #[cfg(feature = "trace")]
    pub(crate) fn get(&self, index: usize) -> Option<Rc<dyn Ready>> {
        self.entries.borrow().get(index).cloned()
    }

    /// Gives all entries for others.
    #[inline(always)]
    pub(super) fn swap(&self, entries: &mut Vec<Rc<dyn Ready>>) {
        std::mem::swap(&mut *self.entries.borrow_mut(), entries);
    }

    pub(super) fn append(&self, entries: &mut Vec<Rc<dyn Ready>>) {
        self.entries.borrow_mut().append(entries);
    }

    /// Takes everything out, for its owner to drop.
    pub(crate) fn take(&self) -> Vec<Rc<dyn Ready>> {
        self.entries.take()
    }
}
