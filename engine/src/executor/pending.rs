//! What a loop knows about the jobs that are pending, and about its executors.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Pool, ThreadPoolExecutor};
use crate::Error;
use crate::debug::WaitKind;
use crate::event_loop::{
    Call, ConcurrentFuture, Core, EventLoop, Failure, Inbox, Place, Ready, caller,
};
use crate::future::{Cancelling, Composite, Explanation, Future, Waitable};
use crate::panics::Panics;

/// A loop's jobs, and where they run.
#[derive(Default)]
pub(crate) struct Executors {
    pub(crate) default: RefCell<Option<ThreadPoolExecutor>>,
    /// The threads that look names up. A resolver may hang, so that nobody waits for them.
    pub(crate) lookups: RefCell<Option<Arc<Pool>>>,
    pending: RefCell<HashMap<u64, Rc<dyn Pending>>>,
    numbers: Cell<u64>,
    /// How many child processes run, which are jobs as well.
    #[cfg(feature = "process")]
    pub(crate) children: Cell<usize>,
}

impl Executors {
    /// Returns whether any job may wake the loop.
    pub(crate) fn has_jobs(&self) -> bool {
        #[cfg(feature = "process")]
        if self.children.get() > 0 {
            return true;
        }
        !self.pending.borrow().is_empty()
    }

    pub(super) fn next_number(&self) -> u64 {
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        number
    }

    pub(super) fn add(&self, number: u64, job: Rc<dyn Pending>) {
        self.pending.borrow_mut().insert(number, job);
    }

    fn find(&self, number: u64) -> Option<Rc<dyn Pending>> {
        self.pending.borrow().get(&number).cloned()
    }

    fn remove(&self, number: u64) -> Option<Rc<dyn Pending>> {
        self.pending.borrow_mut().remove(&number)
    }

    /// Begins to end: jobs that have not begun never run.
    pub(crate) fn close(&self) {
        let (default, lookups) = (self.default.borrow().clone(), self.lookups.take());
        if let Some(executor) = default {
            executor.pool().cancel();
        }
        if let Some(pool) = lookups {
            pool.cancel();
        }
    }

    /// Leaves the default executor to itself: jobs that have not begun never run, and nobody waits for
    /// those that have.
    pub(crate) fn leave_default(&self) {
        let default = self.default.take();
        if let Some(executor) = default {
            executor.pool().cancel();
            // The last handle would wait for the threads.
            std::mem::forget(executor);
        }
    }

    /// Waits for the jobs of the default executor, and ends the futures of all.
    pub(crate) fn finish(&self, panics: &mut Panics) {
        let default = self.default.take();
        if let Some(executor) = default {
            panics.catch(|| executor.shutdown());
        }
        let pending = self.pending.take();
        for job in pending.into_values() {
            panics.catch(|| job.finish_or_cancel());
            panics.catch(|| drop(job));
        }
    }
}

/// Wakes a loop for one of its jobs.
pub(crate) struct Waker {
    inbox: Arc<Inbox>,
    number: u64,
    made_at: Place,
}

impl Waker {
    #[track_caller]
    pub(super) fn new(inbox: Arc<Inbox>, number: u64) -> Self {
        Self {
            inbox,
            number,
            made_at: caller(),
        }
    }

    pub(crate) fn wake(self) {
        let (number, made_at) = (self.number, self.made_at);
        let callback = Box::new(move || {
            if let Some(event_loop) = EventLoop::running() {
                let job = event_loop.core().executors.remove(number);
                if let Some(job) = job {
                    job.finish_or_cancel();
                }
            }
        });
        // The jobs of a closed loop have ended with it.
        let _ = self.inbox.send(Call { callback, made_at });
    }
}

/// A job of any type.
pub(super) trait Pending {
    /// Ends the loop's future as the job has ended; one that has not is cancelled.
    fn finish_or_cancel(&self);

    fn into_waitable(self: Rc<Self>) -> Rc<dyn Waitable>;
}

/// A job that has not ended, as far as the loop knows.
pub(super) struct PendingJob<T: 'static> {
    pub(super) number: u64,
    pub(super) future: Future<T>,
    pub(super) concurrent: ConcurrentFuture<T>,
    /// A handle of the pool where it runs, so that this is not shut down before.
    pub(super) _executor: Option<ThreadPoolExecutor>,
}

impl<T: Send + 'static> Pending for PendingJob<T> {
    fn finish_or_cancel(&self) {
        let outcome = self.concurrent.take_outcome();
        let inner = &self.future.inner;
        match outcome {
            Some(Ok(result)) => drop(inner.finish(Ok(result))),
            Some(Err(Failure::Cancelled)) => drop(inner.end_cancelled()),
            Some(Err(failure)) => drop(inner.finish(Err(Error::from(failure)))),
            None => {
                self.concurrent.cancel();
                inner.end_cancelled();
            }
        }
    }

    fn into_waitable(self: Rc<Self>) -> Rc<dyn Waitable> {
        self
    }
}

/// The job, for whoever cancels it.
impl<T: Send + 'static> Waitable for PendingJob<T> {
    fn subscribe(self: Rc<Self>, wakeup: Rc<dyn Ready>) {
        Rc::clone(&self.future.inner).subscribe(wakeup);
    }

    fn can_cancel(&self, _: u32) -> bool {
        !self.future.done()
    }

    fn cancel_one(self: Rc<Self>, _: &mut Cancelling) -> bool {
        let core = Rc::clone(&self.future.inner.core);
        let removed = core.executors.remove(self.number);
        self.concurrent.cancel();
        let cancelled = self.future.inner.end_cancelled();
        drop(removed);
        cancelled
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    fn explain(&self, to: &mut Explanation) {
        self.future.inner.explain(to);
    }
}

/// What makes a future that of a job: it cancels the job, and at once.
pub(super) struct JobPart {
    pub(super) core: Rc<Core>,
    pub(super) number: u64,
    /// By which operation it was started.
    pub(super) operation: &'static str,
}

impl Composite for JobPart {
    fn can_cancel(&self, _: u32) -> bool {
        true
    }

    fn cancel(&self, rest: &mut Cancelling) -> bool {
        let job = self.core.executors.find(self.number);
        let found = job.is_some();
        rest.extend(job.map(Pending::into_waitable));
        found
    }

    fn name(&self) -> &'static str {
        "Future"
    }

    fn purpose(&self) -> (WaitKind, &'static str) {
        (WaitKind::Job, self.operation)
    }
}
