//! What a future for other threads shares with whoever gives its result.

use std::cell::Cell;
use std::panic::Location;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;
use crate::errors::panics;
use crate::kernel::{Call, Inbox, Place};

thread_local! {
    /// The number of the pool whose work this thread does.
    static WORKS_FOR: Cell<u64> = const { Cell::new(0) };
}

/// Returns the number of the pool whose work this thread does; 0 if there is none.
pub(crate) fn works_for() -> u64 {
    WORKS_FOR.try_with(Cell::get).unwrap_or(0)
}

/// Says for which pool this thread works.
pub(crate) fn set_pool(number: u64) {
    let _ = WORKS_FOR.try_with(|works_for| works_for.set(number));
}

/// Wakes a loop that waits for the result, by a call in its own thread.
pub(crate) struct Waker {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) call: Call,
}

impl Waker {
    pub(super) fn wake(self) {
        // The jobs of a closed loop have ended with it.
        let _ = self.inbox.send(self.call);
    }
}

/// What is called at the end, by the thread that ends it.
pub(crate) struct Callback {
    call: Box<dyn FnOnce() + Send>,
    added_at: Place,
}

impl Callback {
    #[track_caller]
    pub(crate) fn new(call: impl FnOnce() + Send + 'static) -> Self {
        Self {
            call: Box::new(call),
            added_at: Location::caller(),
        }
    }

    pub(crate) fn call(self) {
        (self.call)();
    }
}

pub(super) type Work<T> = Box<dyn FnOnce() -> T + Send>;
pub(super) type Outcome<T> = std::result::Result<T, Failure>;

/// Who is going to give the result.
pub(super) enum Source<T> {
    /// A task of a loop, or somebody else who can be asked to stop.
    Task,
    /// A job that has not begun.
    Queued(Work<T>),
    /// A job that has begun, and cannot be stopped.
    Running,
}

pub(super) struct Pending<T> {
    pub(super) source: Source<T>,
    /// The loop's job that waits for it: none, or one.
    pub(super) waker: Option<Waker>,
    pub(super) callbacks: Vec<Callback>,
}

pub(super) enum State<T> {
    Pending(Pending<T>),
    Done(Option<Outcome<T>>),
}

/// What the future shares with whoever gives the result.
pub(crate) struct Shared<T> {
    state: Mutex<State<T>>,
    pub(super) done: Condvar,
    /// The pool of threads whose job it is; zero if it is none's.
    pool: u64,
}

impl<T> Shared<T> {
    pub(super) fn new(source: Source<T>, pool: u64) -> Arc<Self> {
        let pending = Pending {
            source,
            waker: None,
            callbacks: Vec::new(),
        };
        Arc::new(Self {
            state: Mutex::new(State::Pending(pending)),
            done: Condvar::new(),
            pool,
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(*self.lock(), State::Done(_))
    }

    /// Ends it, unless it has ended, and returns whom to tell of it.
    pub(crate) fn settle(&self, outcome: Outcome<T>) -> Option<Vec<Callback>> {
        self.settle_if(outcome, |_| true)
    }

    fn settle_if(
        &self,
        outcome: Outcome<T>,
        condition: impl FnOnce(&Source<T>) -> bool,
    ) -> Option<Vec<Callback>> {
        let mut state = self.lock();
        match &*state {
            State::Pending(pending) if condition(&pending.source) => {}
            _ => return None,
        }
        let before = std::mem::replace(&mut *state, State::Done(Some(outcome)));
        drop(state);
        self.done.notify_all();
        let State::Pending(pending) = before else {
            return None;
        };
        if let Some(waker) = pending.waker {
            waker.wake();
        }
        // A job that never runs. A panic of its destructor must keep nobody from being told.
        panics::contain(|| drop(pending.source));
        Some(pending.callbacks)
    }

    /// Ends it, unless it has ended; returns whether it did.
    pub(super) fn finish(&self, outcome: Outcome<T>) -> bool {
        self.settle(outcome).map(call_all).is_some()
    }

    /// Cancels it, unless it has ended, or is a job that has begun; returns whether it did.
    pub(crate) fn cancel(&self) -> bool {
        let can_stop = |source: &Source<T>| !matches!(source, Source::Running);
        let settled = self.settle_if(Err(Failure::Cancelled), can_stop);
        settled.map(call_all).is_some()
    }

    /// Runs the job on this thread; returns none if it has begun already, or was cancelled.
    pub(crate) fn run(&self) -> Option<Outcome<T>> {
        let mut state = self.lock();
        let State::Pending(pending) = &mut *state else {
            return None;
        };
        match std::mem::replace(&mut pending.source, Source::Running) {
            Source::Queued(work) => {
                drop(state);
                Some(panics::catch(work).map_err(Failure::Panicked))
            }
            other => {
                pending.source = other;
                None
            }
        }
    }

    /// Begins a job of the pool that this thread works for: whoever would wait for it here may keep
    /// it from the only thread that could run it.
    pub(super) fn help(&self) {
        if self.pool != 0
            && self.pool == works_for()
            && let Some(outcome) = self.run()
        {
            self.finish(outcome);
        }
    }
}

/// Calls the callbacks in their order; a panic of one does not keep it from the others.
pub(crate) fn call_all(callbacks: Vec<Callback>) {
    for callback in callbacks {
        let added_at = callback.added_at;
        if panics::catch(|| callback.call()).is_err() {
            panics::contain(|| {
                log::error!(
                    target: "yieldfrom::executor",
                    "the callback of a concurrent future that was added at {added_at} panicked; \
                     the others are called"
                );
            });
        }
    }
}

/// Takes what is there, and leaves that it was cancelled, if it was.
pub(super) fn take<T>(outcome: &mut Option<Outcome<T>>) -> Option<Outcome<T>> {
    match outcome {
        Some(Err(Failure::Cancelled)) => Some(Err(Failure::Cancelled)),
        _ => outcome.take(),
    }
}
