//! The part of a future that is shared with the thread that gives the result.

use std::cell::Cell;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::failure::JobFailure;
use crate::errors::panics;
use crate::kernel::Call;
use yieldfrom_delegation::report;

thread_local! {
    /// The number of the pool whose jobs this thread runs.
    static POOL: Cell<u64> = const { Cell::new(NO_POOL) };
}

/// Stands for no pool; the first pool has the number 1.
pub(super) const NO_POOL: u64 = 0;

/// Returns the number of the pool whose jobs this thread runs.
pub(crate) fn pool_of_thread() -> u64 {
    POOL.try_with(Cell::get).unwrap_or(NO_POOL)
}

/// Says for which pool this thread works.
pub(crate) fn set_pool_of_thread(number: u64) {
    let _ = POOL.try_with(|pool| pool.set(number));
}

pub(super) type JobFn<T> = Box<dyn FnOnce() -> T + Send>;
pub(crate) type JobOutcome<T> = Result<T, JobFailure>;

/// How far the work is whose result this is going to be.
pub(super) enum Progress<T> {
    /// A task of a loop, or anything else that can be asked to stop.
    Task,
    /// A job that has not begun.
    QueuedJob(JobFn<T>),
    /// A job that has begun, and cannot be stopped.
    RunningJob,
    /// None: the outcome was taken.
    Done(Option<JobOutcome<T>>),
}

pub(super) struct ConcurrentState<T> {
    pub(super) progress: Progress<T>,
    /// Wakes the loop that waits for it, if one does.
    pub(super) waker: Option<Box<dyn FnOnce() + Send>>,
    pub(super) callbacks: Vec<Call>,
}

impl<T> ConcurrentState<T> {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Done(_))
    }

    /// Takes the outcome, if there is one. That it was cancelled can be taken again and again.
    pub(super) fn take_outcome(&mut self) -> Option<JobOutcome<T>> {
        match &mut self.progress {
            Progress::Done(Some(Err(JobFailure::Cancelled))) => Some(Err(JobFailure::Cancelled)),
            Progress::Done(outcome) => outcome.take(),
            _ => None,
        }
    }
}

/// The memory of a [`ConcurrentFuture`](super::ConcurrentFuture).
pub(crate) struct SharedFuture<T> {
    state: Mutex<ConcurrentState<T>>,
    done: Condvar,
    /// The pool that runs the job.
    pool: u64,
}

impl<T> SharedFuture<T> {
    pub(super) fn new(progress: Progress<T>, pool: u64) -> Arc<Self> {
        let state = ConcurrentState {
            progress,
            waker: None,
            callbacks: Vec::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            done: Condvar::new(),
            pool,
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ConcurrentState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks the thread until it is done, or until `timeout` has passed.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> MutexGuard<'_, ConcurrentState<T>> {
        let state = self.lock();
        let is_pending = |state: &mut ConcurrentState<T>| !state.is_done();
        match timeout {
            None => {
                (self.done.wait_while(state, is_pending)).unwrap_or_else(PoisonError::into_inner)
            }
            Some(timeout) => {
                let waited = self.done.wait_timeout_while(state, timeout, is_pending);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Ends it, and returns what is to be called then. Returns none if it has ended before, or if it
    /// is to be cancelled and is a job that runs.
    pub(crate) fn settle(&self, outcome: JobOutcome<T>) -> Option<Vec<Call>> {
        let is_cancelled = matches!(outcome, Err(JobFailure::Cancelled));
        let mut state = self.lock();
        match state.progress {
            Progress::Done(_) => return None,
            Progress::RunningJob if is_cancelled => return None,
            _ => {}
        }
        let before = mem::replace(&mut state.progress, Progress::Done(Some(outcome)));
        let (waker, callbacks) = (state.waker.take(), mem::take(&mut state.callbacks));
        drop(state);
        self.done.notify_all();
        if let Some(wake) = waker {
            wake();
        }
        // This may drop a job that never runs. If that panics, the callbacks are called nevertheless.
        panics::contain(|| drop(before));
        Some(callbacks)
    }

    /// As `settle`, and calls the callbacks; returns whether this ended it.
    pub(super) fn finish(&self, outcome: JobOutcome<T>) -> bool {
        self.settle(outcome).map(call_each).is_some()
    }

    /// Cancels it; returns false if it has ended, or is a job that runs.
    pub(crate) fn cancel(&self) -> bool {
        self.finish(Err(JobFailure::Cancelled))
    }

    /// Runs the job on this thread, unless it has begun or ended before.
    pub(crate) fn run_job(&self) -> Option<JobOutcome<T>> {
        let mut state = self.lock();
        match mem::replace(&mut state.progress, Progress::RunningJob) {
            Progress::QueuedJob(job) => {
                drop(state);
                Some(panics::catch(job).map_err(JobFailure::Panicked))
            }
            other => {
                state.progress = other;
                None
            }
        }
    }

    /// Runs a job of the pool that this thread works for, if it has not begun: the thread that is
    /// about to wait for it may be the only one that could run it.
    pub(super) fn help(&self) {
        if self.pool != NO_POOL
            && self.pool == pool_of_thread()
            && let Some(outcome) = self.run_job()
        {
            self.finish(outcome);
        }
    }
}

/// Calls the callbacks in their order. If one panics, the others are called nevertheless.
pub(crate) fn call_each(callbacks: Vec<Call>) {
    for Call { callback, made_at } in callbacks {
        if panics::catch(callback).is_err() {
            panics::contain(|| {
                report!(
                    target: "yieldfrom::executor", Error,
                    "the callback of a concurrent future that was added at {made_at} panicked; \
                     the others are called"
                );
            });
        }
    }
}
