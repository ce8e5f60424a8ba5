//! The part of a loop that knows its pending jobs, and its executors.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

use super::concurrent::{ConcurrentFuture, JobFailure};
use super::executor::ThreadPoolExecutor;
use super::pool::Pool;
use crate::errors::panics::Panics;
use crate::kernel::{
    Call, Cancelling, Composite, Core, EventLoop, Future, Inbox, Layer, Role, WaitKind, caller,
};
use yieldfrom_delegation::Error;

/// A loop's jobs, and where they run.
#[derive(Default)]
pub(crate) struct Executors {
    pub(crate) default: RefCell<Option<ThreadPoolExecutor>>,
    /// The threads that look names up. As a resolver may hang, closing the loop does not wait for
    /// them.
    pub(crate) lookups: RefCell<Option<Arc<Pool>>>,
    pending: RefCell<HashMap<u64, Rc<dyn PendingJob>>>,
    numbers: Cell<u64>,
}

impl Executors {
    /// Returns how many jobs of a loop are pending, and how many threads its default executor has.
    pub(crate) fn of_loop(core: &Core) -> (usize, usize) {
        Self::of(core).map_or((0, 0), |executors| {
            let default = executors.default.borrow();
            let threads = default.as_ref().map_or(0, |it| it.pool().size().0);
            (executors.pending.borrow().len(), threads)
        })
    }

    pub(super) fn default_executor(&self) -> ThreadPoolExecutor {
        let mut default = self.default.borrow_mut();
        default.get_or_insert_default().clone()
    }

    /// Returns the threads that look names up.
    pub(crate) fn lookup_pool(&self) -> Arc<Pool> {
        const MOST: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");
        let mut pool = self.lookups.borrow_mut();
        Arc::clone(pool.get_or_insert_with(|| Pool::new("yieldfrom-lookup", MOST)))
    }

    /// Makes the future by which the loop waits for this one.
    #[track_caller]
    pub(super) fn wait_for<T: Send + 'static>(
        &self,
        event_loop: &EventLoop,
        operation: &'static str,
        concurrent: ConcurrentFuture<T>,
        executor: Option<ThreadPoolExecutor>,
        inbox: &Arc<Inbox>,
    ) -> Future<T> {
        let core = event_loop.core();
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        let wake = waker(Arc::clone(inbox), number);
        let role = JobRole {
            core: Rc::clone(core),
            number,
            operation,
        };
        let future = Future::with_role(event_loop, Role::Other(Some(Box::new(role))));
        let job = Rc::new(JobRecord {
            future: future.clone(),
            concurrent,
            _executor: executor,
        });
        core.hooks.add_work();
        self.pending.borrow_mut().insert(number, job.clone());
        job.concurrent.set_waker(wake);
        future
    }

    /// Forgets a job that is still pending, and returns it.
    fn remove(&self, core: &Core, number: u64) -> Option<Rc<dyn PendingJob>> {
        let job = self.pending.borrow_mut().remove(&number);
        core.hooks.remove_work(usize::from(job.is_some()));
        job
    }

    /// Leaves the default executor to itself: jobs that have not begun never run, and nothing waits
    /// for those that have.
    pub(crate) fn leave_default(&self) {
        let default = self.default.take();
        if let Some(executor) = default {
            executor.pool().cancel();
            // The last handle would wait for the threads.
            std::mem::forget(executor);
        }
    }
}

impl Layer for Executors {
    /// Cancels the jobs that have not begun.
    fn close(&self, panics: &mut Panics) {
        let (default, lookups) = (self.default.borrow().clone(), self.lookups.take());
        if let Some(executor) = default {
            panics.catch(|| executor.pool().cancel());
        }
        if let Some(pool) = lookups {
            panics.catch(|| pool.cancel());
        }
    }

    /// Waits for the jobs of the default executor, and ends the futures of all.
    fn finish(&self, panics: &mut Panics) {
        let default = self.default.take();
        if let Some(executor) = default {
            panics.catch(|| executor.shutdown());
        }
        let pending = self.pending.take();
        for job in pending.into_values() {
            panics.catch(|| job.end());
            panics.catch(|| drop(job));
        }
    }
}

/// Returns what the thread of a job calls at its end: it has the loop end its future.
#[track_caller]
fn waker(inbox: Arc<Inbox>, number: u64) -> impl FnOnce() + Send {
    let made_at = caller();
    let callback = Box::new(move || {
        if let Some(event_loop) = EventLoop::running()
            && let Some(executors) = Executors::of(event_loop.core())
            && let Some(job) = executors.remove(event_loop.core(), number)
        {
            job.end();
        }
    });
    move || {
        // A closed loop has ended the futures of its jobs.
        let _ = inbox.send(Call { callback, made_at });
    }
}

/// A job of any type that has not ended, as far as its loop knows.
trait PendingJob {
    /// Ends the loop's future as the job has ended. A job that has not ended is cancelled.
    fn end(&self);

    /// Cancels the job, and ends the loop's future now.
    fn cancel(&self);
}

struct JobRecord<T: 'static> {
    future: Future<T>,
    concurrent: ConcurrentFuture<T>,
    /// Keeps the pool from being shut down while the job is pending.
    _executor: Option<ThreadPoolExecutor>,
}

impl<T: Send + 'static> PendingJob for JobRecord<T> {
    fn end(&self) {
        let inner = &self.future.inner;
        match self.concurrent.take_outcome() {
            None => self.cancel(),
            Some(Err(JobFailure::Cancelled)) => drop(inner.end_cancelled()),
            Some(outcome) => drop(inner.finish(outcome.map_err(Error::from))),
        }
    }

    fn cancel(&self) {
        self.concurrent.cancel();
        self.future.inner.end_cancelled();
    }
}

/// What makes a future that of a job: cancelling it cancels the job.
struct JobRole {
    core: Rc<Core>,
    number: u64,
    /// The operation that has started the job.
    operation: &'static str,
}

impl Composite for JobRole {
    fn can_cancel(&self, _: u32) -> bool {
        true
    }

    fn cancel(&self, _: &mut Cancelling) -> bool {
        let job = Executors::of(&self.core).and_then(|it| it.remove(&self.core, self.number));
        if let Some(job) = &job {
            job.cancel();
        }
        job.is_some()
    }

    fn name(&self) -> &'static str {
        "Future"
    }

    fn purpose(&self) -> (WaitKind, &'static str) {
        (WaitKind::Job, self.operation)
    }
}
