//! Waiting for the results of all.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use crate::kernel::{
    Awaitable, Cancelling, Composite, DEEP, EventLoop, Future, Inner, Role, WaitKind, Waitable,
    future_on,
};
use crate::{Error, Result};

/// Waits for several, and gives their results in the order of the arguments.
///
/// asyncio's `gather`. Coroutines become tasks at once. The first error, or cancellation, of any
/// is that of the whole, and the others go on; use a [`task_group`](crate::task_group()) to have
/// them cancelled. Cancelling the gather cancels all that are pending; it is done when these have
/// ended. Of nothing, it is done at once. It belongs to the loop of the first one.
///
/// # Errors
///
/// The future fails with what the first of them fails with, with `is_cancelled`, or with a
/// [`ValueError`](crate::ValueError) if they belong to different loops.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, coroutine, gather, sleep_with};
///
/// let later = |ms, value| coroutine(move |co| co.yield_from(sleep_with(Duration::from_millis(ms), value)));
/// let results = EventLoop::builder()
///     .virtual_clock()
///     .run(move |co: &Co| co.yield_from(gather([later(2, 'a'), later(1, 'b')])))?;
/// assert_eq!(results, ['a', 'b']);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn gather<I, A>(awaitables: I) -> Future<Vec<A::Output>>
where
    I: IntoIterator<Item = A>,
    A: Awaitable,
{
    gather_with(awaitables, false, |outcomes| outcomes.into_iter().collect())
}

/// Waits for several, and gives results and errors alike: asyncio's
/// `gather(..., return_exceptions=True)`.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Error, coroutine, gather_return_exceptions, run_sync};
///
/// let outcomes = run_sync(|co: &Co| {
///     let good = coroutine(|_| Ok(1));
///     let bad = coroutine(|_| Err(Error::msg("no fuel")));
///     co.yield_from(gather_return_exceptions([good, bad]))
/// })?;
/// assert!(outcomes[0].as_ref().is_ok_and(|&value| value == 1) && outcomes[1].is_err());
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn gather_return_exceptions<I, A>(awaitables: I) -> Future<Vec<Result<A::Output>>>
where
    I: IntoIterator<Item = A>,
    A: Awaitable,
{
    gather_with(awaitables, true, Ok)
}

/// A gather under way.
///
/// As in asyncio, the callbacks of the children keep the whole alive until the last of them has
/// run, whether or not anybody else does.
struct Gather<T: 'static, F> {
    /// In the order of the arguments; one that is given twice is there twice.
    children: RefCell<Vec<Future<T>>>,
    left: Cell<usize>,
    cancel_requested: Cell<bool>,
    return_exceptions: bool,
    outcome: fn(&Future<T>) -> Result<T>,
    settle: Cell<Option<F>>,
}

impl<T: 'static, F> Composite for Rc<Gather<T, F>> {
    fn purpose(&self) -> (WaitKind, &'static str) {
        (WaitKind::Futures, "gather")
    }

    fn awaited(&self, all: &mut Vec<Rc<dyn Waitable>>) {
        let children = self.children.borrow();
        let pending = children.iter().filter(|child| !child.done());
        all.extend(pending.map(|child| Rc::clone(&child.inner) as Rc<dyn Waitable>));
    }

    fn can_cancel(&self, depth: u32) -> bool {
        let children = self.children.borrow();
        children.iter().any(|child| child.inner.can_cancel(depth))
    }

    fn cancel(&self, rest: &mut Cancelling) -> bool {
        let accepted = self.can_cancel(DEEP);
        for child in self.children.borrow().iter().rev() {
            rest.push(Rc::clone(&child.inner) as Rc<dyn Waitable>);
        }
        self.cancel_requested
            .set(self.cancel_requested.get() || accepted);
        accepted
    }
}

/// Waits for several, and gives what a function makes of their results.
///
/// What [`gather()`] (without `return_exceptions`) and [`gather_return_exceptions`] (with it) are
/// made of, for results that are to have another type than a list. Without `return_exceptions`,
/// the results that `settle` is given are all there.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Result, coroutine, gather_with, run_sync};
///
/// let parts = [coroutine(|_| Ok(20)), coroutine(|_| Ok(22))];
/// let sum = run_sync(|co: &Co| {
///     let sum = gather_with(parts, false, |results| results.into_iter().sum::<Result<i32>>());
///     co.yield_from(sum)
/// })?;
/// assert_eq!(sum, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn gather_with<I, A, R, F>(awaitables: I, return_exceptions: bool, settle: F) -> Future<R>
where
    I: IntoIterator<Item = A>,
    A: Awaitable,
    R: 'static,
    F: FnOnce(Vec<Result<A::Output>>) -> Result<R> + 'static,
{
    let mut awaitables = awaitables.into_iter().peekable();
    let own_loop = awaitables.peek().and_then(Awaitable::own_loop);
    let event_loop = own_loop.unwrap_or_else(EventLoop::current_or_closed);
    let gather = Rc::new(Gather {
        children: RefCell::default(),
        left: Cell::new(0),
        cancel_requested: Cell::new(false),
        return_exceptions,
        outcome: A::outcome,
        settle: Cell::new(Some(settle)),
    });
    let outer = Future::with_role(&event_loop, Role::Other(Some(Box::new(Rc::clone(&gather)))));
    let mut seen = HashSet::new();
    for awaitable in awaitables {
        let child = match future_on(awaitable, &event_loop, "gather") {
            Ok(child) => child,
            Err(error) => {
                drop(outer.inner.finish(Err(error)));
                return outer;
            }
        };
        if seen.insert(child.inner.address()) {
            gather.follow(&child, &outer);
        }
        gather.children.borrow_mut().push(child);
    }
    if seen.is_empty() {
        gather.finish(&outer.inner);
    }
    outer
}

impl<T: 'static, F: 'static> Gather<T, F> {
    #[track_caller]
    fn follow<R: 'static>(self: &Rc<Self>, child: &Future<T>, outer: &Future<R>)
    where
        F: FnOnce(Vec<Result<T>>) -> Result<R>,
    {
        self.left.set(self.left.get() + 1);
        let (gather, outer) = (Rc::clone(self), outer.clone());
        child.add_done_callback(move |child| gather.child_done(child, &outer.inner));
    }

    fn child_done<R: 'static>(&self, child: &Future<T>, outer: &Inner<R>)
    where
        F: FnOnce(Vec<Result<T>>) -> Result<R>,
    {
        self.left.set(self.left.get() - 1);
        if outer.is_done() {
            // The whole has failed already; later errors count as seen.
            return child.inner.mark_seen();
        }
        let error = if self.return_exceptions {
            None
        } else {
            child.exception().unwrap_or_else(Some)
        };
        if let Some(error) = error {
            // Nothing is asked of the children any more: a chain of gathers is dropped in steps.
            drop(self.children.take());
            drop(outer.finish(Err(error)));
        } else if self.left.get() == 0 {
            self.finish(outer);
        }
    }

    /// All children are done: gives their results, or the cancellation that was asked for.
    fn finish<R: 'static>(&self, outer: &Inner<R>)
    where
        F: FnOnce(Vec<Result<T>>) -> Result<R>,
    {
        let children = self.children.take();
        let outcomes = children.iter().map(self.outcome).collect();
        let outcome = match self.settle.take() {
            Some(settle) if !self.cancel_requested.get() => settle(outcomes),
            _ => Err(Error::cancelled()),
        };
        drop(outer.finish(outcome));
    }
}
