//! The handle of a loop, as users have it: its life cycle.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Duration;

use yieldfrom_delegation::stack;

use super::Core;
use super::Settings;
use super::clock::Clock;
use super::current::Entered;
use crate::Result;
use crate::errors::RuntimeError;
use crate::kernel::awaitable::{Awaitable, future_on};
use crate::kernel::future::Waitable;
use crate::kernel::hooks::Hooks;
use crate::kernel::nanos::nanos;

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
pub struct EventLoop {
    core: Rc<Core>,
    /// Whether somebody else owns the loop, so that this handle cannot close it.
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
            portable_reactor: true,
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
    ///
    /// # Examples
    ///
    /// See [`get_event_loop`](crate::get_event_loop).
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
    /// - What the coroutine or future fails with.
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
    pub fn run_until_complete<A: Awaitable>(&self, awaitable: A) -> Result<A::Output> {
        const NAME: &str = "run_until_complete";
        // Before a coroutine becomes a task that would stay behind.
        drop(Entered::new(self, NAME)?);
        let future = future_on(awaitable, self, NAME)?;
        let core = Rc::clone(&self.core);
        // It does not stay behind when something else ends the run, be it a panic.
        let stop = future.follow(move |_| core.stopping.set(true));
        let main = Rc::clone(&future.as_ref().inner) as Rc<dyn Waitable>;
        let guard = self.core.hooks.begin_run(&self.core, &main);
        let run = self.run_turns(NAME);
        drop(stop);
        guard.end(&run, future.cancelled())?;
        if future.done() {
            let result = A::outcome(&future);
            // By name: a panic of a destructor would leak a result that is on its way out.
            drop(future);
            return result;
        }
        run?;
        let why = format!("{NAME}: the event loop was stopped before the future was done");
        Err(RuntimeError::new(why).into())
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
    pub fn run_forever(&self) -> Result<()> {
        self.run_turns("run_forever")
    }

    /// Ends the run after this turn; if the loop is not running, the next run has one turn.
    ///
    /// # Examples
    ///
    /// See [`run_forever`](EventLoop::run_forever).
    pub fn stop(&self) {
        self.core.stopping.set(true);
    }

    /// Closes the loop for good.
    ///
    /// What was scheduled is dropped. Tasks that have not ended are destroyed, with a report to
    /// the exception handler for each: their coroutines are closed, innermost first, so that
    /// destructors run. Results of futures stay readable. Closing a closed loop does nothing.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is running, or is owned by somebody else (see
    /// [`lend`](EventLoop::lend)).
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
    ///
    /// # Examples
    ///
    /// See [`close`](EventLoop::close).
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// Returns a handle for somebody who uses the loop, but does not own it.
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
    /// - What the system says when waiting fails.
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
    pub fn turn(&self, max_wait: Option<Duration>) -> Result<bool> {
        self.run_turn(max_wait.map(nanos))?;
        self.core.stopping.set(false);
        Ok(!self.core.ready.is_empty())
    }

    /// Returns how long it is until the loop has something to do: none if that is up to others.
    ///
    /// # Examples
    ///
    /// See [`turn`](EventLoop::turn).
    pub fn time_to_next(&self) -> Option<Duration> {
        let core = &self.core;
        if !core.ready.is_empty() || core.inbox.as_ref().is_some_and(|inbox| inbox.is_notified()) {
            return Some(Duration::ZERO);
        }
        let deadline = core.earliest_deadline()?;
        Some(Duration::from_nanos(deadline.saturating_sub(core.now())))
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
