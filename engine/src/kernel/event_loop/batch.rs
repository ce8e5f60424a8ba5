//! The entries of one turn.

use std::rc::Rc;

use super::fetch::{GROUP, fetch};
use super::inbox::{Call, Inbox};
use super::ready::ReadyQueue;
use super::{Core, Ready};
use crate::kernel::handle::Scheduled;

/// The entries of one turn. Entries that become ready meanwhile wait in the [`ReadyQueue`].
pub(super) struct Batch {
    /// Last first, so that taking one is taking the last.
    entries: Vec<Rc<dyn Ready>>,
    /// Calls of other threads that are no entries yet, last first.
    calls: Vec<Call>,
    /// The calls come when this many entries are left.
    calls_at: usize,
    /// When this many entries are left, memory is given back.
    shrink_at: Option<usize>,
    /// When this many entries are left, one of these two is to be done: one comparison for both.
    pause_at: usize,
}

/// More entries than there can be.
const NEVER: usize = usize::MAX;

/// How many entries ahead of its run a stack is fetched, while the entries are few.
const NEAR: usize = 4;
/// With more entries than this, what they touch is fetched by groups.
const CROWDED: usize = 500;
/// Memory for more entries than this is given back after a crowd.
const LARGE: usize = 1 << 16;
/// The same for calls.
const MANY_CALLS: usize = 1 << 14;
/// How many calls become entries at once. The memory of a few entries is used again at once, and is in the
/// cache. When all calls became entries at the start of the turn, a flood of 200,000 calls took half as
/// long again.
const CALLS_AT_ONCE: usize = 6;

impl Default for Batch {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            calls: Vec::new(),
            calls_at: 0,
            shrink_at: None,
            pause_at: NEVER,
        }
    }
}

impl Batch {
    /// Takes all that is ready; of the batch before, nothing may be left.
    #[inline]
    pub(super) fn refill(&mut self, ready: &ReadyQueue) {
        debug_assert!(self.is_empty(), "a turn runs all its entries");
        // The two change their memory with each other at every turn.
        ready.swap(&mut self.entries);
        self.entries.reverse();
        let capacity = self.entries.capacity();
        self.shrink_at = (capacity > LARGE).then_some(capacity / 8);
        self.pause_at = self.shrink_at.unwrap_or(NEVER);
    }

    /// Takes the calls that other threads have sent. Their place is after the first `before` entries of
    /// the turn.
    pub(super) fn take_calls(&mut self, inbox: &Inbox, before: usize) {
        self.calls.shrink_to(MANY_CALLS);
        inbox.take(&mut self.calls);
        self.calls.reverse();
        self.calls_at = self.entries.len() - before;
        self.pause_at = self.next_pause();
    }

    /// Puts what is left before all that has become ready since.
    #[cold]
    pub(super) fn put_back(&mut self, core: &Rc<Core>) {
        let at = self.calls_at.min(self.entries.len());
        let calls = self.calls.drain(..).map(|call| entry(call, core));
        self.entries.splice(at..at, calls);
        self.entries.reverse();
        core.ready.swap(&mut self.entries);
        core.ready.append(&mut self.entries);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.calls.is_empty()
    }

    /// Returns the entries, last first, without the calls that are none yet.
    pub(super) fn entries(&self) -> &[Rc<dyn Ready>] {
        &self.entries
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.calls.len()
    }

    #[inline(always)]
    pub(super) fn next(&mut self, core: &Rc<Core>) -> Option<Rc<dyn Ready>> {
        if self.entries.len() == self.pause_at {
            self.pause(core);
        }
        self.entries.pop()
    }

    #[cold]
    #[inline(never)]
    fn pause(&mut self, core: &Rc<Core>) {
        if self.shrink_at == Some(self.pause_at) {
            // Gives most of a crowd's memory back.
            self.shrink_at = None;
            self.entries.shrink_to_fit();
        }
        if self.entries.len() == self.calls_at {
            let rest = self.calls.len().saturating_sub(CALLS_AT_ONCE);
            let next = self.calls.drain(rest..).map(|call| entry(call, core));
            self.entries.extend(next);
        }
        self.pause_at = self.next_pause();
    }

    fn next_pause(&self) -> usize {
        let calls_at = (!self.calls.is_empty()).then_some(self.calls_at);
        calls_at.max(self.shrink_at).unwrap_or(NEVER)
    }

