//! The assembly of a loop: the one file below `lib.rs` that may name every layer.
//!
//! It makes a kernel, and plugs in the executors, the tasks of other threads, signals, Ctrl-C and the
//! report of a deadlock. It also starts a trace if one is asked for. The kernel calls up in one
//! place: `get_event_loop` makes the loop of the main thread by [`EventLoop::new`], which stands here.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use yieldfrom_delegation::{Result, stack};

#[cfg(feature = "futures")]
use crate::bridge::ForeignWakers;
use crate::errors::describe;
use crate::insight::{WatchSettings, WatchdogHandler, WatchdogReport, Watching, deadlock};
#[cfg(feature = "trace")]
use crate::insight::{record_by_environment, trace::TraceOptions};
use crate::io::blocking::BlockingSources;
use crate::kernel::{
    AwaitableResult, Clock, Co, Core, EventLoop, Hooks, Inbox, Layer, Poller, Settings,
    get_event_loop,
};
#[cfg(feature = "signal")]
use crate::signal::{CtrlC, SignalHandlers};
use crate::threads::{Executors, RemoteTasks};

impl EventLoop {
    /// Makes a loop with the default settings, see [`LoopBuilder::new`].
    ///
    /// # Errors
    ///
    /// The system's error when it has no descriptors left for the poller.
    #[track_caller]
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Starts the settings of a loop.
    pub fn builder() -> LoopBuilder {
        LoopBuilder::new()
    }
}

/// Settings for an event loop: its clock, the stacks of its coroutines, and what it records.
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
#[doc(alias = "Runner")]
#[doc(alias = "Runtime")]
#[derive(Clone, Debug)]
pub struct LoopBuilder {
    is_virtual: bool,
    start_time: Duration,
    stack_size: usize,
    debug: bool,
    portable_reactor: bool,
    #[cfg(feature = "signal")]
    handles_sigint: bool,
    #[cfg(feature = "signal")]
    reports_on_sigquit: bool,
    /// How the loop is recorded from its start on, if it is.
    #[cfg(feature = "trace")]
    trace: Option<TraceOptions>,
    watch: WatchSettings,
}

impl Default for LoopBuilder {
    fn default() -> Self {
        let debug = std::env::var_os("YIELDFROM_DEBUG");
        Self {
            is_virtual: false,
            start_time: Duration::ZERO,
            stack_size: stack::DEFAULT_SIZE,
            debug: debug.is_some_and(|on| !on.is_empty() && on != "0"),
            portable_reactor: false,
            #[cfg(feature = "signal")]
            handles_sigint: true,
            #[cfg(feature = "signal")]
            reports_on_sigquit: false,
            #[cfg(feature = "trace")]
            trace: None,
            watch: WatchSettings {
                #[cfg(feature = "monitor")]
                path_by_environment: std::env::var_os("YIELDFROM_MONITOR")
                    .filter(|path| !path.is_empty())
                    .map(Into::into),
                ..WatchSettings::default()
            },
        }
    }
}

impl LoopBuilder {
    /// Starts from the defaults.
    ///
    /// - The loop goes by the system's monotonic clock, and its time starts at zero.
    /// - Stacks have [`DEFAULT_SIZE`](stack::DEFAULT_SIZE) bytes.
    /// - Debug mode is on if the environment variable `YIELDFROM_DEBUG` is set, and is neither empty
    ///   nor `0`.
    /// - With the feature `trace`, the loop is recorded if the environment variable `YIELDFROM_TRACE` names a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets time stand still while anything is ready, and then jump to the next deadline.
    ///
    /// The loop never waits, and every run is the same: for tests and simulations. Sockets work as
    /// well: before time jumps, the loop looks whether any is ready. If both ends of a connection
    /// belong to this thread, the data has arrived by then. While jobs of an executor are pending, or
    /// child processes run, time passes no faster than real time.
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

