//! What can be waited for with a limit of time.

use std::panic::Location;
use std::rc::Rc;

use super::awaitable::AwaitableResult;
use super::coroutine::CoroutineBuilder;
use super::event_loop::EventLoop;
use super::future::{Future, Reason, Waiter};
use super::operation::Operation;
use super::request::Co;
use super::task::Task;
use crate::errors::TimeoutError;
use yieldfrom_delegation::Result;

/// What [`wait_for`](crate::wait_for) takes: whatever a coroutine can wait for, also what borrows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be waited for",
    label = "expected an operation, a coroutine, a closure that takes `&Co`, a task or a future",
    note = "by a reference to it, a task or a future gives a clone: the type of the result needs `Clone`",
    note = "a future of async/await is waited for by `from_std(future)`, of the feature `futures`"
)]
pub trait Limited: Sized {
    /// The type of the result.
    type Output;

    /// Waits for it inside the current task. It delegates to a coroutine, without a task of its own.
    ///
    /// # Errors
    ///
    /// The error that it fails with, or that is thrown in.
    #[track_caller]
    fn wait_here(self, co: &Co) -> Result<Self::Output>;

    /// Gives the result of a future that is done. Cancels anything else; a coroutine does not run at all.
    #[doc(hidden)]
    #[track_caller]
    fn wait_no_time(self, co: &Co) -> Result<Self::Output> {
        // As asyncio: the coroutine becomes a task, which is cancelled before its first step. The handle of the loop
        // goes at once, as a suspended task that had it would keep the loop from being closed.
        let never_run = CoroutineBuilder::new().name("wait_for").build(|_| Ok(()));
        let task = EventLoop::current_or_closed().create_task(never_run);
        cancel_and_wait(co, &task)?;
        drop(self);
        Err(TimeoutError.into())
    }
}

/// Cancels a future that is not done, and waits for its end.
#[track_caller]
fn cancel_and_wait<T: 'static>(co: &Co, future: &Future<T>) -> Result<()> {
    let waiter = Waiter::new(Reason::futures("wait_for (cancelled)", &future.inner));
    let woken = Rc::clone(&waiter);
    let _followed = future.follow(move |_| _ = woken.wake());
    future.cancel();
    waiter.wait(co)
}

/// Gives the result of a future that is done; cancels one that is not.
#[track_caller]
pub(crate) fn take_or_cancel<A: AwaitableResult>(awaitable: A, co: &Co) -> Result<A::Output> {
    let future: Future<A::Output> = super::ensure_future(awaitable).into();
    if future.done() {
        return A::outcome(&future, Location::caller());
    }
    cancel_and_wait(co, &future)?;
    A::outcome(&future, Location::caller()).map_err(|error| match error.is_cancelled() {
        true => TimeoutError.into(),
        false => error,
    })
}

/// Implements [`Limited`] for what is delegated to.
macro_rules! limited_code {
    ($($type:ty, [$($generics:tt)*], $output:ty;)*) => {$(
        impl<$($generics)*> $crate::kernel::Limited for $type {
            type Output = $output;

            #[track_caller]
            fn wait_here(self, co: &$crate::kernel::Co) -> yieldfrom_delegation::Result<$output> {
                yieldfrom_delegation::Delegate::delegate(self, co)
            }
        }
    )*};
}

pub(crate) use limited_code;

/// Implements [`Limited`] for what is a future.
macro_rules! limited_futures {
    ($($type:ty, [$($generics:tt)*];)*) => {$(
        impl<$($generics)*> $crate::kernel::Limited for $type {
            type Output = T;

            #[track_caller]
            fn wait_here(self, co: &$crate::kernel::Co) -> yieldfrom_delegation::Result<T> {
                yieldfrom_delegation::Delegate::delegate(self, co)
            }

            #[track_caller]
            fn wait_no_time(self, co: &$crate::kernel::Co) -> yieldfrom_delegation::Result<T> {
                $crate::kernel::take_or_cancel(self, co)
            }
        }
    )*};
}

pub(crate) use limited_futures;

limited_code! {
    F, [T, F: FnOnce(&Co) -> Result<T>], T;
    Operation<F>, [T, F: FnOnce(&Co) -> Result<T>], T;
}

limited_futures! {
    Future<T>, [T: 'static];
    &Future<T>, [T: Clone + 'static];
    Task<T>, [T: 'static];
    &Task<T>, [T: Clone + 'static];
}
