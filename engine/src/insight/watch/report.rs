//! What the watchdog says.

use std::fmt;
use std::time::{Duration, Instant};

use yieldfrom_delegation::Link;

use super::pulse::EntryName;

/// A report of the watchdog: a task or a callback holds the loop, or has held it.
///
/// See [`LoopBuilder::watchdog`](crate::LoopBuilder::watchdog).
#[derive(Clone, Debug)]
pub struct WatchdogReport {
    pub(super) name: EntryName,
    pub(super) since: Instant,
    pub(super) held: Duration,
    pub(super) has_ended: bool,
    pub(super) stack: Vec<Link>,
}

impl WatchdogReport {
    /// Returns the number of the entry, which counts those that the watchdog has seen. The report of
    /// the end has the same.
    pub fn number(&self) -> u64 {
        self.name.entry
    }

    /// Returns the name of the task whose step it is; none if it is a callback.
    pub fn task(&self) -> Option<&str> {
        self.name.task.as_ref().map(|task| &*task.name)
    }

    /// Returns what holds the loop: the coroutine of a task, or a callback, with the line where it was made.
    pub fn entry(&self) -> &str {
        match &self.name.task {
            Some(task) => &task.origin,
            None => &self.name.callback,
        }
    }

    /// Returns the time at which the step or the callback began.
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Returns how long the loop was held until this report.
    pub fn held(&self) -> Duration {
        self.held
    }

    /// Returns whether the step or the callback has ended. If not, it runs while you read this.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Returns where the task was suspended when its step had ended, outermost first, as
    /// [`Task::stack`](crate::Task::stack).
    ///
    /// It is empty while the loop is held, since no other thread can look at a body that runs. It is also
    /// empty for callbacks, and for a task that has ended.
    pub fn stack(&self) -> &[Link] {
        &self.stack
    }
}

/// Shows what a warning in the log says.
impl fmt::Display for WatchdogReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.has_ended { "was" } else { "is" };
        write!(f, "The event loop {verb} held by ")?;
        if let Some(task) = self.task() {
            write!(f, "{task} ")?;
        }
        let seconds = self.held.as_secs_f64();
        write!(f, "{} for {seconds:.3} seconds", self.entry())?;
        match self.has_ended {
            false => f.write_str(", and it does not let go"),
            true => self
                .stack
                .iter()
                .try_for_each(|link| write!(f, "\n    {link}")),
        }
    }
}