    /// Sets the size of stacks in bytes: [`DEFAULT_SIZE`](stack::DEFAULT_SIZE) by default.
    ///
    /// It holds for coroutines that are made while this loop is the thread's current one.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Sets whether the loop starts in debug mode, see [`EventLoop::set_debug`].
    #[must_use]
    pub fn debug(mut self, on: bool) -> Self {
        self.debug = on;
        self
    }

    /// Sets whether Ctrl-C ends runs of the loop in order: true by default. Needs the feature
    /// `signal`.
    ///
    /// With false, Ctrl-C has its default action, or what the program has made of it. See
    /// [`signal`](crate::signal#ctrl-c).
    #[cfg(feature = "signal")]
    #[must_use]
    pub fn handle_sigint(mut self, on: bool) -> Self {
        self.handles_sigint = on;
        self
    }

    /// Lets the loop write a report of all tasks to standard error at each `SIGQUIT` (Ctrl-\\), see
    /// [`EventLoop::report_on_sigquit`]. Needs the feature `signal`.
    #[cfg(feature = "signal")]
    #[must_use]
    pub fn report_on_sigquit(mut self) -> Self {
        self.reports_on_sigquit = true;
        self
    }

    /// Records what the loop does from its start on, as
    /// [`start_trace`](EventLoop::start_trace) with these options. Needs the feature `trace`.
    #[cfg(feature = "trace")]
    #[must_use]
    pub fn trace(mut self, options: impl Into<TraceOptions>) -> Self {
        self.trace = Some(options.into());
        self
    }

