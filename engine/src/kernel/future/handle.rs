//! The handle of a future, as users have it.

use std::panic::Location;
use std::rc::{Rc, Weak};

use super::done_callback::DoneCallback;
use super::{CallbackId, Composite, FutureData, Role, Waitable, already_done, as_outcome, cancel};
use crate::errors::{AtCaller, RuntimeError};
use crate::kernel::event_loop::{EventLoop, Place};
use crate::kernel::request::{Co, Request};
use crate::kernel::task::Task;
use yieldfrom_delegation::{Error, Result};

/// A result that will be available later: asyncio's `Future`.
///
/// It is pending at first, and then finished, with a result or an error, or cancelled. Like every
/// Python object it is a reference: clones refer to the same future. Coroutines wait for it by
/// `co.yield_from(&future)`; callbacks that were added run through the loop, in the turn after the
/// future is done.
///
/// By value, the result is moved out: `co.yield_from(future)`. By reference it is cloned, and stays:
/// `co.yield_from(&future)`, which is what Python means. Whoever asks after the result was moved out gets an
/// [`InvalidStateError`](crate::InvalidStateError) that names the line.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop};
///
/// let event_loop = EventLoop::new()?;
/// let future = event_loop.create_future();
/// let setter = future.clone();
/// event_loop.call_soon(move || setter.set_result("the result").unwrap())?;
/// let result = event_loop.run_until_complete(move |co: &Co| co.yield_from(future))?;
/// assert_eq!(result, "the result");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "oneshot")]
pub struct Future<T: 'static> {
    pub(crate) inner: Rc<FutureData<T>>,
}

