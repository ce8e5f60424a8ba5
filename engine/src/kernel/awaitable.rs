//! What can be waited for, and what can become a coroutine.

use std::panic::Location;

use yieldfrom_delegation::{Error, Generator, Result};

use crate::errors::ValueError;
use crate::kernel::coroutine::{Coroutine, given};
use crate::kernel::event_loop::EventLoop;
use crate::kernel::future::Future;
use crate::kernel::limited::limited_code;
use crate::kernel::request::{Co, Request};
use crate::kernel::task::Task;

/// What can become a coroutine: a [`Coroutine`], a generator of requests, or simply a function
/// or closure that takes a [`&Co`](crate::Co).
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Result, coroutine, create_task, run_sync};
///
/// fn function(_: &Co) -> Result<i32> {
///     Ok(1)
/// }
///
/// run_sync(|co: &Co| {
///     let tasks = [create_task(function), create_task(|_: &Co| Ok(2)), create_task(coroutine(|_| Ok(3)))];
///     let sum = tasks.into_iter().map(|task| co.yield_from(task)).sum::<Result<i32>>()?;
///     assert_eq!(sum, 6);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no coroutine",
    label = "expected a coroutine, or a function or closure that takes `&Co`",
    note = "write `|co: &Co| ...`, with a `Result` at its end, or call a function that returns a `Coroutine`",
    note = "a task or a future runs already: wait for it by `yield_from`; `ensure_future` takes either",
    note = "a future of async/await is no coroutine: use `spawn_std(future)` or `from_std(future)`, of the feature `futures`"
)]
pub trait IntoCoroutine {
    /// The type of the value that the coroutine returns.
    type Output: 'static;

    /// Makes the coroutine.
    #[track_caller]
    fn into_coroutine(self) -> Coroutine<Self::Output>;

    /// Makes a task, which need not have a coroutine if something else drives it as well.
    #[doc(hidden)]
    #[inline(always)]
    #[track_caller]
    fn into_task(self, event_loop: &EventLoop) -> Task<Self::Output>
    where
        Self: Sized,
    {
        Task::new(event_loop.core(), self)
    }
}

impl<T: 'static> IntoCoroutine for Coroutine<T> {
    type Output = T;

    fn into_coroutine(self) -> Self {
        self
    }
}

impl<T: 'static> IntoCoroutine for Generator<Request, (), T> {
    type Output = T;

    fn into_coroutine(self) -> Coroutine<T> {
        self.into()
    }
}

impl<T, F> IntoCoroutine for F
where
    T: 'static,
    F: FnOnce(&Co) -> Result<T> + 'static,
{
    type Output = T;

    #[inline]
    #[track_caller]
    fn into_coroutine(self) -> Coroutine<T> {
        given(self)
    }
}

/// Something that can be waited for: a coroutine (or a function that is one), a future or a task.
///
/// [`wait`](crate::wait()) and [`ensure_future`](crate::ensure_future) take any of these, as their counterparts in
/// asyncio do; functions that give results take [`AwaitableResult`]s. Coroutines become tasks, futures and tasks stay what they are.
///
/// # Examples
///
/// ```
/// use yieldfrom::{AwaitableResult, Co, EventLoop, Future, Result, create_task};
///
/// /// Takes whatever can be waited for.
/// fn answer(event_loop: &EventLoop, question: impl AwaitableResult<Output = i32>) -> Result<i32> {
///     event_loop.run_until_complete(question)
/// }
///
/// let event_loop = EventLoop::new()?;
/// let (task, future) = (event_loop.create_task(|_: &Co| Ok(2)), event_loop.create_future());
/// future.set_result(3)?;
/// assert_eq!(answer(&event_loop, |_: &Co| Ok(1))?, 1);
/// assert_eq!(answer(&event_loop, task)?, 2);
/// assert_eq!(answer(&event_loop, &future)?, 3);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be waited for",
    label = "expected a coroutine, a function or closure that takes `&Co`, a task or a future",
    note = "write `|co: &Co| ...`, with a `Result` at its end, or call a function that returns a `Coroutine`",
    note = "a future of async/await is waited for by `from_std(future)`, of the feature `futures`"
)]
pub trait Awaitable: Sized {
    /// The result.
    type Output: 'static;