    /// Lets a thread watch the loop, and report a task or a callback that holds it for longer than `limit`.
    ///
    /// The report comes *while* the loop is held, so that you also learn of an endless loop: a warning goes to
    /// the crate `log`, and to the [handler](Self::watchdog_handler) if there is one. When the loop goes on, a
    /// second report says for how long it was held, and where the task is suspended now. A loop that waits for
    /// something to do is never reported, nor is one that does not run.
    ///
    /// The limit is a millisecond at least. While the loop is watched, each step takes about a tenth of a
    /// microsecond more. Programs that need to know afterwards only use
    /// [`set_slow_callback_duration`](EventLoop::set_slow_callback_duration), which needs no thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use std::time::Duration;
    /// use yieldfrom::{LoopBuilder, create_task};
    ///
    /// let (send, reports) = channel();
    /// let builder = LoopBuilder::new().watchdog(Duration::from_millis(20));
    /// let builder = builder.watchdog_handler(move |report| send.send(report.clone()).unwrap());
    /// let held = builder.block_on(move |co| {
    ///     // The task waits for a thread, and does not let the loop go on meanwhile.
    ///     let task = create_task(move |_: &yieldfrom::Co| Ok(reports.recv().unwrap()));
    ///     task.set_name("blocker");
    ///     co.yield_from(task)
    /// })?;
    /// assert_eq!((held.task(), held.has_ended()), (Some("blocker"), false));
    /// assert!(held.to_string().starts_with("The event loop is held by blocker"));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn watchdog(mut self, limit: Duration) -> Self {
        self.watch.limit = Some(limit);
        self
    }

    /// Sets a function that is called with each report of the [watchdog](Self::watchdog), on the watchdog's
    /// thread.
    ///
    /// While it runs, the watchdog does not watch. When the loop is closed, it waits for the watchdog's thread.
    #[must_use]
    pub fn watchdog_handler(
        mut self,
        handler: impl Fn(&WatchdogReport) + Send + Sync + 'static,
    ) -> Self {
        self.watch.handler = Some(WatchdogHandler(Arc::new(handler)));
        self
    }

    /// Lets other programs look at the loop while it runs, through a Unix socket at `path`. Needs the feature
    /// `monitor`.
    ///
    /// `cargo run --release -p top -- PATH` shows the loop in a terminal: its tasks, what each waits for and since
    /// when, and how long its turns take. Other programs send a line, `snapshot`, and read a line of JSON; `help`
    /// lists the requests. Only the user who runs the program can connect. The path is removed when the loop is
    /// closed; a socket that an ended process has left there is replaced.
    ///
    /// A thread serves the socket, so there is an answer also while a task or a callback holds the loop: the
    /// last snapshot with its age, and what runs, since when. That is known from the turn on in which a program
    /// has connected; with a [watchdog](Self::watchdog), always. While no program is connected, the loop pays
    /// a look at an atomic in each turn. While one is, a step takes about a fifth of a microsecond more,
    /// and snapshots take at most a twentieth of the loop's time.
    ///
    /// The environment variable `YIELDFROM_MONITOR` gives a path to programs that were built with the feature and
    /// set none. If that path cannot be used, as another loop of the program has it, there is a warning, and
    /// the loop runs without a monitor.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) fails with an error that has the path: if another loop listens there, if it is a
    /// directory or another file, or if it cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{BufRead, BufReader, Write};
    /// use std::os::unix::net::UnixStream;
    /// use yieldfrom::{LoopBuilder, to_thread};
    ///
    /// # let path = std::env::temp_dir().join(format!("yieldfrom-doc-{}", std::process::id()));
    /// let builder = LoopBuilder::new().monitor(&path);
    /// let answer = builder.block_on(move |co| {
    ///     co.yield_from(to_thread(move || {
    ///         let mut socket = UnixStream::connect(path).unwrap();
    ///         socket.write_all(b"snapshot\n").unwrap();
    ///         let mut answer = String::new();
    ///         BufReader::new(socket).read_line(&mut answer).unwrap();
    ///         answer
    ///     }))
    /// })?;
    /// assert!(answer.contains(r#""what":"to_thread""#));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[cfg(feature = "monitor")]
    #[must_use]
    pub fn monitor(mut self, path: impl AsRef<std::path::Path>) -> Self {
        self.watch.path = Some(path.as_ref().to_owned());
        self
    }

    /// Lets the loop wait by the crate `polling` alone, as it does on other systems than Linux.
    ///
    /// It needs a few system calls more for each wait. It is for comparisons and tests.
    #[must_use]
    pub fn portable_reactor(mut self) -> Self {
        self.portable_reactor = true;
        self
    }

    /// Makes the loop.
    ///
    /// # Errors
    ///
    /// - The system's error when it has no descriptors left for the poller, or no thread for the watchdog.
    /// - The error of the [monitor's](Self::monitor) path: something else is there, somebody listens there, or it cannot be written.
    #[track_caller]
    pub fn build(self) -> Result<EventLoop> {
        let poller = Poller::new(self.portable_reactor);
        let poller = poller.map_err(|error| describe(error, "make an event loop"))?;
        let event_loop = EventLoop::new_handle(self.core(Inbox::new(poller))?);
        #[cfg(feature = "trace")]
        match self.trace {
            Some(options) => event_loop.start_trace(options)?,
            None => record_by_environment(event_loop.core()),
        }
        #[cfg(feature = "signal")]
        if self.reports_on_sigquit {
            event_loop.report_on_sigquit()?;
        }
        Ok(event_loop)
    }

    /// Plugs the layers above the kernel into it.
    fn core(&self, inbox: Arc<Inbox>) -> Result<Rc<Core>> {
        let clock = if self.is_virtual {
            Clock::virtual_at(self.start_time)
        } else {
            Clock::real(self.start_time)
        };
        let (watching, watcher) = Watching::start(&self.watch, &inbox)?;
        let layers: Box<[Box<dyn Layer>]> = Box::new([
            Box::new(watching),
            Box::new(Executors::default()),
            Box::new(RemoteTasks::default()),
            #[cfg(feature = "futures")]
            Box::new(ForeignWakers),
            Box::new(BlockingSources::default()),
            #[cfg(feature = "signal")]
            Box::new(SignalHandlers::default()),
            #[cfg(feature = "signal")]
            Box::new(CtrlC::new(self.handles_sigint)),
        ]);
        let settings = Settings {
            clock,
            stack_size: self.stack_size,
            debug: self.debug,
        };
        let hooks = Hooks::new(layers, deadlock).watched_by(watcher);
        Ok(Core::new(settings, hooks, Some(inbox)))
    }

    /// Makes a loop, runs a coroutine on it, cancels the tasks that are left, waits for the jobs
    /// of the default executor, and closes the loop.
    ///
    /// 3.11's `asyncio.Runner`, with these settings; [`run`](crate::run) takes the defaults. After a
    /// second Ctrl-C it does not wait for jobs, see the module `signal`.
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
    #[doc(alias = "Runner")]
    #[doc(alias = "main")]
    #[track_caller]
    pub fn run<A: AwaitableResult>(self, awaitable: A) -> Result<A::Output> {
        let event_loop = self.build()?;
        let result = event_loop.run_until_complete(awaitable);
        let rest = clean_up(&event_loop);
        event_loop.close()?;
        result.and_then(|value| rest.map(|()| value))
    }

    /// Makes a loop, and runs a closure on it as [`run`](Self::run) does. Its parameter needs no type.
    ///
    /// # Errors
    ///
    /// As [`run`](crate::run).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{LoopBuilder, sleep_with};
    ///
    /// let builder = LoopBuilder::new().virtual_clock();
    /// assert_eq!(builder.block_on(|co| co.yield_from(sleep_with(3600, 42)))?, 42);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn block_on<T: 'static>(self, body: impl FnOnce(&Co) -> Result<T> + 'static) -> Result<T> {
        self.run(body)
    }
}

