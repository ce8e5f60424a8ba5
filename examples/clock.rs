//! Real time, or with `--virtual-time` a time that passes at once.
//!
//! What a program prints in virtual time is always the same, and takes no time.

use std::thread;
use std::time::{Duration, SystemTime, SystemTimeError, UNIX_EPOCH};

use yieldfrom::{EventLoop, Result, get_event_loop, set_event_loop};

/// The time of day in virtual time, which stands still: some moment in September 2020.
const VIRTUAL_TIME_OF_DAY: Duration = Duration::new(1_599_034_919, 750_000_000);

/// Returns the thread's event loop; with `--virtual-time` one with a virtual clock.
///
/// # Errors
///
/// Fails as the loop does that cannot be made.
pub fn event_loop() -> Result<EventLoop> {
    if is_virtual() {
        set_event_loop(Some(&EventLoop::builder().virtual_clock().build()?));
    }
    get_event_loop()
}

/// Returns the time of day as Python's `time.time()`, since 1970.
///
/// # Errors
///
/// Fails if the system's clock shows an earlier year.
pub fn time() -> Result<Duration, SystemTimeError> {
    if is_virtual() {
        return Ok(VIRTUAL_TIME_OF_DAY);
    }
    SystemTime::now().duration_since(UNIX_EPOCH)
}

/// Blocks the thread; with `--virtual-time` it only lets others run.
pub fn thread_sleep(duration: Duration) {
    if is_virtual() {
        thread::yield_now();
    } else {
        thread::sleep(duration);
    }
}

fn is_virtual() -> bool {
    std::env::args().any(|arg| arg == "--virtual-time")
}
