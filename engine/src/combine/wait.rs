//! Waiting for several futures, for some time.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom_delegation::Delegate;

use crate::errors::ValueError;
use crate::kernel::{
    Awaitable, EventLoop, Followed, Future, Reason, Request, Subject, TimerHandle, Waitable,
    Waiter, caller, coroutine_operations, future_on,
};
use crate::{Co, Result};

/// When a [`wait`](wait()) ends.
///
/// # Examples
///
/// See [`wait`](wait()).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReturnWhen {
    /// When any is done.
    FirstCompleted,
    /// When any has ended with an error, which a cancellation is not, or all are done.
    FirstException,
    /// When all are done.
    #[default]
    AllCompleted,
}

/// asyncio's name of [`ReturnWhen::FirstCompleted`].
///
/// # Examples
///
/// See [`wait`](wait()).
pub const FIRST_COMPLETED: ReturnWhen = ReturnWhen::FirstCompleted;
/// asyncio's name of [`ReturnWhen::FirstException`].
///
/// # Examples
///
/// See [`wait`](wait()).
pub const FIRST_EXCEPTION: ReturnWhen = ReturnWhen::FirstException;
/// asyncio's name of [`ReturnWhen::AllCompleted`].
///
/// # Examples
///
/// See [`wait`](wait()).
pub const ALL_COMPLETED: ReturnWhen = ReturnWhen::AllCompleted;

/// What a [`wait`](wait()) has come to. Futures are in the order in which they were given.
///
/// # Examples
///
/// See [`wait`](wait()).
pub struct Waited<T: 'static> {
    /// Those that are done.
    pub done: Vec<Future<T>>,
    /// Those that are not, and go on.
    pub pending: Vec<Future<T>>,
}

impl<T: 'static> fmt::Debug for Waited<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waited")
            .field("done", &self.done)
            .field("pending", &self.pending)
            .finish()
    }
}

/// What [`wait`](wait()) returns: a delegate for `yield_from`, and its settings.
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct Wait<I> {
    awaitables: I,
    timeout: Option<Duration>,
    return_when: ReturnWhen,
}

/// Waits until all of several are done, or whatever else is set.
///
/// asyncio's `wait`. Coroutines become tasks when the wait begins. One that is given twice counts
/// once. Nothing is cancelled, neither at the timeout nor when the wait itself is cancelled, and
/// errors stay in the futures.
///
/// # Errors
///
/// `yield_from` gives a [`ValueError`] if there is nothing to wait for, or a future belongs to another
/// loop, and otherwise the error of a cancellation.
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
pub fn wait<I, A>(awaitables: I) -> Wait<I>
where
    I: IntoIterator<Item = A>,
    A: Awaitable,
{
    Wait {
        awaitables,
        timeout: None,
        return_when: ReturnWhen::AllCompleted,
    }
}

impl<I> Wait<I> {
    /// Sets after which time the wait ends in any case: never by default.
    ///
    /// That is no error: what is not done then is pending.
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
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Sets when the wait ends: by default when all are done.
    ///
    /// # Examples
    ///
    /// See [`wait`](wait()).
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

impl<I, A> Delegate<Request, ()> for Wait<I>
where
    I: IntoIterator<Item = A>,
    A: Awaitable,
{
    type Output = Waited<A::Output>;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Waited<A::Output>> {
        let event_loop = EventLoop::current_or_closed();
        let futures = Several(distinct_futures(self.awaitables, &event_loop, "wait")?);
        let futures = Rc::new(futures);
        if futures.0.is_empty() {
            return Err(ValueError::new("wait: there is nothing to wait for").into());
        }
        wait_until(co, event_loop, &futures, self.timeout, self.return_when)?;
        let futures = match Rc::try_unwrap(futures) {
            Ok(futures) => futures.0,
            Err(shared) => shared.0.clone(),
        };
        let (done, pending) = futures.into_iter().partition(|future| future.done());
        Ok(Waited { done, pending })
    }
}

/// Makes futures of all, in their order; one that is given twice is there once.
///
/// # Errors
///
/// [`ValueError`]: one belongs to another loop.
#[track_caller]
fn distinct_futures<A: Awaitable>(
    awaitables: impl IntoIterator<Item = A>,
    event_loop: &EventLoop,
    operation: &str,
) -> Result<Vec<Future<A::Output>>> {
    let mut seen = HashSet::new();
    let mut futures = Vec::new();
    for awaitable in awaitables {
        let future = future_on(awaitable, event_loop, operation)?;
        if seen.insert(future.inner.address()) {
            futures.push(future);
        }
    }
    Ok(futures)
}

/// What a wait is for. Reports find it through the waiter.
struct Several<T: 'static>(Vec<Future<T>>);

impl<T: 'static> Subject for Several<T> {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.len())
    }

    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        let pending = self.0.iter().filter(|future| !future.done());
        all.extend(pending.map(|future| Rc::clone(&future.inner) as Rc<dyn Waitable>));
    }
}

/// Counts the futures that are done, and wakes whoever waits.
struct Counter {
    left: Cell<usize>,
    return_when: ReturnWhen,
    waiter: Rc<Waiter>,
    timer: Option<TimerHandle>,
}

impl Counter {
    fn future_done<T>(&self, future: &Future<T>) {
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

    fn cancel_timer(&self) {
        if let Some(timer) = &self.timer {
            timer.cancel();
        }
    }
}

/// Stops the timer of a wait that ends, also while a coroutine is unwound.
struct StopTimer(Rc<Counter>);

impl Drop for StopTimer {
    fn drop(&mut self) {
        self.0.cancel_timer();
    }
}

#[track_caller]
fn wait_until<T: 'static>(
    co: &Co,
    event_loop: EventLoop,
    futures: &Rc<Several<T>>,
    timeout: Option<Duration>,
    return_when: ReturnWhen,
) -> Result<()> {
    let waiter = Waiter::new(Reason::futures("wait", futures));
    let futures = &futures.0;
    let counter = Rc::new(Counter {
        left: Cell::new(futures.len()),
        return_when,
        timer: match timeout {
            Some(timeout) => Some(wake_later(&event_loop, timeout, &waiter)?),
            None => None,
        },
        waiter: Rc::clone(&waiter),
    });
    let made_at = caller();
    let _ending = StopTimer(Rc::clone(&counter));
    let _followed: Vec<Followed<T>> = futures
        .iter()
        .map(|future| {
            let counter = Rc::clone(&counter);
            future.follow_at(made_at, move |future| counter.future_done(future))
        })
        .collect();
    // A suspended task that held its loop would keep it from being closed with its last handle.
    drop(event_loop);
    waiter.wait(co)
}

/// Starts a timer that wakes a waiter.
#[track_caller]
fn wake_later(event_loop: &EventLoop, delay: Duration, waiter: &Rc<Waiter>) -> Result<TimerHandle> {
    let waiter = Rc::clone(waiter);
    event_loop.call_later(delay, move || _ = waiter.wake())
}

coroutine_operations! {
    [A: Awaitable, I: IntoIterator<Item = A> + 'static] Wait<I> => Waited<A::Output>, "wait", |this| move |co: &Co| co.yield_from(this);
}
