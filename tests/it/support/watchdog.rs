//! The end of a test that hangs.

use std::process;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Ends the process if this still lives after two minutes: something hangs that no timeout of a
/// loop can end.
pub(crate) struct Watchdog {
    _alive: mpsc::Sender<()>,
}

impl Watchdog {
    /// Begins to watch; `what` says what hangs if it does.
    pub(crate) fn start(what: &'static str) -> Self {
        let (alive, ended) = mpsc::channel();
        let test = thread::current().name().unwrap_or("?").to_owned();
        thread::spawn(move || {
            let waited = ended.recv_timeout(Duration::from_secs(120));
            if waited == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{test} hangs ({what})");
                process::abort();
            }
        });
        Self { _alive: alive }
    }
}
