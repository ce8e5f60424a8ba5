//! How other threads reach a loop.

mod concurrent;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

pub(crate) use concurrent::{Callback, Failure, Shared, call_all, job as concurrent_job, promise};
pub use concurrent::{ConcurrentError, ConcurrentFuture};

use super::inbox::{Call, Inbox};
use super::{Core, EventLoop, Place};
use crate::errors::RuntimeError;
use crate::future::Future;
use crate::handle::Scheduled;
use crate::{Co, Result};

/// A loop, for other threads: the only part of a loop that is `Send` and `Sync`.
///
/// While there is one, a run waits for what may come through it, even with nothing else to do.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, get_running_loop};
///
/// let event_loop = EventLoop::new()?;
/// let handle = event_loop.handle();
/// let worker = std::thread::spawn(move || {
///     let answer = handle.run_coroutine_threadsafe(|_: &Co| Ok(6 * 7)).unwrap().result(None);
///     handle.call_soon_threadsafe(|| get_running_loop().unwrap().stop()).unwrap();
///     answer
/// });
/// event_loop.run_forever()?;
/// assert_eq!(worker.join().unwrap().unwrap(), 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct LoopHandle {
    /// None for a loop that was never open.
    inbox: Option<Arc<Inbox>>,
}

fn closed(operation: &str) -> crate::Error {
    RuntimeError::new(format!("{operation}: the event loop is closed")).into()
}

impl LoopHandle {
    pub(super) fn new(inbox: Option<&Arc<Inbox>>) -> Self {
        if let Some(inbox) = inbox {
            inbox.add_handle();
        }
        Self {
            inbox: inbox.cloned(),
        }
    }

    /// Has `callback` called by the loop, on its thread, and wakes the loop if it waits.
    ///
    /// Calls of one thread run in their order. asyncio's `call_soon_threadsafe`.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is closed; `callback` is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let handle = event_loop.handle();
    /// std::thread::spawn(move || {
    ///     let stop = || yieldfrom::get_running_loop().unwrap().stop();
    ///     handle.call_soon_threadsafe(stop).unwrap();
    /// });
    /// event_loop.run_forever()?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn call_soon_threadsafe(&self, callback: impl FnOnce() + Send + 'static) -> Result<()> {
        self.send(Location::caller(), callback)
    }

    fn send(&self, made_at: Place, callback: impl FnOnce() + Send + 'static) -> Result<()> {
        const NAME: &str = "call_soon_threadsafe";
        let inbox = self.inbox.as_ref().ok_or_else(|| closed(NAME))?;
        if thread::current().id() == inbox.thread
            && let Some(event_loop) = EventLoop::running()
            && event_loop.core().is_reached_by(inbox)
        {
            // In order with its `call_soon`.
            let core = event_loop.core();
            core.check_open(NAME)?;
            let scheduled = Scheduled::at(made_at, core, Box::new(callback));
            core.ready.push(scheduled);
            return Ok(());
        }
        let callback = Box::new(callback);
        let call = Call { callback, made_at };
        inbox.send(call).map_err(|_| closed(NAME))
    }

    /// Makes a task of a coroutine on the loop, and returns a future for other threads.
    ///
    /// asyncio's `run_coroutine_threadsafe`. The body is a closure that can be sent; what it
    /// makes on the loop's thread need not be.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is closed; `body` is dropped.
    ///
    /// # Examples
    ///
    /// See [`LoopHandle`].
    #[track_caller]
    pub fn run_coroutine_threadsafe<T, F>(&self, body: F) -> Result<ConcurrentFuture<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Co) -> Result<T> + Send + 'static,
    {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let (future, completer) = concurrent::pair(number, self.clone());
        let made_at = Location::caller();
        self.send(made_at, move || {
            let Some(event_loop) = EventLoop::running() else {
                return;
            };
            if completer.is_cancelled() {
                return;
            }
            let task = event_loop.create_task_for(made_at, body);
            event_loop
                .core()
                .remote
                .borrow_mut()
                .insert(number, task.to_any().0);
            task.add_done_callback_at(made_at, move |task: &Future<T>| {
                task.inner.core.forget_remote(number);
                completer.complete(task.take_result());
            });
        })?;
        Ok(future)
    }

    #[track_caller]
    fn cancel_remote(&self, number: u64) {
        // A closed loop has no task to be cancelled.
        let _ = self.send(Location::caller(), move || {
            if let Some(event_loop) = EventLoop::running() {
                event_loop.core().cancel_remote(number);
            }
        });
    }
}

impl Core {
    fn is_reached_by(&self, inbox: &Arc<Inbox>) -> bool {
        self.inbox
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, inbox))
    }

    fn forget_remote(&self, number: u64) {
        let task = self.remote.borrow_mut().remove(&number);
        drop(task);
    }

    fn cancel_remote(&self, number: u64) {
        let task = self.remote.borrow().get(&number).cloned();
        if let Some(task) = task {
            crate::future::cancel(task.as_waitable());
        }
    }
}

impl Clone for LoopHandle {
    fn clone(&self) -> Self {
        Self::new(self.inbox.as_ref())
    }
}

/// The last handle wakes a loop that waits, for which nobody else may be left.
impl Drop for LoopHandle {
    fn drop(&mut self) {
        if let Some(inbox) = &self.inbox {
            inbox.remove_handle();
        }
    }
}

impl fmt::Debug for LoopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closed = self.inbox.as_ref().is_none_or(|inbox| inbox.is_closed());
        write!(f, "<LoopHandle closed={closed}>")
    }
}
