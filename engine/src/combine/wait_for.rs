//! Waiting for one future, but not for ever.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom_delegation::Delegate;

use crate::combine::Timeout;
use crate::errors::TimeoutError;
use crate::kernel::{
    Awaitable, Future, Reason, Request, Waiter, coroutine_operations, ensure_future,
};
use crate::{Co, Result};

/// What [`wait_for`] returns: a delegate for `yield_from`.
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct WaitFor<A> {
    awaitable: A,
    timeout: Option<Duration>,
}

/// Waits for a coroutine or future, and cancels it if it takes longer than the timeout.
///
/// asyncio's `wait_for`, as of 3.12: a [`timeout`](crate::timeout()) around the wait. A coroutine
/// runs in the current task, and becomes no task of its own. The wait ends when what was cancelled
/// has ended, and gives its result if it refused to be cancelled. A timeout of zero gives the
/// result of what is done already. Anything else is cancelled at once; a coroutine does not run at
/// all.
///
/// A cancellation of the current task is never lost, even if it comes in the turn in which the
/// result does.
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
            Some(Duration::ZERO) => take_or_cancel(co, self.awaitable),
            timeout => {
                let piece = Timeout::after(timeout).begin()?;
                let result = self.awaitable.wait_here(co);
                piece.end(result)
            }
        }
    }
}

/// Gives the result of what is done already, and otherwise cancels it.
#[track_caller]
fn take_or_cancel<A: Awaitable>(co: &Co, awaitable: A) -> Result<A::Output> {
    let future: Future<A::Output> = ensure_future(awaitable).into();
    if future.done() {
        return A::outcome(&future);
    }
    cancel_and_wait(co, &future)?;
    A::outcome(&future).map_err(|error| {
        if error.is_cancelled() {
            TimeoutError.into()
        } else {
            error
        }
    })
}

/// Cancels a future, and waits until it is done.
#[track_caller]
fn cancel_and_wait<T: 'static>(co: &Co, future: &Future<T>) -> Result<()> {
    let waiter = Waiter::new(Reason::futures("wait_for (cancelled)", &future.inner));
    let woken = Rc::clone(&waiter);
    let _followed = future.follow(move |_| _ = woken.wake());
    future.cancel();
    waiter.wait(co)
}

coroutine_operations! {
    [A: Awaitable + 'static] WaitFor<A> => A::Output, "wait_for", |this| move |co: &Co| co.yield_from(this);
}
