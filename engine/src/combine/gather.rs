//! Waiting for the results of several futures.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::{Rc, Weak};

use super::futures::{FutureSet, pending};
use crate::kernel::{
    Awaitable, Cancelling, Composite, DEEP, EventLoop, Follower, Future, FutureData, Role,
    SharedCallback, WaitKind, Waitable, future_on,
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
struct Gather<T: 'static, R> {
    /// In the order of the arguments; a future that is given twice is there twice.
    children: RefCell<Vec<Future<T>>>,
    /// The children of a gather that has failed, which keeps them alive no more.
    late: RefCell<Vec<Weak<FutureData<T>>>>,
    left: Cell<usize>,
    cancel_requested: Cell<bool>,
    return_exceptions: bool,
    outcome: fn(&Future<T>) -> Result<T>,
    settle: Cell<Option<Settle<T, R>>>,
}

/// The callback of the children. As in asyncio, it keeps the gather and its future alive until it has run
/// for the last of them.
struct GatherCallback<T: 'static, R: 'static>(RefCell<Option<GatherAndFuture<T, R>>>);

type GatherAndFuture<T, R> = (Rc<Gather<T, R>>, Future<R>);

impl<T: 'static, R: 'static> Follower<T> for GatherCallback<T, R> {
    fn future(&self, number: u32) -> Option<Future<T>> {
        let both = self.0.borrow();
        both.as_ref().and_then(|(gather, _)| gather.child(number))
    }

    fn future_done(&self, _: u32, child: &Future<T>) {
        let both = self.0.borrow().clone();
        if let Some((gather, outer)) = both {
            gather.child_done(child, &outer.inner);
        }
    }

    fn end(&self) {
        drop(self.0.take());
    }
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
        late: RefCell::default(),
        left: Cell::new(0),
        cancel_requested: Cell::new(false),
        return_exceptions,
        outcome: A::outcome,
        settle: Cell::new(Some(Box::new(settle))),
    });
    let outer = Future::with_role(&event_loop, Role::Other(Some(Box::new(Rc::clone(&gather)))));
    let both = (Rc::clone(&gather), outer.clone());
    let callback =
        SharedCallback::new(Location::caller(), GatherCallback(RefCell::new(Some(both))));
    match gather.add_children(awaitables, &event_loop, &callback) {
        Err(error) => drop(outer.inner.finish(Err(error))),
        Ok(()) if gather.children.borrow().is_empty() => gather.finish(&outer.inner),
        Ok(()) => {}
    }
    outer
}

impl<T: 'static, R: 'static> Gather<T, R> {
    #[track_caller]
    fn add_children<A: Awaitable<Output = T>>(
        &self,
        awaitables: impl Iterator<Item = A>,
        event_loop: &EventLoop,
        callback: &Rc<SharedCallback<T, GatherCallback<T, R>>>,
    ) -> Result<()> {
        let mut seen = FutureSet::with_capacity(awaitables.size_hint().0);
        for awaitable in awaitables {
            let child = future_on(awaitable, event_loop, "gather")?;
            let number = self.add_child(child.clone());
            if seen.insert(&child) {
                self.left.set(self.left.get() + 1);
                callback.follow(number, &child);
            }
        }
        Ok(())
    }

    /// Returns the number by which `child` finds it.
    fn add_child(&self, child: Future<T>) -> u32 {
        let mut children = self.children.borrow_mut();
        children.push(child);
        let number = self.late.borrow().len() + children.len() - 1;
        u32::try_from(number).expect("4 billion futures do not fit into memory")
    }

    fn child(&self, number: u32) -> Option<Future<T>> {
        let (number, late) = (number as usize, self.late.borrow());
        match late.get(number) {
            Some(child) => child.upgrade().map(|inner| Future { inner }),
            None => self.children.borrow().get(number - late.len()).cloned(),
        }
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
            let children = self.children.take();
            let late = children.iter().map(|child| Rc::downgrade(&child.inner));
            self.late.replace(late.collect());
            drop(children);
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
