//! Futures of other threads in async code.

use std::fmt;
use std::future::IntoFuture;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::errors::panics;
use crate::threads::{ConcurrentError, ConcurrentFuture};

/// A [`ConcurrentFuture`] that async code waits for by `.await`, on any thread and in any executor.
///
/// Its output is what [`result`](ConcurrentFuture::result) returns. Dropping it leaves the task alone.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, from_std};
///
/// let event_loop = EventLoop::new()?;
/// let handle = event_loop.handle();
/// let other = std::thread::spawn(move || {
///     let future = handle.run_coroutine_threadsafe(|_: &Co| Ok(42)).unwrap();
///     // Any executor will do; this one is another loop.
///     let answer = EventLoop::new().unwrap().run_until_complete(|co: &Co| co.yield_from(from_std(future)));
///     handle.call_soon_threadsafe(|| yieldfrom::get_running_loop().unwrap().stop()).unwrap();
///     answer.unwrap()
/// });
/// event_loop.run_forever()?;
/// assert_eq!(other.join().unwrap(), Ok(42));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it does nothing until it is awaited"]
pub struct AwaitingConcurrent<T> {
    future: ConcurrentFuture<T>,
    /// The waker of the latest poll; none before the first one.
    waker: Option<Arc<Mutex<Option<Waker>>>>,
}

impl<T: Send + 'static> AwaitingConcurrent<T> {
    /// Has the context's waker woken at the end. No code of the program runs under the lock.
    fn listen(&mut self, context: &Context<'_>) {
        if let Some(waker) = &self.waker
            && (lock(waker).as_ref()).is_some_and(|kept| kept.will_wake(context.waker()))
        {
            return;
        }
        let latest = Some(context.waker().clone());
        if let Some(waker) = &self.waker {
            let before = mem::replace(&mut *lock(waker), latest);
            return drop(before);
        }
        let waker = Arc::new(Mutex::new(latest));
        self.waker = Some(Arc::clone(&waker));
        self.future.set_waker(move || {
            let latest = lock(&waker).take();
            panics::contain(|| latest.into_iter().for_each(Waker::wake));
        });
    }
}

fn lock(waker: &Mutex<Option<Waker>>) -> MutexGuard<'_, Option<Waker>> {
    waker.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Send + 'static> std::future::Future for AwaitingConcurrent<T> {
    type Output = Result<T, ConcurrentError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.future.done() {
            self.listen(context);
        }
        // It may have ended while it was not listened to yet.
        if !self.future.done() {
            return Poll::Pending;
        }
        let outcome = self.future.take_outcome();
        let outcome = outcome.ok_or(ConcurrentError::InvalidState);
        Poll::Ready(outcome.and_then(|outcome| outcome.map_err(ConcurrentError::from)))
    }
}

/// A waker that is left behind would look as if it could still wake somebody.
impl<T> Drop for AwaitingConcurrent<T> {
    fn drop(&mut self) {
        let left = self.waker.as_ref().and_then(|waker| lock(waker).take());
        drop(left);
    }
}

/// Nothing in it is pinned.
impl<T> Unpin for AwaitingConcurrent<T> {}

impl<T> fmt::Debug for AwaitingConcurrent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Awaiting {:?}>", self.future)
    }
}

impl<T: Send + 'static> IntoFuture for ConcurrentFuture<T> {
    type Output = Result<T, ConcurrentError>;
    type IntoFuture = AwaitingConcurrent<T>;

    fn into_future(self) -> AwaitingConcurrent<T> {
        AwaitingConcurrent {
            future: self,
            waker: None,
        }
    }
}
