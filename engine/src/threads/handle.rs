//! The handle by which other threads reach a loop.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::concurrent::ConcurrentFuture;
use crate::errors::panics::Panics;
use crate::errors::{AtCaller, RuntimeError};
use crate::kernel::{
    AnyTask, Call, Co, Core, EventLoop, Future, Inbox, Layer, Place, Scheduled, Task,
};
use yieldfrom_delegation::Result;

/// A loop, for other threads: the only part of a loop that is `Send` and `Sync`.
///
/// While a handle exists, a run waits for calls that may come through it, even if it has nothing else
/// to do.
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

impl LoopHandle {
    pub(super) fn new(inbox: Option<&Arc<Inbox>>) -> Self {
        if let Some(inbox) = inbox {
            inbox.add_handle();
        }
        let inbox = inbox.cloned();
        Self { inbox }
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
        self.send(Location::caller(), callback).at_caller()
    }

    fn send(&self, made_at: Place, callback: impl FnOnce() + Send + 'static) -> Result<()> {
        const NAME: &str = "call_soon_threadsafe";
        let closed = || RuntimeError::new(format!("{NAME}: the event loop is closed"));
        let inbox = self.inbox.as_ref().ok_or_else(closed)?;
        let callback = Box::new(callback);
        if thread::current().id() == inbox.thread
            && let Some(event_loop) = EventLoop::running()
            && let Some(own) = &event_loop.core().inbox
            && Arc::ptr_eq(own, inbox)
        {
            // In order with the loop's own `call_soon`.
            let core = event_loop.core();
            core.check_open(NAME)?;
            core.ready.push(Scheduled::at(made_at, core, callback));
            return Ok(());
        }
        let sent = inbox.send(Call { callback, made_at });
        Ok(sent.map_err(|_| closed())?)
    }

    /// Makes a task of a coroutine on the loop, and returns a future for other threads.
    ///
    /// asyncio's `run_coroutine_threadsafe`. The body is a closure that can be sent to another thread.
    /// Values that it makes on the loop's thread need not be `Send`.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is closed; `body` is dropped.
    #[track_caller]
    pub fn run_coroutine_threadsafe<T, F>(&self, body: F) -> Result<ConcurrentFuture<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Co) -> Result<T> + Send + 'static,
    {
        let made_at = Location::caller();
        let make = move |event_loop: &EventLoop| event_loop.create_task_for(made_at, body);
        self.start(made_at, make).at_caller()
    }

    /// Makes a task on the loop, on behalf of a line of the program, and returns a future for other threads.
    pub(crate) fn start<T, F>(&self, made_at: Place, make: F) -> Result<ConcurrentFuture<T>>
    where
        T: Send + 'static,
        F: FnOnce(&EventLoop) -> Task<T> + Send + 'static,
    {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let handle = self.clone();
        let cancel_task = Box::new(move |made_at| handle.cancel_task(made_at, number));
        let (future, completer) = ConcurrentFuture::with_completer(Some(cancel_task));
        self.send(made_at, move || {
            let Some(event_loop) = EventLoop::running() else {
                return;
            };
            if completer.is_cancelled() {
                return;
            }
            let task = make(&event_loop);
            RemoteTasks::with(event_loop.core(), |tasks| {
                tasks.insert(number, task.to_any())
            });
            task.add_done_callback_at(made_at, move |task: &Future<T>| {
                RemoteTasks::with(&task.inner.core, |tasks| tasks.remove(&number));
                completer.complete(task.take_result());
            });
        })?;
        Ok(future)
    }

    fn cancel_task(&self, made_at: Place, number: u64) {
        // A closed loop has no task to be cancelled.
        let _ = self.send(made_at, move || {
            if let Some(event_loop) = EventLoop::running()
                && let Some(Some(task)) =
                    RemoteTasks::with(event_loop.core(), |tasks| tasks.get(&number).cloned())
            {
                task.cancel();
            }
        });
    }
}

/// The tasks of a loop that other threads have started, by the number that these know.
#[derive(Default)]
pub(crate) struct RemoteTasks(RefCell<HashMap<u64, AnyTask>>);

impl RemoteTasks {
    /// Looks at those of a loop, or changes them. The caller drops what is taken out.
    fn with<R>(core: &Core, look: impl FnOnce(&mut HashMap<u64, AnyTask>) -> R) -> Option<R> {
        let tasks = Self::of(core)?;
        Some(look(&mut tasks.0.borrow_mut()))
    }
}

impl Layer for RemoteTasks {
    fn close(&self, panics: &mut Panics) {
        panics.drop_each(self.0.take());
    }
}

impl Clone for LoopHandle {
    fn clone(&self) -> Self {
        Self::new(self.inbox.as_ref())
    }
}

/// The last handle wakes a loop that waits: nothing else may be left that could.
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
