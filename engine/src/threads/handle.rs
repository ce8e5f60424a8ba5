//! How other threads reach a loop.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::concurrent::{ConcurrentFuture, pair};
use crate::errors::RuntimeError;
use crate::errors::panics::Panics;
use crate::kernel::{
    Call, Core, EventLoop, Future, Inbox, Layer, Place, Scheduled, TaskObject, cancel,
};
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
    fn new(inbox: Option<&Arc<Inbox>>) -> Self {
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
        let handle = self.clone();
        let cancel_task = Box::new(move |made_at| handle.cancel_remote(made_at, number));
        let (future, completer) = pair(Some(cancel_task));
        let made_at = Location::caller();
        self.send(made_at, move || {
            let Some(event_loop) = EventLoop::running() else {
                return;
            };
            if completer.is_cancelled() {
                return;
            }
            let task = event_loop.create_task_for(made_at, body);
            RemoteTasks::add(event_loop.core(), number, task.to_any().0);
            task.add_done_callback_at(made_at, move |task: &Future<T>| {
                RemoteTasks::forget(&task.inner.core, number);
                completer.complete(task.take_result());
            });
        })?;
        Ok(future)
    }

    fn cancel_remote(&self, made_at: Place, number: u64) {
        // A closed loop has no task to be cancelled.
        let _ = self.send(made_at, move || {
            if let Some(event_loop) = EventLoop::running() {
                RemoteTasks::cancel(event_loop.core(), number);
            }
        });
    }
}

impl EventLoop {
    /// Returns the handle by which other threads reach the loop.
    ///
    /// # Examples
    ///
    /// See [`LoopHandle`].
    pub fn handle(&self) -> LoopHandle {
        LoopHandle::new(self.core().inbox.as_ref())
    }
}

impl Core {
    fn is_reached_by(&self, inbox: &Arc<Inbox>) -> bool {
        self.inbox
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, inbox))
    }
}

/// The tasks of a loop that other threads have started, by the number that these know.
#[derive(Default)]
pub(crate) struct RemoteTasks(RefCell<HashMap<u64, Rc<dyn TaskObject>>>);

impl RemoteTasks {
    fn add(core: &Core, number: u64, task: Rc<dyn TaskObject>) {
        if let Some(tasks) = core.hooks.find::<Self>() {
            tasks.0.borrow_mut().insert(number, task);
        }
    }

    fn forget(core: &Core, number: u64) {
        let tasks = core.hooks.find::<Self>();
        let task = tasks.and_then(|tasks| tasks.0.borrow_mut().remove(&number));
        drop(task);
    }

    fn cancel(core: &Core, number: u64) {
        let tasks = core.hooks.find::<Self>();
        let task = tasks.and_then(|tasks| tasks.0.borrow().get(&number).cloned());
        if let Some(task) = task {
            cancel(task.as_waitable());
        }
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
