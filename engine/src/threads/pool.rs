//! A bounded pool of threads.
//!
//! A thread takes jobs from the queue for as long as there are any, and then parks. Adding a job
//! wakes a parked thread. If all threads are busy and the bound allows it, it starts another one.
//! These decisions are made under one lock, and threads look once more under the same lock before
//! they park: so no job is left lying while a thread could take it.
//!
//! A thread counts as free again *before* any other thread can know its job's result: so one thread
//! is enough for a task that waits for a job and then adds the next.

use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_queue::SegQueue;

use super::concurrent::{
    Completer, ConcurrentFuture, JobFailure, SharedFuture, call_each, pool_of_thread,
    set_pool_of_thread,
};
use crate::errors::panics;
use yieldfrom_delegation::report;

/// A job of any type.
trait PoolJob: Send + Sync {
    /// Runs it on a thread of the pool.
    fn run(&self, pool: &Arc<Pool>);

    fn cancel(&self);
}

impl<T: Send> PoolJob for SharedFuture<T> {
    fn run(&self, pool: &Arc<Pool>) {
        let outcome = self.run_job();
        pool.become_free();
        let callbacks = outcome.and_then(|outcome| self.settle(outcome));
        if let Some(callbacks) = callbacks.filter(|callbacks| !callbacks.is_empty()) {
            // They are user code, which may wait for other jobs.
            pool.become_busy();
            call_each(callbacks);
            pool.become_free();
        }
    }

    fn cancel(&self) {
        SharedFuture::cancel(self);
    }
}

#[derive(Default)]
struct PoolState {
    /// Whether jobs are refused. Those that are in the queue are still run.
    is_closed: bool,
    /// Jobs that are queued or run.
    jobs: usize,
    /// Threads that have not ended.
    workers: usize,
    /// Threads that were ever started.
    started: usize,
    parked: usize,
    /// Parked threads that have been woken, and have not noticed yet.
    woken: usize,
    threads: Vec<JoinHandle<()>>,
    /// The futures of those that wait until all threads have ended.
    at_end: Vec<Completer<()>>,
    warned: bool,
}

/// The pool, as its threads know it.
pub(crate) struct Pool {
    queue: SegQueue<Arc<dyn PoolJob>>,
    state: Mutex<PoolState>,
    wake: Condvar,
    ended: Condvar,
    name: &'static str,
    max_workers: usize,
    number: u64,
}

