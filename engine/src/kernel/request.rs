//! Requests: what a coroutine yields to the event loop.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::future::Waitable;
use super::nanos::{Nanos, nanos};

/// What a body gets to suspend with: [`delegation::Co`](crate::delegation::Co), by default that of a task's coroutine.
///
/// `Co` alone is the one that coroutines get, whose delegates are futures, sleeps and other
/// coroutines; `Co<i32>` is that of a generator of numbers.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Generator, Result, run_sync, yield_now};
///
/// fn numbers(co: &Co<i32>) -> Result<()> {
///     co.yield_(1)
/// }
///
/// fn waits(co: &Co) -> Result<()> {
///     co.yield_from(yield_now())
/// }
///
/// assert_eq!(Generator::new(numbers).next()?.yielded(), Some(1));
/// run_sync(waits)?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub type Co<Y = Request, S = ()> = yieldfrom_delegation::Co<Y, S>;

/// What a task's coroutine yields to the event loop: the future it waits for.
///
/// Only the library's own operations make requests, so a coroutine cannot yield anything wrong. Code that
/// drives a coroutine by hand, inside another one, passes them on as they are.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Generator, GeneratorState, Request, Result, run_sync, yield_now};
///
/// /// Drives a coroutine as `yield_from` does, and counts its waits.
/// fn counted(co: &Co, inner: &Generator<Request>) -> Result<u32> {
///     let mut waits = 0;
///     while let GeneratorState::Yielded(request) = inner.next()? {
///         co.yield_(request)?;
///         waits += 1;
///     }
///     Ok(waits)
/// }
///
/// let twice = |co: &Co| (0..2).try_for_each(|_| co.yield_from(yield_now()));
/// assert_eq!(run_sync(move |co: &Co| counted(co, &Generator::new(twice)))?, 2);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Request(pub(crate) Wish);

/// The content of a request. It is two words wide, because it is copied at each switch.
pub(crate) enum Wish {
    /// Resume the task when this is done.
    Wait(Rc<dyn Waitable>),
    /// Resume the task after this time; if it is zero, in the next turn.
    Sleep(Nanos),
}

impl Request {
    #[inline(always)]
    pub(crate) fn wait(what: Rc<dyn Waitable>) -> Self {
        Self(Wish::Wait(what))
    }

    #[inline(always)]
    pub(crate) fn sleep(delay: Duration) -> Self {
        Self(Wish::Sleep(nanos(delay)))
    }

    /// Asks to be resumed in the next turn.
    #[inline(always)]
    pub(crate) fn turn() -> Self {
        Self(Wish::Sleep(0))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Wish::Wait(_) => "Request(wait)",
            Wish::Sleep(0) => "Request(next turn)",
            Wish::Sleep(_) => "Request(sleep)",
        })
    }
}

thread_local! {
    static SLEEP_IS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// Says whether the task that is resumed next has slept to the end.
///
/// The sleep takes this back when it goes on. If something else goes on in its place, because the
/// coroutine was resumed by hand meanwhile, the task takes it back when it suspends again, or ends.
/// A cell of the thread costs less than a value that is sent into every resumption.
#[inline(always)]
pub(crate) fn set_sleep_over(is_over: bool) {
    SLEEP_IS_OVER.set(is_over);
}

/// Returns whether the sleep of the task that was just resumed is over, and forgets it.
#[inline(always)]
pub(crate) fn take_sleep_over() -> bool {
    SLEEP_IS_OVER.replace(false)
}
