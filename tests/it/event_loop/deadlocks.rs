//! Runs that can never end are found, and the report names the culprits; runs that only look dead
//! are left alone.

mod locks_and_semaphores;
mod not_deadlocked;
mod tasks_and_queues;

use yieldfrom::debug::Report;
use yieldfrom::{Co, DeadlockError, Error, EventLoop, Result, Task};

use crate::support::Watchdog;

/// Gives a task a name.
fn named<T: 'static>(name: &str, task: Task<T>) -> Task<T> {
    task.set_name(name);
    task
}

/// Runs a program that can never end, and returns the error.
fn deadlock(main: impl FnOnce(&Co) -> Result<()> + 'static) -> Error {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let event_loop = EventLoop::new().expect("there are descriptors");
    let error = event_loop.run_until_complete(main).unwrap_err();
    assert!(error.is::<DeadlockError>(), "{error}");
    error
}

fn report(error: &Error) -> &Report {
    error.downcast_ref::<DeadlockError>().unwrap().report()
}

/// Returns the names on each circle.
fn cycles(report: &Report) -> Vec<Vec<&str>> {
    report
        .cycles()
        .into_iter()
        .map(|cycle| cycle.into_iter().map(|task| task.name()).collect())
        .collect()
}

/// Returns what a task waits for, whom, and where.
fn of<'a>(report: &'a Report, name: &str) -> (String, Vec<&'a str>, Vec<String>) {
    let task = report
        .find(name)
        .unwrap_or_else(|| panic!("{name} is not in\n{report}"));
    let awaited = report.awaited_by(task).into_iter();
    let stack = task.stack().iter().map(|link| link.name().to_owned());
    (
        task.waits_for().to_string(),
        awaited.map(|task| task.name()).collect(),
        stack.collect(),
    )
}