impl Pool {
    pub(super) fn new(name: &'static str, max_workers: NonZeroUsize) -> Arc<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            queue: SegQueue::new(),
            state: Mutex::default(),
            wake: Condvar::new(),
            ended: Condvar::new(),
            name,
            max_workers: max_workers.get(),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        })
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many threads there are, and how many there may be.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.lock().workers, self.max_workers)
    }

    pub(crate) fn submit<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> ConcurrentFuture<T> {
        let future = ConcurrentFuture::of_job(job, self.number);
        match self.add(Arc::clone(future.shared()) as _) {
            Ok(()) => future,
            Err(why) => ConcurrentFuture::failed(JobFailure::Refused(why)),
        }
    }

    fn add(self: &Arc<Self>, job: Arc<dyn PoolJob>) -> Result<(), String> {
        let mut state = self.lock();
        if state.is_closed {
            return Err("submit: the executor is shut down; make a new one".to_owned());
        }
        state.jobs += 1;
        match self.call_worker(&mut state) {
            Ok(()) => self.queue.push(job),
            Err(error) if state.workers > 0 => {
                self.queue.push(job);
                self.warn(state, &error);
            }
            Err(error) => {
                state.jobs -= 1;
                return Err(format!(
                    "submit: the system has no thread to give: {error}; end other threads or raise \
                     the limit"
                ));
            }
        }
        Ok(())
    }

    /// Sees to it that a thread looks at the queue.
    fn call_worker(self: &Arc<Self>, state: &mut PoolState) -> io::Result<()> {
        if state.parked > state.woken {
            state.woken += 1;
            self.wake.notify_one();
            return Ok(());
        }
        if state.jobs <= state.workers || state.workers == self.max_workers {
            return Ok(());
        }
        self.start_worker(state)
    }

    fn start_worker(self: &Arc<Self>, state: &mut PoolState) -> io::Result<()> {
        let pool = Arc::clone(self);
        let thread = thread::Builder::new()
            .name(format!("{}-{}", self.name, state.started))
            .spawn(move || pool.work())?;
        state.threads.push(thread);
        state.started += 1;
        state.workers += 1;
        Ok(())
    }

    /// Warns once that fewer threads than are wanted do the work.
    #[cold]
    fn warn(&self, mut state: MutexGuard<'_, PoolState>, error: &io::Error) {
        let (workers, warned) = (state.workers, mem::replace(&mut state.warned, true));
        // A logger may submit a job.
        drop(state);
        if !warned {
            panics::contain(|| {
                report!(
                    target: "yieldfrom::executor", Warn,
                    "cannot start another thread, {workers} of {} do the work: {error}",
                    self.max_workers
                );
            });
        }
    }

    /// Runs jobs: a thread's whole life.
    fn work(self: Arc<Self>) {
        set_pool_of_thread(self.number);
        while let Some(job) = self.next() {
            // A job's own panic is its result. A panic of a destructor must not end the thread
            // either, as others may wait for it.
            let run = panics::catch(|| job.run(&self));
            let dropped = panics::catch(|| drop(job));
            if run.and(dropped).is_err() {
                panics::contain(|| {
                    report!(
                        target: "yieldfrom::executor", Error,
                        "the destructor of a job or its result panicked"
                    );
                });
            }
        }
        self.leave();
    }

    /// Waits for the next job; returns none when the thread is to end.
    fn next(&self) -> Option<Arc<dyn PoolJob>> {
        if let Some(job) = self.queue.pop() {
            return Some(job);
        }
        let mut state = self.lock();
        loop {
            if let Some(job) = self.queue.pop() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state.parked += 1;
            let is_idle = |state: &mut PoolState| state.woken == 0 && !state.is_closed;
            let waited = self.wake.wait_while(state, is_idle);
            state = waited.unwrap_or_else(PoisonError::into_inner);
            state.parked -= 1;
            state.woken = state.woken.saturating_sub(1);
        }
    }

    fn leave(&self) {
        let mut state = self.lock();
        state.workers -= 1;
        if state.workers > 0 {
            return;
        }
        let at_end = mem::take(&mut state.at_end);
        drop(state);
        self.ended.notify_all();
        for completer in at_end {
            completer.complete(Ok(()));
        }
    }

    fn become_free(&self) {
        self.lock().jobs -= 1;
    }

    fn become_busy(self: &Arc<Self>) {
        let mut state = self.lock();
        state.jobs += 1;
        if !self.queue.is_empty()
            && let Err(error) = self.call_worker(&mut state)
        {
            self.warn(state, &error);
        }
    }

    /// Refuses jobs from now on.
    fn close(&self) -> MutexGuard<'_, PoolState> {
        let mut state = self.lock();
        state.is_closed = true;
        self.wake.notify_all();
        state
    }

    /// Refuses jobs from now on, and cancels those that have not begun.
    pub(super) fn cancel(&self) {
        drop(self.close());
        while let Some(job) = self.queue.pop() {
            job.cancel();
        }
    }

    /// Refuses jobs from now on. The future is done when all that are there have ended.
    pub(super) fn finish(&self) -> ConcurrentFuture<()> {
        let (future, completer) = ConcurrentFuture::with_completer(None);
        let mut state = self.close();
        if state.workers > 0 {
            state.at_end.push(completer);
            return future;
        }
        drop(state);
        completer.complete(Ok(()));
        future
    }

    /// Waits until all threads of a closed pool have ended. A thread of the pool does not wait.
    pub(crate) fn join(&self) {
        if pool_of_thread() == self.number {
            return;
        }
        let threads = mem::take(&mut self.lock().threads);
        for thread in threads {
            // Nothing that runs on it unwinds to its root.
            let _ = thread.join();
        }
        // Another thread may have begun to wait for them before.
        drop(
            self.ended
                .wait_while(self.lock(), |state| state.workers > 0),
        );
    }
}
