//! Waiting for the results of several futures.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::{Rc, Weak};

use super::futures::FutureSet;
use crate::kernel::{
    AnyFuture, Awaitable, AwaitableResult, Cancelling, Composite, DEEP, EventLoop, Follower,
    Future, FutureData, FutureObject, Role, SharedCallback, WaitKind, Waitable, future_on,
};
use yieldfrom_delegation::{Error, Result};

/// Waits for several awaitables; the result has their results, in the same order.
///
/// This is asyncio's `gather`. It takes a list (an array, a `Vec`, an iterator) of one type, and gives a `Vec`; or a
/// tuple of up to eight of different types, and gives a tuple. Coroutines become tasks at once. When one of
/// them fails or is cancelled, so does the gather, and the others go on; a
/// [`task_group`](crate::task_group()) cancels them. When you cancel the gather, all futures that are pending are
/// cancelled, and it ends when they have ended. A gather of nothing is done at once. It belongs to the
/// loop of the first awaitable.
///
/// Futures that are given by value have their results moved out; those that are given by reference keep them.
/// Give a future by reference if you give it twice.
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
/// let (letters, (number, text)) = EventLoop::builder().virtual_clock().run(move |co: &Co| {
///     let letters = co.yield_from(gather([later(2, 'a'), later(1, 'b')]))?;
///     let both = co.yield_from(gather((|_: &Co| Ok(42), |_: &Co| Ok("text"))))?;
///     Ok((letters, both))
/// })?;
/// assert_eq!(letters, ['a', 'b']);
/// assert_eq!((number, text), (42, "text"));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "join_all")]
#[doc(alias = "try_join_all")]
#[doc(alias = "join")]
#[track_caller]
pub fn gather<G, Kind>(awaitables: G) -> Future<G::Output>
where
    G: Gather<Kind>,
{
    awaitables.gather()
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
pub fn gather_return_exceptions<G, Kind>(awaitables: G) -> Future<G::Outcomes>
where
    G: Gather<Kind>,
{
    awaitables.gather_return_exceptions()
}

/// What [`gather()`] takes: a list of awaitables, or a tuple of different ones.
///
/// `Kind` tells the two apart. You never write it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be gathered",
    label = "expected a list of awaitables of one type, or a tuple of up to eight",
    note = "by a reference to it, a task or a future gives a clone: the type of the result needs `Clone`",
    note = "a future of async/await is waited for by `from_std(future)`, of the feature `futures`"
)]
pub trait Gather<Kind> {
    /// The type of the results: a `Vec`, or a tuple.
    type Output: 'static;

    /// The type of the results together with errors.
    type Outcomes: 'static;

    /// See [`gather()`].
    #[track_caller]
    fn gather(self) -> Future<Self::Output>;

    /// See [`gather_return_exceptions`].
    #[track_caller]
    fn gather_return_exceptions(self) -> Future<Self::Outcomes>;
}

/// The kind of lists, see [`Gather`].
#[derive(Debug)]
pub enum List {}

/// The kind of tuples, see [`Gather`].
#[derive(Debug)]
pub enum Tuple {}

impl<I, A> Gather<List> for I
where
    I: IntoIterator<Item = A>,
    A: AwaitableResult,
{
    type Output = Vec<A::Output>;
    type Outcomes = Vec<Result<A::Output>>;

    #[track_caller]
    fn gather(self) -> Future<Vec<A::Output>> {
        gather_with(self, false, |outcomes| outcomes.into_iter().collect())
    }

    #[track_caller]
    fn gather_return_exceptions(self) -> Future<Vec<Result<A::Output>>> {
        gather_with(self, true, Ok)
    }
}

