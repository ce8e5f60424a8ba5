//! Waiting for the results of all.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::{Rc, Weak};

use crate::coroutines::Awaitable;
use crate::event_loop::EventLoop;
use crate::future::{Cancelling, Composite, Future, Inner, Role, Waitable};
use crate::{Error, Result};

/// Waits for several, and gives their results in the order of the arguments.
///
/// asyncio's `gather`. Coroutines become tasks at once. The first error, or cancellation, of any
/// is that of the whole, and the others go on; use a [`task_group`](crate::task_group()) to have
/// them cancelled. Cancelling the gather cancels all that are pending; it is done when these have
/// ended. Of nothing, it is done at once.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, coroutine, gather, run_sync, sleep_with};
///
/// let later = |ms, value| coroutine(move |co| co.yield_from(sleep_with(Duration::from_millis(ms), value)));
/// let results = run_sync(move |co: &Co| co.yield_from(gather([later(2, 'a'), later(1, 'b')])))?;
/// assert_eq!(results, ['a', 'b']);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn gather<I, A>(awaitables: I) -> Future<Vec<A::Output>>
where
    I: IntoIterator<Item = A>,
    A: Awaitable,
{
    start(awaitables, false, |outcomes| outcomes.into_iter().collect())
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
    start(awaitables, true, Ok)
}

/// A gather under way. Its future holds it, and it holds the children, whose callbacks refer to it
/// weakly: once nobody waits for the whole, each child's error is its own again.
struct Gather<T: 'static, R: 'static> {
    /// In the order of the arguments; one that is given twice is there twice.
    children: RefCell<Vec<Future<T>>>,
    left: Cell<usize>,
    cancel_requested: Cell<bool>,
    outer: RefCell<Weak<Inner<R>>>,
    return_exceptions: bool,
    outcome: fn(&Future<T>) -> Result<T>,
    settle: fn(Vec<Result<T>>) -> Result<R>,
}

impl<T: 'static, R: 'static> Composite for Rc<Gather<T, R>> {
    fn can_cancel(&self) -> bool {
        let children = self.children.borrow();
        children.iter().any(|child| child.inner.can_cancel())
    }

    fn cancel(&self, rest: &mut Cancelling) -> bool {
        let accepted = self.can_cancel();
        for child in self.children.borrow().iter().rev() {
            rest.push(Rc::clone(&child.inner) as Rc<dyn Waitable>);
        }
        self.cancel_requested
            .set(self.cancel_requested.get() || accepted);
        accepted
    }
}

#[track_caller]
fn start<A: Awaitable, R: 'static>(
    awaitables: impl IntoIterator<Item = A>,
    return_exceptions: bool,
    settle: fn(Vec<Result<A::Output>>) -> Result<R>,
) -> Future<R> {
    let event_loop = EventLoop::current_or_closed();
    let gather = Rc::new(Gather {
        children: RefCell::default(),
        left: Cell::new(0),
        cancel_requested: Cell::new(false),
        outer: RefCell::default(),
        return_exceptions,
        outcome: A::outcome,
        settle,
    });
    let outer = Future::with_role(&event_loop, Role::Composite(Box::new(Rc::clone(&gather))));
    gather.outer.replace(Rc::downgrade(&outer.inner));
    let mut seen = HashSet::new();
    for awaitable in awaitables {
        let child = awaitable.into_future(&event_loop).into();
        if seen.insert(child.inner.address()) {
            gather.follow(&child);
        }
        gather.children.borrow_mut().push(child);
    }
    if seen.is_empty() {
        drop(outer.inner.finish((gather.settle)(Vec::new())));
    }
    outer
}

impl<T: 'static, R: 'static> Gather<T, R> {
    #[track_caller]
    fn follow(self: &Rc<Self>, child: &Future<T>) {
        self.left.set(self.left.get() + 1);
        let gather = Rc::downgrade(self);
        child.add_done_callback(move |child| {
            if let Some(gather) = gather.upgrade() {
                gather.child_done(child);
            }
        });
    }

    fn child_done(&self, child: &Future<T>) {
        self.left.set(self.left.get() - 1);
        let outer = self.outer.borrow().upgrade();
        let Some(outer) = outer.filter(|outer| !outer.is_done()) else {
            // The whole has failed already; later errors count as seen.
            return child.inner.mark_seen();
        };
        if !self.return_exceptions {
            if child.cancelled() {
                return drop(outer.finish(Err(Error::cancelled())));
            }
            if let Ok(Some(error)) = child.exception() {
                return drop(outer.finish(Err(error)));
            }
        }
        if self.left.get() == 0 {
            self.finish(&outer);
        }
    }

    /// All children are done: gives their results, or the cancellation that was asked for.
    fn finish(&self, outer: &Inner<R>) {
        let children = self.children.take();
        let outcomes = children.iter().map(self.outcome).collect();
        let outcome = if self.cancel_requested.get() {
            Err(Error::cancelled())
        } else {
            (self.settle)(outcomes)
        };
        drop(outer.finish(outcome));
    }
}

/// Cancels all tasks of a loop, and runs it until they have ended.
pub(crate) fn cancel_all(event_loop: &EventLoop) -> Result<()> {
    let tasks = event_loop.all_tasks();
    for task in &tasks {
        task.cancel();
    }
    while tasks.iter().any(|task| !task.done()) {
        event_loop.run_until_complete(|co: &crate::Co| co.yield_from(crate::yield_now()))?;
    }
    Ok(())
}
