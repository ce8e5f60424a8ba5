//! The methods of an event loop for other threads: its handle, its jobs, its default executor.

use std::rc::Rc;

use super::executor::ThreadPoolExecutor;
use super::handle::LoopHandle;
use super::job::Job;
use super::pending_jobs::Executors;
use crate::kernel::{Co, Core, EventLoop, Operation};
use yieldfrom_delegation::{Delegate, Result};

const SHUTDOWN: &str = "shutdown_default_executor";

impl EventLoop {
    /// Returns the handle by which other threads reach the loop.
    pub fn handle(&self) -> LoopHandle {
        LoopHandle::new(self.core().inbox.as_ref())
    }

    /// Runs `job` on a thread of an executor: the default one, if none is given.
    ///
    /// The default executor is a [`ThreadPoolExecutor::default`], made at the first job, unless
    /// [`set_default_executor`](EventLoop::set_default_executor) has set another one. When the loop
    /// is closed, jobs that have not begun are cancelled. Those on the default executor that have
    /// begun are waited for. While a job is pending, virtual time passes no faster than real time,
    /// so that time limits on jobs work.
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
    #[doc(alias = "spawn_blocking")]
    pub fn run_in_executor<T, F>(
        &self,
        executor: impl Into<Option<ThreadPoolExecutor>>,
        job: F,
    ) -> Job<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        Job::run_in(self, "run_in_executor", executor.into(), job)
    }

    /// Sets the executor for jobs that name none.
    ///
    /// Closing the loop shuts it down, even if there are other handles of it. The executor that was
    /// set before stays until its jobs have ended.
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

fn shut_down_default(co: &Co, core: Rc<Core>) -> Result<()> {
    let executor = core.part::<Executors>(SHUTDOWN)?.default_executor();
    let ended = Job::new(SHUTDOWN, &core, executor.pool().finish(), None);
    drop(core);
    ended.delegate(co)?;
    // The threads have only their last few instructions left.
    executor.pool().join();
    Ok(())
}
