//! Waiting for time to pass, or for other tasks to have their turn.

use std::time::Duration;

use crate::kernel::{Co, IntoDelay, Operation, Request, not_awaited, take_sleep_over};
use yieldfrom_delegation::Result;

/// Suspends the task for at least this long.
///
/// This is asyncio's `sleep`. The delay is a [`Duration`], or a number of seconds: `sleep(0.25)`. A delay
/// of zero takes one turn of the loop, in which other tasks run. One of more than about 584 years never
/// ends. It does not block the loop, as
/// `std::thread::sleep` does.
///
/// # Errors
///
/// `yield_from` returns the error of a cancellation, or what is thrown in; the timer is cancelled
/// then. It returns a [`RuntimeError`](crate::RuntimeError) if the coroutine is resumed by hand before
/// the time has come.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// event_loop.run_until_complete(|co: &Co| co.yield_from(sleep(3)))?;
/// assert_eq!(event_loop.time(), Duration::from_secs(3));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
#[must_use = "it sleeps when a coroutine delegates to it by yield_from"]
pub fn sleep(delay: impl IntoDelay) -> Operation<impl FnOnce(&Co) -> Result<()> + Copy> {
    let delay = delay.into_delay();
    Operation::new("sleep", move |co| sleep_here(co, delay))
}

/// Sleeps. Like the wait for a future, it fails if the coroutine is resumed by other code than its
/// task.
#[inline(always)]
fn sleep_here(co: &Co, delay: Duration) -> Result<()> {
    co.yield_through(Request::sleep(delay))?;
    if !delay.is_zero() && !take_sleep_over() {
        return Err(not_awaited());
    }
    Ok(())
}

/// Suspends the task for at least this long, and returns a value: asyncio's
/// `sleep(delay, result)`.
///
/// # Examples
///
/// ```
/// use yieldfrom::{EventLoop, sleep_with};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let value = event_loop.run_until_complete(sleep_with(1, "woken"))?;
/// assert_eq!(value, "woken");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
#[must_use = "it sleeps when a coroutine delegates to it by yield_from"]
pub fn sleep_with<T>(delay: impl IntoDelay, result: T) -> Operation<impl FnOnce(&Co) -> Result<T>> {
    let delay = delay.into_delay();
    Operation::new("sleep", move |co| {
        sleep_here(co, delay)?;
        Ok(result)
    })
}

/// Lets the other tasks run for one turn of the loop: Python's bare `yield`, and `sleep(0)`.
///
/// # Examples
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
/// use yieldfrom::{Co, create_task, run_sync, yield_now};
///
/// let order = Rc::new(RefCell::new(String::new()));
/// let others = order.clone();
/// run_sync(move |co: &Co| {
///     create_task(move |_: &Co| Ok(others.borrow_mut().push('a')));
///     co.yield_from(yield_now())?;
///     Ok(order.borrow_mut().push('b'))
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
#[must_use = "it gives way when a coroutine delegates to it by yield_from"]
pub fn yield_now() -> Operation<impl FnOnce(&Co) -> Result<()> + Copy> {
    Operation::new("yield_now", |co| co.yield_through(Request::turn()))
}
