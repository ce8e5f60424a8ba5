//! Sleeps in async code.

use std::cell::Cell;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::awaiting::Listener;
use crate::combine::Sleep;
use crate::kernel::{EventLoop, TimerHandle};
use yieldfrom_delegation::Result;

/// A sleep that async code waits for: `sleep(0.1).await?`.
///
/// Its time begins with the first poll, and is that of the thread's current loop, which may be virtual. Dropping it cancels
/// the timer. A sleep of zero takes one turn. Its output is a `Result`, with the error that there is no current loop.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, from_std, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let sleeper = async { sleep(3).await };
/// event_loop.run_until_complete(|co: &Co| co.yield_from(from_std(sleeper))?)?;
/// assert_eq!(event_loop.time().as_secs(), 3);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it does nothing until it is awaited"]
pub struct Slept<T = ()> {
    delay: Duration,
    /// None once it was given.
    result: Option<T>,
    timer: Option<Timer>,
}

/// A timer that runs, until this is dropped.
struct Timer {
    /// None for a sleep of one turn, which needs no timer.
    handle: Option<TimerHandle>,
    is_over: Rc<Cell<bool>>,
    listener: Rc<Listener>,
}

impl Timer {
    fn start(delay: Duration, context: &Context<'_>) -> Result<Self> {
        let (is_over, listener) = (Rc::new(Cell::new(delay.is_zero())), Listener::new());
        let handle = if delay.is_zero() {
            context.waker().wake_by_ref();
            None
        } else {
            let (over, woken) = (Rc::clone(&is_over), Rc::clone(&listener));
            let event_loop = EventLoop::known("sleep")?;
            let at_its_end = move || {
                over.set(true);
                woken.waker.wake();
            };
            Some(event_loop.call_later(delay, at_its_end)?)
        };
        Ok(Self {
            handle,
            is_over,
            listener,
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.cancel();
        }
    }
}

impl<T> std::future::Future for Slept<T> {
    type Output = Result<T>;

    /// # Panics
    ///
    /// If it is polled after its end.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let Some(timer) = &self.timer else {
            let timer = Timer::start(self.delay, context)?;
            timer.listener.waker.set(context);
            self.timer = Some(timer);
            return Poll::Pending;
        };
        timer.listener.waker.set(context);
        if !timer.is_over.get() {
            return Poll::Pending;
        }
        let result = self.result.take();
        Poll::Ready(Ok(result.expect("a sleep is not polled after its end")))
    }
}

/// Nothing in it is pinned.
impl<T> Unpin for Slept<T> {}

impl<T> fmt::Debug for Slept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Slept {:?}>", self.delay)
    }
}

impl<T> IntoFuture for Sleep<T> {
    type Output = Result<T>;
    type IntoFuture = Slept<T>;

    fn into_future(self) -> Slept<T> {
        let (delay, result) = self.into_parts();
        Slept {
            delay,
            result: Some(result),
            timer: None,
        }
    }
}