/// Implements [`Gather`] for tuples. A variable has the name of its type.
macro_rules! gather_tuples {
    ($($first:ident $($other:ident)*;)*) => {$(
        #[allow(non_snake_case, reason = "a variable has the name of its type")]
        impl<$first: AwaitableResult $(, $other: AwaitableResult)*> Gather<Tuple> for ($first, $($other,)*) {
            type Output = ($first::Output, $($other::Output,)*);
            type Outcomes = (Result<$first::Output>, $(Result<$other::Output>,)*);

            #[track_caller]
            fn gather(self) -> Future<Self::Output> {
                let ($first, $($other,)*) = self;
                let mut gathering = Gathering::new($first.own_loop(), false, 8);
                let at = gathering.made_at();
                let added = gather_tuples!(@add gathering, $first $($other)*);
                gathering.start(added.map(|($first, $($other,)*)| -> Settle<Self::Output> {
                    Box::new(move || Ok(($first::outcome(&$first, at)?, $($other::outcome(&$other, at)?,)*)))
                }))
            }

            #[track_caller]
            fn gather_return_exceptions(self) -> Future<Self::Outcomes> {
                let ($first, $($other,)*) = self;
                let mut gathering = Gathering::new($first.own_loop(), true, 8);
                let at = gathering.made_at();
                let added = gather_tuples!(@add gathering, $first $($other)*);
                gathering.start(added.map(|($first, $($other,)*)| -> Settle<Self::Outcomes> {
                    Box::new(move || Ok(($first::outcome(&$first, at), $($other::outcome(&$other, at),)*)))
                }))
            }
        }
    )*};
    // No closure: it would stand for the caller in reports.
    (@add $gathering:ident, $($awaitable:ident)*) => {
        'added: {
            $(let $awaitable = match $gathering.add($awaitable) {
                Ok(future) => future,
                Err(error) => break 'added Err(error),
            };)*
            Ok(($($awaitable,)*))
        }
    };
}

gather_tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}

/// A gather whose end has not come.
struct Gathered<R> {
    /// In the order of the arguments; a future that is given twice is there twice.
    children: RefCell<Vec<AnyFuture>>,
    /// The children of a gather that has failed, which keeps them alive no more.
    late: RefCell<Vec<Weak<dyn FutureObject>>>,
    left: Cell<usize>,
    cancel_requested: Cell<bool>,
    return_exceptions: bool,
    settle: Cell<Option<Settle<R>>>,
}

/// Makes the result from the futures of the children, which it has.
type Settle<R> = Box<dyn FnOnce() -> Result<R>>;

/// The callback of the children. As in asyncio, it keeps the gather and its future alive until it has run
/// for the last of them.
struct GatherCallback<R: 'static>(RefCell<Option<GatheredAndFuture<R>>>);

type GatheredAndFuture<R> = (Rc<Gathered<R>>, Future<R>);

impl<R: 'static> Follower for GatherCallback<R> {
    fn future(&self, number: u32) -> Option<AnyFuture> {
        let both = self.0.borrow();
        both.as_ref().and_then(|(gather, _)| gather.child(number))
    }

    fn future_done(&self, _: u32, child: &AnyFuture) {
        let both = self.0.borrow().clone();
        if let Some((gather, outer)) = both {
            gather.child_done(child, &outer.inner);
        }
    }

    fn end(&self) {
        drop(self.0.take());
    }
}

impl<R> Composite for Rc<Gathered<R>> {
    fn purpose(&self) -> (WaitKind, &'static str) {
        (WaitKind::Futures, "gather")
    }

    fn awaited(&self, all: &mut Vec<Rc<dyn Waitable>>) {
        let children = self.children.borrow();
        let pending = children.iter().filter(|child| !child.is_done());
        all.extend(pending.map(|child| Rc::clone(child) as Rc<dyn Waitable>));
    }

    fn can_cancel(&self, depth: u32) -> bool {
        let children = self.children.borrow();
        children.iter().any(|child| child.can_cancel(depth))
    }

    fn cancel(&self, rest: &mut Cancelling) -> bool {
        let accepted = self.can_cancel(DEEP);
        for child in self.children.borrow().iter().rev() {
            rest.push(Rc::clone(child) as Rc<dyn Waitable>);
        }
        if accepted {
            self.cancel_requested.set(true);
        }
        accepted
    }
}

/// Waits for several awaitables of one type; a function makes the result from their results.
///
/// [`gather()`] of a list and [`gather_return_exceptions`] are made of it. Use it for a result that is no list.
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
    A: AwaitableResult,
    R: 'static,
    F: FnOnce(Vec<Result<A::Output>>) -> Result<R> + 'static,
{
    let mut awaitables = awaitables.into_iter().peekable();
    let own_loop = awaitables.peek().and_then(A::own_loop);
    let capacity = awaitables.size_hint().0;
    let mut gathering = Gathering::new(own_loop, return_exceptions, capacity);
    let made_at = gathering.made_at();
    let mut futures = Vec::with_capacity(capacity);
    for awaitable in awaitables {
        match gathering.add(awaitable) {
            Ok(future) => futures.push(future),
            Err(error) => return gathering.start(Err(error)),
        }
    }
    let outcomes = move || {
        let outcomes = futures.iter().map(|future| A::outcome(future, made_at));
        settle(outcomes.collect())
    };
    gathering.start(Ok(Box::new(outcomes)))
}

