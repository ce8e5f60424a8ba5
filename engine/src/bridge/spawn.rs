//! Tasks of futures of std, which take no stack.

use std::any::type_name;
use std::future::IntoFuture;
use std::panic::Location;
use std::pin::Pin;

use pin_project_lite::pin_project;

use super::from_std::from_std;
use super::waker::{Polled, Poller};
use crate::errors::AtCaller;
use crate::kernel::{EventLoop, Future, FutureData, Place, Reason, Stackless, Step, Task, Waiter};
use crate::threads::{ConcurrentFuture, LoopHandle};
use yieldfrom_delegation::Result;

/// Makes a task of a future of async/await on the thread's current loop.
///
/// As [`EventLoop::spawn_std`]. Where there is no current loop (see [`get_event_loop`](crate::get_event_loop)), the task
/// has failed already, with a [`RuntimeError`](crate::RuntimeError).
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, create_task, run_sync, sleep, spawn_std};
///
/// let answer = run_sync(|co: &Co| {
///     let task = spawn_std(async {
///         let six = create_task(|_: &Co| Ok(6)); // a coroutine
///         sleep(0.001).await?;
///         Ok::<_, yieldfrom::Error>(6 * six.await? + 6)
///     });
///     co.yield_from(task)?
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "spawn_local")]
#[track_caller]
pub fn spawn_std<F>(future: F) -> Task<F::Output>
where
    F: IntoFuture<Output: 'static, IntoFuture: 'static>,
{
    EventLoop::current_or_closed().spawn_std(future)
}

impl EventLoop {
    /// Makes a task of a future of async/await, which is polled in the loop's turns: `create_task(from_std(future))`.
    ///
    /// The task takes no stack: it is polled on that of the loop, and takes little more memory than the future. It is a
    /// [`Task`] as any other: it can be waited for and named, it has a context, and reports show it. When it is
    /// cancelled, the future is dropped in the next turn. A task that the future awaits goes on then, as in tokio. Its result is the future's output. A panic becomes its error,
    /// [`Panicked`](crate::Panicked). The future need not be `Send`.
    ///
    /// On a closed loop the task has failed already, with a [`RuntimeError`](crate::RuntimeError).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.spawn_std(async { 6 * 7 });
    /// assert_eq!(event_loop.run_until_complete(task)?, 42);
    ///
    /// let cancelled = event_loop.spawn_std(std::future::pending::<()>());
    /// cancelled.cancel();
    /// assert!(event_loop.run_until_complete(cancelled).unwrap_err().is_cancelled());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_std<F>(&self, future: F) -> Task<F::Output>
    where
        F: IntoFuture<Output: 'static, IntoFuture: 'static>,
    {
        self.create_task(from_std(future))
    }
}

impl LoopHandle {
    /// Makes a task of a future of async/await on the loop, and returns a future for other threads.
    ///
    /// As [`run_coroutine_threadsafe`](LoopHandle::run_coroutine_threadsafe) does for coroutines; tokio's `Handle::spawn`.
    /// The future is `Send`, and what is of this crate is not. For a future that uses tasks, sleeps or errors of this crate, make
    /// it on the loop: `run_coroutine_threadsafe(|co: &Co| co.yield_from(from_std(async { ... })))`.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the loop is closed; the future is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, run_sync, get_running_loop, to_thread};
    ///
    /// run_sync(|co: &Co| {
    ///     let handle = get_running_loop()?.handle();
    ///     let job = to_thread(move || handle.spawn_std(async { 42 }).unwrap().result(None));
    ///     assert_eq!(co.yield_from(job)?, Ok(42));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_std<F>(&self, future: F) -> Result<ConcurrentFuture<F::Output>>
    where
        F: std::future::Future<Output: Send + 'static> + Send + 'static,
    {
        let made_at = Location::caller();
        let make = move |event_loop: &EventLoop| {
            let task = task_of(event_loop, future, made_at);
            event_loop.core().tell_task_factory(&task);
            task
        };
        self.start(made_at, make).at_caller()
    }
}

/// Makes a task of a future, on behalf of a line of the program.
pub(super) fn task_of<F>(event_loop: &EventLoop, future: F, made_at: Place) -> Task<F::Output>
where
    F: std::future::Future<Output: 'static> + 'static,
{
    let waiter = Waiter::new(Reason::foreign(type_name::<F>(), made_at));
    let core = event_loop.core();
    match Poller::with_waiter(core, "create_task", &waiter) {
        Ok(poller) => {
            let body = Box::pin(Driven { future, poller });
            let inner = FutureData::new_stackless(core, body, waiter);
            inner.replace_place(made_at);
            Task(Future { inner })
        }
        Err(error) => Task::refused(event_loop, error),
    }
}

pin_project! {
    /// A future, and by what it is polled. It is dropped before that, as it may use the waker in its destructor.
    struct Driven<F> {
        #[pin]
        future: F,
        poller: Poller,
    }
}

impl<F: std::future::Future> Stackless<F::Output> for Driven<F> {
    #[inline]
    fn step(self: Pin<&mut Self>) -> Step<F::Output> {
        let this = self.project();
        match this.poller.poll(this.future) {
            Polled::Ready(value) => Step::Ended(value),
            Polled::Again => Step::Turn,
            Polled::Pending => Step::Wait,
        }
    }
}
