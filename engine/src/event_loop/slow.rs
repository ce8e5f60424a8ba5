//! Finds the callbacks that hold the loop for long.
//!
//! Reading a clock costs as much as a task's step. So outside of debug mode, in a turn with many
//! entries, it is read once for several; then all of these are named.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::Core;
use super::turn::Entry;

/// As many entries share one reading of the clock.
const BATCH: usize = 8;

/// Watches the entries of one turn.
pub(super) struct Watch {
    /// When the first of the noted entries began.
    began: Instant,
    noted: Vec<Entry>,
    batch: usize,
}

impl Watch {
    pub(super) fn start(core: &Core, count: usize) -> Self {
        let exact = core.debug.get() || count <= BATCH;
        Self {
            began: Instant::now(),
            noted: Vec::new(),
            batch: if exact { 1 } else { BATCH },
        }
    }

    #[inline(always)]
    pub(super) fn note(&mut self, entry: &Entry) {
        self.noted.push(entry.clone());
    }

    #[inline(always)]
    pub(super) fn check(&mut self, core: &Core) {
        if self.noted.len() >= self.batch {
            self.look(core);
        }
    }

    fn look(&mut self, core: &Core) {
        let now = Instant::now();
        let took = now - self.began;
        self.began = now;
        if took >= core.slow_callback_duration.get() {
            self.report(took);
        }
        self.noted.clear();
    }

    #[cold]
    fn report(&self, took: Duration) {
        let mut names = String::new();
        for entry in &self.noted {
            let _ = write!(
                names,
                "{}{}",
                if names.is_empty() { "" } else { ", " },
                Shown(entry)
            );
        }
        let one = if self.noted.len() == 1 { "" } else { "one of " };
        log::warn!(target: "yieldfrom::event_loop", "Executing {one}{names} took {:.3} seconds", took.as_secs_f64());
    }
}

struct Shown<'a>(&'a Entry);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.describe(f)
    }
}