/// Cancels the tasks that are left, and waits for them, and for the jobs of the default executor.
#[track_caller]
fn clean_up(event_loop: &EventLoop) -> Result<()> {
    #[cfg(feature = "signal")]
    if let Some(ctrl_c) = CtrlC::of(event_loop.core()) {
        ctrl_c.interrupt_at_once();
    }
    // No closure: the tasks of both are the caller's.
    let cleaned_up = match cancel_all(event_loop) {
        Ok(()) => end_jobs(event_loop),
        failed => failed,
    };
    if is_hurried(event_loop)
        && let Some(executors) = Executors::of(event_loop.core())
    {
        executors.leave_default();
    }
    cleaned_up
}

/// Returns whether a Ctrl-C has ended a run at once, so that no job is waited for.
fn is_hurried(event_loop: &EventLoop) -> bool {
    #[cfg(feature = "signal")]
    return CtrlC::of(event_loop.core()).is_some_and(CtrlC::is_hurried);
    #[cfg(not(feature = "signal"))]
    {
        let _ = event_loop;
        false
    }
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

/// Runs the thread's current loop until a coroutine or future is done, and returns its result.
///
/// For consoles, tests and small programs: [`get_event_loop`] and
/// [`run_until_complete`](EventLoop::run_until_complete) in one.
///
/// # Errors
///
/// The errors of these two, and of the coroutine.
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
pub fn run_sync<A: AwaitableResult>(awaitable: A) -> Result<A::Output> {
    get_event_loop()?.run_until_complete(awaitable)
}

/// Runs a coroutine on a new loop, cancels the tasks that are left, and closes the loop: 3.7's
/// `asyncio.run`.
///
/// # Errors
///
/// - [`RuntimeError`](crate::RuntimeError): a loop is running on this thread.
/// - The error of the loop or of the coroutine.
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
pub fn run<A: AwaitableResult>(awaitable: A) -> Result<A::Output> {
    EventLoop::builder().run(awaitable)
}

/// Runs a closure on a new loop, as [`run`] does all coroutines. Its parameter needs no type.
///
/// # Errors
///
/// As [`run`].
///
/// # Examples
///
/// ```
/// use yieldfrom::{Result, block_on, sleep};
///
/// fn main() -> Result<()> {
///     block_on(|co| {
///         co.yield_from(sleep(0.001))?;
///         println!("hello");
///         Ok(())
///     })
/// }
/// ```
#[doc(alias = "run")]
#[doc(alias = "main")]
#[track_caller]
pub fn block_on<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Result<T> {
    run(body)
}
