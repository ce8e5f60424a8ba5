//! Finds the callbacks that hold the loop for long.
//!
//! Reading a clock costs half as much as a task's step. So, outside of debug mode, in a turn with
//! many entries, it is read once for several; then all of these are named. What is noted of an
//! entry is its address: those of tasks that go on are found among the loop's tasks, and what has
//! ended is kept until the clock is read.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::{Core, Ready};

/// As many entries share one reading of the clock.
const BATCH: usize = 8;
/// The coarse clock is several times cheaper to read, and right to some milliseconds.
const FINE: Duration = Duration::from_millis(20);

const TARGET: &str = "yieldfrom::event_loop";

#[cfg(target_os = "linux")]
const COARSE_CLOCK: ClockId = ClockId::MonotonicCoarse;
#[cfg(not(target_os = "linux"))]
const COARSE_CLOCK: ClockId = ClockId::Monotonic;

/// The entries that have ended since the clock was read.
#[derive(Default)]
pub(crate) struct Ended(RefCell<Vec<Rc<dyn Ready>>>);

impl Ended {
    #[inline(always)]
    pub(crate) fn keep(&self, entry: Rc<dyn Ready>) {
        self.0.borrow_mut().push(entry);
    }

    #[inline(always)]
    fn forget(&self) {
        if !self.0.borrow().is_empty() {
            // One after the other: their destructors may end others.
            while let Some(entry) = self.next() {
                drop(entry);
            }
        }
    }

    fn next(&self) -> Option<Rc<dyn Ready>> {
        self.0.borrow_mut().pop()
    }

    fn find(&self, address: *const ()) -> Option<Rc<dyn Ready>> {
        let is_it = |entry: &&Rc<dyn Ready>| Rc::as_ptr(entry).cast() == address;
        self.0.borrow().iter().find(is_it).cloned()
    }
}

/// Watches the entries of one turn.
pub(super) struct Watch {
    clock: ClockId,
    limit: Duration,
    /// When the first of the noted entries began.
    began: Duration,
    noted: [*const (); BATCH],
    count: usize,
    batch: usize,
}

impl Watch {
    #[inline]
    pub(super) fn start(core: &Core, count: usize) -> Self {
        let limit = core.slow_callback_duration.get();
        let debug = core.debug.get();
        let fine = debug || limit < FINE;
        let clock = if fine {
            ClockId::Monotonic
        } else {
            COARSE_CLOCK
        };
        Self {
            clock,
            limit,
            began: match core.watched_until.get() {
                Duration::ZERO => read(clock),
                until => until,
            },
            noted: [std::ptr::null(); BATCH],
            count: 0,
            batch: if debug || count <= BATCH { 1 } else { BATCH },
        }
    }

    #[inline(always)]
    pub(super) fn note(&mut self, entry: &Rc<dyn Ready>) {
        self.noted[self.count % BATCH] = Rc::as_ptr(entry).cast();
        self.count += 1;
    }

    #[inline(always)]
    pub(super) fn check(&mut self, core: &Core) {
        if self.count >= self.batch {
            self.look(core);
        }
    }

    /// Ends the turn.
    #[inline]
    pub(super) fn finish(&mut self, core: &Core) {
        if self.count > 0 {
            self.look(core);
        }
        core.watched_until.set(self.began);
    }

    #[inline(never)]
    fn look(&mut self, core: &Core) {
        let mut now = read(self.clock);
        if now.saturating_sub(self.began) >= self.limit {
            self.report(core, now - self.began);
            // A report takes its time as well.
            now = read(self.clock);
        }
        self.began = now;
        self.count = 0;
        core.ended.forget();
    }

    #[cold]
    fn report(&self, core: &Core, took: Duration) {
        if !log::log_enabled!(target: TARGET, log::Level::Warn) {
            return;
        }
        let names: Vec<String> = self.noted[..self.count.min(BATCH)]
            .iter()
            .map(|&address| core.name_of(address))
            .collect();
        log::warn!(
            target: TARGET,
            "Executing {}{} took {:.3} seconds",
            if names.len() == 1 { "" } else { "one of " },
            names.join(", "),
            took.as_secs_f64()
        );
    }
}

fn read(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    // Both are positive on a monotonic clock.
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

impl Core {
    fn name_of(&self, address: *const ()) -> String {
        if let Some(entry) = self.ended.find(address) {
            return Shown(&*entry).to_string();
        }
        let task = self.tasks.borrow().find(address);
        task.map_or_else(|| "a callback".to_owned(), |task| Shown(&*task).to_string())
    }
}

struct Shown<'a, R: ?Sized>(&'a R);

impl<R: Ready + ?Sized> fmt::Display for Shown<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}
