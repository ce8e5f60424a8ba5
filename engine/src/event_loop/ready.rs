//! What is ready to run: a first-in, first-out queue.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::{Driver, Unresolved};

use super::Core;
use crate::coroutines::Request;
use crate::task::TaskObject;

/// Something that the loop runs in one of its turns: a task's step, a handle, a done callback.
pub(crate) trait Ready {
    /// Runs it, in a turn of its loop. Not called if `begin` gives a driver.
    fn run(self: Rc<Self>, core: &Rc<Core>);

    /// Returns the coroutine to be resumed, if it is a task to whose step nothing is special.
    ///
    /// The loop itself resumes it then, where that is inlined, and goes on with `resolve` and
    /// `suspend`.
    fn begin(&self) -> Option<Driver<'_, Request, ()>> {
        None
    }

    /// Brings a step to its end that did not come to a suspension at once, or to the task's end.
    fn resolve(&self, _unresolved: Unresolved<'_, Request, ()>) -> Option<Request> {
        unreachable!("only tasks are resumed")
    }

    /// Suspends a task as its coroutine requests.
    fn suspend(self: Rc<Self>, _core: &Core, _request: Request) {
        unreachable!("only tasks are resumed")
    }

    /// Returns the task that it is, if it is one.
    fn into_task(self: Rc<Self>) -> Option<Rc<dyn TaskObject>> {
        None
    }

    /// Appends it to the ready queue of its loop.
    fn schedule(self: Rc<Self>);

    /// Says what it is, for reports: `<Handle main() at a.rs:3>`.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Returns what it consists of, if it stands for several.
    fn parts(&self) -> Option<&RefCell<Vec<Rc<dyn Ready>>>> {
        None
    }

    /// Fetches what running it will touch into the processor's cache.
    fn prefetch(&self) {}

    /// Fetches what `prefetch` looks at.
    fn prefetch_state(&self) {}
}

/// The ready queue.
///
/// Its borrows end before anybody's code runs: entries are dropped by who took them out.
#[derive(Default)]
pub(crate) struct ReadyQueue {
    entries: RefCell<VecDeque<Rc<dyn Ready>>>,
}

impl ReadyQueue {
    #[inline(always)]
    pub(crate) fn push(&self, entry: Rc<dyn Ready>) {
        self.entries.borrow_mut().push_back(entry);
    }

    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<Rc<dyn Ready>> {
        self.entries.borrow_mut().pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    /// Gives memory back that a crowd has left behind.
    #[inline]
    pub(crate) fn shrink(&self) {
        const LARGE: usize = 1 << 16;
        let mut entries = self.entries.borrow_mut();
        if entries.capacity() > LARGE && entries.len() < entries.capacity() / 8 {
            let room = 2 * entries.len();
            entries.shrink_to(room);
        }
    }

    /// Takes everything out, for its owner to drop.
    pub(crate) fn take(&self) -> VecDeque<Rc<dyn Ready>> {
        self.entries.take()
    }

    /// Fetches what the next entries will touch into the cache, `left` of which belong to this
    /// turn.
    ///
    /// With some tens of tasks, what a switch touches does not fit into the first cache any more;
    /// with thousands, nor into the second, and then what leads there has to be fetched before.
    #[inline(always)]
    pub(crate) fn prefetch(&self, left: usize) {
        if left <= NEAR {
            return;
        }
        let entries = self.entries.borrow();
        if left > CROWDED {
            if let Some(entry) = entries.get(FAR) {
                yieldfrom_delegation::prefetch(Rc::as_ptr(entry).cast::<()>());
            }
            if let Some(entry) = entries.get(MIDDLE) {
                entry.prefetch_state();
            }
        }
        if let Some(entry) = entries.get(NEAR) {
            entry.prefetch();
        }
    }
}

/// How many entries ahead of its run each part is fetched.
const NEAR: usize = 4;
const MIDDLE: usize = 8;
const FAR: usize = 12;
const CROWDED: usize = 4_000;
