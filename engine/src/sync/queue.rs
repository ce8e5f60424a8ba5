//! Queues: tasks put items in at one end, and take them out at the other.

mod branches;
mod orders;
mod storage;

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

pub use self::orders::{LifoQueue, PriorityQueue};
use self::storage::{Items, Storage};
use super::waiters::Waiters;
use crate::errors::{AtCaller, QueueEmpty, QueueFull, QueueShutDown, ValueError};
use crate::kernel::{Co, Operation, Reason, Request, coroutine_operations};
use yieldfrom_delegation::{Delegate, Error, Result};

/// A queue of items, first in, first out: asyncio's `Queue`.
///
/// It has room for `maxsize` items, or for any number. A task that puts into a full queue, or gets
/// from an empty one, waits. A clone is the same queue. [`LifoQueue`] and [`PriorityQueue`] are queues
/// with other orders: a function that takes a `&Queue<T>` takes them, too.
///
/// A waiting task that is woken runs only in the next turn of the loop. If another task takes the
/// item, or the room, before that, it waits again, as in asyncio.
///
/// # Examples
///
/// ```
/// use yieldfrom::sync::Queue;
/// use yieldfrom::{Co, create_task, run_sync};
///
/// let queue = Queue::with_maxsize(2);
/// run_sync(move |co: &Co| {
///     let numbers = queue.clone();
///     let producer = create_task(move |co: &Co| {
///         (1..=5).try_for_each(|n| co.yield_from(numbers.put(n))) // waits when there are two
///     });
///     for n in 1..=5 {
///         assert_eq!(co.yield_from(queue.get())?, n);
///     }
///     co.yield_from(&producer)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "mpsc")]
#[doc(alias = "channel")]
#[doc(alias = "JoinableQueue")]
pub struct Queue<T>(Rc<QueueState<T>>);

struct QueueState<T> {
    items: Storage<T>,
    /// 0 for any number.
    maxsize: usize,
    /// The number of items that were put and for which `task_done` was not called.
    unfinished: Cell<usize>,
    is_shut_down: Cell<bool>,
    getters: Waiters,
    putters: Waiters,
    joiners: Waiters,
}

