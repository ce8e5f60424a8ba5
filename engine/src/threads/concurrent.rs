//! A future for other threads than the loop's.

mod failure;
mod shared;

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use failure::ConcurrentError;
pub(crate) use failure::Failure;
pub(crate) use shared::{Callback, Shared, Waker, call_all, set_pool, works_for};
use shared::{Outcome, Source, State, take};

use crate::Result;
use crate::kernel::Place;

/// Cancels the task whose result is waited for, for this line of the program.
type CancelFn = Box<dyn Fn(Place) + Send + Sync>;

/// The result of a coroutine that another thread has given to a loop, or of a job on a thread of
/// an executor: Python's `concurrent.futures.Future`.
///
/// Its [`result`](ConcurrentFuture::result) blocks the thread; do not wait for it on the thread of
/// the loop itself, which would wait for itself: [`wrap_future`](crate::wrap_future()) makes it one
/// that coroutines can wait for.
///
/// # Examples
///
/// See [`LoopHandle`](crate::LoopHandle) and [`ThreadPoolExecutor`](crate::ThreadPoolExecutor).
pub struct ConcurrentFuture<T> {
    shared: Arc<Shared<T>>,
    cancel_task: Option<CancelFn>,
}

impl<T: Send + 'static> ConcurrentFuture<T> {
    /// Waits for the result, no longer than `timeout` if one is given, and takes it.
    ///
    /// A job that waits for another one of its own executor, without a timeout, runs that itself
    /// if it has not begun: otherwise all threads could come to wait for jobs that nobody runs.
    ///
    /// # Errors
    ///
    /// See [`ConcurrentError`].
    ///
    /// # Examples
    ///
    /// See [`LoopHandle`](crate::LoopHandle).
    pub fn result(&self, timeout: Option<Duration>) -> std::result::Result<T, ConcurrentError> {
        if timeout.is_none() {
            self.shared.help();
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.shared.lock();
        loop {
            match &mut *state {
                State::Done(outcome) => {
                    let outcome = take(outcome).ok_or(ConcurrentError::InvalidState)?;
                    return outcome.map_err(ConcurrentError::from);
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

    /// Cancels the task, or the job; returns false if it has ended already.
    ///
    /// A job that has not begun never runs. One that has begun cannot be stopped: false as well.
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
    #[track_caller]
    pub fn cancel(&self) -> bool {
        let cancelled = self.shared.cancel();
        if cancelled && let Some(cancel_task) = &self.cancel_task {
            cancel_task(Location::caller());
        }
        cancelled
    }

    /// Returns whether there is a result or an error.
    ///
    /// # Examples
    ///
    /// See [`cancel`](ConcurrentFuture::cancel).
    pub fn done(&self) -> bool {
        self.shared.is_done()
    }

    /// Returns whether it was cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::ThreadPoolExecutor;
    ///
    /// let executor = ThreadPoolExecutor::new(1)?;
    /// executor.shutdown();
    /// let future = executor.submit(|| 42); // is refused, which is an error
    /// assert!(future.done() && !future.cancelled() && !future.running());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn cancelled(&self) -> bool {
        matches!(
            *self.shared.lock(),
            State::Done(Some(Err(Failure::Cancelled)))
        )
    }

    /// Returns whether it is a job that has begun, and not ended.
    ///
    /// # Examples
    ///
    /// See [`cancelled`](ConcurrentFuture::cancelled).
    pub fn running(&self) -> bool {
        match &*self.shared.lock() {
            State::Pending(pending) => matches!(pending.source, Source::Running),
            State::Done(_) => false,
        }
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
    #[track_caller]
    pub fn add_done_callback(&self, callback: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.lock();
        if let State::Pending(pending) = &mut *state {
            return pending.callbacks.push(Callback::new(callback));
        }
        drop(state);
        callback();
    }

    /// Has the loop's job that waits for this woken when it is done, which may be now.
    pub(crate) fn wake(&self, waker: Waker) {
        let mut state = self.shared.lock();
        if let State::Pending(pending) = &mut *state {
            pending.waker = Some(waker);
            return;
        }
        drop(state);
        waker.wake();
    }

    /// Takes what there is at the end; none before, or if it was taken.
    pub(crate) fn take_outcome(&self) -> Option<Outcome<T>> {
        match &mut *self.shared.lock() {
            State::Pending(_) => None,
            State::Done(outcome) => take(outcome),
        }
    }

    /// Makes a future that has failed.
    pub(crate) fn failed(failure: Failure) -> Self {
        let shared = Shared::new(Source::Task, 0);
        shared.finish(Err(failure));
        let cancel_task = None;
        Self {
            shared,
            cancel_task,
        }
    }
}

impl<T> fmt::Debug for ConcurrentFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.shared.is_done() {
            "done"
        } else {
            "pending"
        };
        write!(f, "<ConcurrentFuture {state}>")
    }
}

/// The other end of a [`ConcurrentFuture`], which is cancelled if this goes away first.
pub(crate) struct Completer<T>(Arc<Shared<T>>);

impl<T> Completer<T> {
    pub(super) fn is_cancelled(&self) -> bool {
        self.0.is_done()
    }

    pub(crate) fn complete(self, outcome: Result<T>) {
        self.0.finish(outcome.map_err(Failure::from));
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        self.0.finish(Err(Failure::Cancelled));
    }
}

/// Makes a future, and the end by which it is completed.
pub(super) fn pair<T>(cancel_task: Option<CancelFn>) -> (ConcurrentFuture<T>, Completer<T>) {
    let shared = Shared::new(Source::Task, 0);
    let completer = Completer(Arc::clone(&shared));
    let future = ConcurrentFuture {
        shared,
        cancel_task,
    };
    (future, completer)
}

/// Makes the future of a job for a pool of threads.
pub(crate) fn job<T>(
    work: impl FnOnce() -> T + Send + 'static,
    pool: u64,
) -> (ConcurrentFuture<T>, Arc<Shared<T>>) {
    let shared = Shared::new(Source::Queued(Box::new(work)), pool);
    let future = ConcurrentFuture {
        shared: Arc::clone(&shared),
        cancel_task: None,
    };
    (future, shared)
}
