//! The part of a watched loop that all threads share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::report::WatchdogReport;
use crate::kernel::{Nanos, nanos};

/// The lowest bit of [`Pulse::entry`]: the entry was reported, and its end is to be reported as well.
const REPORTED: u64 = 1;

/// What a loop tells other threads. Only the loop's thread writes it, except where a field says otherwise.
pub(in crate::insight) struct Pulse {
    /// The time from which times are counted.
    zero: Instant,
    is_running: AtomicBool,
    in_turn: AtomicBool,
    /// Twice the number of the entry that runs, or zero if none does. Another thread may add [`REPORTED`].
    entry: AtomicU64,
    /// When that entry began.
    since: AtomicU64,
    name: Mutex<EntryName>,
    /// What ended after it was reported. The watchdog takes it out.
    ended: Mutex<Vec<WatchdogReport>>,
    /// Whether the watchdog sleeps until a turn begins. Both threads write it.
    is_asleep: AtomicBool,
    watchdog: OnceLock<Thread>,
}

/// The name of an entry, for the thread that reports it.
#[derive(Clone, Debug, Default)]
pub(in crate::insight) struct EntryName {
    /// The number of the entry.
    pub(in crate::insight) entry: u64,
    /// The task whose step it is.
    pub(in crate::insight) task: Option<Arc<TaskLabel>>,
    /// What it is, if it is no step of a task.
    pub(in crate::insight) callback: String,
}

/// What reports say of a task.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::insight) struct TaskLabel {
    pub(in crate::insight) name: String,
    /// Its coroutine, and the line where that was made.
    pub(in crate::insight) origin: String,
}

/// The entry that runs, as another thread has found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insight) struct RunningEntry {
    pub(in crate::insight) number: u64,
    pub(in crate::insight) since: Nanos,
    pub(in crate::insight) is_reported: bool,
}

pub(in crate::insight) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pulse {
    pub(in crate::insight) fn new() -> Arc<Self> {
        Arc::new(Self {
            zero: Instant::now(),
            is_running: AtomicBool::new(false),
            in_turn: AtomicBool::new(false),
            entry: AtomicU64::new(0),
            since: AtomicU64::new(0),
            name: Mutex::default(),
            ended: Mutex::default(),
            is_asleep: AtomicBool::new(false),
            watchdog: OnceLock::new(),
        })
    }

    pub(in crate::insight) fn now(&self) -> Nanos {
        nanos(self.zero.elapsed())
    }

    pub(in crate::insight) fn instant(&self, time: Nanos) -> Instant {
        self.zero + Duration::from_nanos(time)
    }

    pub(in crate::insight) fn set_running(&self, is_running: bool) {
        self.is_running.store(is_running, Ordering::Release);
    }

    /// Begins a turn, and wakes a watchdog that sleeps.
    pub(in crate::insight) fn begin_turn(&self) {
        // Pairs with `fall_asleep`: either the watchdog sees the turn, or this sees that it sleeps.
        self.in_turn.swap(true, Ordering::SeqCst);
        if self.is_asleep.swap(false, Ordering::SeqCst) {
            self.wake_watchdog();
        }
    }

    pub(in crate::insight) fn end_turn(&self) {
        self.in_turn.store(false, Ordering::SeqCst);
    }

    pub(in crate::insight) fn is_in_turn(&self) -> bool {
        self.in_turn.load(Ordering::SeqCst)
    }

    /// Notes that the watchdog sleeps until the next turn; returns false if one is under way.
    pub(in crate::insight) fn fall_asleep(&self) -> bool {
        self.is_asleep.swap(true, Ordering::SeqCst);
        !self.is_in_turn()
    }

    pub(in crate::insight) fn set_watchdog(&self, thread: Thread) {
        let _ = self.watchdog.set(thread);
    }

    pub(in crate::insight) fn wake_watchdog(&self) {
        if let Some(thread) = self.watchdog.get() {
            thread.unpark();
        }
    }

    /// Notes that an entry begins. The name is left out if another thread reads that of the entry before.
    pub(in crate::insight) fn begin_entry(
        &self,
        number: u64,
        now: Nanos,
        name: impl FnOnce(&mut EntryName),
    ) {
        self.since.store(now, Ordering::Release);
        // No lock is waited for: in a fork of the process, the thread that has it may not exist.
        let note = match self.name.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            // Code of the program has panicked while it showed an entry: the next name is whole.
            Err(TryLockError::Poisoned(note)) => Some(note.into_inner()),
            Ok(note) => Some(note),
        };
        if let Some(mut note) = note {
            note.entry = number;
            name(&mut note);
        }
        self.entry.store(number * 2, Ordering::Release);
    }

    /// Notes that the entry has ended, if one runs. Returns it if its end is to be reported.
    pub(in crate::insight) fn end_entry(&self) -> Option<RunningEntry> {
        let entry = self.entry.swap(0, Ordering::AcqRel);
        (entry & REPORTED != 0).then(|| self.running(entry))
    }

    fn running(&self, entry: u64) -> RunningEntry {
        RunningEntry {
            number: entry / 2,
            since: self.since.load(Ordering::Acquire),
            is_reported: entry & REPORTED != 0,
        }
    }

    /// Returns the entry that runs.
    pub(in crate::insight) fn entry(&self) -> Option<RunningEntry> {
        let entry = self.entry.load(Ordering::Acquire);
        let running = self.running(entry);
        // Otherwise the time may be that of another one.
        let is_same = self.entry.load(Ordering::Acquire) / 2 == entry / 2;
        (entry != 0 && is_same).then_some(running)
    }

    /// Claims the report of an entry; returns false if it has ended by now. Its end is reported then.
    pub(in crate::insight) fn mark_reported(&self, number: u64) -> bool {
        let (before, after) = (number * 2, (number * 2) | REPORTED);
        let marked =
            self.entry
                .compare_exchange(before, after, Ordering::AcqRel, Ordering::Relaxed);
        marked.is_ok()
    }

    /// Returns the name of an entry, if it is still noted.
    pub(in crate::insight) fn name_of(&self, number: u64) -> EntryName {
        let name = lock(&self.name).clone();
        if name.entry == number {
            return name;
        }
        EntryName {
            entry: number,
            task: None,
            callback: "an entry whose name is not known".to_owned(),
        }
    }

    /// Leaves a report for the watchdog.
    pub(in crate::insight) fn push_ended(&self, report: WatchdogReport) {
        lock(&self.ended).push(report);
        self.wake_watchdog();
    }

    /// Returns whether the end of a reported entry is to be told.
    pub(in crate::insight) fn has_ended(&self) -> bool {
        !lock(&self.ended).is_empty()
    }

    pub(in crate::insight) fn take_ended(&self) -> Vec<WatchdogReport> {
        std::mem::take(&mut *lock(&self.ended))
    }
}

#[cfg(feature = "monitor")]
impl Pulse {
    pub(in crate::insight) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }
}