impl<T> Queue<T> {
    /// Makes a queue for any number of items.
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Makes a queue for at most this many items; 0 means any number, as in asyncio.
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self::of(Items::FirstOut(VecDeque::new()), maxsize)
    }

    fn of(items: Items<T>, maxsize: usize) -> Self {
        Self(Rc::new(QueueState {
            items: Storage::new(items),
            maxsize,
            unfinished: Cell::new(0),
            is_shut_down: Cell::new(false),
            getters: Waiters::default(),
            putters: Waiters::default(),
            joiners: Waiters::default(),
        }))
    }

    /// Puts an item into the queue, and waits for room if it is full.
    ///
    /// If there is room it does not suspend.
    ///
    /// # Errors
    ///
    /// - [`QueueShutDown`] if the queue is shut down, or becomes so during the wait.
    /// - `is_cancelled` if the wait is cancelled. If there is room by then, the next task that waits
    ///   for room is woken.
    ///
    /// The item is dropped then.
    #[inline]
    pub fn put(&self, item: T) -> Put<'_, T> {
        Put { queue: self, item }
    }

    /// Takes the next item out of the queue, and waits for one if it is empty.
    ///
    /// If there is an item it does not suspend.
    ///
    /// # Errors
    ///
    /// - [`QueueShutDown`] if the queue is empty and shut down, or becomes so during the wait.
    /// - `is_cancelled` if the wait is cancelled. If there is an item by then, the next task that
    ///   waits for one is woken.
    #[inline]
    pub fn get(&self) -> Get<'_, T> {
        Get(self)
    }

    /// Takes the next item out of the queue as [`get`](Self::get) does; gives `None` when the queue is empty
    /// and shut down.
    ///
    /// So a worker is a loop that ends: see [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    ///
    /// `is_cancelled` if the wait is cancelled, as for [`get`](Self::get).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// let queue = Queue::new();
    /// (1..=4).try_for_each(|n| queue.put_nowait(n))?;
    /// queue.shutdown(false);
    /// let sum = run_sync(move |co: &Co| {
    ///     let mut sum = 0;
    ///     while let Some(n) = co.yield_from(queue.next())? {
    ///         sum += n;
    ///     }
    ///     Ok(sum)
    /// })?;
    /// assert_eq!(sum, 10);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "recv")]
    #[inline]
    pub fn next(&self) -> Next<'_, T> {
        Next(self)
    }

    /// Puts an item into the queue, if there is room.
    ///
    /// # Errors
    ///
    /// - [`QueueFull`] if it is [`full`](Self::full).
    /// - [`QueueShutDown`] if it is shut down.
    ///
    /// The item is dropped then.
    #[inline]
    #[track_caller]
    pub fn put_nowait(&self, item: T) -> Result<()> {
        if self.full() && !self.0.is_shut_down.get() {
            return Err(QueueFull.into());
        }
        self.add(item).at_caller()
    }

    /// Takes the next item out of the queue, if there is one.
    ///
    /// # Errors
    ///
    /// - [`QueueEmpty`] if there is none.
    /// - [`QueueShutDown`] if there is none, and the queue is shut down.
    #[inline]
    #[track_caller]
    pub fn get_nowait(&self) -> Result<T> {
        self.take()?.ok_or_else(|| self.refusal()).at_caller()
    }

    /// Adds an item, for which there is room.
    #[inline]
    fn add(&self, item: T) -> Result<()> {
        let state = &*self.0;
        if state.is_shut_down.get() {
            return Err(self.refusal());
        }
        state.items.push(item)?;
        state.unfinished.set(state.unfinished.get() + 1);
        state.getters.take_next();
        Ok(())
    }

    /// Takes the next item, if there is one.
    #[inline]
    fn take(&self) -> Result<Option<T>> {
        let item = self.0.items.pop()?;
        if item.is_some() {
            self.0.putters.take_next();
        }
        Ok(item)
    }

    /// Takes the next item, and waits for one for this reason.
    #[inline(always)]
    pub(crate) fn get_because(&self, co: &Co, reason: impl Fn() -> Reason) -> Result<T> {
        loop {
            if let Some(item) = self.take()? {
                return Ok(item);
            }
            if self.0.is_shut_down.get() {
                return Err(self.refusal());
            }
            let getters = &self.0.getters;
            getters.wait_until_taken(co, &reason, || !self.empty())?;
        }
    }

    /// Returns why no item can be put or taken.
    #[cold]
    fn refusal(&self) -> Error {
        if self.0.is_shut_down.get() {
            QueueShutDown.into()
        } else {
            QueueEmpty.into()
        }
    }

    /// Waits until [`task_done`](Self::task_done) was called for every item that was put.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    /// use yieldfrom::{Co, create_task, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let queue = Queue::new();
    ///     queue.put_nowait("job")?;
    ///     let jobs = queue.clone();
    ///     let worker = create_task(move |co: &Co| {
    ///         assert_eq!(co.yield_from(jobs.get())?, "job");
    ///         jobs.task_done()
    ///     });
    ///     co.yield_from(queue.join())?;
    ///     assert!(worker.done());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "waits for nothing unless delegated to: co.yield_from(queue.join())?"]
    pub fn join(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<T>> {
        let state = Rc::clone(&self.0);
        Operation::new("Queue.join", move |co| {
            if state.unfinished.get() == 0 {
                return Ok(());
            }
            let reason = || Reason::queue("Queue.join");
            state.joiners.wait(co, reason, |_| {})
        })
    }

    /// Reports that the work on an item that was taken out is done.
    ///
    /// When there is no more unfinished work, the tasks that [`join`](Self::join) are woken.
    ///
    /// # Errors
    ///
    /// Fails with [`ValueError`] if it was called for all items that were put.
    #[track_caller]
    pub fn task_done(&self) -> Result<()> {
        let Some(unfinished) = self.0.unfinished.get().checked_sub(1) else {
            return Err(ValueError::new("task_done called too many times").into());
        };
        self.0.set_unfinished(unfinished);
        Ok(())
    }

    /// Shuts the queue down: no item can be put any more, and tasks that wait to put one fail.
    ///
    /// Items that are in the queue can still be taken out; then [`get`](Self::get) fails, too. With
    /// `immediate` they are dropped at once, and count as done. This is Python 3.13's `shutdown`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::QueueShutDown;
    /// use yieldfrom::sync::Queue;
    ///
    /// let queue = Queue::new();
    /// queue.put_nowait(1)?;
    /// queue.shutdown(false);
    /// assert!(queue.put_nowait(2).unwrap_err().is::<QueueShutDown>());
    /// assert_eq!(queue.get_nowait()?, 1);
    /// assert!(queue.get_nowait().unwrap_err().is::<QueueShutDown>());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn shutdown(&self, immediate: bool) {
        let state = &*self.0;
        state.is_shut_down.set(true);
        // Dropped last: destructors of items are user code, and find the queue as it will be.
        let _dropped = immediate.then(|| {
            let (count, dropped) = state.items.clear();
            state.set_unfinished(state.unfinished.get().saturating_sub(count));
            dropped
        });
        state.getters.take_all();
        state.putters.take_all();
    }

    /// Returns the number of items in the queue.
    #[inline]
    pub fn qsize(&self) -> usize {
        self.0.items.len()
    }

    /// Returns the greatest number of items that the queue has room for; 0 means any number.
    #[inline]
    pub fn maxsize(&self) -> usize {
        self.0.maxsize
    }

    /// Returns whether there is no item.
    #[inline]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Returns whether there is no room. A queue for any number of items is never full.
    #[inline]
    pub fn full(&self) -> bool {
        self.0.maxsize != 0 && self.qsize() >= self.0.maxsize
    }
}

