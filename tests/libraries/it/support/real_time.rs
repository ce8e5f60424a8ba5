//! Loops in real time, and what a process has.

use std::error::Error as StdError;
use std::fs;
use std::time::Duration;

use super::watchdog::Watchdog;
use yieldfrom::{Co, EventLoop, Result, all_tasks, wait_for, yield_now};

/// Runs this on a loop of its own, in real time; what hangs, fails.
pub(crate) fn run<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> T {
    let _watchdog = Watchdog::start("or code in a region never comes back");
    let event_loop = EventLoop::new().unwrap();
    let limited = wait_for(with_its_tasks(body), Duration::from_secs(60));
    event_loop.run_until_complete(limited).unwrap()
}

/// Waits until the tasks of a body have ended as well, such as those that serve its connections.
fn with_its_tasks<T>(body: impl FnOnce(&Co) -> Result<T>) -> impl FnOnce(&Co) -> Result<T> {
    move |co| {
        let others = all_tasks().len();
        let result = body(co)?;
        until(co, || all_tasks().len() <= others)?;
        Ok(result)
    }
}

/// Lets turns pass until something is the case.
pub(crate) fn until(co: &Co, mut holds: impl FnMut() -> bool) -> Result<()> {
    while !holds() {
        co.yield_from(yield_now())?;
    }
    Ok(())
}

/// Returns how many descriptors this process has: of use in a process of its own only.
pub(crate) fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Returns how many threads this process has: of use in a process of its own only.
pub(crate) fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Returns what an error says, and what the errors say that caused it.
pub(crate) fn chain_of(error: &(dyn StdError + 'static)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said += &format!(": {error}");
        cause = error.source();
    }
    said
}
