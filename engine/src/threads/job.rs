//! A job, as the coroutines of a loop wait for it.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;

use super::concurrent::ConcurrentFuture;
use super::executor::ThreadPoolExecutor;
use super::pending_jobs::Executors;
use crate::kernel::{
    Awaitable, AwaitableResult, Co, Core, Coroutine, CoroutineBuilder, EventLoop, Future,
    IntoCoroutine, Operation, Request, awaitable_future, limited_futures,
};
use yieldfrom_delegation::{Delegate, Error, Result};

/// The future of a job that runs on another thread: what
/// [`run_in_executor`](EventLoop::run_in_executor) and [`wrap_future`] return.
///
/// It is a [`Future`], and has its methods. Its result is moved out, so that it need not be
/// `Clone`: `co.yield_from(job)` has it once. Cancelling it keeps a job that has not begun from
/// running at all. A job that has begun goes on, and its result is dropped. The job runs whether or
/// not any task waits for it. If it panics, the future fails with [`Panicked`](crate::Panicked).
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, gather, get_running_loop, run_sync};
///
/// let squares = run_sync(|co: &Co| {
///     let event_loop = get_running_loop()?;
///     let jobs = (1..=3).map(|n| event_loop.run_in_executor(None, move || n * n));
///     co.yield_from(gather(jobs))
/// })?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Job<T: 'static>(Future<T>);

/// Makes a future that coroutines can wait for, out of one for other threads.
///
/// asyncio's `wrap_future`. It belongs to the thread's current loop. Cancelling it cancels the
/// given one, and the other way round. The error of a task of another loop comes as a
/// [`ConcurrentError`](crate::ConcurrentError), which describes it. On a closed loop the future has
/// failed already, with a [`RuntimeError`](crate::RuntimeError).
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, ThreadPoolExecutor, run_sync, wrap_future};
///
/// let executor = ThreadPoolExecutor::new(1)?;
/// let answer = executor.submit(|| 6 * 7);
/// assert_eq!(run_sync(move |co: &Co| co.yield_from(wrap_future(answer)))?, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn wrap_future<T: Send + 'static>(future: ConcurrentFuture<T>) -> Job<T> {
    let event_loop = EventLoop::current_or_closed();
    Job::new("wrap_future", event_loop.core(), future, None)
}

/// Runs `job` on a thread of the running loop's default executor: asyncio's `to_thread`.
///
/// It is for work that would block the loop. Like a coroutine, it begins when a coroutine waits for
/// it, or when it becomes a task; [`run_in_executor`](EventLoop::run_in_executor) begins at once.
/// Cancelling the wait keeps a job that has not begun from running at all. A job that has begun goes
/// on, and its result is dropped.
///
/// # Errors
///
/// A job that may fail gives a `Result` in the result, as below; [`try_to_thread`] raises its error.
///
/// `yield_from` gives [`Panicked`](crate::Panicked) if the job panics, the error of a cancellation, or
/// a [`RuntimeError`](crate::RuntimeError) if the executor is shut down.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, run_sync, to_thread};
///
/// let text = run_sync(|co: &Co| Ok(co.yield_from(to_thread(|| std::fs::read_to_string("/dev/null")))??))?;
/// assert_eq!(text, "");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "the job runs when a coroutine delegates to it by yield_from"]
#[doc(alias = "spawn_blocking")]
pub fn to_thread<T, F>(job: F) -> ToThread<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    const NAME: &str = "to_thread";
    let run = move |co: &Co| {
        // No handle of the loop is kept, as the wait must not keep the loop open.
        let job = Job::run_in(&EventLoop::current_or_closed(), NAME, None, job);
        job.delegate(co)
    };
    Operation::new(NAME, Box::new(run))
}

/// Runs a `job` that may fail on a thread, as [`to_thread`] does: its error is raised at the `yield_from`.
///
/// The job's error keeps its type: [`is`](Error::is) and [`downcast_ref`](Error::downcast_ref) find it. It
/// becomes an [`Error`] on the loop's side, so only its own type has to be `Send`. For a job that works with
/// an [`Error`] itself, there is [`Error::into_send`].
///
/// # Errors
///
/// The error of the job, and those of [`to_thread`].
///
/// # Examples
///
/// ```
/// use std::{fs, io};
/// use yieldfrom::{Co, run_sync, try_to_thread};
///
/// let read = |path: &'static str| try_to_thread(move || fs::read_to_string(path));
/// assert_eq!(run_sync(move |co: &Co| co.yield_from(read("/dev/null")))?, "");
/// let error = run_sync(move |co: &Co| co.yield_from(read("/no/such/file"))).unwrap_err();
/// assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::NotFound);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "the job runs when a coroutine delegates to it by yield_from"]
pub fn try_to_thread<T, E, F>(job: F) -> ToThread<T>
where
    T: Send + 'static,
    E: std::error::Error + Send + 'static,
    F: FnOnce() -> Result<T, E> + Send + 'static,
{
    const NAME: &str = "try_to_thread";
    let run = move |co: &Co| {
        let job = Job::run_in(&EventLoop::current_or_closed(), NAME, None, job);
        Ok(job.delegate(co)??)
    };
    Operation::new(NAME, Box::new(run))
}

