//! Ctrl-C: once to end with what there is, again to end at once.

use std::process;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// When an early end was asked for.
static ASKED: OnceLock<Instant> = OnceLock::new();
/// A signal so soon after the first is the same one: some send it to a process and to its group.
const SAME: Duration = Duration::from_millis(500);
/// As shells have it: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// Makes Ctrl-C ask for an early end rather than end the process.
pub(crate) fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.get().is_some_and(|first| first.elapsed() > SAME) {
            process::exit(INTERRUPTED);
        }
        ask();
    })
    .context("can't listen to Ctrl-C")
}

/// Asks for an early end.
pub(crate) fn ask() {
    ASKED.get_or_init(Instant::now);
}

/// Returns whether an early end was asked for.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some()
}
