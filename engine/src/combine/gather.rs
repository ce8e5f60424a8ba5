//! Waiting for the results of several futures.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use super::futures::pending;
use crate::kernel::{
    Awaitable, Cancelling, Composite, DEEP, EventLoop, Future, FutureData, Role, WaitKind,
    Waitable, future_on,
};
use yieldfrom_delegation::{Error, Result};

/// Waits for several awaitables; the result has their results, in the same order.
///
/// This is asyncio's `gather`. Coroutines become tasks at once. When one of them fails or is
/// cancelled, so does the gather, and the others go on; a [`task_group`](crate::task_group()) cancels
/// them. When you cancel the gather, all futures that are pending are cancelled, and it ends when they
/// have ended. A gather of nothing is done at once. It belongs to the loop of the first awaitable.
///
/// # Errors
///
/// The future fails with the first error, with `is_cancelled`, or with a
/// [`ValueError`](crate::ValueError) if the awaitables belong to different loops.
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

/// Waits for several awaitables; the result has their results and errors: asyncio's
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

/// A gather whose end has not come.
///
/// As in asyncio, the callbacks of the children keep it alive until the last of them has run.
struct Gather<T: 'static, R> {
    /// In the order of the arguments; a future that is given twice is there twice.
    children: RefCell<Vec<Future<T>>>,
    left: Cell<usize>,
    cancel_requested: Cell<bool>,
    return_exceptions: bool,
    outcome: fn(&Future<T>) -> Result<T>,
    settle: Cell<Option<Settle<T, R>>>,
}

type Settle<T, R> = Box<dyn FnOnce(Vec<Result<T>>) -> Result<R>>;

impl<T: 'static, R> Composite for Rc<Gather<T, R>> {
    fn purpose(&self) -> (WaitKind, &'static str) {
        (WaitKind::Futures, "gather")
    }

    fn awaited(&self, all: &mut Vec<Rc<dyn Waitable>>) {
        all.extend(pending(&*self.children.borrow()));
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
        if accepted {
            self.cancel_requested.set(true);
        }
        accepted
    }
}

/// Waits for several awaitables of one type; a function makes the result from their results.
///
/// [`gather()`] and [`gather_return_exceptions`] are made of it. Use it for a result that is no list.
/// With `return_exceptions`, `settle` gets errors, too; without, it is called only if there are none.
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
        settle: Cell::new(Some(Box::new(settle))),
    });
    let outer = Future::with_role(&event_loop, Role::Other(Some(Box::new(Rc::clone(&gather)))));
    if let Err(error) = gather.add_children(awaitables, &event_loop, &outer) {
        drop(outer.inner.finish(Err(error)));
    }
    outer
}

impl<T: 'static, R: 'static> Gather<T, R> {
    #[track_caller]
    fn add_children<A: Awaitable<Output = T>>(
        self: &Rc<Self>,
        awaitables: impl Iterator<Item = A>,
        event_loop: &EventLoop,
        outer: &Future<R>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        for awaitable in awaitables {
            let child = future_on(awaitable, event_loop, "gather")?;
            if seen.insert(child.inner.address()) {
                self.left.set(self.left.get() + 1);
                let (gather, outer) = (Rc::clone(self), outer.clone());
                child.add_done_callback(move |child| gather.child_done(child, &outer.inner));
            }
            self.children.borrow_mut().push(child);
        }
        if seen.is_empty() {
            self.finish(&outer.inner);
        }
        Ok(())
    }

    fn child_done(&self, child: &Future<T>, outer: &FutureData<R>) {
        self.left.set(self.left.get() - 1);
        if outer.is_done() {
            // The gather has failed already; later errors count as seen.
            return child.inner.mark_seen();
        }
        let error = match self.return_exceptions {
            true => None,
            false => child.exception().unwrap_or_else(Some),
        };
        if let Some(error) = error {
            // The children are not needed any more. So a chain of gathers is dropped step by step.
            drop(self.children.take());
            drop(outer.finish(Err(error)));
        } else if self.left.get() == 0 {
            self.finish(outer);
        }
    }

    /// Ends with the results of the children, all of which are done, or as cancelled if that was asked
    /// for.
    fn finish(&self, outer: &FutureData<R>) {
        let children = self.children.take();
        let outcomes = children.iter().map(self.outcome).collect();
        let outcome = match self.settle.take() {
            Some(settle) if !self.cancel_requested.get() => settle(outcomes),
            _ => Err(Error::cancelled()),
        };
        drop(outer.finish(outcome));
    }
}
