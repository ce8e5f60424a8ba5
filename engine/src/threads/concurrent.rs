//! A future for other threads than the loop's.

mod failure;
mod shared;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

pub use failure::ConcurrentError;
pub(crate) use failure::JobFailure;
pub(crate) use shared::{JobOutcome, SharedFuture, call_each, pool_of_thread, set_pool_of_thread};
use shared::{NO_POOL, Progress};

use crate::kernel::{Call, IntoTimeout, Place};
use yieldfrom_delegation::Result;

/// Cancels the task that gives the result, for this line of the program.
type CancelFn = Box<dyn Fn(Place) + Send + Sync>;

/// The result of a coroutine that another thread has given to a loop, or of a job on a thread of
/// an executor: Python's `concurrent.futures.Future`.
///
/// Its [`result`](ConcurrentFuture::result) blocks the thread. Do not call it on the thread of the
/// loop that runs the coroutine: the loop would wait for itself. For coroutines,
/// [`wrap_future`](crate::wrap_future()) makes a future of it that they can wait for.
pub struct ConcurrentFuture<T> {
    shared: Arc<SharedFuture<T>>,
    cancel_task: Option<CancelFn>,
}

impl<T: Send + 'static> ConcurrentFuture<T> {
    /// Waits for the result, no longer than `timeout` if one is given, and takes it.
    ///
    /// The timeout is a [`Duration`](std::time::Duration), a number of seconds, or `None`.
    ///
    /// If a job waits without a timeout for another job of its own executor that has not begun, it
    /// runs that job itself: otherwise all threads could wait for jobs that no thread runs.
    ///
    /// # Errors
    ///
    /// See [`ConcurrentError`].
    pub fn result(&self, timeout: impl IntoTimeout) -> std::result::Result<T, ConcurrentError> {
        let timeout = timeout.into_timeout();
        if timeout.is_none() {
            self.shared.help();
        }
        let mut state = self.shared.wait(timeout);
        if !state.is_done() {
            return Err(ConcurrentError::TimeoutError);
        }
        let outcome = state.take_outcome();
        drop(state);
        let outcome = outcome.ok_or(ConcurrentError::InvalidState)?;
        outcome.map_err(ConcurrentError::from)
    }

    /// Cancels the task, or the job; returns false if it has ended already.
    ///
    /// A job that has not begun never runs. One that has begun cannot be stopped: this returns false
    /// as well.
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
    pub fn done(&self) -> bool {
        self.shared.lock().is_done()
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
        let progress = &self.shared.lock().progress;
        matches!(progress, Progress::Done(Some(Err(JobFailure::Cancelled))))
    }

    /// Returns whether it is a job that has begun, and has not ended.
    pub fn running(&self) -> bool {
        matches!(self.shared.lock().progress, Progress::RunningJob)
    }

    /// Has `callback` called by the thread that ends the future; if it is done, calls it now.
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
        let made_at = Location::caller();
        let mut state = self.shared.lock();
        if !state.is_done() {
            let callback = Box::new(callback);
            return state.callbacks.push(Call { callback, made_at });
        }
        drop(state);
        callback();
    }

    /// Has the loop that waits for this woken when it is done, which may be now.
    ///
    /// That comes before the callbacks, and while the thread counts as free for the next job.
    pub(crate) fn set_waker(&self, wake: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.lock();
        if !state.is_done() {
            state.waker = Some(Box::new(wake));
            return;
        }
        drop(state);
        wake();
    }

    /// Takes the outcome; none if it is not done, or if the outcome was taken.
    pub(crate) fn take_outcome(&self) -> Option<JobOutcome<T>> {
        self.shared.lock().take_outcome()
    }
}

impl<T> ConcurrentFuture<T> {
    fn new(progress: Progress<T>, pool: u64, cancel_task: Option<CancelFn>) -> Self {
        let shared = SharedFuture::new(progress, pool);
        Self {
            shared,
            cancel_task,
        }
    }

    /// Makes a future, and the end by which it is completed.
    pub(super) fn with_completer(cancel_task: Option<CancelFn>) -> (Self, Completer<T>) {
        let future = Self::new(Progress::Task, NO_POOL, cancel_task);
        let completer = Completer(Arc::clone(&future.shared));
        (future, completer)
    }

    /// Makes the future of a job for the pool of this number.
    pub(super) fn of_job(job: impl FnOnce() -> T + Send + 'static, pool: u64) -> Self {
        Self::new(Progress::QueuedJob(Box::new(job)), pool, None)
    }

    /// Makes a future that has failed.
    pub(super) fn failed(failure: JobFailure) -> Self {
        Self::new(Progress::Done(Some(Err(failure))), NO_POOL, None)
    }

    pub(super) fn shared(&self) -> &Arc<SharedFuture<T>> {
        &self.shared
    }
}

impl<T> fmt::Debug for ConcurrentFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_done = self.shared.lock().is_done();
        let state = if is_done { "done" } else { "pending" };
        write!(f, "<ConcurrentFuture {state}>")
    }
}

/// The other end of a [`ConcurrentFuture`]. If it is dropped first, the future is cancelled.
pub(crate) struct Completer<T>(Arc<SharedFuture<T>>);

impl<T> Completer<T> {
    pub(super) fn is_cancelled(&self) -> bool {
        self.0.lock().is_done()
    }

    pub(crate) fn complete(self, outcome: Result<T>) {
        self.0.finish(outcome.map_err(JobFailure::from));
    }
}

impl<T> Drop for Completer<T> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