/// The operation that [`to_thread`] returns: of one type for all jobs with the same type of result.
pub type ToThread<T> = Operation<Box<dyn FnOnce(&Co) -> Result<T> + Send>>;

impl<T: Send + 'static> Job<T> {
    /// Runs a job on a thread of an executor: of the loop's default one, if none is given.
    #[track_caller]
    pub(super) fn run_in(
        event_loop: &EventLoop,
        operation: &'static str,
        executor: Option<ThreadPoolExecutor>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Self {
        let executors = match event_loop.core().part::<Executors>(operation) {
            Ok(executors) => executors,
            Err(error) => {
                // Before there is a future: if the job's destructor panicked later, it would leak.
                drop(job);
                return Self::refused(event_loop, error);
            }
        };
        let executor = executor.unwrap_or_else(|| executors.default_executor());
        let future = executor.submit(job);
        Self::new(operation, event_loop.core(), future, Some(executor))
    }

    /// Makes a job of a loop. If the loop is closed, the job has failed.
    #[track_caller]
    pub(crate) fn new(
        operation: &'static str,
        core: &Rc<Core>,
        concurrent: ConcurrentFuture<T>,
        executor: Option<ThreadPoolExecutor>,
    ) -> Self {
        let event_loop = EventLoop::of(core);
        let executors = core.part::<Executors>(operation);
        match executors.and_then(|part| Ok((part, core.inbox(operation)?))) {
            Ok((executors, inbox)) => {
                Self(executors.wait_for(&event_loop, operation, concurrent, executor, inbox))
            }
            Err(error) => Self::refused(&event_loop, error),
        }
    }
}

impl<T: 'static> Job<T> {
    pub(crate) fn refused(event_loop: &EventLoop, error: Error) -> Self {
        Self(Future::refused(event_loop, error))
    }
}

impl<T: 'static> Deref for Job<T> {
    type Target = Future<T>;

    fn deref(&self) -> &Future<T> {
        &self.0
    }
}

impl<T: 'static> AsRef<Future<T>> for Job<T> {
    fn as_ref(&self) -> &Future<T> {
        &self.0
    }
}

impl<T: 'static> From<Job<T>> for Future<T> {
    fn from(job: Job<T>) -> Self {
        job.0
    }
}

/// As its future: `<Future pending>`.
impl<T: 'static> fmt::Display for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// As `Display`.
impl<T: 'static> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Waits until the job has ended, and moves its result out.
impl<T: 'static> Delegate<Request, ()> for Job<T> {
    type Output = T;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.0.wait_done(co)?;
        self.0.take_result()
    }
}

/// Waits until the job has ended, and clones its result.
impl<T: Clone + 'static> Delegate<Request, ()> for &Job<T> {
    type Output = T;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        (&self.0).delegate(co)
    }
}

impl<T: 'static> IntoCoroutine for Job<T> {
    type Output = T;

    #[track_caller]
    fn into_coroutine(self) -> Coroutine<T> {
        let builder = CoroutineBuilder::new().name("job");
        builder.build(move |co: &Co| co.yield_from(self))
    }
}

awaitable_future! {
    Job => Future, |job: &Job<T>| job.0.clone();
}

/// Waits for it as for its [`wrap_future`].
impl<T: Send + 'static> Delegate<Request, ()> for ConcurrentFuture<T> {
    type Output = T;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        wrap_future(self).delegate(co)
    }
}

/// It becomes a future of the loop by [`wrap_future`].
impl<T: Send + 'static> Awaitable for ConcurrentFuture<T> {
    type Output = T;
    type Future = Job<T>;

    #[track_caller]
    fn ensure_future(self, event_loop: &EventLoop) -> Job<T> {
        Job::new("wrap_future", event_loop.core(), self, None)
    }
}

impl<T: Send + 'static> AwaitableResult for ConcurrentFuture<T> {
    fn outcome(future: &Future<T>, taken_at: &'static Location<'static>) -> Result<T> {
        future.inner.take("yield_from", taken_at)
    }
}

limited_futures! {
    Job<T>, [T: 'static];
    &Job<T>, [T: Clone + 'static];
    ConcurrentFuture<T>, [T: Send + 'static];
}