    /// The type of the future that it is or becomes: a [`Task`] or a [`Future`].
    type Future: AsRef<Future<Self::Output>> + Into<Future<Self::Output>>;

    /// Returns the loop to which it belongs; a coroutine belongs to none yet.
    fn own_loop(&self) -> Option<EventLoop> {
        None
    }

    /// Returns whether it belongs to another loop than this one.
    ///
    /// It is `own_loop` without making a handle of the loop for each of many futures.
    #[doc(hidden)]
    fn is_of_another_loop(&self, event_loop: &EventLoop) -> bool {
        self.own_loop().is_some_and(|own| !own.ptr_eq(event_loop))
    }

    /// Makes a future of it on this loop: asyncio's `ensure_future(it, loop=event_loop)`.
    ///
    /// If it is a future or task of another loop, the returned future has failed already, with a
    /// [`ValueError`]; the other one stays as it is.
    #[track_caller]
    fn ensure_future(self, event_loop: &EventLoop) -> Self::Future;
}

/// An [`Awaitable`] whose result can be had: what gives results, such as [`gather`](crate::gather()), takes these.
///
/// Given by value, a future or task has its result moved out; given by reference, it keeps the result, and a
/// clone is given out. A coroutine can be given by value only.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, InvalidStateError, create_task, gather, run_sync};
///
/// struct NoClone(i32);
///
/// run_sync(|co: &Co| {
///     let (moved, kept) = (create_task(|_: &Co| Ok(NoClone(1))), create_task(|_: &Co| Ok(2)));
///     let handle = moved.clone();
///     assert_eq!(co.yield_from(gather([moved]))?[0].0, 1);
///     assert_eq!(co.yield_from(gather([&kept, &kept]))?, [2, 2]);
///     assert!(handle.take_result().is_err_and(|error| error.is::<InvalidStateError>()));
///     assert_eq!(kept.result()?, 2);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the result of `{Self}` cannot be had",
    label = "expected a coroutine, a function or closure that takes `&Co`, a task or a future",
    note = "by value, a task or a future gives its result away, which needs no `Clone`",
    note = "by a reference to it, a task or a future gives a clone: the type of the result needs `Clone`",
    note = "a future of async/await is waited for by `from_std(future)`, of the feature `futures`"
)]
pub trait AwaitableResult: Awaitable {
    /// Whether the future keeps its result, and a clone is given out: false by default.
    const KEEPS_RESULT: bool = false;

    /// Returns the result of the future that it is or became, when that is done. `taken_at` is the line of the
    /// program that gets the result.
    ///
    /// # Errors
    ///
    /// What the future failed with.
    fn outcome(
        future: &Future<Self::Output>,
        taken_at: &'static Location<'static>,
    ) -> Result<Self::Output>;
}

/// Implements [`AwaitableResult`] for what becomes a task.
macro_rules! awaitable_coroutine {
    ($type:ty, [$($generics:tt)*], $output:ty) => {
        impl<$($generics)*> $crate::kernel::Awaitable for $type {
            type Output = $output;
            type Future = $crate::kernel::Task<$output>;

            #[inline]
            #[track_caller]
            fn ensure_future(self, event_loop: &$crate::kernel::EventLoop) -> $crate::kernel::Task<$output> {
                event_loop.create_task(self)
            }
        }

        impl<$($generics)*> $crate::kernel::AwaitableResult for $type {
            #[inline]
            fn outcome(
                future: &$crate::kernel::Future<$output>,
                taken_at: &'static std::panic::Location<'static>,
            ) -> yieldfrom_delegation::Result<$output> {
                future.inner.take("take_result", taken_at)
            }
        }
    };
}

pub(crate) use awaitable_coroutine;

