//! A future of std as a delegate.

use std::any::type_name;
use std::fmt;
use std::future::IntoFuture;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;

use super::spawn::task_of;
use super::waker::{Polled, Poller};
use crate::combine::{Alarm, Branch, BranchWait, Scope};
use crate::errors::RuntimeError;
use crate::kernel::{
    Co, Coroutine, CoroutineBuilder, EventLoop, IntoCoroutine, Place, Ready, Reason, Request, Task,
    Waitable, awaitable_coroutine, limited_code,
};
use yieldfrom_delegation::{Delegate, Result};

const NAME: &str = "from_std";

/// Makes a delegate of a future of async/await: `co.yield_from(from_std(future))?`.
///
/// The current task polls it, pinned on its stack, until it is ready. When the task is cancelled, the future is dropped:
/// that is how async code is cancelled. What it returns is the value of `yield_from`, so a future whose output is a
/// `Result` gives that, for a second `?`.
///
/// Any future of std works, also one that is not `Send` or that borrows. It can be woken from any thread. What needs the
/// reactor or the timers of another runtime needs that runtime: sockets of `tokio::net` do, channels of `tokio::sync` do
/// not.
///
/// It goes wherever an operation goes: into [`wait_for`](crate::wait_for), [`gather`](crate::gather()),
/// [`first`](crate::first()), [`create_task`](crate::create_task). A task that is made of it takes no stack:
/// [`spawn_std`](crate::spawn_std) is short for that.
///
/// A future that is woken while it is polled is polled again in the next turn, so that other tasks run in between. A
/// poll that blocks holds the loop, as a callback does, and is reported as that in debug mode. While a task waits for a
/// future whose waker other code has, a run does not end with a [`DeadlockError`](crate::DeadlockError). Virtual time
/// does not wait for other threads here, as it does for jobs.
///
/// # Errors
///
/// `yield_from` returns the error of a cancellation, or what is thrown in; and a [`RuntimeError`] outside of a running
/// loop.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, from_std, run_sync};
///
/// async fn double(x: i32) -> i32 {
///     2 * x
/// }
///
/// let answer = run_sync(|co: &Co| {
///     let text = String::from("21");
///     let parsed = async { text.parse::<i32>() };
///     let x = co.yield_from(from_std(parsed))??;
///     co.yield_from(from_std(double(x)))
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn from_std<F: IntoFuture>(future: F) -> FromStd<F::IntoFuture> {
    FromStd {
        future: future.into_future(),
        made_at: Location::caller(),
    }
}

/// The operation that [`from_std`] makes.
#[must_use = "it is polled when a coroutine delegates to it by yield_from"]
pub struct FromStd<F> {
    future: F,
    made_at: Place,
}

impl<F> fmt::Debug for FromStd<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Operation from_std>")
    }
}

impl<F: std::future::Future> FromStd<F> {
    fn poller(made_at: Place) -> Result<Poller> {
        let event_loop = EventLoop::running().ok_or_else(|| {
            let why = "it is polled inside a running event loop only; use run_sync or a task";
            RuntimeError::new(format!("{NAME}: {why}"))
        })?;
        let reason = Reason::foreign(type_name::<F>(), made_at);
        Poller::new(event_loop.core(), NAME, reason)
    }
}

impl<F: std::future::Future> Delegate<Request, ()> for FromStd<F> {
    type Output = F::Output;

    #[inline]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<F::Output> {
        // The poller goes after the future, which may use the waker in its destructor.
        let poller = Self::poller(self.made_at)?;
        let mut future = pin!(self.future);
        loop {
            match poller.poll(future.as_mut()) {
                Polled::Ready(value) => return Ok(value),
                Polled::Again => co.yield_through(Request::turn())?,
                Polled::Pending => poller.waiter().wait(co)?,
            }
        }
    }
}

impl<F: std::future::Future<Output: 'static> + 'static> IntoCoroutine for FromStd<F> {
    type Output = F::Output;

    #[track_caller]
    fn into_coroutine(self) -> Coroutine<F::Output> {
        CoroutineBuilder::new()
            .name(NAME)
            .build(move |co| self.delegate(co))
    }

    fn into_task(self, event_loop: &EventLoop) -> Task<F::Output> {
        task_of(event_loop, self.future, self.made_at)
    }
}

limited_code! {
    FromStd<F>, [F: std::future::Future], F::Output;
}

awaitable_coroutine!(FromStd<F>, [F: std::future::Future<Output: 'static> + 'static], F::Output);

/// The wait for a future of std as a branch, without a task.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct StdWait<F> {
    /// None when it has ended. It is dropped before the poller.
    future: Option<Pin<Box<F>>>,
    poller: Result<Poller>,
}

#[allow(private_interfaces, reason = "the trait is sealed")]
impl<F: std::future::Future> BranchWait for StdWait<F> {
    type Output = F::Output;

    const TAKES: bool = true;

    fn poll(&mut self, alarm: &Rc<Alarm>) -> Option<Result<F::Output>> {
        let poller = match &self.poller {
            Ok(poller) => poller,
            Err(error) => return Some(Err(error.clone())),
        };
        let future = self.future.as_mut()?;
        match poller.poll(future.as_mut()) {
            Polled::Ready(value) => Some(Ok(value)),
            again => {
                let waiter = Rc::clone(poller.waiter());
                if matches!(again, Polled::Pending) {
                    waiter.subscribe(Rc::clone(alarm) as Rc<dyn Ready>);
                } else {
                    let alarm = Rc::clone(alarm);
                    // In the next turn, so that other tasks run in between.
                    let _ = EventLoop::current_or_closed().call_soon(move || alarm.ring());
                }
                None
            }
        }
    }

    fn cancel(&mut self) -> bool {
        drop(self.future.take());
        true
    }

    fn leave(&mut self, _: &Rc<Alarm>) {}
}

impl<F: std::future::Future> Branch for FromStd<F> {
    type Output = F::Output;
    type Wait = StdWait<F>;

    fn begin<'scope>(self, _: &'scope Scope<'scope, '_>) -> StdWait<F>
    where
        Self: 'scope,
        Self::Output: 'scope,
    {
        StdWait {
            poller: Self::poller(self.made_at),
            future: Some(Box::pin(self.future)),
        }
    }
}
