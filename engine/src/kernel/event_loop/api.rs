//! [`EventLoop`], the handle of a loop that users have, with all that the kernel offers by it.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom_delegation::{Result, stack};

use super::clock::Clock;
use super::current::{self, Entered};
use super::exceptions::{ExceptionHandler, TaskFactory, log_context};
use super::reactor::Direction;
use super::turn::{run_turn, run_turns};
use super::{Core, ErrorContext, Place, Settings};
use crate::errors::{AtCaller, RuntimeError};
use crate::kernel::awaitable::{AwaitableResult, IntoCoroutine, future_on};
use crate::kernel::delay::IntoDelay;
use crate::kernel::future::{Future, Role, Waitable};
use crate::kernel::handle::{Handle, Scheduled, TimerHandle};
use crate::kernel::hooks::Hooks;
use crate::kernel::nanos::{Nanos, nanos};
use crate::kernel::request::Co;
use crate::kernel::task::{AnyTask, Task};

/// An event loop: what runs tasks, callbacks and timers, on one thread.
///
/// asyncio's `BaseEventLoop`. Like every Python object it is a reference: clones refer to the same
/// loop. It stays on its thread; others reach it through a [`LoopHandle`](crate::LoopHandle). When
/// the last handle goes away, the loop is closed; a coroutine that keeps one across a suspension
/// keeps its own loop open, and is better off with [`get_running_loop`](crate::get_running_loop).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, sleep};
///
/// let event_loop = EventLoop::new()?;
/// event_loop.call_soon(|| println!("first"))?;
/// let answer = event_loop.run_until_complete(|co: &Co| {
///     co.yield_from(sleep(Duration::from_millis(1)))?;
///     Ok(42)
/// })?;
/// assert_eq!(answer, 42);
/// event_loop.close()?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
///
/// ```compile_fail
/// let event_loop = yieldfrom::EventLoop::new().unwrap();
/// std::thread::spawn(move || event_loop.stop());
/// ```
#[doc(alias = "Runtime")]
#[doc(alias = "AbstractEventLoop")]
#[doc(alias = "BaseEventLoop")]
pub struct EventLoop {
    core: Rc<Core>,
    /// Whether the loop is lent, so that this handle cannot close it.
    lent: bool,
}

impl EventLoop {
    #[inline(always)]
    pub(crate) fn new_handle(core: Rc<Core>) -> Self {
        core.handles.set(core.handles.get() + 1);
        Self { core, lent: false }
    }

    /// Makes a loop that is closed from the start, for a thread that has none.
    pub(super) fn closed() -> Self {
        let settings = Settings {
            clock: Clock::real(Duration::ZERO),
            stack_size: stack::DEFAULT_SIZE,
            debug: false,
        };
        Self::new_handle(Core::new(settings, Hooks::default(), None))
    }

    pub(crate) fn of(core: &Rc<Core>) -> Self {
        Self::new_handle(Rc::clone(core))
    }

    #[inline(always)]
    pub(crate) fn core(&self) -> &Rc<Core> {
        &self.core
    }

