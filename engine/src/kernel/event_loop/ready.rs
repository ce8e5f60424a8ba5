//! What is ready to run: a first-in, first-out queue.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::{Driver, Unresolved};

use super::Core;
use super::tasks::Slot;
use crate::kernel::future::Waitable;
use crate::kernel::nanos::Nanos;
use crate::kernel::request::Request;
#[cfg(feature = "trace")]
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

    /// Makes sure that it does not run any more, though it may be in the ready queue.
    fn cancel(&self) {}

    /// Says what it is, for reports: `<Handle main() at a.rs:3>`.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Returns the task that it is, if it is one.
    #[cfg(feature = "trace")]
    fn as_task(self: Rc<Self>) -> Option<Rc<dyn TaskObject>> {
        None
    }

    /// Returns what it consists of, if it stands for several.
    fn parts(&self) -> Option<&RefCell<Vec<Rc<dyn Ready>>>> {
        None
    }

    /// Fetches what running it will touch into the processor's cache.
    fn prefetch(&self) {}

    /// Fetches what `prefetch` looks at.
    fn prefetch_state(&self) {}
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

    /// Returns the addresses of those that were appended after the first `n`.
    #[cfg(feature = "trace")]
    pub(crate) fn addresses_from(&self, n: usize) -> Vec<*const ()> {
        let entries = self.entries.borrow();
        let new = entries.iter().skip(n);
        new.map(|entry| Rc::as_ptr(entry).cast()).collect()
    }

    /// Takes everything out, for its owner to drop.
    pub(crate) fn take(&self) -> Vec<Rc<dyn Ready>> {
        self.entries.take()
    }
}

/// The entries of one turn. Entries that become ready meanwhile wait in the [`ReadyQueue`].
pub(crate) struct Batch {
    /// Last first, so that taking one is taking the last.
    entries: Vec<Rc<dyn Ready>>,
    /// When this many entries are left, memory is given back.
    shrink_at: usize,
}

/// How many entries ahead of its run each part is fetched.
const NEAR: usize = 4;
const MIDDLE: usize = 8;
const FAR: usize = 12;
/// Memory for more entries than this is given back after a crowd.
const LARGE: usize = 1 << 16;

impl Default for Batch {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            shrink_at: usize::MAX,
        }
    }
}

impl Batch {
    /// Takes all that is ready; of the batch before, nothing may be left.
    #[inline]
    pub(crate) fn refill(&mut self, ready: &ReadyQueue) {
        debug_assert!(self.entries.is_empty(), "a turn runs all its entries");
        // The two change their memory with each other at every turn.
        let mut queue = ready.entries.borrow_mut();
        std::mem::swap(&mut self.entries, &mut queue);
        self.entries.reverse();
        self.shrink_at = if self.entries.capacity() > LARGE {
            self.entries.capacity() / 8
        } else {
            usize::MAX
        };
    }

    /// Puts what is left before all that has become ready since.
    #[cold]
    pub(crate) fn put_back(&mut self, ready: &ReadyQueue) {
        self.entries.reverse();
        let mut queue = ready.entries.borrow_mut();
        self.entries.append(&mut queue);
        std::mem::swap(&mut self.entries, &mut queue);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Rc<dyn Ready>> {
        if self.entries.len() == self.shrink_at {
            self.shrink();
        }
        self.entries.pop()
    }

    /// Gives most of a crowd's memory back.
    #[cold]
    fn shrink(&mut self) {
        self.shrink_at = usize::MAX;
        self.entries.shrink_to_fit();
    }

    /// Fetches what the next entries will touch into the cache.
    ///
    /// With some tens of tasks, what a switch touches does not fit into the first cache any more;
    /// with thousands, nor into the second, and then what leads there has to be fetched before.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        const CROWDED: usize = 4_000;
        let left = self.entries.len();
        if left <= NEAR {
            return;
        }
        self.entries[left - 1 - NEAR].prefetch();
        if left > CROWDED {
            yieldfrom_delegation::prefetch(Rc::as_ptr(&self.entries[left - 1 - FAR]).cast::<()>());
            self.entries[left - 1 - MIDDLE].prefetch_state();
        }
    }
}
