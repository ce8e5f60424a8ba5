//! Waiting for one future, but not for ever.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::Timeout;
use crate::kernel::{
    Co, Coroutine, CoroutineBuilder, IntoCoroutine, IntoTimeout, Limited, Request,
    awaitable_coroutine, limited_code,
};
use yieldfrom_delegation::{Delegate, Result};

/// The operation that [`wait_for`] makes: a delegate for `yield_from`.
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct WaitFor<A> {
    awaitable: A,
    timeout: Option<Duration>,
}

/// Waits for a coroutine or future, and cancels it if it takes longer than the timeout.
///
/// This is asyncio's `wait_for`, as of 3.12: a [`timeout`](crate::timeout()) around the wait. The timeout
/// is a [`Duration`], a number of seconds, or `None`. A coroutine runs in the current task, and becomes no task of its own. After the timeout, the wait
/// ends only when the coroutine or future has ended; if that refused to be cancelled, its result is
/// returned. With a timeout of zero, you get the result of a future that is done already; one that is
/// not is cancelled at once, and a coroutine does not run at all.
///
/// A cancellation of the current task is never lost, even if it comes in the turn in which the
/// result does.
///
/// # Errors
///
/// - [`TimeoutError`](crate::TimeoutError) if the timeout has passed.
/// - The error of the coroutine or future, if it fails.
/// - `is_cancelled` if the current task was cancelled, and with it what it waits for.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, TimeoutError, sleep, wait_for};
///
/// let error = EventLoop::builder().virtual_clock().run(|co: &Co| {
///     let slow = |co: &Co| co.yield_from(sleep(3600));
///     co.yield_from(wait_for(slow, 0.5))
/// });
/// assert!(error.unwrap_err().is::<TimeoutError>());
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn wait_for<A: Limited>(awaitable: A, timeout: impl IntoTimeout) -> WaitFor<A> {
    WaitFor {
        awaitable,
        timeout: timeout.into_timeout(),
    }
}

impl<A> fmt::Debug for WaitFor<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFor")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<A: Limited> Delegate<Request, ()> for WaitFor<A> {
    type Output = A::Output;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<A::Output> {
        match self.timeout {
            None => self.awaitable.wait_here(co),
            Some(Duration::ZERO) => self.awaitable.wait_no_time(co),
            timeout => {
                let piece = Timeout::after(timeout).begin(Location::caller())?;
                let result = self.awaitable.wait_here(co);
                piece.end(result)
            }
        }
    }
}

limited_code! {
    WaitFor<A>, [A: Limited], A::Output;
}

impl<A: Limited<Output: 'static> + 'static> IntoCoroutine for WaitFor<A> {
    type Output = A::Output;

    #[track_caller]
    fn into_coroutine(self) -> Coroutine<A::Output> {
        let builder = CoroutineBuilder::new().name("wait_for");
        builder.build(move |co: &Co| co.yield_from(self))
    }
}

awaitable_coroutine!(WaitFor<A>, [A: Limited<Output: 'static> + 'static], A::Output);