    /// Fetches what the next entries will touch into the cache.
    ///
    /// With some tens of tasks, what a switch touches does not fit into the first cache any more.
    #[inline(always)]
    pub(super) fn prefetch(&self, core: &Core) {
        let left = self.entries.len();
        if left <= NEAR {
            return;
        }
        if left <= CROWDED {
            self.entries[left - 1 - NEAR].prefetch();
        } else if left.is_multiple_of(GROUP) {
            self.prefetch_group(core);
        }
    }

    /// Does the same for a whole group of entries, in three steps: what leads to a stack has to be
    /// fetched before the stack.
    ///
    /// With many tasks, the processor does not know the pages, and a prefetch waits until the page is
    /// found. The processor looks for several pages at a time if the prefetches stand side by side: a
    /// page then takes a third of the time that it takes alone.
    #[inline(never)]
    fn prefetch_group(&self, core: &Core) {
        let left = self.entries.len();
        let ahead = |groups| self.entries[left - groups * GROUP..][..GROUP].iter();
        ahead(3).for_each(fetch);
        ahead(2).for_each(|entry| entry.prefetch_state(core));
        ahead(1).for_each(|entry| entry.prefetch());
    }
}

fn entry(call: Call, core: &Rc<Core>) -> Rc<dyn Ready> {
    Scheduled::at(call.made_at, core, call.callback)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::kernel::EventLoop;
    use crate::kernel::event_loop::caller;

    type Log = Arc<Mutex<Vec<usize>>>;

    fn noting(log: &Log, number: usize) -> Box<dyn FnOnce() + Send> {
        let log = Arc::clone(log);
        Box::new(move || log.lock().unwrap().push(number))
    }

    /// Has two entries become ready, then 20 calls of another thread, and then two timers.
    fn batch(core: &Rc<Core>, log: &Log) -> Batch {
        let inbox = core.inbox.as_ref().unwrap();
        for number in 2..22 {
            let (callback, made_at) = (noting(log, number), caller());
            assert!(inbox.send(Call { callback, made_at }).is_ok());
        }
        for number in [0, 1, 22, 23] {
            core.ready.push(Scheduled::new(core, noting(log, number)));
        }
        let mut batch = Batch::default();
        batch.refill(&core.ready);
        batch.take_calls(inbox, 2);
        assert_eq!(batch.len(), 24);
        batch
    }

    fn run(batch: &mut Batch, core: &Rc<Core>, most: usize) {
        for _ in 0..most {
            let Some(entry) = batch.next(core) else {
                return;
            };
            entry.run(core);
        }
    }

    #[test]
    fn calls_run_in_their_place() {
        let (event_loop, log) = (EventLoop::new().unwrap(), Log::default());
        let core = event_loop.core();
        let mut batch = batch(core, &log);
        run(&mut batch, core, usize::MAX);
        assert_eq!(*log.lock().unwrap(), Vec::from_iter(0..24));
        assert!(batch.is_empty());
    }

    #[test]
    fn calls_that_are_left_keep_their_place() {
        for ran in 0..24 {
            let (event_loop, log) = (EventLoop::new().unwrap(), Log::default());
            let core = event_loop.core();
            let mut first = batch(core, &log);
            run(&mut first, core, ran);
            core.ready.push(Scheduled::new(core, noting(&log, 24)));
            first.put_back(core);
            assert!(first.is_empty());
            let mut second = Batch::default();
            second.refill(&core.ready);
            run(&mut second, core, usize::MAX);
            assert_eq!(*log.lock().unwrap(), Vec::from_iter(0..25), "{ran} ran");
        }
    }

    #[test]
    fn memory_is_given_back_beside_calls() {
        let (event_loop, log) = (EventLoop::new().unwrap(), Log::default());
        let core = event_loop.core();
        let inbox = core.inbox.as_ref().unwrap();
        let crowd = LARGE + 1;
        for number in 0..crowd {
            core.ready.push(Scheduled::new(core, noting(&log, number)));
        }
        let (callback, made_at) = (noting(&log, crowd), caller());
        assert!(inbox.send(Call { callback, made_at }).is_ok());
        let mut batch = Batch::default();
        batch.refill(&core.ready);
        batch.take_calls(inbox, crowd);
        run(&mut batch, core, usize::MAX);
        assert_eq!(*log.lock().unwrap(), Vec::from_iter(0..=crowd));
        assert!(batch.entries.capacity() <= LARGE / 2);
    }
}
