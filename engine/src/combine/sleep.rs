//! Waiting for time to pass, or for the others to have had their turn.

use std::time::Duration;

use yieldfrom_delegation::Delegate;

use crate::kernel::{Request, coroutine_operations, not_awaited, take_sleep_over};
use crate::{Co, Result};

/// Sleeps. As a future does, this guards itself against being resumed by anybody but its task.
#[inline(always)]
#[track_caller]
fn sleep_here(co: &Co, delay: Duration) -> Result<()> {
    co.yield_through(Request::sleep(delay))?;
    if !delay.is_zero() && !take_sleep_over() {
        return Err(not_awaited());
    }
    Ok(())
}

/// What [`sleep`] returns: a delegate for `yield_from`.
#[must_use = "it sleeps when a coroutine delegates to it by yield_from"]
#[derive(Clone, Copy, Debug)]
pub struct Sleep(Duration);

/// Suspends the task for at least this long.
///
/// asyncio's `sleep`. A duration of zero takes one turn of the loop, in which the others run; one
/// of more than some 584 years never ends. It never blocks the loop: `std::thread::sleep` does.
///
/// # Errors
///
/// `yield_from` gives the error of a cancellation, or whatever is thrown in. The timer is
/// cancelled then. It gives a [`RuntimeError`](crate::RuntimeError) if the coroutine is resumed by
/// hand before the time has come.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// event_loop.run_until_complete(|co: &Co| co.yield_from(sleep(Duration::from_secs(3))))?;
/// assert_eq!(event_loop.time(), Duration::from_secs(3));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
pub fn sleep(delay: Duration) -> Sleep {
    Sleep(delay)
}

impl Delegate<Request, ()> for Sleep {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        sleep_here(co, self.0)
    }
}

/// What [`sleep_with`] returns: a delegate for `yield_from`.
#[must_use = "it sleeps when a coroutine delegates to it by yield_from"]
#[derive(Clone, Copy, Debug)]
pub struct SleepWith<T>(Duration, T);

/// Suspends the task for at least this long, and returns a value: asyncio's
/// `sleep(delay, result)`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{EventLoop, sleep_with};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let value = event_loop.run_until_complete(sleep_with(Duration::from_secs(1), "woken"))?;
/// assert_eq!(value, "woken");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
pub fn sleep_with<T>(delay: Duration, result: T) -> SleepWith<T> {
    SleepWith(delay, result)
}

impl<T> Delegate<Request, ()> for SleepWith<T> {
    type Output = T;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        sleep_here(co, self.0)?;
        Ok(self.1)
    }
}

/// What [`yield_now`] returns: a delegate for `yield_from`.
#[must_use = "it gives way when a coroutine delegates to it by yield_from"]
#[derive(Clone, Copy, Debug)]
pub struct YieldNow(());

/// Gives way for one turn of the loop: Python's bare `yield`, and `sleep(0)`.
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
pub fn yield_now() -> YieldNow {
    YieldNow(())
}

impl Delegate<Request, ()> for YieldNow {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        co.yield_through(Request::turn())
    }
}

coroutine_operations! {
    [] Sleep => (), "sleep", |this| move |co: &Co| co.yield_from(this);
    [T: 'static] SleepWith<T> => T, "sleep", |this| move |co: &Co| co.yield_from(this);
    [] YieldNow => (), "yield_now", |this| move |co: &Co| co.yield_from(this);
}
