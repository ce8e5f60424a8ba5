//! The error of a run that can never end.

use std::fmt;
use std::rc::Rc;

use super::debug::{Report, report_of};
use crate::kernel::Core;
use yieldfrom_delegation::Error;

/// The error of a run that can never end: nothing is ready, no timer runs, and nothing else can wake
/// the loop.
///
/// The message names the circles of tasks that wait for each other, and shows all tasks as a tree;
/// [`report`](DeadlockError::report) has the same as data.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, DeadlockError, EventLoop, Lock, Result, create_task, gather, yield_now};
///
/// fn take_both(co: &Co, first: &Lock, second: &Lock) -> Result<()> {
///     let _first = co.yield_from(first.acquire())?;
///     co.yield_from(yield_now())?;
///     let _second = co.yield_from(second.acquire())?;
///     Ok(())
/// }
///
/// let error = EventLoop::new()?.run_until_complete(|co: &Co| {
///     let (a, b) = (Lock::new(), Lock::new());
///     let (c, d) = (a.clone(), b.clone());
///     let one = create_task(move |co: &Co| take_both(co, &a, &b));
///     let other = create_task(move |co: &Co| take_both(co, &d, &c));
///     co.yield_from(gather([one, other]))
/// });
/// let error = error.unwrap_err();
/// let deadlock = error.downcast_ref::<DeadlockError>().unwrap();
/// let cycles = deadlock.report().cycles();
/// let names: Vec<_> = cycles[0].iter().map(|task| task.name()).collect();
/// assert_eq!(names, ["Task-2", "Task-3"]);
/// assert!(error.to_string().contains("cycle: Task-2 waits for Lock.acquire"));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlockError {
    operation: &'static str,
    report: Rc<Report>,
}

impl DeadlockError {
    /// Returns what each task waits for, and which tasks wait for each other.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl fmt::Display for DeadlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: nothing can ever wake the event loop again (no timer, no descriptor, no job, no \
             signal, no handle in another thread); ",
            self.operation
        )?;
        match self.report.tasks().len() {
            0 => f.write_str("there is no task"),
            1 => write!(f, "1 task waits\n{}", self.report),
            n => write!(f, "{n} tasks wait\n{}", self.report),
        }
    }
}

impl std::error::Error for DeadlockError {}

/// Makes the error of a run that nothing can wake.
pub(crate) fn deadlock(core: &Core, operation: &'static str) -> Error {
    let report = Rc::new(report_of(core));
    DeadlockError { operation, report }.into()
}
