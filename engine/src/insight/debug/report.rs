//! The data of a report.

use std::fmt;
use std::panic::Location;

use yieldfrom_delegation::Link;

use crate::kernel::WaitKind;

/// The thing that a task waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitsFor {
    pub(in crate::insight) kind: WaitKind,
    pub(in crate::insight) text: String,
    /// The index of the task that has to release what is waited for.
    pub(in crate::insight) holder: Option<usize>,
}

impl WaitsFor {
    /// Returns the kind of the wait.
    pub fn kind(&self) -> WaitKind {
        self.kind
    }
}

/// Shows the operation, and what is known of its object: `read on descriptor 7`.
impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One task in a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskReport {
    pub(in crate::insight) index: usize,
    pub(in crate::insight) name: String,
    pub(in crate::insight) origin: Link,
    pub(in crate::insight) made_at: Option<&'static Location<'static>>,
    pub(in crate::insight) is_running: bool,
    pub(in crate::insight) stack: Vec<Link>,
    pub(in crate::insight) waits_for: WaitsFor,
    /// The indices of the tasks that have to do something before this one goes on.
    pub(in crate::insight) awaits: Vec<usize>,
    pub(in crate::insight) awaited_by: Vec<usize>,
}

impl TaskReport {
    /// Returns the task's name: `Task-1` and so on, unless it was given one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of its coroutine, and the line where that was made.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop, Result};
    ///
    /// fn work(_: &Co) -> Result<()> { Ok(()) }
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(work); let here = line!();
    /// let report = event_loop.report();
    /// let origin = report.tasks()[0].origin();
    /// assert_eq!((origin.name(), origin.line()), ("work", here));
    /// # event_loop.run_until_complete(task)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn origin(&self) -> &Link {
        &self.origin
    }

    /// Returns where the task was made, if that was in debug mode.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop, coroutine};
    ///
    /// let event_loop = EventLoop::builder().debug(true).build()?;
    /// let coroutine = coroutine(|_: &Co| Ok(()));
    /// let task = event_loop.create_task(coroutine); let here = line!();
    /// let made_at = event_loop.report().tasks()[0].made_at();
    /// assert_eq!(made_at.unwrap().line(), here);
    /// # event_loop.run_until_complete(task)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn made_at(&self) -> Option<&'static Location<'static>> {
        self.made_at
    }

    /// Returns whether it is the task that asked for the report.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, get_running_loop, run_sync};
    ///
    /// let report = run_sync(|_: &Co| Ok(get_running_loop()?.report()))?;
    /// assert!(report.tasks()[0].is_running());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn is_running(&self) -> bool {
        self.is_running
    }

    /// Returns the delegations that are under way, outermost to innermost: see
    /// [`Task::stack`](crate::Task::stack).
    pub fn stack(&self) -> &[Link] {
        &self.stack
    }

    /// Returns what it waits for.
    pub fn waits_for(&self) -> &WaitsFor {
        &self.waits_for
    }
}

/// All tasks of a loop, and which of them wait for each other: see [`debug`](crate::debug).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub(in crate::insight) tasks: Vec<TaskReport>,
    pub(in crate::insight) cycles: Vec<Vec<usize>>,
}

impl Report {
    /// Returns the tasks that have not ended, in the order of their making.
    pub fn tasks(&self) -> &[TaskReport] {
        &self.tasks
    }

    /// Returns the first task with this name.
    pub fn find(&self, name: &str) -> Option<&TaskReport> {
        self.tasks.iter().find(|task| task.name == name)
    }

    /// Returns the tasks that have to do something before `task` goes on: end, or release a lock.
    pub fn awaited_by(&self, task: &TaskReport) -> Vec<&TaskReport> {
        self.all(&task.awaits)
    }

    /// Returns the tasks that go on only after `task` has done something.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, create_task, get_running_loop, run_sync, yield_now};
    ///
    /// let report = run_sync(|co: &Co| {
    ///     create_task(|co: &Co| {
    ///         co.yield_from(create_task(|co: &Co| co.yield_from(yield_now())))
    ///     });
    ///     co.yield_from(yield_now())?;
    ///     Ok(get_running_loop()?.report())
    /// })?;
    /// let inner = report.find("Task-3").unwrap();
    /// assert_eq!(report.waiters_of(inner)[0].name(), "Task-2");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn waiters_of(&self, task: &TaskReport) -> Vec<&TaskReport> {
        self.all(&task.awaited_by)
    }

    /// Returns the circles of tasks that wait for each other: each one waits for the next, and the
    /// last one for the first.
    ///
    /// In a loop that still runs, a timeout or a cancellation may break such a circle.
    pub fn cycles(&self) -> Vec<Vec<&TaskReport>> {
        self.cycles.iter().map(|cycle| self.all(cycle)).collect()
    }

    fn all(&self, indices: &[usize]) -> Vec<&TaskReport> {
        let tasks = indices.iter().filter_map(|&index| self.tasks.get(index));
        tasks.collect()
    }
}