    /// Returns whether both are handles of one loop.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.core, &other.core)
    }

    /// Runs the loop until a coroutine, future or task is done, and returns its result.
    ///
    /// A coroutine becomes a task. Other tasks of the loop run as well; those that have not ended
    /// then stay, and go on in the next run.
    ///
    /// # Errors
    ///
    /// - The error that the coroutine or future fails with.
    /// - [`RuntimeError`]: the loop is running or closed, another loop is running on this thread,
    ///   or the loop was stopped before the future was done.
    /// - [`ValueError`](crate::ValueError): the future belongs to another loop.
    /// - [`DeadlockError`](crate::DeadlockError): nothing can ever wake the loop again.
    /// - [`KeyboardInterrupt`](crate::KeyboardInterrupt): the run was ended by Ctrl-C. Only with the
    ///   feature `signal`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop, Result};
    ///
    /// fn answer(_: &Co) -> Result<i32> { Ok(42) }
    ///
    /// let event_loop = EventLoop::new()?;
    /// assert_eq!(event_loop.run_until_complete(answer)?, 42);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn run_until_complete<A: AwaitableResult>(&self, awaitable: A) -> Result<A::Output> {
        const NAME: &str = "run_until_complete";
        // Before a coroutine becomes a task that would stay behind.
        drop(Entered::new(self, NAME).at_caller()?);
        let future = future_on(awaitable, self, NAME).at_caller()?;
        let core = Rc::clone(&self.core);
        // It does not stay behind when something else ends the run, be it a panic.
        let stop = future.follow(move |_| core.stopping.set(true));
        let guard = {
            let main = Rc::clone(&future.inner) as Rc<dyn Waitable>;
            self.core.hooks.begin_run(&self.core, &main)
        };
        let run = run_turns(self, NAME);
        drop(stop);
        guard.end(&run, future.cancelled())?;
        if future.done() {
            let result = A::outcome(&future, Location::caller());
            // By name: a panic of a destructor would leak a result that is on its way out.
            drop(future);
            return result;
        }
        run?;
        let why = format!("{NAME}: the event loop was stopped before the future was done");
        Err(RuntimeError::new(why).into())
    }

    /// Runs the loop until a closure has ended, as [`run_until_complete`](EventLoop::run_until_complete)
    /// does. Its parameter needs no type.
    ///
    /// # Errors
    ///
    /// As [`run_until_complete`](EventLoop::run_until_complete).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{EventLoop, sleep_with};
    ///
    /// let event_loop = EventLoop::builder().virtual_clock().build()?;
    /// assert_eq!(event_loop.block_on(|co| co.yield_from(sleep_with(3600, 42)))?, 42);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "run")]
    #[track_caller]
    pub fn block_on<T: 'static>(&self, body: impl FnOnce(&Co) -> Result<T> + 'static) -> Result<T> {
        self.run_until_complete(body)
    }

    /// Runs the loop until [`stop`](EventLoop::stop) is called.
    ///
    /// # Errors
    ///
    /// - [`RuntimeError`]: the loop is running or closed, or another loop is running on this
    ///   thread.
    /// - [`DeadlockError`](crate::DeadlockError): nothing can ever wake the loop again.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let stopper = event_loop.clone();
    /// event_loop.call_soon(move || stopper.stop())?;
    /// event_loop.run_forever()?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn run_forever(&self) -> Result<()> {
        run_turns(self, "run_forever").at_caller()
    }

    /// Ends the run after this turn; if the loop is not running, the next run has one turn.
    pub fn stop(&self) {
        self.core.stopping.set(true);
    }

    /// Closes the loop for good.
    ///
    /// Scheduled callbacks are dropped. Tasks that have not ended are destroyed, and each is reported to
    /// the exception handler. Their coroutines are closed, innermost first, so that destructors run. Results of futures stay readable. Closing a closed loop does nothing.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is running, or this handle was lent (see [`lend`](EventLoop::lend)).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// event_loop.close()?;
    /// assert!(event_loop.is_closed() && event_loop.call_soon(|| ()).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn close(&self) -> Result<()> {
        if self.lent {
            let why = "close: this loop is lent; who owns it closes it";
            return Err(RuntimeError::new(why).into());
        }
        if self.is_running() {
            let why = "close: the event loop is running; stop it first";
            return Err(RuntimeError::new(why).into());
        }
        self.core.shut_down();
        Ok(())
    }

    /// Returns whether the loop is running.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// assert!(!event_loop.is_running());
    /// let inner = event_loop.clone();
    /// event_loop.run_until_complete(move |_: &Co| Ok(assert!(inner.is_running())))?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn is_running(&self) -> bool {
        self.core.running.get()
    }

    /// Returns whether the loop was closed.
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// Returns a handle for code that uses the loop, but does not own it.
    ///
    /// It can do everything but close the loop. A library that is given the loop of a host
    /// program takes such a handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let lent = event_loop.lend();
    /// assert_eq!(lent.run_until_complete(|_: &Co| Ok(1))?, 1);
    /// assert!(lent.close().is_err() && !event_loop.is_closed());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn lend(&self) -> Self {
        let mut handle = self.clone();
        handle.lent = true;
        handle
    }

    /// Makes one turn on behalf of a host program that has a loop of its own.
    ///
    /// It waits for at most `max_wait` if nothing is ready, and without limit if none is given; a
    /// host passes zero, when the descriptor of [`as_fd`](EventLoop::as_fd) is readable, or
    /// [`time_to_next`](EventLoop::time_to_next) has passed. Returns whether more is ready now.
    ///
    /// # Errors
    ///
    /// - [`RuntimeError`]: the loop is running or closed.
    /// - The error of the system when waiting fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, EventLoop, sleep};
    ///
    /// let guest = EventLoop::new()?;
    /// let task = guest.create_task(|co: &Co| co.yield_from(sleep(Duration::from_millis(2))));
    /// while !task.done() {
    ///     std::thread::sleep(guest.time_to_next().unwrap_or_default()); // the host's own waiting
    ///     guest.turn(Some(Duration::ZERO))?;
    /// }
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn turn(&self, max_wait: Option<Duration>) -> Result<bool> {
        let _told = self.core.tell_host();
        self.turn_as_guest(max_wait).at_caller()
    }

    /// Makes one turn on behalf of a host that looks itself at what is left to do.
    pub(crate) fn turn_as_guest(&self, max_wait: Option<Duration>) -> Result<bool> {
        run_turn(self, max_wait.map(nanos))?;
        self.core.stopping.set(false);
        Ok(!self.core.ready.is_empty())
    }

    /// Returns how long it is until the loop has something to do: none if that is up to others.
    pub fn time_to_next(&self) -> Option<Duration> {
        let core = &self.core;
        if !core.ready.is_empty() || core.inbox.as_ref().is_some_and(|inbox| inbox.is_notified()) {
            return Some(Duration::ZERO);
        }
        let deadline = core.earliest_deadline()?;
        Some(Duration::from_nanos(deadline.saturating_sub(core.now())))
    }

    /// Has `callback` called in the next turn, after what is ready already.
    ///
    /// Python's extra arguments are what the closure captures.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the loop is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let order = Rc::new(RefCell::new(String::new()));
    /// for letter in ['a', 'b'] {
    ///     let order = order.clone();
    ///     event_loop.call_soon(move || order.borrow_mut().push(letter))?;
    /// }
    /// event_loop.stop(); // after one turn
    /// event_loop.run_forever()?;
    /// assert_eq!(*order.borrow(), "ab");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn call_soon(&self, callback: impl FnOnce() + 'static) -> Result<Handle> {
        self.core().check_open("call_soon").at_caller()?;
        let scheduled = Scheduled::new(self.core(), Box::new(callback));
        self.core().schedule(scheduled.clone());
        Ok(Handle(scheduled))
    }

    /// Has `callback` called when `delay` has passed, a [`Duration`] or a number of seconds.
    ///
    /// Delays longer than about 584 years are as good as endless.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the loop is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::builder().virtual_clock().build()?;
    /// let stopper = event_loop.clone();
    /// event_loop.call_later(60, move || stopper.stop())?;
    /// event_loop.run_forever()?;
    /// assert_eq!(event_loop.time(), Duration::from_secs(60));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn call_later(
        &self,
        delay: impl IntoDelay,
        callback: impl FnOnce() + 'static,
    ) -> Result<TimerHandle> {
        self.core().check_open("call_later").at_caller()?;
        Ok(self.schedule_after(Location::caller(), delay.into_delay(), Box::new(callback)))
    }

    /// Has `callback` called at a loop time, see [`time`](EventLoop::time).
    ///
    /// A time in the past means in the next turn. Equal times are served in the order of the
    /// calls.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the loop is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::builder().virtual_clock().build()?;
    /// let stopper = event_loop.clone();
    /// let when = event_loop.time() + Duration::from_secs(1);
    /// event_loop.call_at(when, move || stopper.stop())?;
    /// event_loop.run_forever()?;
    /// assert_eq!(event_loop.time(), when);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn call_at(
        &self,
        when: Duration,
        callback: impl FnOnce() + 'static,
    ) -> Result<TimerHandle> {
        self.core().check_open("call_at").at_caller()?;
        let scheduled = Scheduled::new(self.core(), Box::new(callback));
        Ok(start_timer(scheduled, self.core().now(), nanos(when)))
    }

    /// Has a callback called later on behalf of a line of the program.
    pub(crate) fn schedule_after(
        &self,
        made_at: Place,
        delay: Duration,
        callback: Box<dyn FnOnce()>,
    ) -> TimerHandle {
        let scheduled = Scheduled::at(made_at, self.core(), callback);
        let now = self.core().now();
        start_timer(scheduled, now, now.saturating_add(nanos(delay)))
    }

    /// Returns the loop time: how much time has passed on the loop's clock since it was made.
    ///
    /// It has nothing to do with the time of day.
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.core().now())
    }

    /// Makes a task that drives a coroutine. Its first step runs in the next turn.
    ///
    /// On a closed loop, the task has failed already, with a [`RuntimeError`](crate::RuntimeError).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(42));
    /// assert!(!task.done());
    /// assert_eq!(event_loop.run_until_complete(task)?, 42);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn create_task<C: IntoCoroutine>(&self, coroutine: C) -> Task<C::Output> {
        let task = coroutine.into_task(self);
        self.core().tell_task_factory(&task);
        task
    }

    /// Makes a task for a line of the program, of a coroutine or of what becomes one here.
    pub(crate) fn create_task_for<C: IntoCoroutine>(
        &self,
        made_at: Place,
        coroutine: C,
    ) -> Task<C::Output> {
        let coroutine = coroutine.into_coroutine();
        coroutine.stands_for(made_at);
        let task = self.create_task(coroutine);
        task.inner.replace_place(made_at);
        task
    }

    /// Makes a pending future.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let future = EventLoop::new()?.create_future::<i32>();
    /// assert!(!future.done());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn create_future<T: 'static>(&self) -> Future<T> {
        Future::with_role(self, Role::Other(None))
    }

    /// Returns the task that is running now, if one is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// assert!(EventLoop::new()?.current_task().is_none());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn current_task(&self) -> Option<AnyTask> {
        self.core().current_task().map(AnyTask)
    }

    /// Returns the tasks that have not ended, in the order of their making.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(()));
    /// assert_eq!(event_loop.all_tasks().len(), 1);
    /// event_loop.run_until_complete(task)?;
    /// assert!(event_loop.all_tasks().is_empty());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn all_tasks(&self) -> Vec<AnyTask> {
        self.core().all_tasks().into_iter().map(AnyTask).collect()
    }

    /// Has `callback` called in each turn in which a descriptor can be read from, until
    /// [`remove_reader`](EventLoop::remove_reader).
    ///
    /// A descriptor has one such callback: another one takes its place. Remove it before the
    /// descriptor is closed. A descriptor that the library's own sockets use is better left to
    /// them.
    ///
    /// # Errors
    ///
    /// - [`RuntimeError`](crate::RuntimeError): the loop is closed.
    /// - The error of the system for a descriptor that cannot be waited for, such as a regular file.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    /// use std::rc::Rc;
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let (one, mut other) = UnixStream::pair()?;
    /// other.write_all(b"hello")?;
    /// let (one, stopper) = (Rc::new(one), event_loop.clone());
    /// let socket = one.clone();
    /// event_loop.add_reader(&one, move || {
    ///     assert_eq!((&*socket).read(&mut [0; 100]).unwrap(), 5);
    ///     stopper.stop();
    /// })?;
    /// event_loop.run_forever()?;
    /// event_loop.remove_reader(&one);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn add_reader(&self, fd: &impl AsFd, callback: impl FnMut() + 'static) -> Result<()> {
        self.core()
            .add_callback(fd.as_fd(), Direction::Read, Box::new(callback))
            .at_caller()
    }

    /// Removes the callback of [`add_reader`](EventLoop::add_reader); returns whether there was
    /// one.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let (one, _other) = std::os::unix::net::UnixStream::pair()?;
    /// event_loop.add_reader(&one, || ())?;
    /// assert!(event_loop.remove_reader(&one));
    /// assert!(!event_loop.remove_reader(&one));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn remove_reader(&self, fd: &impl AsFd) -> bool {
        self.core().remove_callback(fd.as_fd(), Direction::Read)
    }

    /// Has `callback` called in each turn in which a descriptor can be written to, until
    /// [`remove_writer`](EventLoop::remove_writer); otherwise like
    /// [`add_reader`](EventLoop::add_reader).
    ///
    /// # Errors
    ///
    /// As [`add_reader`](EventLoop::add_reader).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let (one, _other) = std::os::unix::net::UnixStream::pair()?;
    /// let stopper = event_loop.clone();
    /// event_loop.add_writer(&one, move || stopper.stop())?;
    /// event_loop.run_forever()?;
    /// assert!(event_loop.remove_writer(&one));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn add_writer(&self, fd: &impl AsFd, callback: impl FnMut() + 'static) -> Result<()> {
        self.core()
            .add_callback(fd.as_fd(), Direction::Write, Box::new(callback))
            .at_caller()
    }

    /// Removes the callback of [`add_writer`](EventLoop::add_writer); returns whether there was
    /// one.
    pub fn remove_writer(&self, fd: &impl AsFd) -> bool {
        self.core().remove_callback(fd.as_fd(), Direction::Write)
    }

    /// Sets the handler of errors that the program would not see otherwise: asyncio's
    /// `set_exception_handler`. `None` restores the default, which logs them as errors.
    ///
    /// These are errors of tasks and futures that were never retrieved, panics of callbacks, and tasks
    /// that were destroyed while they were pending.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use yieldfrom::{Error, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let seen = Rc::new(RefCell::new(Vec::new()));
    /// let log = seen.clone();
    /// event_loop.set_exception_handler(Some(Box::new(move |_, context| {
    ///     log.borrow_mut().push(context.message().to_string());
    /// })));
    /// let future = event_loop.create_future::<i32>();
    /// future.set_exception(Error::msg("no fuel"))?;
    /// drop(future);
    /// assert_eq!(*seen.borrow(), ["Future exception was never retrieved"]);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[allow(clippy::type_complexity, reason = "it is the signature of a function")]
    #[track_caller]
    pub fn set_exception_handler(&self, handler: Option<Box<dyn Fn(&EventLoop, &ErrorContext)>>) {
        let set_at = Location::caller();
        let handler = handler.map(|call| ExceptionHandler::new(call.into(), set_at));
        let before = self.core().exception_handler.replace(handler);
        drop(before);
    }

    /// Tells the exception handler of an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{ErrorContext, EventLoop};
    ///
    /// EventLoop::new()?.call_exception_handler(&ErrorContext::new("no answer")); // is logged
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn call_exception_handler(&self, context: &ErrorContext) {
        self.core().call_exception_handler(context);
    }

    /// Does what is done where no handler is set: logs the error.
    ///
    /// # Examples
    ///
    /// A handler that adds something to the default:
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// event_loop.set_exception_handler(Some(Box::new(|event_loop, context| {
    ///     event_loop.default_exception_handler(context);
    ///     event_loop.stop();
    /// })));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn default_exception_handler(&self, context: &ErrorContext) {
        log_context(context);
    }

    /// Sets what is done with each new task of this loop, right after it is made; none for
    /// nothing.
    ///
    /// The counterpart of asyncio's `set_task_factory`. A factory there returns a task class of
    /// its own; here it gets the task, whatever its result type, and can name it, record it or
    /// cancel it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let count = Rc::new(Cell::new(0));
    /// let counter = count.clone();
    /// event_loop.set_task_factory(Some(Box::new(move |_, _task| counter.set(counter.get() + 1))));
    /// event_loop.run_until_complete(|_: &Co| Ok(()))?;
    /// assert_eq!(count.get(), 1);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[allow(clippy::type_complexity, reason = "it is the signature of a function")]
    pub fn set_task_factory(&self, factory: Option<Box<dyn Fn(&EventLoop, &AnyTask)>>) {
        let factory = factory.map(TaskFactory::from);
        let before = self.core().task_factory.replace(factory);
        drop(before);
    }

    /// Sets debug mode, which tells more, at some cost.
    ///
    /// - Futures and tasks that are made from then on say where they were made.
    /// - Every callback is timed by itself. Otherwise, while a loop runs more than sixty thousand
    ///   callbacks in a second, up to eight that follow each other are timed together, and a report
    ///   of a slow one names all of them.
    /// - Each wait of the loop is logged, with its length: as information if it is over a second,
    ///   otherwise for debugging only. So is each look-up of a name, which is information from
    ///   [`slow_callback_duration`](EventLoop::set_slow_callback_duration) on.
    ///
    /// What asyncio checks in debug mode only, the library checks always: coroutines that were
    /// never awaited, and sockets that block. That another thread calls a method of a loop does
    /// not compile.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::new()?;
    /// event_loop.set_debug(true);
    /// assert!(event_loop.get_debug());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn set_debug(&self, on: bool) {
        self.core().debug.set(on);
    }

    /// Returns whether the loop is in debug mode.
    pub fn get_debug(&self) -> bool {
        self.core().in_debug_mode()
    }

    /// Sets how long a callback or a task's step may hold the loop before it is logged with its
    /// source line, as a [`Duration`] or in seconds: 0.1 by default. `Duration::MAX` switches the reports
    /// off.
    ///
    /// A task is shown as it is after the step. asyncio's `slow_callback_duration`, which there works
    /// in debug mode only. Here, outside of debug mode, a loop that runs very many callbacks may name
    /// several, see [`set_debug`](EventLoop::set_debug).
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// EventLoop::new()?.set_slow_callback_duration(0.02);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn set_slow_callback_duration(&self, duration: impl IntoDelay) {
        let duration = duration.into_delay();
        self.core().slow_callback_duration.set(duration);
    }

    /// Returns the loop that is running on this thread.
    #[inline(always)]
    pub(crate) fn running() -> Option<Self> {
        current::running()
    }

    /// Returns the thread's loop, or a closed one if it has none.
    #[inline(always)]
    pub(crate) fn current_or_closed() -> Self {
        match Self::running() {
            Some(event_loop) => event_loop,
            None => current::get_event_loop().unwrap_or_else(|_| Self::closed()),
        }
    }
}

