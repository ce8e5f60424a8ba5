//! The assembly of a loop: the one file that names every layer.
//!
//! It makes a kernel and plugs executors, signals and traces into it. Below, `get_event_loop` makes the
//! loop of the main thread by [`EventLoop::new`], which stands here: that is the one call that goes up.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use yieldfrom_delegation::{Result, stack};

use crate::errors::describe;
use crate::insight::deadlock;
use crate::kernel::{
    Awaitable, Clock, Co, Core, EventLoop, Hooks, Inbox, Layer, Settings, get_event_loop,
};
#[cfg(feature = "signal")]
use crate::signal::Signals;
use crate::threads::{Executors, RemoteTasks};

impl EventLoop {
    /// Makes a loop that goes by the system's monotonic clock.
    ///
    /// [`builder`](EventLoop::builder) makes other ones.
    ///
    /// # Errors
    ///
    /// What the system says when it has no descriptors left for the poller.
    ///
    /// # Examples
    ///
    /// See [`EventLoop`].
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Starts the settings of a loop.
    ///
    /// # Examples
    ///
    /// See [`LoopBuilder`].
    pub fn builder() -> LoopBuilder {
        LoopBuilder::new()
    }
}

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
        #[cfg(feature = "trace")]
        let trace = self.trace;
        let event_loop = EventLoop::new_handle(self.core(inbox));
        #[cfg(feature = "trace")]
        if let Some(limit) = trace {
            event_loop.start_trace(limit)?;
        }
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
        if let Some(signals) = Signals::of(event_loop.core()) {
            signals.interrupt_at_once();
        }
        let rest = clean_up(&event_loop);
        if is_hurried(&event_loop)
            && let Some(executors) = Executors::of(event_loop.core())
        {
            executors.leave_default();
        }
        event_loop.close()?;
        result.and_then(|value| rest.map(|()| value))
    }

    /// Plugs the layers above the kernel into it.
    fn core(self, inbox: Arc<Inbox>) -> Rc<Core> {
        let clock = if self.is_virtual {
            Clock::virtual_at(self.start_time)
        } else {
            Clock::real(self.start_time)
        };
        let layers: Box<[Rc<dyn Layer>]> = Box::new([
            Rc::new(Executors::default()),
            Rc::new(RemoteTasks::default()),
            #[cfg(feature = "signal")]
            Rc::new(Signals::new(self.handles_sigint)),
        ]);
        let settings = Settings {
            clock,
            stack_size: self.stack_size,
            debug: self.debug,
            portable_reactor: self.portable_reactor,
        };
        Core::new(settings, Hooks::new(layers, deadlock), Some(inbox))
    }
}

/// Returns whether a Ctrl-C has ended a run at once, so that nothing more is waited for.
fn is_hurried(event_loop: &EventLoop) -> bool {
    #[cfg(feature = "signal")]
    return Signals::of(event_loop.core()).is_some_and(Signals::is_hurried);
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
    let executors = Executors::of(event_loop.core());
    let has_default = executors.is_some_and(|executors| executors.default.borrow().is_some());
    if is_hurried(event_loop) || !has_default {
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

/// Runs the thread's current loop until a coroutine or future is done, and returns its result.
///
/// For consoles, tests and small programs: [`get_event_loop`] and
/// [`run_until_complete`](EventLoop::run_until_complete) in one.
///
/// # Errors
///
/// What these two, or the coroutine, fail with.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, run_sync};
///
/// assert_eq!(run_sync(|_: &Co| Ok(6 * 7))?, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn run_sync<A: Awaitable>(awaitable: A) -> Result<A::Output> {
    get_event_loop()?.run_until_complete(awaitable)
}

/// Runs a coroutine on a new loop, cancels the tasks that are left, and closes the loop: 3.7's
/// `asyncio.run`.
///
/// # Errors
///
/// - [`RuntimeError`](crate::RuntimeError): a loop is running on this thread.
/// - What the loop or the coroutine fails with.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, create_task, run, sleep};
/// use std::time::Duration;
///
/// let result = run(|_: &Co| {
///     create_task(|co: &Co| co.yield_from(sleep(Duration::MAX))); // is cancelled at the end
///     Ok(42)
/// })?;
/// assert_eq!(result, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn run<A: Awaitable>(awaitable: A) -> Result<A::Output> {
    EventLoop::builder().run(awaitable)
}
