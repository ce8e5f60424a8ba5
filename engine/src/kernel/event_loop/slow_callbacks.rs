//! Finds the callbacks that hold the loop for long.
//!
//! The clock is read after each entry, so the entry that has held the loop is known. If more than sixty
//! thousand entries run in a second, that would take a good part of their time. Then the clock is read
//! once for several entries, or when the loop waits; [`Pace`] decides. In debug mode the clock is always
//! read after each entry.
//!
//! The watch notes the address of each entry. It finds running tasks among the loop's tasks. Entries
//! that have ended, or are no tasks, are kept until the clock is read.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::inbox::Inbox;
use super::{Core, Ready};
use crate::errors::panics;
use crate::kernel::nanos::Nanos;
use yieldfrom_delegation::{Result, last_resort, report};

/// When entries are in haste, this many share one reading of the clock.
const BATCH: usize = 8;
/// Entries that take less than this, as a mean, are in haste: reading the coarse clock takes about
/// 10 ns, and should not take a thousandth of their time.
const HASTE: Duration = Duration::from_micros(16);
/// The mean is taken over at least this time: some ticks of the coarse clock.
const SPAN: Duration = Duration::from_millis(4);
/// The coarse clock is several times cheaper to read, and right to some milliseconds.
const FINE: Duration = Duration::from_millis(20);

/// From this length on, debug mode logs a wait at INFO, as asyncio does.
const LONG_WAIT: Duration = Duration::from_secs(1);

const TARGET: &str = "yieldfrom::event_loop";

#[cfg(target_os = "linux")]
const COARSE_CLOCK: ClockId = ClockId::MonotonicCoarse;
#[cfg(not(target_os = "linux"))]
const COARSE_CLOCK: ClockId = ClockId::Monotonic;

/// The entries that have ended since the clock was read.
#[derive(Default)]
pub(crate) struct EndedEntries(RefCell<Vec<Rc<dyn Ready>>>);

impl EndedEntries {
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

    /// Takes all entries out, for the caller to drop.
    pub(super) fn take(&self) -> Vec<Rc<dyn Ready>> {
        self.0.take()
    }

    fn next(&self) -> Option<Rc<dyn Ready>> {
        self.0.borrow_mut().pop()
    }

    fn find(&self, address: *const ()) -> Option<Rc<dyn Ready>> {
        let is_it = |entry: &&Rc<dyn Ready>| Rc::as_ptr(entry).cast() == address;
        self.0.borrow().iter().find(is_it).cloned()
    }
}

/// How fast a loop's entries follow each other.
#[derive(Clone, Copy, Default)]
pub(super) struct Pace {
    /// Since when they are counted.
    began: Duration,
    /// How many entries of the loop had ended by then.
    entries: u64,
    in_haste: bool,
}

impl Pace {
    /// Notes how many entries of the loop have ended by now.
    fn note(&mut self, now: Duration, entries: u64) {
        let span = now.saturating_sub(self.began);
        if span >= SPAN {
            let count = u32::try_from(entries - self.entries).unwrap_or(u32::MAX);
            *self = Self {
                began: now,
                entries,
                in_haste: HASTE.saturating_mul(count) > span,
            };
        }
    }
}

/// Watches the entries of one run.
pub(super) struct Watch {
    clock: ClockId,
    limit: Duration,
    debug: bool,
    /// When the first of the noted entries began.
    began: Duration,
    noted: [*const (); BATCH],
    count: usize,
    /// How many entries are noted before the clock is read.
    batch: usize,
}

