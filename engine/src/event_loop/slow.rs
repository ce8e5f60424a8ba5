//! Finds the callbacks that hold the loop for long.
//!
//! Reading a clock costs half as much as a task's step. So, outside of debug mode, it is read once
//! for several entries, or when the loop waits; then all of these are named. What is noted of an
//! entry is its address: those of tasks that go on are found among the loop's tasks, and what has
//! ended is kept until the clock is read.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::inbox::Inbox;
use super::{Core, Nanos, Ready};
use crate::Result;

/// As many entries share one reading of the clock.
const BATCH: usize = 8;
/// The coarse clock is several times cheaper to read, and right to some milliseconds.
const FINE: Duration = Duration::from_millis(20);

/// A wait that takes as long is told of by asyncio's debug mode as information.
const LONG_WAIT: Duration = Duration::from_secs(1);

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

/// Watches the entries of one run.
pub(super) struct Watch {
    clock: ClockId,
    limit: Duration,
    /// When the first of the noted entries began.
    began: Duration,
    noted: [*const (); BATCH],
    count: usize,
    /// As many are noted before the clock is read.
    batch: usize,
}

impl Watch {
    pub(super) fn start(core: &Core) -> Self {
        let mut watch = Self {
            clock: COARSE_CLOCK,
            limit: Duration::MAX,
            began: Duration::ZERO,
            noted: [std::ptr::null(); BATCH],
            count: 0,
            batch: 1,
        };
        watch.restart(core);
        watch
    }

    /// Begins anew, as the loop's settings are now.
    pub(super) fn restart(&mut self, core: &Core) {
        let debug = core.debug.get();
        self.limit = core.slow_callback_duration.get();
        self.clock = if debug || self.limit < FINE {
            ClockId::Monotonic
        } else {
            COARSE_CLOCK
        };
        self.batch = if debug { 1 } else { BATCH };
        self.began = read(self.clock);
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

    /// Looks at what was noted, before the loop waits, or the run ends.
    pub(super) fn finish(&mut self, core: &Core) {
        if self.count > 0 {
            self.look(core);
        }
    }

    #[inline(never)]
    fn look(&mut self, core: &Core) {
        let now = read(self.clock);
        if now.saturating_sub(self.began) >= self.limit {
            self.report(core, now - self.began);
            // A report takes its time as well.
            self.restart(core);
        } else {
            self.began = now;
        }
        if core.debug.get() != (self.batch == 1) {
            self.restart(core);
        }
        self.count = 0;
        core.ended.forget();
    }

    #[cold]
    fn report(&self, core: &Core, took: Duration) {
        if !log::log_enabled!(target: TARGET, log::Level::Warn) {
            return;
        }
        let noted = self.noted[..self.count.min(BATCH)].iter();
        let mut names: Vec<String> = Vec::new();
        for name in noted.map(|&address| core.name_of(address)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        log::warn!(
            target: TARGET,
            "Executing {}{} took {:.3} seconds",
            names.join(", "),
            if names.len() == 1 { "" } else { " in a row" },
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
    /// Waits for the outside world, and tells how long that took.
    #[cold]
    pub(super) fn wait_and_tell(&self, inbox: &Inbox, timeout: Option<Nanos>) -> Result<()> {
        let began = Instant::now();
        self.reactor.wait(&inbox.poller, timeout)?;
        let took = began.elapsed();
        let level = if took >= LONG_WAIT {
            log::Level::Info
        } else {
            log::Level::Debug
        };
        let limit = timeout.map_or_else(
            || "no limit".to_owned(),
            |limit| {
                format!(
                    "limit {:.3} seconds",
                    Duration::from_nanos(limit).as_secs_f64()
                )
            },
        );
        let outcome = match self.ready.len() {
            0 if inbox.is_notified() => "woken".to_owned(),
            0 => "nothing".to_owned(),
            n => format!("{n} ready"),
        };
        let seconds = took.as_secs_f64();
        log::log!(target: TARGET, level, "Waiting took {seconds:.3} seconds ({limit}): {outcome}");
        Ok(())
    }

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
