//! Waiting for several futures, for some time.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::rc::Rc;
use std::time::Duration;

use super::futures::{AsObject, pending, retain_distinct};
use crate::errors::ValueError;
use crate::kernel::{
    AnyFuture, AnyTask, Awaitable, Co, EventLoop, Follower, Future, IntoTimeout, OnDrop, Reason,
    Request, SharedCallback, Subject, TimerHandle, Waitable, Waiter, caller, coroutine_operations,
    future_on,
};
use yieldfrom_delegation::{Delegate, Result};

/// The event at which a [`wait`](wait()) ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReturnWhen {
    /// When any future is done.
    FirstCompleted,
    /// When any future has ended with an error, or all are done. A cancellation is no error here.
    FirstException,
    /// When all futures are done.
    #[default]
    AllCompleted,
}

/// asyncio's name of [`ReturnWhen::FirstCompleted`].
pub const FIRST_COMPLETED: ReturnWhen = ReturnWhen::FirstCompleted;
/// asyncio's name of [`ReturnWhen::FirstException`].
pub const FIRST_EXCEPTION: ReturnWhen = ReturnWhen::FirstException;
/// asyncio's name of [`ReturnWhen::AllCompleted`].
pub const ALL_COMPLETED: ReturnWhen = ReturnWhen::AllCompleted;

/// The result of a [`wait`](wait()). Futures are in the order in which they were given.
pub struct WaitOutcome<H> {
    /// The futures that are done.
    pub done: Vec<H>,
    /// The futures that are not done, and go on.
    pub pending: Vec<H>,
}

impl<H: fmt::Debug> fmt::Debug for WaitOutcome<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitOutcome")
            .field("done", &self.done)
            .field("pending", &self.pending)
            .finish()
    }
}

/// What [`wait`](wait()) waits for: an [`Awaitable`], or a task without its result type.
#[allow(private_bounds, reason = "it is sealed: the handles are the library's")]
pub trait WaitItem {
    /// The type of the handles in the [`WaitOutcome`]: a [`Future`], or an [`AnyTask`].
    type Handle: AsObject + Clone + 'static;

    /// Returns a handle of the future, or makes the coroutine a task of this loop.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: it belongs to another loop.
    #[doc(hidden)]
    #[track_caller]
    fn into_handle(self, event_loop: &EventLoop) -> Result<Self::Handle>;
}

impl<A: Awaitable> WaitItem for A {
    type Handle = Future<A::Output>;

    #[track_caller]
    fn into_handle(self, event_loop: &EventLoop) -> Result<Future<A::Output>> {
        future_on(self, event_loop, "wait")
    }
}

impl WaitItem for AnyTask {
    type Handle = AnyTask;

    fn into_handle(self, event_loop: &EventLoop) -> Result<AnyTask> {
        self.check_loop(event_loop, "wait")?;
        Ok(self)
    }
}

impl WaitItem for &AnyTask {
    type Handle = AnyTask;

    fn into_handle(self, event_loop: &EventLoop) -> Result<AnyTask> {
        self.clone().into_handle(event_loop)
    }
}

/// The operation that [`wait`](wait()) makes, with its settings.
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct Wait<I> {
    awaitables: I,
    timeout: Option<Duration>,
    return_when: ReturnWhen,
}

/// Waits until several futures are done: all of them, or as [`return_when`](Wait::return_when) says.
///
/// This is asyncio's `wait`. Coroutines become tasks when the wait begins. A future that is given
/// twice counts once. Nothing is cancelled, neither at the timeout nor when the wait itself is
/// cancelled, and errors stay in the futures.
///
/// # Errors
///
/// `yield_from` returns a [`ValueError`] if there is nothing to wait for, or if a future belongs to
/// another loop, and otherwise the error of a cancellation.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, FIRST_COMPLETED, coroutine, sleep_with, wait};
///
/// let later = |ms| coroutine(move |co| co.yield_from(sleep_with(Duration::from_millis(ms), ms)));
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let waited = event_loop.run_until_complete(move |co: &Co| {
///     co.yield_from(wait([later(60_000), later(1)]).return_when(FIRST_COMPLETED))
/// })?;
/// assert_eq!(waited.done[0].result()?, 1);
/// assert!(waited.pending[0].cancel());
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "select")]
#[doc(alias = "select_all")]
#[doc(alias = "race")]
pub fn wait<I>(awaitables: I) -> Wait<I>
where
    I: IntoIterator<Item: WaitItem>,
{
    Wait {
        awaitables,
        timeout: None,
        return_when: ReturnWhen::AllCompleted,
    }
}

impl<I> Wait<I> {
    /// Sets the time after which the wait ends in any case: never by default.
    ///
    /// A timeout is no error: the futures that are not done then are pending.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, EventLoop, create_task, sleep, wait};
    ///
    /// EventLoop::builder().virtual_clock().run(|co: &Co| {
    ///     let task = create_task(|co: &Co| co.yield_from(sleep(Duration::MAX)));
    ///     let waited = co.yield_from(wait([&task]).timeout(Duration::from_millis(1)))?;
    ///     assert!(waited.done.is_empty() && task.cancel());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn timeout(mut self, timeout: impl IntoTimeout) -> Self {
        self.timeout = timeout.into_timeout();
        self
    }

    /// Sets when the wait ends: by default when all futures are done.
    pub fn return_when(mut self, return_when: ReturnWhen) -> Self {
        self.return_when = return_when;
        self
    }
}

