//! The end of a process that hangs.

use std::process;
use std::thread;
use std::time::Duration;

/// Ends this process with the status 99 if it still runs after this time.
pub fn start(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("it hangs: it has run for {limit:?}");
        process::exit(99);
    });
}