/// The descriptor that becomes readable when another thread, or the system, has something for the
/// loop: what a host program waits for.
///
/// # Panics
///
/// Panics on the closed loop to which futures belong that were made where there is no loop.
impl AsFd for EventLoop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let inbox = self.core.inbox.as_ref();
        inbox
            .expect("a loop that was never open has no descriptor")
            .poller
            .as_fd()
    }
}

/// Makes another handle of the same loop.
impl Clone for EventLoop {
    #[inline]
    fn clone(&self) -> Self {
        let mut handle = Self::new_handle(Rc::clone(&self.core));
        handle.lent = self.lent;
        handle
    }
}

/// Closes the loop with its last handle.
impl Drop for EventLoop {
    #[inline]
    fn drop(&mut self) {
        let handles = self.core.handles.get() - 1;
        self.core.handles.set(handles);
        if handles == 0 {
            self.core.shut_down();
        }
    }
}

/// Shows the loop as asyncio does: `<EventLoop running=false closed=false debug=false>`.
impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<EventLoop running={} closed={} debug={}>",
            self.is_running(),
            self.is_closed(),
            self.get_debug()
        )
    }
}

fn start_timer(scheduled: Rc<Scheduled>, now: Nanos, when: Nanos) -> TimerHandle {
    scheduled.start_timer(now, when);
    TimerHandle { scheduled, when }
}