awaitable_coroutine!(Coroutine<T>, [T: 'static], T);
awaitable_coroutine!(Generator<Request, (), T>, [T: 'static], T);
awaitable_coroutine!(F, [T: 'static, F: FnOnce(&Co) -> Result<T> + 'static], T);

limited_code! {
    Coroutine<T>, [T: 'static], T;
    Generator<Request, (), T>, [T: 'static], T;
}

/// Implements [`AwaitableResult`] for what is a future. By reference, the result is cloned.
macro_rules! awaitable_future {
    ($($handle:ident => $future:ident, $into:expr;)*) => {$(
        $crate::kernel::awaitable_future!(@future [T: 'static] $handle<T> => $handle<T>, std::convert::identity);
        $crate::kernel::awaitable_future!(@future [T: 'static] &$handle<T> => $future<T>, $into);

        $crate::kernel::awaitable_future!(@result false, [T: 'static] $handle<T>, |future, at| {
            future.inner.take("yield_from", at)
        });
        $crate::kernel::awaitable_future!(@result true, [T: Clone + 'static] &$handle<T>, |future, _at| {
            future.inner.read("yield_from", T::clone)
        });
    )*};
    (@future [$($generics:tt)*] $type:ty => $future:ty, $into:expr) => {
        impl<$($generics)*> $crate::kernel::Awaitable for $type {
            type Output = T;
            type Future = $future;

            fn own_loop(&self) -> Option<$crate::kernel::EventLoop> {
                Some(self.get_loop())
            }

            #[inline]
            fn is_of_another_loop(&self, event_loop: &$crate::kernel::EventLoop) -> bool {
                !std::rc::Rc::ptr_eq(&self.inner.core, event_loop.core())
            }

            #[inline]
            #[track_caller]
            fn ensure_future(self, event_loop: &$crate::kernel::EventLoop) -> $future {
                match self.inner.check_loop(event_loop, "ensure_future") {
                    Ok(()) => $into(self),
                    Err(error) => <$future>::refused(event_loop, error),
                }
            }
        }
    };
    (@result $keeps:literal, [$($generics:tt)*] $type:ty, |$inner:ident, $at:ident| $outcome:expr) => {
        impl<$($generics)*> $crate::kernel::AwaitableResult for $type {
            const KEEPS_RESULT: bool = $keeps;

            #[inline]
            fn outcome(
                $inner: &$crate::kernel::Future<T>,
                $at: &'static std::panic::Location<'static>,
            ) -> yieldfrom_delegation::Result<T> {
                $outcome
            }
        }
    };
}

pub(crate) use awaitable_future;

awaitable_future! {
    Future => Future, Clone::clone;
    Task => Task, Clone::clone;
}

/// Makes a future of something on a loop, unless it is a future of another one.
///
/// # Errors
///
/// [`ValueError`]: it belongs to another loop.
#[track_caller]
pub(crate) fn future_on<A: Awaitable>(
    awaitable: A,
    event_loop: &EventLoop,
    operation: &str,
) -> Result<Future<A::Output>> {
    if awaitable.is_of_another_loop(event_loop) {
        return Err(other_loop(operation));
    }
    Ok(awaitable.ensure_future(event_loop).into())
}

#[cold]
pub(crate) fn other_loop(operation: &str) -> Error {
    let why = format!(
        "{operation}: the future belongs to another event loop; make it on this one, such as inside \
         the coroutine that this one runs"
    );
    ValueError::new(why).into()
}

/// Makes coroutines of operations of a type of their own: each delegates to its operation. For an
/// operation that borrows an object, a body is given, which owns a handle of that.
macro_rules! coroutine_operations {
    ($([$($generics:tt)*] $operation:ty => $output:ty, $name:literal $(, |$this:ident| $body:expr)?;)*) => {$(
        impl<$($generics)*> $crate::kernel::IntoCoroutine for $operation {
            type Output = $output;

            #[track_caller]
            fn into_coroutine(self) -> $crate::kernel::Coroutine<$output> {
                let body = $crate::kernel::coroutine_operations!(@body self $(, |$this| $body)?);
                $crate::kernel::CoroutineBuilder::new().name($name).build(body)
            }
        }

        $crate::kernel::awaitable_coroutine!($operation, [$($generics)*], $output);
        $crate::kernel::limited_code! { $operation, [$($generics)*], $output; }
    )*};
    (@body $operation:expr, |$this:ident| $body:expr) => {{
        let $this = $operation;
        $body
    }};
    (@body $operation:expr) => {{
        let operation = $operation;
        move |co: &$crate::kernel::Co| yieldfrom_delegation::Delegate::delegate(operation, co)
    }};
}

pub(crate) use coroutine_operations;
