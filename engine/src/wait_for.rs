//! Waiting for one future, but not for ever.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom_delegation::Delegate;

use crate::awaitable::Awaitable;
use crate::coroutines::Request;
use crate::errors::TimeoutError;
use crate::event_loop::EventLoop;
use crate::future::{Future, Reason, Waiter};
use crate::wait::wake_later;
use crate::{Co, Result};

/// What [`wait_for`] returns: a delegate for `yield_from`.
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct WaitFor<A> {
    awaitable: A,
    timeout: Option<Duration>,
}

/// Waits for a coroutine or future, and cancels it if it takes longer than the timeout.
///
/// asyncio's `wait_for`, as of 3.11: it returns when what was cancelled has ended, and gives its
/// result if it refused to be cancelled. With a timeout a coroutine becomes a task; with none
/// (`None`) it runs in the current one.
///
/// # Errors
///
/// - [`TimeoutError`]: the timeout has passed.
/// - What the coroutine or future fails with.
/// - `is_cancelled`: the current task was cancelled, and with it what it waits for.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, TimeoutError, sleep, wait_for};
///
/// let error = EventLoop::builder().virtual_clock().run(|co: &Co| {
///     let slow = |co: &Co| co.yield_from(sleep(Duration::from_secs(3600)));
///     co.yield_from(wait_for(slow, Duration::from_millis(1)))
/// });
/// assert!(error.unwrap_err().is::<TimeoutError>());
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn wait_for<A: Awaitable>(awaitable: A, timeout: impl Into<Option<Duration>>) -> WaitFor<A> {
    WaitFor {
        awaitable,
        timeout: timeout.into(),
    }
}

impl<A> fmt::Debug for WaitFor<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFor")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<A: Awaitable> Delegate<Request, ()> for WaitFor<A> {
    type Output = A::Output;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<A::Output> {
        match self.timeout {
            None => self.awaitable.wait_here(co),
            Some(Duration::ZERO) => {
                let event_loop = EventLoop::current_or_closed();
                let future = self.awaitable.into_future(&event_loop).into();
                drop(event_loop);
                if future.done() {
                    return A::outcome(&future);
                }
                cancel_and_wait(co, &future)?;
                late_outcome::<A>(&future)
            }
            Some(timeout) => wait_some_time(co, self.awaitable, timeout),
        }
    }
}

#[track_caller]
fn wait_some_time<A: Awaitable>(co: &Co, awaitable: A, timeout: Duration) -> Result<A::Output> {
    let event_loop = EventLoop::current_or_closed();
    let waiter = Waiter::new(Reason::default());
    let timer = wake_later(&event_loop, timeout, &waiter)?;
    let future: Future<A::Output> = awaitable.into_future(&event_loop).into();
    waiter.set_reason(Reason::futures("wait_for", &future.inner));
    // A suspended task that held its loop would keep it from being closed with its last handle.
    drop(event_loop);
    let done = wake_when_done(&future, &waiter);
    let waited = waiter.wait(co);
    future.remove_done_callback(&done);
    let outcome = match waited {
        Err(error) if !error.is_cancelled() => Err(error),
        _ if future.done() => A::outcome(&future),
        Err(cancelled) => cancel_and_wait(co, &future).and(Err(cancelled)),
        Ok(()) => cancel_and_wait(co, &future).and_then(|()| late_outcome::<A>(&future)),
    };
    timer.cancel();
    outcome
}

/// Returns the result of what was cancelled too late to refuse it, or else the timeout.
fn late_outcome<A: Awaitable>(future: &Future<A::Output>) -> Result<A::Output> {
    A::outcome(future).map_err(|error| {
        if error.is_cancelled() {
            TimeoutError.into()
        } else {
            error
        }
    })
}

fn wake_when_done<T>(future: &Future<T>, waiter: &Rc<Waiter>) -> crate::CallbackId {
    let waiter = Rc::clone(waiter);
    future.add_done_callback(move |_| _ = waiter.wake())
}

/// Cancels a future, and waits until it is done.
#[track_caller]
fn cancel_and_wait<T>(co: &Co, future: &Future<T>) -> Result<()> {
    let waiter = Waiter::new(Reason::futures("wait_for (cancelled)", &future.inner));
    let done = wake_when_done(future, &waiter);
    future.cancel();
    let waited = waiter.wait(co);
    future.remove_done_callback(&done);
    waited
}
