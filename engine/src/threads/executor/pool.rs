//! A bounded pool of threads.
//!
//! A thread takes jobs from the queue for as long as there are any, and then parks. Adding a job
//! wakes a parked thread, or starts one if all are busy and the bound allows it. These decisions
//! are made under one lock, under which threads look once more before they park: so no job is
//! left lying while a thread could take it.
//!
//! A thread counts as free again *before* its job's result is known to anybody: one thread is
//! enough for a task that waits for a job and then adds the next.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_queue::SegQueue;

use crate::errors::panics;
use crate::threads::concurrent::{
    Callback, ConcurrentFuture, Failure, Shared, call_all, job as concurrent_job, set_pool,
    works_for,
};

/// What a thread of the pool does next.
trait Work: Send + Sync {
    fn run(&self, pool: &Arc<Pool>);

    fn cancel(&self);
}

impl<T: Send> Work for Shared<T> {
    fn run(&self, pool: &Arc<Pool>) {
        let outcome = Shared::run(self);
        pool.become_free();
        let callbacks = outcome.and_then(|outcome| self.settle(outcome));
        if let Some(callbacks) = callbacks.filter(|callbacks| !callbacks.is_empty()) {
            // They are anybody's, and may wait for other jobs.
            pool.become_busy();
            call_all(callbacks);
            pool.become_free();
        }
    }

    fn cancel(&self) {
        Shared::cancel(self);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// What is queued is run, and nothing else is accepted.
    Finishing,
    Cancelled,
}

struct State {
    phase: Phase,
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
    at_end: Vec<Callback>,
    warned: bool,
}

/// The pool, as its threads know it.
pub(crate) struct Pool {
    queue: SegQueue<Arc<dyn Work>>,
    state: Mutex<State>,
    wake: Condvar,
    ended: Condvar,
    name: &'static str,
    most: usize,
    number: u64,
}

impl Pool {
    pub(crate) fn new(name: &'static str, most: NonZeroUsize) -> Arc<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            queue: SegQueue::new(),
            state: Mutex::new(State {
                phase: Phase::Open,
                jobs: 0,
                workers: 0,
                started: 0,
                parked: 0,
                woken: 0,
                threads: Vec::new(),
                at_end: Vec::new(),
                warned: false,
            }),
            wake: Condvar::new(),
            ended: Condvar::new(),
            name,
            most: most.get(),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many threads there are, and how many there may be.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.lock().workers, self.most)
    }

    pub(crate) fn submit<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> ConcurrentFuture<T> {
        let (future, work) = concurrent_job(job, self.number);
        match self.add(work) {
            Ok(()) => future,
            Err(why) => ConcurrentFuture::failed(Failure::Refused(why)),
        }
    }

    fn add(self: &Arc<Self>, work: Arc<dyn Work>) -> Result<(), String> {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return Err("submit: the executor is shut down; make a new one".to_owned());
        }
        state.jobs += 1;
        if let Err(error) = self.call_worker(&mut state) {
            state.jobs -= 1;
            return Err(format!(
                "submit: the system has no thread to give: {error}; end other threads or raise \
                 the limit"
            ));
        }
        self.queue.push(work);
        Ok(())
    }

    /// Sees to it that a thread looks at the queue.
    fn call_worker(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        if state.parked > state.woken {
            state.woken += 1;
            self.wake.notify_one();
            return Ok(());
        }
        if state.jobs <= state.workers || state.workers == self.most {
            return Ok(());
        }
        match self.start_worker(state) {
            Err(error) if state.workers == 0 => Err(error),
            Err(error) => {
                self.warn(state, &error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn start_worker(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        let pool = Arc::clone(self);
        let thread = thread::Builder::new()
            .name(format!("{}-{}", self.name, state.started))
            .spawn(move || pool.work())?;
        state.threads.push(thread);
        state.started += 1;
        state.workers += 1;
        Ok(())
    }

    #[cold]
    fn warn(&self, state: &mut State, error: &io::Error) {
        if !std::mem::replace(&mut state.warned, true) {
            panics::contain(|| {
                log::warn!(
                    target: "yieldfrom::executor",
                    "cannot start another thread, {} of {} do the work: {error}",
                    state.workers, self.most
                );
            });
        }
    }

    /// A thread's life.
    fn work(self: Arc<Self>) {
        set_pool(self.number);
        while let Some(work) = self.next() {
            // Its own panic is the job's result; what remains are destructors. None of their panics
            // may end the thread, which somebody may wait for.
            let run = panics::catch(|| work.run(&self));
            let dropped = panics::catch(|| drop(work));
            if run.and(dropped).is_err() {
                panics::contain(|| {
                    log::error!(
                        target: "yieldfrom::executor",
                        "the destructor of a job or its result panicked"
                    );
                });
            }
        }
        self.leave();
    }

    /// Returns the next job, when there is one; none when the thread is to end.
    fn next(&self) -> Option<Arc<dyn Work>> {
        if let Some(work) = self.queue.pop() {
            return Some(work);
        }
        let mut state = self.lock();
        loop {
            if let Some(work) = self.queue.pop() {
                return Some(work);
            }
            if state.phase != Phase::Open {
                return None;
            }
            state.parked += 1;
            while state.woken == 0 && state.phase == Phase::Open {
                state = self
                    .wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            state.parked -= 1;
            state.woken = state.woken.saturating_sub(1);
        }
    }

    fn leave(&self) {
        let mut state = self.lock();
        state.workers -= 1;
        let last = state.workers == 0;
        let at_end = if last {
            std::mem::take(&mut state.at_end)
        } else {
            Vec::new()
        };
        drop(state);
        if last {
            self.ended.notify_all();
        }
        call_all(at_end);
    }

    fn become_free(&self) {
        self.lock().jobs -= 1;
    }

    fn become_busy(self: &Arc<Self>) {
        let mut state = self.lock();
        state.jobs += 1;
        if !self.queue.is_empty() {
            // This thread is one already, so that there is no error.
            let _ = self.call_worker(&mut state);
        }
    }

    fn close(&self, phase: Phase) {
        let mut state = self.lock();
        state.phase = state.phase.max(phase);
        self.wake.notify_all();
    }

    /// Refuses jobs from now on, and cancels those that have not begun.
    pub(crate) fn cancel(&self) {
        self.close(Phase::Cancelled);
        while let Some(work) = self.queue.pop() {
            work.cancel();
        }
    }

    /// Refuses jobs from now on; has `callback` called when all that are there have ended.
    pub(crate) fn finish(&self, callback: Callback) {
        self.close(Phase::Finishing);
        let mut state = self.lock();
        if state.workers > 0 {
            return state.at_end.push(callback);
        }
        drop(state);
        callback.call();
    }

    /// Waits until all threads of a pool that was closed have ended; not on one of its own.
    pub(crate) fn join(&self) {
        if works_for() == self.number {
            return;
        }
        let threads = std::mem::take(&mut self.lock().threads);
        for thread in threads {
            // Nothing that runs on it unwinds to its root.
            let _ = thread.join();
        }
        // Somebody else may have begun to wait for them before.
        let mut state = self.lock();
        while state.workers > 0 {
            state = self
                .ended
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
