//! What a loop knows about the jobs that are pending, and about its executors.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Pool, ThreadPoolExecutor};
use crate::Error;
use crate::errors::panics::Panics;
use crate::kernel::{
    Call, Cancelling, Composite, Core, EventLoop, Explanation, Future, Inbox, Layer, Ready,
    WaitKind, Waitable, caller,
};
use crate::threads::concurrent::{ConcurrentFuture, Failure, Waker};

/// A loop's jobs, and where they run.
#[derive(Default)]
pub(crate) struct Executors {
    pub(crate) default: RefCell<Option<ThreadPoolExecutor>>,
    /// The threads that look names up. A resolver may hang, so that nobody waits for them.
    pub(crate) lookups: RefCell<Option<Arc<Pool>>>,
    pending: RefCell<HashMap<u64, Rc<dyn Pending>>>,
    numbers: Cell<u64>,
}

impl Executors {
    /// Returns what a loop has that was ever open.
    pub(crate) fn of(core: &Core) -> Option<&Self> {
        core.hooks.find()
    }

    pub(super) fn next_number(&self) -> u64 {
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        number
    }

    pub(super) fn add(&self, core: &Core, number: u64, job: Rc<dyn Pending>) {
        core.hooks.add_work();
        self.pending.borrow_mut().insert(number, job);
    }

    fn find(&self, number: u64) -> Option<Rc<dyn Pending>> {
        self.pending.borrow().get(&number).cloned()
    }

    fn remove(&self, core: &Core, number: u64) -> Option<Rc<dyn Pending>> {
        let job = self.pending.borrow_mut().remove(&number);
        core.hooks.remove_work(usize::from(job.is_some()));
        job
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
}

impl Layer for Executors {
    /// Cancels the jobs that have not begun.
    fn close(&self, _: &mut Panics) {
        let (default, lookups) = (self.default.borrow().clone(), self.lookups.take());
        if let Some(executor) = default {
            executor.pool().cancel();
        }
        if let Some(pool) = lookups {
            pool.cancel();
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
            panics.catch(|| job.finish_or_cancel());
            panics.catch(|| drop(job));
        }
    }
}

/// Makes the waker of a job: its call ends the loop's future, on the loop's thread.
#[track_caller]
pub(super) fn waker(inbox: Arc<Inbox>, number: u64) -> Waker {
    let made_at = caller();
    let callback = Box::new(move || {
        if let Some(event_loop) = EventLoop::running()
            && let Some(executors) = Executors::of(event_loop.core())
            && let Some(job) = executors.remove(event_loop.core(), number)
        {
            job.finish_or_cancel();
        }
    });
    let call = Call { callback, made_at };
    Waker { inbox, call }
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
        let removed = Executors::of(&core).and_then(|it| it.remove(&core, self.number));
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
        let job = Executors::of(&self.core).and_then(|it| it.find(self.number));
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