impl<I> fmt::Debug for Wait<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("timeout", &self.timeout)
            .field("return_when", &self.return_when)
            .finish_non_exhaustive()
    }
}

impl<I> Delegate<Request, ()> for Wait<I>
where
    I: IntoIterator<Item: WaitItem>,
{
    type Output = WaitOutcome<<I::Item as WaitItem>::Handle>;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let event_loop = EventLoop::current_or_closed();
        let awaitables = self.awaitables.into_iter();
        let mut futures = Vec::with_capacity(awaitables.size_hint().0);
        for awaitable in awaitables {
            futures.push(awaitable.into_handle(&event_loop)?);
        }
        retain_distinct(&mut futures);
        if futures.is_empty() {
            return Err(ValueError::new("wait: there is nothing to wait for").into());
        }
        let countdown = Countdown::start(event_loop, futures, self.timeout, self.return_when)?;
        let mut pending = wait_until(co, &countdown)?;
        let is_done = |future: &mut <I::Item as WaitItem>::Handle| future.as_object().is_done();
        let done = pending.extract_if(.., is_done).collect();
        Ok(WaitOutcome { done, pending })
    }
}

/// Counts the futures that are done, and wakes the task that waits.
struct Countdown<H> {
    /// Empty after the wait.
    futures: RefCell<Vec<H>>,
    left: Cell<usize>,
    return_when: ReturnWhen,
    waiter: Rc<Waiter>,
    timer: Option<TimerHandle>,
}

type SharedCountdown<H> = SharedCallback<Countdown<H>>;

impl<H: AsObject + 'static> Countdown<H> {
    /// Makes the countdown, and lets go of the loop: a suspended task that held it would keep it from
    /// being closed with its last handle.
    #[track_caller]
    fn start(
        event_loop: EventLoop,
        futures: Vec<H>,
        timeout: Option<Duration>,
        return_when: ReturnWhen,
    ) -> Result<Rc<SharedCountdown<H>>> {
        let waiter = Waiter::new(Reason::default());
        let timer = match timeout {
            Some(timeout) => {
                let waiter = Rc::clone(&waiter);
                Some(event_loop.call_later(timeout, move || _ = waiter.wake())?)
            }
            None => None,
        };
        let countdown = Self {
            left: Cell::new(futures.len()),
            futures: RefCell::new(futures),
            return_when,
            waiter: Rc::clone(&waiter),
            timer,
        };
        let countdown = SharedCallback::new(caller(), countdown);
        waiter.set_reason(Reason::futures("wait", &countdown));
        Ok(countdown)
    }

    fn cancel_timer(&self) {
        if let Some(timer) = &self.timer {
            timer.cancel();
        }
    }
}

impl<H: AsObject + 'static> Follower for Countdown<H> {
    #[inline]
    fn future(&self, number: u32) -> Option<AnyFuture> {
        let futures = self.futures.borrow();
        futures.get(number as usize).map(AsObject::to_object)
    }

    fn future_done(&self, _: u32, future: &AnyFuture) {
        self.left.set(self.left.get() - 1);
        let enough = match self.return_when {
            ReturnWhen::FirstCompleted => true,
            ReturnWhen::FirstException => matches!(future.exception(), Ok(Some(_))),
            ReturnWhen::AllCompleted => false,
        };
        if enough || self.left.get() == 0 {
            self.cancel_timer();
            self.waiter.wake();
        }
    }
}

/// Reports find the futures through the waiter.
impl<H: AsObject + 'static> Subject for SharedCountdown<H> {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.follower.futures.borrow().len())
    }

    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        all.extend(pending(&*self.follower.futures.borrow()));
    }
}

/// Waits until the countdown is at its end, and returns its futures.
#[track_caller]
fn wait_until<H: AsObject + 'static>(
    co: &Co,
    countdown: &Rc<SharedCountdown<H>>,
) -> Result<Vec<H>> {
    let stop = || {
        countdown.follower.cancel_timer();
        let futures = mem::take(&mut *countdown.follower.futures.borrow_mut());
        countdown.unfollow(futures.iter().map(AsObject::as_object));
        futures
    };
    let stop_early = OnDrop::new(|| drop(stop()));
    for (number, future) in (0..).zip(&*countdown.follower.futures.borrow()) {
        countdown.follow(number, future.as_object());
    }
    countdown.follower.waiter.wait(co)?;
    stop_early.defuse();
    Ok(stop())
}

coroutine_operations! {
    [I: IntoIterator<Item: WaitItem> + 'static] Wait<I> => WaitOutcome<<I::Item as WaitItem>::Handle>, "wait", |this| move |co: &Co| co.yield_from(this);
}