/// A gather that is being made.
struct Gathering<R: 'static> {
    gather: Rc<Gathered<R>>,
    outer: Future<R>,
    callback: Rc<SharedCallback<GatherCallback<R>>>,
    seen: FutureSet,
    event_loop: EventLoop,
}

impl<R: 'static> Gathering<R> {
    #[track_caller]
    fn new(own_loop: Option<EventLoop>, return_exceptions: bool, capacity: usize) -> Self {
        let event_loop = own_loop.unwrap_or_else(EventLoop::current_or_closed);
        let gather = Rc::new(Gathered {
            children: RefCell::default(),
            late: RefCell::default(),
            left: Cell::new(0),
            cancel_requested: Cell::new(false),
            return_exceptions,
            settle: Cell::new(None),
        });
        let role = Role::Other(Some(Box::new(Rc::clone(&gather))));
        let outer = Future::with_role(&event_loop, role);
        let both = (Rc::clone(&gather), outer.clone());
        let callback = GatherCallback(RefCell::new(Some(both)));
        Self {
            gather,
            outer,
            callback: SharedCallback::new(Location::caller(), callback),
            seen: FutureSet::with_capacity(capacity),
            event_loop,
        }
    }

    /// Returns the line of the program.
    fn made_at(&self) -> &'static Location<'static> {
        self.callback.made_at()
    }

    /// Adds a child, which it makes a future of its loop.
    #[track_caller]
    fn add<A: Awaitable>(&mut self, awaitable: A) -> Result<Future<A::Output>> {
        let child = future_on(awaitable, &self.event_loop, "gather")?;
        let number = self.gather.add_child(Rc::clone(&child.inner) as _);
        if self.seen.insert(&*child.inner) {
            self.gather.left.set(self.gather.left.get() + 1);
            self.callback.follow(number, &*child.inner);
        }
        Ok(child)
    }

    /// Returns the future, which is done already if there is nothing to wait for.
    fn start(self, settle: Result<Settle<R>>) -> Future<R> {
        match settle {
            Err(error) => drop(self.outer.inner.finish(Err(error))),
            Ok(settle) => {
                self.gather.settle.set(Some(settle));
                if self.gather.children.borrow().is_empty() {
                    self.gather.finish(&self.outer.inner);
                }
            }
        }
        self.outer
    }
}

impl<R: 'static> Gathered<R> {
    /// Returns the number by which `child` finds it.
    fn add_child(&self, child: AnyFuture) -> u32 {
        let mut children = self.children.borrow_mut();
        children.push(child);
        let number = self.late.borrow().len() + children.len() - 1;
        u32::try_from(number).expect("4 billion futures do not fit into memory")
    }

    fn child(&self, number: u32) -> Option<AnyFuture> {
        let (number, late) = (number as usize, self.late.borrow());
        match late.get(number) {
            Some(child) => child.upgrade(),
            None => self.children.borrow().get(number - late.len()).cloned(),
        }
    }

    fn child_done(&self, child: &AnyFuture, outer: &FutureData<R>) {
        self.left.set(self.left.get() - 1);
        if outer.is_done() {
            // The gather has failed already; later errors count as seen.
            return child.mark_seen();
        }
        let error = match self.return_exceptions {
            true => None,
            false => child.exception().unwrap_or_else(Some),
        };
        if let Some(error) = error {
            // The children are not needed any more. So a chain of gathers is dropped step by step.
            let (children, settle) = (self.children.take(), self.settle.take());
            let late = children.iter().map(Rc::downgrade);
            self.late.replace(late.collect());
            drop((children, settle));
            drop(outer.finish(Err(error)));
        } else if self.left.get() == 0 {
            self.finish(outer);
        }
    }

    /// Ends with the results of the children, all of which are done, or as cancelled if that was asked
    /// for.
    fn finish(&self, outer: &FutureData<R>) {
        let _children = self.children.take();
        let settle = self.settle.take();
        let outcome = match settle {
            Some(settle) if !self.cancel_requested.get() => settle(),
            _ => Err(Error::cancelled()),
        };
        drop(outer.finish(outcome));
    }
}
