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
use crate::errors::RuntimeError;
use crate::kernel::{EventLoop, TimerHandle};
use yieldfrom_delegation::Result;

/// A sleep that async code waits for: `sleep(0.1).await?`.
///
/// Its time begins with the first poll, and is that of the loop, which may be virtual. Dropping it cancels the timer. Its
/// output is a `Result`, with the error that there is no running loop.
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
    handle: TimerHandle,
    is_over: Rc<Cell<bool>>,
    listener: Rc<Listener>,
}

impl Timer {
    fn start(delay: Duration) -> Result<Self> {
        let event_loop = EventLoop::running().ok_or_else(|| {
            RuntimeError::new("sleep: it is awaited inside a running event loop only")
        })?;
        let (is_over, listener) = (Rc::new(Cell::new(false)), Listener::new());
        let (over, woken) = (Rc::clone(&is_over), Rc::clone(&listener));
        let handle = event_loop.call_later(delay, move || {
            over.set(true);
            woken.wake();
        })?;
        Ok(Self {
            handle,
            is_over,
            listener,
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.handle.cancel();
    }
}

impl<T> std::future::Future for Slept<T> {
    type Output = Result<T>;

    /// # Panics
    ///
    /// If it is polled after its end.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let timer = match self.timer.take() {
            Some(timer) => timer,
            None => Timer::start(self.delay)?,
        };
        if !timer.is_over.get() {
            timer.listener.set_waker(context);
            self.timer = Some(timer);
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
