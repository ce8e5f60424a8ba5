//! Executors: threads for work that blocks, such as files, databases and long calculations.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use super::concurrent::ConcurrentFuture;
use super::pool::Pool;
use crate::errors::ValueError;
use crate::kernel::EventLoop;
use yieldfrom_delegation::Result;

/// A bounded pool of threads: Python's `concurrent.futures.ThreadPoolExecutor`.
///
/// A thread is started when a job comes, no thread is free, and there are fewer than the bound;
/// further jobs wait in a queue, in their order. Threads are named `yieldfrom-worker-0` and so on,
/// and stay until the shutdown. A clone is another handle of the same pool.
///
/// Dropping the last handle shuts the pool down, and waits for its threads, except on a thread where
/// a loop is running. A loop's [`Job`](crate::Job) has a handle as long as it is pending.
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

/// It is shared by all handles, but not by the threads.
struct Owner(Arc<Pool>);

impl ThreadPoolExecutor {
    /// Makes a pool of at most `max_workers` threads. They are started when jobs come.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: `max_workers` is zero.
    #[track_caller]
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

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.0.0
    }

    /// Has `job` run by a thread of the pool.
    ///
    /// After the shutdown, or if the system has no thread at all to give, the future has failed
    /// already, and `job` is dropped.
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
    /// calls it through [`to_thread`](crate::to_thread()). A job of the pool itself does not wait
    /// here. A second shutdown does nothing.
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
impl Default for ThreadPoolExecutor {
    fn default() -> Self {
        const MOST: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");
        let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self::with_workers(processors.saturating_add(4).min(MOST))
    }
}

/// Lets a function take `&executor` as well as `None`.
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
