//! Work on other threads, for what blocks: files, databases, long calculations.
//!
//! A *job* is a closure that runs on a thread of a [`ThreadPoolExecutor`]. Its result crosses as a
//! [`ConcurrentFuture`], on which other threads wait; for the coroutines of a loop that becomes a
//! [`Job`], which the loop ends on its own thread, when it is told through its inbox.

mod job;
mod pending;
mod pool;
mod run;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

pub use job::{Job, wrap_future};
pub(crate) use pending::Executors;
pub(crate) use pool::Pool;
pub use run::{ToThread, to_thread};

use crate::Result;
use crate::errors::ValueError;
use crate::kernel::EventLoop;
use crate::threads::concurrent::ConcurrentFuture;

/// A bounded pool of threads: Python's `concurrent.futures.ThreadPoolExecutor`.
///
/// A thread is started when a job comes, no thread is free, and there are fewer than the bound;
/// further jobs wait in a queue, in their order. Threads are named `yieldfrom-worker-0` and so on,
/// and stay until the shutdown. A clone is the same pool.
///
/// Dropping the last handle shuts it down; a loop's [`Job`] is one as long as it is pending. Only
/// on a thread where a loop is running, the drop does not wait for the threads.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, ThreadPoolExecutor, get_running_loop, run_sync};
///
/// let executor = ThreadPoolExecutor::new(2)?;
/// let future = executor.submit(|| 6 * 7);
/// assert_eq!(future.result(None), Ok(42)); // blocks this thread
///
/// let answer = run_sync(move |co: &Co| {
///     let job = get_running_loop()?.run_in_executor(&executor, || 6 * 7);
///     co.yield_from(job) // suspends this coroutine
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct ThreadPoolExecutor(Arc<Owner>);

/// What all handles share, and the threads do not.
struct Owner(Arc<Pool>);

impl ThreadPoolExecutor {
    /// Makes a pool of at most so many threads, none of which is started yet.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: `max_workers` is zero.
    ///
    /// # Examples
    ///
    /// See [`ThreadPoolExecutor`].
    pub fn new(max_workers: usize) -> Result<Self> {
        let Some(max_workers) = NonZeroUsize::new(max_workers) else {
            let why = "ThreadPoolExecutor: max_workers must be greater than 0";
            return Err(ValueError::new(why).into());
        };
        Ok(Self::with_workers(max_workers))
    }

    fn with_workers(max_workers: NonZeroUsize) -> Self {
        Self(Arc::new(Owner(Pool::new("yieldfrom-worker", max_workers))))
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.0.0
    }

    /// Has `job` run by a thread of the pool.
    ///
    /// After the shutdown, and where the system has no thread at all to give, the future has
    /// failed already, and `job` is dropped.
    ///
    /// # Examples
    ///
    /// A job may submit others, and wait for them:
    ///
    /// ```
    /// use yieldfrom::ThreadPoolExecutor;
    ///
    /// let executor = ThreadPoolExecutor::new(1)?;
    /// let inner = executor.clone();
    /// let sum = executor.submit(move || {
    ///     let parts: Vec<_> = (1..=3).map(|n| inner.submit(move || n * n)).collect();
    ///     parts.iter().map(|part| part.result(None).unwrap()).sum::<i32>()
    /// });
    /// assert_eq!(sum.result(None), Ok(14));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn submit<T, F>(&self, job: F) -> ConcurrentFuture<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.pool().submit(job)
    }

    /// Refuses jobs from now on, cancels those that have not begun, and waits for the others.
    ///
    /// Python's `shutdown(wait=True, cancel_futures=True)`. It blocks the thread; a coroutine
    /// calls it through [`to_thread`]. From a job of the pool itself it does not wait. Doing it
    /// twice does no harm.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{ConcurrentError, ThreadPoolExecutor};
    ///
    /// let executor = ThreadPoolExecutor::new(1)?;
    /// executor.shutdown();
    /// let refused = executor.submit(|| 42).result(None);
    /// assert!(matches!(refused, Err(ConcurrentError::Failed(_))));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn shutdown(&self) {
        self.pool().cancel();
        self.pool().join();
    }
}

/// Makes a pool of Python's default size: four threads more than there are processors, and no more
/// than 32.
///
/// # Examples
///
/// ```
/// use yieldfrom::ThreadPoolExecutor;
///
/// assert_eq!(ThreadPoolExecutor::default().submit(|| 42).result(None), Ok(42));
/// ```
impl Default for ThreadPoolExecutor {
    fn default() -> Self {
        const MOST: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");
        let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self::with_workers(processors.saturating_add(4).min(MOST))
    }
}

/// So that functions take `&executor` as well as `None`.
impl From<&ThreadPoolExecutor> for Option<ThreadPoolExecutor> {
    fn from(executor: &ThreadPoolExecutor) -> Self {
        Some(executor.clone())
    }
}

/// Shuts the pool down, with its last handle.
impl Drop for Owner {
    fn drop(&mut self) {
        self.0.cancel();
        // A loop that waited here would stand still for as long as a job takes.
        if EventLoop::running().is_none() {
            self.0.join();
        }
    }
}

/// Shows how many threads there are, and how many there may be: `<ThreadPoolExecutor 1/8>`.
impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (workers, most) = self.pool().size();
        write!(f, "<ThreadPoolExecutor {workers}/{most}>")
    }
}
