//! Settings for a loop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use yieldfrom_delegation::stack;

use super::clock::Clock;
use super::inbox::Inbox;
use super::reactor::Reactor;
use super::slow::Ended;
use super::{Core, EventLoop, Slot};
use crate::awaitable::Awaitable;
use crate::net::describe;
use crate::{Co, Result};

/// Settings for an event loop: which clock it goes by, and what its tasks are given.
///
/// # Examples
///
/// A loop in virtual time, on which an hour passes at once:
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// event_loop.run_until_complete(|co: &Co| co.yield_from(sleep(Duration::from_secs(3600))))?;
/// assert_eq!(event_loop.time(), Duration::from_secs(3600));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LoopBuilder {
    is_virtual: bool,
    start_time: Duration,
    stack_size: usize,
    debug: bool,
    portable_reactor: bool,
    #[cfg(feature = "signal")]
    pub(crate) handles_sigint: bool,
    #[cfg(feature = "signal")]
    reports_on_sigquit: bool,
    /// With which limit the loop is recorded from its start on, if it is.
    #[cfg(feature = "trace")]
    trace: Option<Option<usize>>,
}

impl Default for LoopBuilder {
    fn default() -> Self {
        Self {
            is_virtual: false,
            start_time: Duration::ZERO,
            stack_size: stack::DEFAULT_SIZE,
            debug: std::env::var_os("YIELDFROM_DEBUG")
                .is_some_and(|on| !on.is_empty() && on != "0"),
            portable_reactor: false,
            #[cfg(feature = "signal")]
            handles_sigint: true,
            #[cfg(feature = "signal")]
            reports_on_sigquit: false,
            #[cfg(feature = "trace")]
            trace: None,
        }
    }
}

impl LoopBuilder {
    /// Starts from the defaults: the system's monotonic clock, from zero;
    /// [`DEFAULT_SIZE`](stack::DEFAULT_SIZE) stacks; debug mode if the environment variable
    /// `YIELDFROM_DEBUG` is set to anything but `0`.
    ///
    /// # Examples
    ///
    /// See [`LoopBuilder`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets time stand still while anything is ready, and then jump to the next deadline.
    ///
    /// Nothing ever waits, and every run is the same: for tests and simulations. Sockets work as
    /// well: before time jumps, the loop looks whether any is ready, which those of one thread are
    /// by then. While jobs of an executor are pending, or child processes run, time passes no faster
    /// than real time.
    ///
    /// # Examples
    ///
    /// See [`LoopBuilder`].
    #[must_use]
    pub fn virtual_clock(mut self) -> Self {
        self.is_virtual = true;
        self
    }