impl<T> QueueState<T> {
    fn set_unfinished(&self, unfinished: usize) {
        self.unfinished.set(unfinished);
        if unfinished == 0 {
            self.joiners.wake_all();
        }
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the state much as in asyncio: `<Queue maxsize=2, size=1, getters:1, tasks=1>`.
///
/// The items are not shown: they need not be `Debug`.
impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = &*self.0;
        let (class, maxsize) = (state.items.class(), state.maxsize);
        write!(f, "<{class} maxsize={maxsize}, size={}", self.qsize())?;
        for (name, line) in [("getters", &state.getters), ("putters", &state.putters)] {
            if !line.is_empty() {
                write!(f, ", {name}:{}", line.len())?;
            }
        }
        if state.unfinished.get() > 0 {
            write!(f, ", tasks={}", state.unfinished.get())?;
        }
        f.write_str(if state.is_shut_down.get() {
            ", shut down>"
        } else {
            ">"
        })
    }
}

/// Puts an item into a queue, when delegated to: see [`Queue::put`].
#[must_use = "puts nothing unless delegated to: co.yield_from(queue.put(item))?"]
pub struct Put<'a, T> {
    queue: &'a Queue<T>,
    item: T,
}

impl<T> Delegate<Request, ()> for Put<'_, T> {
    type Output = ();

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<()> {
        let Self { queue, item } = self;
        while queue.full() {
            if queue.0.is_shut_down.get() {
                return Err(queue.refusal());
            }
            let reason = || Reason::queue("Queue.put");
            let putters = &queue.0.putters;
            putters.wait_until_taken(co, reason, || !queue.full())?;
        }
        queue.add(item)
    }
}

impl<T> fmt::Debug for Put<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Put").field(self.queue).finish()
    }
}

/// Takes an item out of a queue, when delegated to: see [`Queue::get`].
#[derive(Debug)]
#[must_use = "gets nothing unless delegated to: co.yield_from(queue.get())?"]
pub struct Get<'a, T>(&'a Queue<T>);

impl<T> Delegate<Request, ()> for Get<'_, T> {
    type Output = T;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<T> {
        self.0.get_because(co, || Reason::queue("Queue.get"))
    }
}

/// Takes an item out of a queue, when delegated to, or tells that none will come: see [`Queue::next`].
#[derive(Debug)]
#[must_use = "gets nothing unless delegated to: co.yield_from(queue.next())?"]
pub struct Next<'a, T>(&'a Queue<T>);

impl<T> Delegate<Request, ()> for Next<'_, T> {
    type Output = Option<T>;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<Option<T>> {
        let queue = self.0;
        // Not in one loop with `get_because`, so that `get` gives each item as it takes it.
        loop {
            if let Some(item) = queue.take()? {
                return Ok(Some(item));
            }
            if queue.0.is_shut_down.get() {
                return Ok(None);
            }
            // It waits in one line with those of `get`, so reports show one name for both.
            let reason = || Reason::queue("Queue.get");
            let getters = &queue.0.getters;
            getters.wait_until_taken(co, reason, || !queue.empty())?;
        }
    }
}

// They borrow the queue, which costs nothing where they are delegated to. The coroutine that one of
// them becomes has a handle of its own.
coroutine_operations! {
    [T: 'static] Put<'_, T> => (), "Queue.put", |this| {
        let (queue, item) = (this.queue.clone(), this.item);
        move |co: &Co| queue.put(item).delegate(co)
    };
    [T: 'static] Get<'_, T> => T, "Queue.get", |this| {
        let queue = this.0.clone();
        move |co: &Co| queue.get().delegate(co)
    };
    [T: 'static] Next<'_, T> => Option<T>, "Queue.next", |this| {
        let queue = this.0.clone();
        move |co: &Co| queue.next().delegate(co)
    };
}
