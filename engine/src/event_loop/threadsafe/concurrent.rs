//! A future for other threads than the loop's.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::LoopHandle;
use crate::{Error, Result};

/// Why there is no result of a [`ConcurrentFuture`].
///
/// The error of a task stays on the loop's thread; what crosses is its description.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConcurrentError {
    /// The task was cancelled, or its loop closed.
    Cancelled,
    /// The result was not there in time. It may come later.
    TimeoutError,
    /// The result was taken before.
    InvalidState,
    /// The task failed, with an error of this description.
    Failed(String),
}

impl fmt::Display for ConcurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::TimeoutError => f.write_str("the result was not there in time"),
            Self::InvalidState => f.write_str("the result was taken before"),
            Self::Failed(description) => f.write_str(description),
        }
    }
}

impl std::error::Error for ConcurrentError {}

type Callback = Box<dyn FnOnce() + Send>;

enum State<T> {
    Pending(Vec<Callback>),
    Done(Option<std::result::Result<T, ConcurrentError>>),
}

struct Shared<T> {
    state: Mutex<State<T>>,
    done: Condvar,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, unless it has ended; returns whether it did.
    fn finish(&self, outcome: std::result::Result<T, ConcurrentError>) -> bool {
        let mut state = self.lock();
        let State::Pending(callbacks) = &mut *state else {
            return false;
        };
        let callbacks = std::mem::take(callbacks);
        *state = State::Done(Some(outcome));
        drop(state);
        self.done.notify_all();
        callbacks.into_iter().for_each(|callback| callback());
        true
    }
}

/// The result of a coroutine that another thread has given to the loop: Python's
/// `concurrent.futures.Future`.
///
/// Its [`result`](ConcurrentFuture::result) blocks the thread; do not wait for it on the thread of
/// the loop itself, which would wait for itself.
///
/// # Examples
///
/// See [`LoopHandle`].
pub struct ConcurrentFuture<T> {
    shared: Arc<Shared<T>>,
    number: u64,
    event_loop: LoopHandle,
}

impl<T: Send + 'static> ConcurrentFuture<T> {
    /// Waits for the result, no longer than `timeout` if one is given, and takes it.
    ///
    /// # Errors
    ///
    /// See [`ConcurrentError`].
    ///
    /// # Examples
    ///
    /// See [`LoopHandle`].
    pub fn result(&self, timeout: Option<Duration>) -> std::result::Result<T, ConcurrentError> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.shared.lock();
        loop {
            match &mut *state {
                State::Done(outcome) => {
                    return outcome.take().unwrap_or(Err(ConcurrentError::InvalidState));
                }
                State::Pending(_) => state = self.wait(state, deadline)?,
            }
        }
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State<T>>,
        deadline: Option<Instant>,
    ) -> std::result::Result<MutexGuard<'a, State<T>>, ConcurrentError> {
        let done = &self.shared.done;
        let Some(deadline) = deadline else {
            return Ok(done.wait(state).unwrap_or_else(PoisonError::into_inner));
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ConcurrentError::TimeoutError);
        }
        let waited = done.wait_timeout(state, left);
        Ok(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Cancels the task; returns false if it has ended already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, ConcurrentError, EventLoop, sleep};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let handle = event_loop.handle();
    /// let worker = std::thread::spawn(move || {
    ///     let body = |co: &Co| co.yield_from(sleep(Duration::from_secs(3600)));
    ///     let future = handle.run_coroutine_threadsafe(body).unwrap();
    ///     assert!(future.cancel() && future.done());
    ///     assert_eq!(future.result(None), Err(ConcurrentError::Cancelled));
    ///     handle.call_soon_threadsafe(|| yieldfrom::get_running_loop().unwrap().stop()).unwrap();
    /// });
    /// event_loop.run_forever()?;
    /// worker.join().unwrap();
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn cancel(&self) -> bool {
        let cancelled = self.shared.finish(Err(ConcurrentError::Cancelled));
        if cancelled {
            self.event_loop.cancel_remote(self.number);
        }
        cancelled
    }

    /// Returns whether there is a result or an error.
    ///
    /// # Examples
    ///
    /// See [`cancel`](ConcurrentFuture::cancel).
    pub fn done(&self) -> bool {
        matches!(*self.shared.lock(), State::Done(_))
    }

    /// Has `callback` called when it is done, by the thread that ends it; at once if it is done.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let future = event_loop.handle().run_coroutine_threadsafe(|_: &Co| Ok(1))?;
    /// future.add_done_callback(|| yieldfrom::get_running_loop().unwrap().stop());
    /// event_loop.run_forever()?;
    /// assert_eq!(future.result(None), Ok(1));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn add_done_callback(&self, callback: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.lock();
        if let State::Pending(callbacks) = &mut *state {
            return callbacks.push(Box::new(callback));
        }
        drop(state);
        callback();
    }
}

impl<T> fmt::Debug for ConcurrentFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = matches!(*self.shared.lock(), State::Pending(_));
        write!(
            f,
            "<ConcurrentFuture {}>",
            if pending { "pending" } else { "done" }
        )
    }
}

/// The loop's end of a [`ConcurrentFuture`], which is cancelled if this goes away first.
pub(super) struct Completer<T>(Arc<Shared<T>>);

impl<T> Completer<T> {
    pub(super) fn is_cancelled(&self) -> bool {
        matches!(*self.0.lock(), State::Done(_))
    }

    pub(super) fn complete(self, outcome: Result<T>) {
        self.0.finish(outcome.map_err(describe));
    }
}

fn describe(error: Error) -> ConcurrentError {
    if error.is_cancelled() {
        ConcurrentError::Cancelled
    } else {
        ConcurrentError::Failed(error.to_string())
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        self.0.finish(Err(ConcurrentError::Cancelled));
    }
}

pub(super) fn pair<T>(number: u64, event_loop: LoopHandle) -> (ConcurrentFuture<T>, Completer<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::Pending(Vec::new())),
        done: Condvar::new(),
    });
    let future = ConcurrentFuture {
        shared: Arc::clone(&shared),
        number,
        event_loop,
    };
    (future, Completer(shared))
}
