//! Taking results in the order in which they come.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::panic::Location;
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::futures::{AsObject, pending, retain_distinct};
use crate::errors::{TimeoutError, panics};
use crate::kernel::{
    AnyFuture, AwaitableResult, Co, EventLoop, Follower, Future, IntoTimeout, OnDrop, Reason,
    Request, SharedCallback, Subject, TimerHandle, Waitable, caller, coroutine_operations,
};
use crate::sync::Queue;
use yieldfrom_delegation::{Delegate, Result};

/// Gives several results in the order in which they come.
///
/// This is asyncio's `as_completed`: an iterator with one delegate for each future. The first delegate
/// returns the result that comes first, and so on. Coroutines become tasks at the first `next`. If you
/// leave the iteration early, the others go on running. A delegate whose wait is cancelled returns no
/// result, and the iterator gives another one in its place.
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
#[doc(alias = "FuturesUnordered")]
#[doc(alias = "select_all")]
pub fn as_completed<I, A>(awaitables: I) -> AsCompleted<A>
where
    I: IntoIterator<Item = A>,
    A: AwaitableResult,
{
    AsCompleted {
        awaitables: awaitables.into_iter().collect(),
        timeout: None,
        race: None,
    }
}

/// The iterator of delegates that [`as_completed`] returns.
#[must_use = "it does nothing before its first `next`"]
pub struct AsCompleted<A: AwaitableResult> {
    awaitables: Vec<A>,
    timeout: Option<Duration>,
    race: Option<Rc<Race<A::Output>>>,
}

impl<A: AwaitableResult> AsCompleted<A> {
    /// Sets how long it waits for all results: without limit by default.
    ///
    /// For each result that has not come by then, there is a [`TimeoutError`]. The time begins at the
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
    pub fn timeout(mut self, timeout: impl IntoTimeout) -> Self {
        self.timeout = timeout.into_timeout();
        self
    }

    #[track_caller]
    fn start(&mut self) -> Rc<Race<A::Output>> {
        let event_loop = EventLoop::current_or_closed();
        let awaitables = mem::take(&mut self.awaitables);
        let mut futures = Vec::with_capacity(awaitables.len());
        // No closure: it would stand for the caller in reports.
        for awaitable in awaitables {
            // One of another loop comes as a failed one.
            futures.push(awaitable.ensure_future(&event_loop).into());
        }
        retain_distinct(&mut futures);
        Race::start(&event_loop, futures, self.timeout)
    }

    fn left(&self) -> usize {
        let race = self.race.as_ref();
        race.map_or(self.awaitables.len(), |race| race.left.get())
    }
}

impl<A: AwaitableResult> Iterator for AsCompleted<A> {
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

    /// There may be more delegates: another one comes in place of one whose wait is cancelled.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left().min(1), None)
    }
}

impl<A: AwaitableResult> fmt::Debug for AsCompleted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("left", &self.left())
            .finish_non_exhaustive()
    }
}

/// The futures that are not done yet, and the queue of those that are.
struct Race<T: 'static> {
    /// The number of delegates that the iterator has still to give.
    left: Cell<usize>,
    /// By number; none for one whose callback has run. All are taken out at the timeout.
    todo: RefCell<Vec<Option<Future<T>>>>,
    /// How many are left in `todo`.
    running: Cell<usize>,
    callback: Rc<SharedCallback<Weak<Self>>>,
    /// `None` stands for a timeout.
    done: Queue<Option<Future<T>>>,
    timer: Cell<Option<TimerHandle>>,
}

impl<T: 'static> Subject for Race<T> {
    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        let todo = self.todo.borrow();
        all.extend(pending(todo.iter().flatten()));
    }
}

impl<T: 'static> Follower for Weak<Race<T>> {
    fn future(&self, number: u32) -> Option<AnyFuture> {
        let race = self.upgrade()?;
        let todo = race.todo.borrow();
        todo.get(number as usize)?.as_ref().map(AsObject::to_object)
    }

    fn future_done(&self, number: u32, _: &AnyFuture) {
        if let Some(race) = self.upgrade() {
            race.completed(number);
        }
    }
}

impl<T: 'static> Race<T> {
    #[track_caller]
    fn start(
        event_loop: &EventLoop,
        futures: Vec<Future<T>>,
        timeout: Option<Duration>,
    ) -> Rc<Self> {
        let made_at = caller();
        let race = Rc::new_cyclic(|weak: &Weak<Self>| Self {
            left: Cell::new(futures.len()),
            running: Cell::new(futures.len()),
            todo: RefCell::new(futures.into_iter().map(Some).collect()),
            callback: SharedCallback::new(made_at, weak.clone()),
            done: Queue::new(),
            timer: Cell::new(None),
        });
        for (number, future) in (0..).zip(race.todo.borrow().iter().flatten()) {
            race.callback.follow(number, future.as_object());
        }
        if let Some(timeout) = timeout.filter(|_| race.running.get() > 0) {
            let weak = Rc::downgrade(&race);
            let expire = move || weak.upgrade().iter().for_each(|race| race.expire());
            race.timer.set(event_loop.call_later(timeout, expire).ok());
        }
        race
    }

    fn completed(&self, number: u32) {
        let mut todo = self.todo.borrow_mut();
        let taken = todo.get_mut(number as usize).and_then(Option::take);
        drop(todo);
        if taken.is_some() {
            self.running.set(self.running.get() - 1);
            self.offer(taken);
            if self.running.get() == 0 {
                self.stop();
            }
        }
    }

    fn expire(&self) {
        let late = self.todo.take();
        let todo = late.iter().flatten();
        self.callback.unfollow(todo.map(AsObject::as_object));
        let late: Vec<_> = late.into_iter().flatten().collect();
        late.iter().for_each(|_| self.offer(None));
        // Afterwards, since a destructor of user code may panic.
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

/// No delegate can ask for a result any more.
impl<T: 'static> Drop for Race<T> {
    fn drop(&mut self) {
        self.stop();
        let todo = self.todo.get_mut().iter().flatten();
        self.callback.unfollow(todo.map(AsObject::as_object));
    }
}

/// The next result of an [`as_completed`], whichever it is: a delegate for `yield_from`.
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct NextCompleted<A: AwaitableResult> {
    race: Rc<Race<A::Output>>,
}

impl<A: AwaitableResult> Delegate<Request, ()> for NextCompleted<A> {
    type Output = A::Output;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<A::Output> {
        let left = &self.race.left;
        let give_another = OnDrop::new(|| left.set(left.get() + 1));
        let reason = || Reason::futures("as_completed", &self.race);
        let next = self.race.done.get_because(co, reason)?;
        give_another.defuse();
        match next {
            Some(future) => A::outcome(&future, Location::caller()),
            None => Err(TimeoutError.into()),
        }
    }
}

impl<A: AwaitableResult> fmt::Debug for NextCompleted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NextCompleted")
    }
}

coroutine_operations! {
    [A: AwaitableResult + 'static] NextCompleted<A> => A::Output, "as_completed", |this| move |co: &Co| co.yield_from(this);
}
