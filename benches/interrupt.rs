//! Ctrl-C: once to end with what there is, twice to end at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

static ASKED: AtomicBool = AtomicBool::new(false);
/// As shells have it: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// Makes Ctrl-C ask for an early end rather than end the process.
pub(crate) fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            process::exit(INTERRUPTED);
        }
    })
    .context("can't listen to Ctrl-C")
}

/// Asks for an early end.
pub(crate) fn ask() {
    ASKED.store(true, Ordering::Relaxed);
}

/// Returns whether an early end was asked for.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