impl Watch {
    pub(super) fn start(core: &Core) -> Self {
        let mut watch = Self {
            clock: COARSE_CLOCK,
            limit: Duration::MAX,
            debug: false,
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
        self.debug = core.in_debug_mode();
        self.limit = core.slow_callback_duration.get();
        self.clock = if self.debug || self.limit < FINE {
            ClockId::Monotonic
        } else {
            COARSE_CLOCK
        };
        self.set_batch(core);
        self.began = read(self.clock);
    }

    /// Begins anew, and adds up how long the loop has waited since the last look.
    pub(super) fn restart_after_wait(&mut self, core: &Core) {
        let before = self.began;
        self.restart(core);
        core.counters.add_wait(self.began.saturating_sub(before));
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

    fn set_batch(&mut self, core: &Core) {
        let in_haste = core.pace.get().in_haste && !self.debug;
        self.batch = if in_haste { BATCH } else { 1 };
    }

    /// Looks at what was noted, before the loop waits, or the run ends.
    pub(super) fn finish(&mut self, core: &Core) {
        if self.count > 0 {
            self.look(core);
        } else {
            core.ended.forget();
        }
    }

    #[inline(never)]
    fn look(&mut self, core: &Core) {
        let count = std::mem::take(&mut self.count);
        core.counters.count_entries(count);
        let now = read(self.clock);
        // As a rule, no time has passed on the coarse clock.
        if now != self.began || core.in_debug_mode() != self.debug {
            self.judge(core, now, count);
        }
        core.ended.forget();
    }

    #[inline(never)]
    fn judge(&mut self, core: &Core, now: Duration, count: usize) {
        let mut pace = core.pace.get();
        pace.note(now, core.counters.entries());
        core.pace.set(pace);
        if now.saturating_sub(self.began) >= self.limit {
            panics::contain(|| self.report(core, count, now - self.began));
            // A report takes its time as well.
            self.restart(core);
        } else if core.in_debug_mode() != self.debug {
            self.restart(core);
        } else {
            self.began = now;
            self.set_batch(core);
        }
    }

    #[cold]
    fn report(&self, core: &Core, count: usize, took: Duration) {
        if !last_resort::shows_warnings(TARGET) {
            return;
        }
        let noted = self.noted[..count.min(BATCH)].iter();
        let mut names: Vec<String> = Vec::new();
        for name in noted.map(|&address| name_of(core, address)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let (one_of, which) = match names.len() {
            1 => ("", ""),
            _ => ("one of ", "; debug mode tells which"),
        };
        report!(
            target: TARGET, Warn,
            "Executing {one_of}{} took {:.3} seconds{which}",
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

/// Waits for the outside world, and tells how long that took.
#[cold]
pub(super) fn wait_and_tell(core: &Core, inbox: &Inbox, timeout: Option<Nanos>) -> Result<()> {
    let began = Instant::now();
    core.reactor.wait(&inbox.poller, timeout)?;
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
    let outcome = match core.ready.len() {
        0 if inbox.is_notified() => "woken".to_owned(),
        0 => "nothing".to_owned(),
        n => format!("{n} ready"),
    };
    let seconds = took.as_secs_f64();
    panics::contain(|| {
        log::log!(
            target: TARGET, level, "Waiting took {seconds:.3} seconds ({limit}): {outcome}"
        );
    });
    Ok(())
}

fn name_of(core: &Core, address: *const ()) -> String {
    if let Some(entry) = core.ended.find(address) {
        return Shown(&*entry).to_string();
    }
    let task = core.find_task(address);
    task.map_or_else(|| "a callback".to_owned(), |task| Shown(&*task).to_string())
}

struct Shown<'a, R: ?Sized>(&'a R);

impl<R: Ready + ?Sized> fmt::Display for Shown<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_entries_in_a_short_time_are_in_haste() {
        let mut pace = Pace::default();
        let (mut now, mut ended) = (Duration::from_secs(1000), 0);
        let mut run = |entries: u64, span: Duration| {
            now += span;
            ended += entries;
            pace.note(now, ended);
            pace.in_haste
        };
        assert!(!run(8, Duration::ZERO), "the first have no past");
        assert!(
            !run(1_000_000, Duration::from_millis(3)),
            "too soon to tell"
        );
        assert!(run(1, Duration::from_millis(1)));
        assert!(run(8, Duration::ZERO), "as before, until more is known");
        assert!(!run(225, Duration::from_millis(4)));
        assert!(run(275, Duration::from_millis(4)));
        assert!(!run(8, Duration::from_millis(150)), "something was slow");
    }
}
