//! Jobs of a loop, and its default executor.

use std::fmt;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use super::{Executors, Job, Pool, ThreadPoolExecutor};
use crate::kernel::{Core, EventLoop, Operation, Request, coroutine_operations};
use crate::threads::concurrent::{Callback, pair};
use crate::{Co, Delegate, Result};

/// Runs `job` on a thread of the running loop's default executor: asyncio's `to_thread`.
///
/// For what would block the loop. As a coroutine does, it begins when it is waited for, or made a
/// task; [`run_in_executor`](EventLoop::run_in_executor) begins at once. Cancelling the wait keeps a
/// job that has not begun from running at all; one that has begun goes on, and its result is
/// dropped.
///
/// # Errors
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
pub fn to_thread<T, F>(job: F) -> ToThread<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    ToThread(Box::new(job))
}

/// What [`to_thread`] returns: a delegate for `yield_from`.
///
/// # Examples
///
/// ```
/// use yieldfrom::{run, to_thread};
///
/// assert_eq!(run(to_thread(|| 6))?, 6);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "the job runs when a coroutine delegates to it by yield_from"]
pub struct ToThread<T>(Box<dyn FnOnce() -> T + Send>);

impl<T> fmt::Debug for ToThread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToThread")
    }
}

impl<T: Send + 'static> Delegate<Request, ()> for ToThread<T> {
    type Output = T;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        let job = EventLoop::current_or_closed().start_job("to_thread", None, self.0);
        job.delegate(co)
    }
}

impl EventLoop {
    /// Runs `job` on a thread of an executor: the default one, if none is given.
    ///
    /// The default executor is a [`ThreadPoolExecutor::default`], made at the first job, unless
    /// [`set_default_executor`](EventLoop::set_default_executor) has set another one. When the loop
    /// is closed, jobs that have not begun are cancelled, and those on the default executor that
    /// have begun are waited for. While a job is pending, virtual time passes no faster than real
    /// time, so that limits on jobs mean something.
    ///
    /// If the loop is closed or the executor is shut down, the job fails with a
    /// [`RuntimeError`](crate::RuntimeError).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop, ThreadPoolExecutor};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let job = event_loop.run_in_executor(None, || 6 * 7);
    /// assert_eq!(event_loop.run_until_complete(job)?, 42);
    ///
    /// let one_thread = ThreadPoolExecutor::new(1)?;
    /// let job = event_loop.run_in_executor(&one_thread, || vec![6 * 7]);
    /// assert_eq!(event_loop.run_until_complete(job)?, [42]);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn run_in_executor<T, F>(
        &self,
        executor: impl Into<Option<ThreadPoolExecutor>>,
        job: F,
    ) -> Job<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.start_job("run_in_executor", executor.into(), job)
    }

    #[track_caller]
    fn start_job<T: Send + 'static>(
        &self,
        operation: &'static str,
        executor: Option<ThreadPoolExecutor>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Job<T> {
        let executors = match self.core().part::<Executors>(operation) {
            Ok(executors) => executors,
            Err(error) => {
                // Before there is a result, which a panic of its destructor would leak.
                drop(job);
                return Job::failed(self, error);
            }
        };
        let executor = executor.unwrap_or_else(|| executors.default_executor());
        let future = executor.submit(job);
        Job::new(operation, self.core(), future, Some(executor))
    }

    /// Sets the executor for jobs that name none.
    ///
    /// The loop shuts it down when it is closed, whoever else has a handle. The one before stays
    /// until its jobs have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{EventLoop, ThreadPoolExecutor};
    ///
    /// let event_loop = EventLoop::new()?;
    /// event_loop.set_default_executor(ThreadPoolExecutor::new(2)?);
    /// let job = event_loop.run_in_executor(None, || std::thread::current().name().unwrap().to_string());
    /// assert_eq!(event_loop.run_until_complete(job)?, "yieldfrom-worker-0");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn set_default_executor(&self, executor: ThreadPoolExecutor) {
        if let Ok(executors) = self.core().part::<Executors>("set_default_executor") {
            let before = executors.default.replace(Some(executor));
            drop(before);
        }
    }

    /// Waits until the jobs of the default executor have ended, without blocking the loop.
    ///
    /// Jobs that have not begun are run as well. From now on, jobs that name no executor fail,
    /// until another default one is set. [`run`](crate::run) does this at its end.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled; the executor is shut down nevertheless.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{EventLoop, RuntimeError};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let job = event_loop.run_in_executor(None, || 42);
    /// event_loop.run_until_complete(event_loop.shutdown_default_executor())?;
    /// assert_eq!(job.take_result()?, 42);
    /// let refused = event_loop.run_in_executor(None, || 42);
    /// assert!(event_loop.run_until_complete(refused).unwrap_err().is::<RuntimeError>());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "it waits when a coroutine delegates to it by yield_from"]
    pub fn shutdown_default_executor(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let core = Rc::clone(self.core());
        Operation::new(SHUTDOWN, move |co| shut_down_default(co, core))
    }
}

const SHUTDOWN: &str = "shutdown_default_executor";

fn shut_down_default(co: &Co, core: Rc<Core>) -> Result<()> {
    let executors: &Executors = core.part(SHUTDOWN)?;
    let executor = executors.default_executor();
    let (ended, completer) = pair(None);
    let tell = move || completer.complete(Ok(()));
    executor.pool().finish(Callback::new(tell));
    let ended = Job::new(SHUTDOWN, &core, ended, None);
    drop(core);
    ended.delegate(co)?;
    // The threads have only their last few instructions left.
    executor.pool().join();
    Ok(())
}

impl Executors {
    fn default_executor(&self) -> ThreadPoolExecutor {
        let mut default = self.default.borrow_mut();
        default.get_or_insert_default().clone()
    }

    /// Returns the threads that look names up.
    pub(crate) fn lookup_pool(&self) -> Arc<Pool> {
        const MOST: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");
        let mut pool = self.lookups.borrow_mut();
        Arc::clone(pool.get_or_insert_with(|| Pool::new("yieldfrom-lookup", MOST)))
    }
}

coroutine_operations! {
    [T: Send + 'static] ToThread<T> => T, "to_thread", |this| move |co: &Co| co.yield_from(this);
}
