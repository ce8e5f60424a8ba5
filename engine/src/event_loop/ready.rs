//! What is ready to run: a first-in, first-out queue.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::Core;

/// Something that the loop runs in one of its turns: a task's step, a handle, a done callback.
pub(crate) trait Ready {
    /// Runs it, in a turn of its loop.
    fn run(self: Rc<Self>, core: &Rc<Core>);

    /// Appends it to the ready queue of its loop.
    fn schedule(self: Rc<Self>);

    /// Says what it is, for reports: `<Handle main() at a.rs:3>`.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Fetches what running it will touch into the processor's cache.
    fn prefetch(&self) {}
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

    /// Takes everything out, for its owner to drop.
    pub(crate) fn take(&self) -> VecDeque<Rc<dyn Ready>> {
        self.entries.take()
    }

    /// Prefetches the entry that is `ahead` places behind the next one.
    #[inline(always)]
    pub(crate) fn prefetch(&self, ahead: usize) {
        if let Some(entry) = self.entries.borrow().get(ahead) {
            entry.prefetch();
        }
    }
}
