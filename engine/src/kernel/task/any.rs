//! Tasks of whatever result type.

use std::fmt;
use std::io;
use std::panic::Location;
use std::rc::Rc;

use yieldfrom_delegation::{Delegate, Link, Result};
#[cfg(feature = "trace")]
use yieldfrom_delegation::{Error, RawLink};

use super::data::Suspension;
use crate::errors::panics::Payload;
use crate::kernel::awaitable::other_loop;
use crate::kernel::event_loop::{EventLoop, Ready, Slot};
use crate::kernel::future::{Callbacks, FutureObject, Waitable, cancel, not_awaited};
use crate::kernel::request::{Co, Request};

/// How a task has ended, for recordings.
#[cfg(feature = "trace")]
pub(crate) enum TaskEnding {
    Result,
    Error(Error),
    Cancelled,
}

/// What can be done with a task without knowing its result.
pub(crate) trait TaskObject: Ready + FutureObject {
    /// Ends the task whose coroutine has panicked.
    fn panicked(&self, payload: Payload);

    /// Ends the coroutine of a task whose loop is closed. Pushes its callbacks, which never run any
    /// more, onto `lost`, for the caller to drop.
    fn destroy(&self, lost: &mut Vec<Callbacks>);

    /// Closes the coroutine at once, by [`Generator::abandon`](yieldfrom_delegation::Generator::abandon); the
    /// task has ended as cancelled then. Returns whether the coroutine is closed.
    fn abandon(&self) -> bool;

    /// Returns whether the coroutine has ended, or was closed.
    fn is_closed(&self) -> bool;

    /// Returns whether the coroutine has not run yet.
    fn has_not_started(&self) -> bool;

    fn number(&self) -> u32;

    /// Returns its place among the loop's tasks. The places are used again.
    fn slot(&self) -> Slot;

    fn name(&self) -> String;
    fn set_name(&self, name: String);

    /// Notes that the loop keeps something by the task's number, which is to be forgotten with it.
    fn note(&self);

    fn stack(&self) -> Vec<Link>;

    /// Returns the coroutine's name, and where the coroutine was made.
    fn origin(&self) -> Link;

    /// Returns where the task was made, if it was made in debug mode.
    fn made_at(&self) -> Option<&'static Location<'static>>;

    /// Returns what it waits for now.
    fn suspension(&self) -> Suspension;

    /// Returns whether the task still sleeps, and its entry in the ready queue stands for its timer.
    #[cfg(feature = "trace")]
    fn is_due(&self) -> bool;

    /// Appends what `stack` returns, in a form that is cheap to collect.
    #[cfg(feature = "trace")]
    fn append_links(&self, links: &mut Vec<RawLink>);

    /// Returns how the task, which is done, has ended.
    #[cfg(feature = "trace")]
    fn ending(&self) -> TaskEnding;

    /// Returns how many requests to cancel it are open.
    fn cancelling(&self) -> u32;

    /// Takes one request back. When the last one is taken back, a cancellation that has not begun ends.
    fn uncancel(&self);
}

/// A task, without its result type: what [`current_task`](crate::current_task) and
/// [`all_tasks`](crate::all_tasks) return.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, all_tasks, create_task, current_task, run_sync};
///
/// run_sync(|_: &Co| {
///     let other = create_task(|_: &Co| Ok("other"));
///     let me = current_task().expect("inside a task");
///     assert_eq!(all_tasks().len(), 2);
///     assert!(all_tasks().iter().any(|task| task == &me) && me.get_name() != other.get_name());
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct AnyTask(pub(crate) Rc<dyn TaskObject>);

impl AnyTask {
    /// Returns whether the task has ended.
    pub fn done(&self) -> bool {
        self.0.is_done()
    }

    /// Asks the task to end, as [`Future::cancel`](crate::Future::cancel).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, current_task, run_sync, yield_now};
    ///
    /// let error = run_sync(|co: &Co| {
    ///     current_task().unwrap().cancel();
    ///     co.yield_from(yield_now())
    /// });
    /// assert!(error.unwrap_err().is_cancelled());
    /// ```
    pub fn cancel(&self) -> bool {
        cancel(Rc::clone(&self.0) as Rc<dyn Waitable>)
    }

    /// Returns the task's name, `Task-1` and so on unless it was given one.
    pub fn get_name(&self) -> String {
        self.0.name()
    }

    /// Returns the delegations that are under way, see [`Task::stack`](crate::Task::stack).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, current_task, run_sync};
    ///
    /// run_sync(|_: &Co| {
    ///     assert_eq!(current_task().unwrap().stack().len(), 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "get_stack")]
    pub fn stack(&self) -> Vec<Link> {
        self.0.stack()
    }

    /// Writes the task's stack, see [`Task::print_stack`](crate::Task::print_stack).
    ///
    /// # Errors
    ///
    /// What writing fails with.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, current_task, run_sync};
    ///
    /// run_sync(|_: &Co| Ok(current_task().unwrap().print_stack(&mut std::io::stderr())?))?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn print_stack(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let (name, stack) = (self.to_string(), self.stack());
        if stack.is_empty() {
            return writeln!(out, "No stack for {name}");
        }
        writeln!(out, "Stack for {name} (most recent call last):")?;
        stack.iter().try_for_each(|link| {
            writeln!(
                out,
                "  File \"{}\", line {}, in {}",
                link.file(),
                link.line(),
                link.name()
            )
        })
    }

    /// Returns how many requests to cancel the task are open: 3.11's `cancelling`.
    pub fn cancelling(&self) -> usize {
        self.0.cancelling() as usize
    }

    /// Takes one request to cancel back, and returns how many are left.
    pub fn uncancel(&self) -> usize {
        self.0.uncancel();
        self.cancelling()
    }

    /// Suspends the current task until this one has ended.
    #[track_caller]
    pub(crate) fn wait_done(&self, co: &Co) -> Result<()> {
        if !self.done() {
            co.yield_through(Request::wait(Rc::clone(&self.0) as Rc<dyn Waitable>))?;
        }
        if self.done() {
            Ok(())
        } else {
            Err(not_awaited())
        }
    }

    /// Fails as the task, which is done, has failed.
    pub(crate) fn outcome(&self) -> Result<()> {
        self.0.exception()?.map_or(Ok(()), Err)
    }

    /// If the task was asked to end, by a request that was taken where it was not to end it, has the request come again
    /// at its next wait.
    pub(crate) fn renew_cancellation(&self) {
        if self.cancelling() > 0 {
            self.uncancel();
            self.cancel();
        }
    }

    /// Fails if the task belongs to another loop.
    pub(crate) fn check_loop(&self, event_loop: &EventLoop, operation: &str) -> Result<()> {
        match self.0.core() {
            Some(core) if !Rc::ptr_eq(core, event_loop.core()) => Err(other_loop(operation)),
            _ => Ok(()),
        }
    }

    pub(crate) fn number(&self) -> u32 {
        self.0.number()
    }
}

/// Waits until the task has ended, and fails as it has failed. Its result stays.
impl Delegate<Request, ()> for &AnyTask {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        self.wait_done(co)?;
        self.outcome()
    }
}

/// As by reference.
impl Delegate<Request, ()> for AnyTask {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        (&self).delegate(co)
    }
}

impl PartialEq for AnyTask {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Rc::as_ptr(&self.0), Rc::as_ptr(&other.0))
    }
}

impl Eq for AnyTask {}

impl fmt::Display for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl fmt::Debug for AnyTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}