impl<T: 'static> Future<T> {
    /// Makes a pending future on the thread's current loop.
    ///
    /// If the thread has no loop (see [`get_event_loop`](crate::get_event_loop)), the future belongs to
    /// a closed one: you can set and read it, but no task can wait for it and no callback runs.
    ///
    /// # Examples
    ///
    /// ```
    /// let future = yieldfrom::Future::new();
    /// future.set_result(5)?;
    /// assert_eq!(future.result()?, 5);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    #[allow(clippy::new_without_default, reason = "it belongs to the current loop")]
    pub fn new() -> Self {
        EventLoop::current_or_closed().create_future()
    }

    #[track_caller]
    pub(crate) fn with_role(event_loop: &EventLoop, role: Role<T>) -> Self {
        let inner = Rc::new(FutureData::new(event_loop.core(), role));
        inner.place();
        Self { inner }
    }

    /// Makes a future that has failed.
    #[cold]
    #[track_caller]
    pub(crate) fn refused(event_loop: &EventLoop, error: Error) -> Self {
        let future = Self::with_role(event_loop, Role::Other(None));
        drop(future.inner.finish(Err(error)));
        future
    }

    /// Makes a future that stands for others; `composite` gets a weak reference to it.
    #[track_caller]
    pub(crate) fn cyclic<C: Composite + 'static>(
        event_loop: &EventLoop,
        composite: impl FnOnce(&Weak<FutureData<T>>) -> C,
    ) -> Self {
        let inner = Rc::new_cyclic(|weak| {
            FutureData::new(
                event_loop.core(),
                Role::Other(Some(Box::new(composite(weak)))),
            )
        });
        inner.place();
        Self { inner }
    }

    /// Returns the loop to which the future belongs: asyncio's `get_loop`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::new()?;
    /// assert!(event_loop.create_future::<i32>().get_loop().ptr_eq(&event_loop));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn get_loop(&self) -> EventLoop {
        EventLoop::of(&self.inner.core)
    }

    /// Returns whether the future is finished or cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Future;
    /// let future = Future::new();
    /// assert!(!future.done());
    /// future.set_result(1)?;
    /// assert!(future.done());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn done(&self) -> bool {
        self.inner.is_done()
    }

    /// Returns whether the future was cancelled.
    ///
    /// A task was cancelled if its coroutine ended with the error of the cancellation.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Future;
    /// let future = Future::<i32>::new();
    /// future.cancel();
    /// assert!(future.cancelled());
    /// ```
    pub fn cancelled(&self) -> bool {
        self.inner.is_cancelled()
    }

    /// Cancels the future, or asks a task to end.
    ///
    /// A pending future becomes cancelled, and its callbacks are scheduled. A task that waits for
    /// a future cancels that one in turn; otherwise, the error of the cancellation is thrown into
    /// its coroutine at its next step. A body may catch it, do something else first, or refuse and
    /// go on. Before the first step, the body does not run at all.
    ///
    /// Returns whether the request was accepted: false if the future was done.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, EventLoop, create_task, sleep, yield_now};
    ///
    /// EventLoop::builder().virtual_clock().run(|co: &Co| {
    ///     let task = create_task(|co: &Co| co.yield_from(sleep(Duration::from_secs(60))));
    ///     co.yield_from(yield_now())?; // it begins to sleep
    ///     assert!(task.cancel() && !task.done());
    ///     assert!(co.yield_from(&task).unwrap_err().is_cancelled());
    ///     assert!(!task.cancel());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "abort")]
    pub fn cancel(&self) -> bool {
        cancel(Rc::clone(&self.inner) as Rc<dyn Waitable>)
    }

    /// Returns a clone of the result. It does not wait: `co.yield_from(&future)` does.
    ///
    /// # Errors
    ///
    /// - [`InvalidStateError`](crate::InvalidStateError): the future is pending, or the result was
    ///   moved out.
    /// - `is_cancelled`: the future was cancelled.
    /// - The error that it has ended with.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Future, InvalidStateError};
    ///
    /// let future = Future::new();
    /// assert!(future.result().unwrap_err().is::<InvalidStateError>());
    /// future.set_result("done".to_string())?;
    /// assert_eq!(future.result()?, future.result()?);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn result(&self) -> Result<T>
    where
        T: Clone,
    {
        self.inner.read("result", T::clone).at_caller()
    }

    /// Moves the result out, for types that cannot be cloned. You can do this once.
    ///
    /// # Errors
    ///
    /// As [`result`](Future::result). An error stays in the future, and each call returns it.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Future, InvalidStateError};
    ///
    /// struct NoClone;
    /// let future = Future::new();
    /// future.set_result(NoClone)?;
    /// future.take_result()?;
    /// assert!(future.take_result().is_err_and(|error| error.is::<InvalidStateError>()));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn take_result(&self) -> Result<T> {
        self.inner
            .take("take_result", Location::caller())
            .at_caller()
    }

    /// Returns the error that the future has ended with, or none if it has a result.
    ///
    /// # Errors
    ///
    /// - [`InvalidStateError`](crate::InvalidStateError): the future is pending.
    /// - `is_cancelled`: the future was cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Future;
    /// let future = Future::<i32>::new();
    /// future.set_exception(std::fmt::Error)?;
    /// assert!(future.exception()?.unwrap().is::<std::fmt::Error>());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn exception(&self) -> Result<Option<Error>> {
        self.inner.exception("exception").at_caller()
    }

    /// Finishes the future with a result, and schedules its callbacks.
    ///
    /// # Errors
    ///
    /// - [`InvalidStateError`](crate::InvalidStateError): the future is done; `result` is dropped.
    /// - [`RuntimeError`](crate::RuntimeError): it is a task, whose coroutine gives the result.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Future;
    /// let future = Future::new();
    /// future.set_result(1)?;
    /// assert!(future.set_result(2).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn set_result(&self, result: T) -> Result<()> {
        self.check_no_task("set_result").at_caller()?;
        self.inner
            .finish(Ok(result))
            .map_err(|_| already_done("set_result"))
            .at_caller()
    }

    /// Finishes the future with an error, and schedules its callbacks.
    ///
    /// If the program never asks for the error, it is logged when the last handle goes away. A `StopIteration`,
    /// which would look like the end of the coroutine that waits, becomes a
    /// [`RuntimeError`](crate::RuntimeError).
    ///
    /// # Errors
    ///
    /// - [`InvalidStateError`](crate::InvalidStateError): the future is done.
    /// - [`RuntimeError`](crate::RuntimeError): it is a task, whose coroutine gives the error.
    #[track_caller]
    pub fn set_exception(&self, error: impl Into<Error>) -> Result<()> {
        let error = error.into();
        self.check_no_task("set_exception").at_caller()?;
        if self.done() {
            return Err(already_done("set_exception")).at_caller();
        }
        self.inner
            .finish(Err(as_outcome(error)))
            .map_err(|_| already_done("set_exception"))
            .at_caller()
    }

    fn check_no_task(&self, operation: &str) -> Result<()> {
        if self.inner.is_task() {
            let why = format!("{operation}: a task's result is that of its coroutine");
            return Err(RuntimeError::new(why).into());
        }
        Ok(())
    }

    /// Has `callback` called with this future when it is done.
    ///
    /// Callbacks run through the loop, in the order in which they were added, in the turn after
    /// the one in which the future is done; if it is done already, in the next turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let future = event_loop.create_future();
    /// future.add_done_callback(|future| assert_eq!(future.result().unwrap(), 42));
    /// future.set_result(42)?;
    /// event_loop.run_until_complete(&future)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn add_done_callback(&self, callback: impl FnOnce(&Self) + 'static) -> CallbackId {
        self.add_done_callback_at(Location::caller(), callback)
    }

    /// Adds a callback on behalf of a line of the program.
    pub(crate) fn add_done_callback_at(
        &self,
        made_at: Place,
        callback: impl FnOnce(&Self) + 'static,
    ) -> CallbackId {
        let callback = DoneCallback::new(made_at, &self.inner, Box::new(callback));
        let id = CallbackId::new(&callback);
        self.inner.add_callback(callback);
        id
    }

    /// Removes a callback that has not been scheduled yet, and returns how many were removed: 1 or 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Future;
    /// let future = Future::<i32>::new();
    /// let id = future.add_done_callback(|_| unreachable!());
    /// assert_eq!(future.remove_done_callback(&id), 1);
    /// assert_eq!(future.remove_done_callback(&id), 0);
    /// ```
    pub fn remove_done_callback(&self, id: &CallbackId) -> usize {
        let removed = id.remove(self.inner.address());
        if let Some(address) = removed {
            self.inner.drop_callback(address);
        }
        usize::from(removed.is_some())
    }

    /// Adds a callback that is removed when the returned value is dropped.
    #[track_caller]
    pub(crate) fn follow(&self, callback: impl FnOnce(&Self) + 'static) -> Followed<T> {
        let id = self.add_done_callback(callback);
        let future = self.clone();
        Followed { future, id }
    }

    /// Returns whether both are handles of one future: Python's `is`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::{Future, ensure_future};
    /// let future = Future::<i32>::new();
    /// assert!(ensure_future(&future).ptr_eq(&future));
    /// ```
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }

    /// Returns the task that this future is, if it is one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::{Co, EventLoop, Future};
    /// let event_loop = EventLoop::new()?;
    /// let future: Future<i32> = event_loop.create_task(|_: &Co| Ok(1)).into();
    /// assert!(future.as_task().is_some() && Future::<i32>::new().as_task().is_none());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn as_task(&self) -> Option<Task<T>> {
        self.inner.is_task().then(|| Task(self.clone()))
    }

    /// Suspends the current task until the future is done.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn wait_done(&self, co: &Co) -> Result<()> {
        if !self.inner.is_done() {
            co.yield_through(Request::wait(Rc::clone(&self.inner) as Rc<dyn Waitable>))?;
        }
        if !self.inner.is_done() {
            return Err(not_awaited());
        }
        Ok(())
    }
}

/// A done callback that is removed when this is dropped, also while a coroutine is unwound.
pub(crate) struct Followed<T: 'static> {
    future: Future<T>,
    id: CallbackId,
}

impl<T: 'static> Drop for Followed<T> {
    fn drop(&mut self) {
        self.future.remove_done_callback(&self.id);
    }
}

/// Returns the error of a wait whose coroutine was resumed by something other than its task.
#[cold]
pub(crate) fn not_awaited() -> Error {
    RuntimeError::new(
        "the coroutine was resumed before what it waits for had come; only its task may resume it",
    )
    .into()
}
