//! What a loop's coroutines wait for, while a thread does the work.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use super::ThreadPoolExecutor;
use super::pending::{Executors, JobPart, PendingJob, waker};
use crate::kernel::{
    Awaitable, Core, Coroutine, CoroutineBuilder, EventLoop, Future, IntoCoroutine, Request, Role,
};
use crate::threads::concurrent::ConcurrentFuture;
use crate::{Co, Delegate, Error, Result};

/// The future of a job that runs on another thread: what
/// [`run_in_executor`](EventLoop::run_in_executor) and [`wrap_future`] return.
///
/// It is a [`Future`], and has its methods. Its result is moved out, so that it need not be
/// `Clone`: `co.yield_from(job)` has it once. Cancelling it keeps a job that has not begun from
/// running at all; one that has begun goes on, and its result is dropped. The job runs whether or
/// not anybody waits for it. If it panics, the future fails with [`Panicked`](crate::Panicked).
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

impl<T: Send + 'static> Job<T> {
    /// Makes a job of a loop; it has failed, if that is closed.
    #[track_caller]
    pub(crate) fn new(
        operation: &'static str,
        core: &Rc<Core>,
        concurrent: ConcurrentFuture<T>,
        executor: Option<ThreadPoolExecutor>,
    ) -> Self {
        let event_loop = EventLoop::of(core);
        let open = core.part::<Executors>(operation);
        let (executors, inbox) = match open.and_then(|part| Ok((part, core.inbox(operation)?))) {
            Ok(open) => open,
            Err(error) => return Self::failed(&event_loop, error),
        };
        let number = executors.next_number();
        let waker = waker(Arc::clone(inbox), number);
        let part = JobPart {
            core: Rc::clone(core),
            number,
            operation,
        };
        let future = Future::with_role(&event_loop, Role::Other(Some(Box::new(part))));
        let job = Rc::new(PendingJob {
            number,
            future: future.clone(),
            concurrent,
            _executor: executor,
        });
        executors.add(core, number, job.clone());
        job.concurrent.wake(waker);
        Self(future)
    }
}

impl<T: 'static> Job<T> {
    pub(crate) fn failed(event_loop: &EventLoop, error: Error) -> Self {
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
        fmt::Display::fmt(self, f)
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
        CoroutineBuilder::new()
            .name("job")
            .build(move |co: &Co| co.yield_from(self))
    }
}

impl<T: 'static> Awaitable for Job<T> {
    type Output = T;
    type Future = Self;

    fn own_loop(&self) -> Option<EventLoop> {
        Some(self.0.get_loop())
    }

    fn ensure_future(self, event_loop: &EventLoop) -> Self {
        match self.inner.check_loop(event_loop, "ensure_future") {
            Ok(()) => self,
            Err(error) => Self::failed(event_loop, error),
        }
    }

    fn outcome(future: &Future<T>) -> Result<T> {
        future.take_result()
    }

    #[track_caller]
    fn wait_here(self, co: &Co) -> Result<T> {
        self.delegate(co)
    }
}

impl<T: Clone + 'static> Awaitable for &Job<T> {
    type Output = T;
    type Future = Future<T>;

    fn own_loop(&self) -> Option<EventLoop> {
        Some(self.0.get_loop())
    }

    fn ensure_future(self, event_loop: &EventLoop) -> Future<T> {
        self.0.clone().ensure_future(event_loop)
    }

    fn outcome(future: &Future<T>) -> Result<T> {
        future.result()
    }

    #[track_caller]
    fn wait_here(self, co: &Co) -> Result<T> {
        self.delegate(co)
    }
}
