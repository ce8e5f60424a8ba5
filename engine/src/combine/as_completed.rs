//! Taking results in the order in which they come.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use yieldfrom_delegation::Delegate;

use crate::errors::TimeoutError;
use crate::errors::panics;
use crate::kernel::{
    Awaitable, EventLoop, Followed, Future, Place, Reason, Request, Subject, TimerHandle, Waitable,
    caller, coroutine_operations,
};
use crate::sync::Queue;
use crate::{Co, Result};

/// Gives several results in the order in which they come.
///
/// asyncio's `as_completed`: an iterator of as many delegates as there are futures; the first of
/// them gives the result that is there first, and so on. Coroutines become tasks at the first
/// `next`. Leaving the loop early leaves the others running. A delegate whose wait is cancelled
/// gives no result, and the iterator gives another one in its place.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, as_completed, coroutine, sleep_with};
///
/// let later = |ms| coroutine(move |co| co.yield_from(sleep_with(Duration::from_millis(ms), ms)));
/// let order = EventLoop::builder().virtual_clock().run(move |co: &Co| {
///     let mut order = Vec::new();
///     for next in as_completed([later(3), later(1), later(2)]) {
///         order.push(co.yield_from(next)?);
///     }
///     Ok(order)
/// })?;
/// assert_eq!(order, [1, 2, 3]);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn as_completed<I, A>(awaitables: I) -> AsCompleted<A>
where
    I: IntoIterator<Item = A>,
    A: Awaitable,
{
    AsCompleted {
        awaitables: awaitables.into_iter().collect(),
        timeout: None,
        race: None,
    }
}

/// What [`as_completed`] returns: an iterator of delegates.
#[must_use = "it does nothing before its first `next`"]
pub struct AsCompleted<A: Awaitable> {
    awaitables: Vec<A>,
    timeout: Option<Duration>,
    race: Option<Rc<Race<A::Output>>>,
}

impl<A: Awaitable> AsCompleted<A> {
    /// Sets for how long it waits for all of them: without limit by default.
    ///
    /// Each result that has not come by then is a [`TimeoutError`]. Time begins to run at the
    /// first `next`. Nothing is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, EventLoop, Future, TimeoutError, as_completed};
    ///
    /// EventLoop::builder().virtual_clock().run(|co: &Co| {
    ///     let never = Future::<()>::new();
    ///     for next in as_completed([&never]).timeout(Duration::from_millis(1)) {
    ///         assert!(co.yield_from(next).unwrap_err().is::<TimeoutError>());
    ///     }
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    #[track_caller]
    fn start(&mut self) -> Rc<Race<A::Output>> {
        let event_loop = EventLoop::current_or_closed();
        let mut seen = HashSet::new();
        let mut futures = Vec::new();
        for awaitable in std::mem::take(&mut self.awaitables) {
            // One of another loop comes as a failed one.
            let future: Future<A::Output> = awaitable.ensure_future(&event_loop).into();
            if seen.insert(future.inner.address()) {
                futures.push(future);
            }
        }
        Race::new(&event_loop, &futures, self.timeout)
    }
}

impl<A: Awaitable> Iterator for AsCompleted<A> {
    type Item = NextCompleted<A>;

    #[track_caller]
    fn next(&mut self) -> Option<NextCompleted<A>> {
        if self.race.is_none() {
            self.race = Some(self.start());
        }
        let race = self.race.clone()?;
        race.left.set(race.left.get().checked_sub(1)?);
        Some(NextCompleted { race })
    }

    /// There may be more, as a delegate whose wait is cancelled has another one come in its place.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left().min(1), None)
    }
}

impl<A: Awaitable> AsCompleted<A> {
    fn left(&self) -> usize {
        let race = self.race.as_ref();
        race.map_or(self.awaitables.len(), |race| race.left.get())
    }
}

impl<A: Awaitable> fmt::Debug for AsCompleted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("left", &self.left())
            .finish_non_exhaustive()
    }
}