    /// Sets the loop time at the start: zero by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::EventLoop;
    ///
    /// let noon = Duration::from_secs(12 * 3600);
    /// let event_loop = EventLoop::builder().virtual_clock().start_time(noon).build()?;
    /// assert_eq!(event_loop.time(), noon);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn start_time(mut self, time: Duration) -> Self {
        self.start_time = time;
        self
    }

    /// Sets the size of the stacks of coroutines made while this loop is the thread's current
    /// one, in bytes: [`DEFAULT_SIZE`](stack::DEFAULT_SIZE) by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let small = EventLoop::builder().stack_size(64 << 10).build()?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Sets whether the loop starts in debug mode, see [`EventLoop::set_debug`].
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// assert!(EventLoop::builder().debug(true).build()?.get_debug());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn debug(mut self, on: bool) -> Self {
        self.debug = on;
        self
    }

    /// Lets the loop write a report of all tasks to standard error at each `SIGQUIT` (Ctrl-\\), see
    /// [`EventLoop::report_on_sigquit`].
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, LoopBuilder};
    ///
    /// let builder = LoopBuilder::new().report_on_sigquit();
    /// assert_eq!(builder.run(|_: &Co| Ok(42))?, 42);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[cfg(feature = "signal")]
    #[must_use]
    pub fn report_on_sigquit(mut self) -> Self {
        self.reports_on_sigquit = true;
        self
    }

    /// Records what the loop does from its start on, as
    /// [`start_trace`](EventLoop::start_trace) with this limit.
    ///
    /// # Examples
    ///
    /// See [`trace`](crate::trace).
    #[cfg(feature = "trace")]
    #[must_use]
    pub fn trace(mut self, limit: impl Into<Option<usize>>) -> Self {
        self.trace = Some(limit.into());
        self
    }

    /// Lets the loop wait by the crate `polling` alone, as it does on other systems than Linux.
    ///
    /// It costs some system calls more each time that the loop waits; for comparisons and tests.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::builder().portable_reactor().build()?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn portable_reactor(mut self) -> Self {
        self.portable_reactor = true;
        self
    }

    /// Makes the loop.
    ///
    /// # Errors
    ///
    /// What the system says when it has no descriptors left for the poller.
    ///
    /// # Examples
    ///
    /// See [`LoopBuilder`].
    pub fn build(self) -> Result<EventLoop> {
        let inbox = Inbox::new().map_err(|error| describe(error, "make an event loop"))?;
        #[cfg(feature = "signal")]
        let reports_on_sigquit = self.reports_on_sigquit;
        let event_loop = EventLoop::new_handle(self.core(Some(inbox)));
        #[cfg(feature = "signal")]
        if reports_on_sigquit {
            event_loop.report_on_sigquit()?;
        }
        Ok(event_loop)
    }

    /// Makes a loop, runs a coroutine on it, cancels the tasks that are left, waits for the jobs
    /// of the default executor, and closes the loop. After a second Ctrl-C it does not wait for jobs,
    /// see the module `signal`.
    ///
    /// 3.11's `asyncio.Runner`, with these settings; [`run`](crate::run) takes the defaults.
    ///
    /// # Errors
    ///
    /// As [`run`](crate::run).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, LoopBuilder, sleep_with};
    ///
    /// let day = Duration::from_secs(24 * 3600);
    /// let builder = LoopBuilder::new().virtual_clock();
    /// let value = builder.run(move |co: &Co| co.yield_from(sleep_with(day, "tomorrow")))?;
    /// assert_eq!(value, "tomorrow");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn run<A: Awaitable>(self, awaitable: A) -> Result<A::Output> {
        let event_loop = self.build()?;
        let result = event_loop.run_until_complete(awaitable);
        #[cfg(feature = "signal")]
        event_loop.core().interrupt_at_once();
        let rest = clean_up(&event_loop);
        if is_hurried(&event_loop) {
            event_loop.core().executors.leave_default();
        }
        event_loop.close()?;
        result.and_then(|value| rest.map(|()| value))
    }

    /// Makes a loop that has never been open: what is put on it never runs.
    pub(super) fn build_closed(self) -> EventLoop {
        let core = self.core(None);
        core.closed.set(true);
        EventLoop::new_handle(core)
    }

    fn core(self, inbox: Option<std::sync::Arc<Inbox>>) -> Rc<Core> {
        let clock = if self.is_virtual {
            Clock::virtual_at(self.start_time)
        } else {
            Clock::real(self.start_time)
        };
        #[cfg(feature = "trace")]
        let tracing = super::tracing::Tracing::default();
        #[cfg(feature = "trace")]
        if let Some(limit) = self.trace {
            tracing.start(limit, clock.now());
        }
        Rc::new(Core {
            ready: Default::default(),
            current_task: Cell::new(Slot::NONE),
            timers: RefCell::default(),
            clock,
            tasks: RefCell::default(),
            task_numbers: Cell::new(0),
            task_names: RefCell::default(),
            running: Cell::new(false),
            stopping: Cell::new(false),
            closed: Cell::new(false),
            debug: Cell::new(self.debug),
            slow_callback_duration: Cell::new(Duration::from_millis(100)),
            ended: Ended::default(),
            pace: Cell::default(),
            reporting: Cell::new(false),
            places: Default::default(),
            #[cfg(feature = "trace")]
            tracing,
            handles: Cell::new(0),
            stack_size: self.stack_size,
            exception_handler: RefCell::new(None),
            task_factory: RefCell::new(None),
            remote: RefCell::default(),
            reactor: Reactor::new(self.portable_reactor),
            ran: Cell::new(0),
            descriptors: Default::default(),
            executors: Default::default(),
            #[cfg(feature = "signal")]
            signals: crate::signal::Signals::new(self.handles_sigint),
            inbox,
        })
    }
}

/// Returns whether a Ctrl-C has ended a run at once, so that nothing more is waited for.
fn is_hurried(event_loop: &EventLoop) -> bool {
    #[cfg(feature = "signal")]
    return event_loop.core().is_hurried();
    #[cfg(not(feature = "signal"))]
    {
        let _ = event_loop;
        false
    }
}

/// Cancels what is left, and waits for it.
#[track_caller]
fn clean_up(event_loop: &EventLoop) -> Result<()> {
    cancel_all(event_loop)?;
    end_jobs(event_loop)
}

/// Waits for the jobs of the default executor, if there is one.
#[track_caller]
fn end_jobs(event_loop: &EventLoop) -> Result<()> {
    if is_hurried(event_loop) || event_loop.core().executors.default.borrow().is_none() {
        return Ok(());
    }
    event_loop.run_until_complete(event_loop.shutdown_default_executor())
}

/// Cancels all tasks of a loop, and runs it until they have ended.
#[track_caller]
fn cancel_all(event_loop: &EventLoop) -> Result<()> {
    let tasks = event_loop.all_tasks();
    for task in &tasks {
        task.cancel();
    }
    event_loop
        .run_until_complete(move |co: &Co| tasks.iter().try_for_each(|task| task.wait_done(co)))
}
