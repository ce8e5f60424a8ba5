//! What a loop counts for those who ask: at each turn, at each wait, and whenever the watch for slow callbacks
//! looks at the clock. No step pays for it.

use std::cell::Cell;
use std::time::Duration;

use super::Core;

/// Counts since the loop was made.
#[derive(Default)]
pub(super) struct Counters {
    turns: Cell<u64>,
    /// The entries that have ended, up to the last look of the watch.
    entries: Cell<u64>,
    /// How long the loop has waited for something to do.
    waited: Cell<Duration>,
}

impl Counters {
    #[inline(always)]
    pub(super) fn count_turn(&self) {
        self.turns.set(self.turns.get() + 1);
    }

    #[inline(always)]
    pub(super) fn count_entries(&self, count: usize) {
        self.entries.set(self.entries.get() + count as u64);
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries.get()
    }

    pub(super) fn add_wait(&self, span: Duration) {
        self.waited.set(self.waited.get().saturating_add(span));
    }
}

/// The kernel's numbers of a loop, at one time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KernelNumbers {
    pub(crate) turns: u64,
    pub(crate) entries: u64,
    pub(crate) polls: u64,
    pub(crate) waited: Duration,
    pub(crate) tasks: usize,
    pub(crate) tasks_made: u32,
    pub(crate) ready: usize,
    pub(crate) timers: usize,
    pub(crate) descriptors: usize,
    pub(crate) descriptor_waits: usize,
    /// Jobs and child processes that will wake the loop.
    pub(crate) work: usize,
}

impl Core {
    pub(crate) fn numbers(&self) -> KernelNumbers {
        KernelNumbers {
            turns: self.counters.turns.get(),
            entries: self.counters.entries.get(),
            polls: self.reactor.polls(),
            waited: self.counters.waited.get(),
            tasks: self.tasks.borrow().len(),
            tasks_made: self.task_numbers.get(),
            ready: self.ready.len(),
            timers: self.timers.borrow().wanted(),
            descriptors: self.reactor.descriptors(),
            descriptor_waits: self.reactor.waits(),
            work: self.hooks.work(),
        }
    }
}