/// The futures that have not come yet, and the queue of those that have. None is a timeout.
struct Race<T: 'static> {
    /// How many delegates the iterator has still to give.
    left: Cell<usize>,
    /// By address.
    todo: RefCell<HashMap<*const (), Followed<T>>>,
    done: Queue<Option<Future<T>>>,
    timer: Cell<Option<TimerHandle>>,
}

impl<T: 'static> Subject for Race<T> {
    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        let todo = self.todo.borrow();
        let futures = todo.values().map(Followed::future);
        all.extend(futures.map(|future| Rc::clone(&future.inner) as Rc<dyn Waitable>));
    }
}

impl<T: 'static> Race<T> {
    #[track_caller]
    fn new(event_loop: &EventLoop, futures: &[Future<T>], timeout: Option<Duration>) -> Rc<Self> {
        let made_at = caller();
        let race = Rc::new(Self {
            left: Cell::new(futures.len()),
            todo: RefCell::default(),
            done: Queue::new(),
            timer: Cell::new(None),
        });
        let todo = futures
            .iter()
            .map(|future| race.follow(made_at, future))
            .collect();
        race.todo.replace(todo);
        if let Some(timeout) = timeout.filter(|_| !race.todo.borrow().is_empty()) {
            let weak = Rc::downgrade(&race);
            let expire = move || weak.upgrade().iter().for_each(|race| race.expire());
            race.timer.set(event_loop.call_later(timeout, expire).ok());
        }
        race
    }

    fn follow(self: &Rc<Self>, made_at: Place, future: &Future<T>) -> (*const (), Followed<T>) {
        let weak: Weak<Self> = Rc::downgrade(self);
        let followed = future.follow_at(made_at, move |future| {
            if let Some(race) = weak.upgrade() {
                race.completed(future);
            }
        });
        (future.inner.address(), followed)
    }

    fn completed(&self, future: &Future<T>) {
        let mut todo = self.todo.borrow_mut();
        let taken = todo.remove(&future.inner.address());
        let last = todo.is_empty();
        drop(todo);
        let Some(followed) = taken else {
            return;
        };
        self.offer(Some(followed.future().clone()));
        if last {
            self.stop();
        }
    }

    fn expire(&self) {
        let late = self.todo.take();
        late.iter().for_each(|_| self.offer(None));
        // Afterwards: a destructor of the program's may panic.
        panics::drop_each(late);
    }

    /// Stops the timer.
    fn stop(&self) {
        if let Some(timer) = self.timer.take() {
            timer.cancel();
        }
    }

    fn offer(&self, item: Option<Future<T>>) {
        self.done.put_nowait(item).expect("the queue has no limit");
    }
}

/// Ends what nobody can ask for a result any more.
impl<T: 'static> Drop for Race<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The next result of an [`as_completed`], whichever it is: a delegate for `yield_from`.
///
/// # Examples
///
/// See [`as_completed`].
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct NextCompleted<A: Awaitable> {
    race: Rc<Race<A::Output>>,
}

impl<A: Awaitable> Delegate<Request, ()> for NextCompleted<A> {
    type Output = A::Output;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<A::Output> {
        let reason = || Reason::futures("as_completed", &self.race);
        let another = Another(&self.race.left);
        let next = self.race.done.get_here(co, reason)?;
        std::mem::forget(another);
        match next {
            Some(future) => A::outcome(&future),
            None => Err(TimeoutError.into()),
        }
    }
}

/// Has the iterator give another delegate in place of one that did not come to its result.
struct Another<'a>(&'a Cell<usize>);

impl Drop for Another<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

impl<A: Awaitable> fmt::Debug for NextCompleted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NextCompleted")
    }
}

coroutine_operations! {
    [A: Awaitable + 'static] NextCompleted<A> => A::Output, "as_completed", |this| move |co: &Co| co.yield_from(this);
}
