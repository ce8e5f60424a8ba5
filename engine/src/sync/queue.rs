//! Queues: items in one end, and out of the other when somebody wants them.

mod ends;
mod items;
mod orders;
mod waiting;

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use self::items::Items;
pub use self::orders::{LifoQueue, PriorityQueue};
pub use self::waiting::{Get, Join, Put};
use super::line::Line;
use crate::errors::{QueueEmpty, QueueFull, QueueShutDown};
use crate::{Error, Result};

/// A queue of items, first in, first out: asyncio's `Queue`.
///
/// It has room for `maxsize` items, or for any number. A task that puts into a full queue, or gets
/// from an empty one, waits. A clone is the same queue. [`LifoQueue`] and [`PriorityQueue`] are queues with
/// other orders: a function that takes a `&Queue<T>` takes them, too.
///
/// A waiting task that is woken finds its item, or room, only in the next turn of the loop: whoever
/// comes in between may be faster, and then it waits again, as in asyncio.
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
pub struct Queue<T>(Rc<Shared<T>>);

struct Shared<T> {
    items: Items<T>,
    /// 0: any number.
    maxsize: usize,
    /// How many items were put for which `task_done` was not called.
    unfinished: Cell<usize>,
    is_shut_down: Cell<bool>,
    getters: Line,
    putters: Line,
    joiners: Line,
}

impl<T> Queue<T> {
    /// Makes a queue for any number of items.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    ///
    /// let queue = Queue::new();
    /// queue.put_nowait("item")?;
    /// assert_eq!(queue.get_nowait()?, "item");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Makes a queue for at most this many items; 0 means any number, as in asyncio.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    ///
    /// let queue = Queue::with_maxsize(1);
    /// queue.put_nowait("item")?;
    /// assert!(queue.full());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self::of(Items::first_in_first_out(), maxsize)
    }

    fn of(items: Items<T>, maxsize: usize) -> Self {
        Self(Rc::new(Shared {
            items,
            maxsize,
            unfinished: Cell::new(0),
            is_shut_down: Cell::new(false),
            getters: Line::default(),
            putters: Line::default(),
            joiners: Line::default(),
        }))
    }

    /// Puts an item into the queue, and waits for room if it is full.
    ///
    /// If there is room it does not suspend.
    ///
    /// # Errors
    ///
    /// - [`QueueShutDown`] if the queue is shut down, or is so during the wait.
    /// - `is_cancelled` if the wait is cancelled. If there is room by then, the next one who waits
    ///   for it is woken.
    ///
    /// The item is dropped then.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let queue = Queue::new();
    ///     co.yield_from(queue.put(7))?;
    ///     assert_eq!(queue.qsize(), 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[inline]
    pub fn put(&self, item: T) -> Put<'_, T> {
        Put { queue: self, item }
    }

    /// Takes the next item out of the queue, and waits for one if it is empty.
    ///
    /// If there is one it does not suspend.
    ///
    /// # Errors
    ///
    /// - [`QueueShutDown`] if the queue is empty and shut down, or is so during the wait.
    /// - `is_cancelled` if the wait is cancelled. If there is an item by then, the next one who
    ///   waits for it is woken.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// let queue = Queue::new();
    /// queue.put_nowait(7)?;
    /// assert_eq!(run_sync(move |co: &Co| co.yield_from(queue.get()))?, 7);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[inline]
    pub fn get(&self) -> Get<'_, T> {
        Get(self)
    }

    /// Puts an item into the queue, if there is room at once.
    ///
    /// # Errors
    ///
    /// - [`QueueFull`] if it is full; [`full`](Self::full) tells, and nothing comes in between.
    /// - [`QueueShutDown`] if it is shut down.
    ///
    /// The item is dropped then.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::QueueFull;
    /// use yieldfrom::sync::Queue;
    ///
    /// let queue = Queue::with_maxsize(1);
    /// queue.put_nowait(1)?;
    /// assert!(queue.put_nowait(2).unwrap_err().is::<QueueFull>());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[inline]
    pub fn put_nowait(&self, item: T) -> Result<()> {
        if self.full() && !self.0.is_shut_down.get() {
            return Err(QueueFull.into());
        }
        self.add(item)
    }

    /// Takes the next item out of the queue, if there is one at once.
    ///
    /// # Errors
    ///
    /// - [`QueueEmpty`] if there is none.
    /// - [`QueueShutDown`] if there is none, and the queue is shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::QueueEmpty;
    /// use yieldfrom::sync::Queue;
    ///
    /// let queue = Queue::<i32>::new();
    /// assert!(queue.get_nowait().unwrap_err().is::<QueueEmpty>());
    /// ```
    #[inline]
    pub fn get_nowait(&self) -> Result<T> {
        self.take()?.ok_or_else(|| self.nothing())
    }

    /// Adds an item, for which there is room.
    #[inline]
    fn add(&self, item: T) -> Result<()> {
        let shared = &*self.0;
        if shared.is_shut_down.get() {
            return Err(self.nothing());
        }
        shared.items.push(item)?;
        shared.unfinished.set(shared.unfinished.get() + 1);
        shared.getters.take_next();
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

    /// Why nothing goes in, or comes out.
    #[cold]
    fn nothing(&self) -> Error {
        if self.0.is_shut_down.get() {
            QueueShutDown.into()
        } else {
            QueueEmpty.into()
        }
    }

    /// Returns the number of items in the queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    ///
    /// assert_eq!(Queue::<i32>::new().qsize(), 0);
    /// ```
    #[inline]
    pub fn qsize(&self) -> usize {
        self.0.items.len()
    }

    /// Returns for how many items there is room; 0 means any number.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    ///
    /// assert_eq!(Queue::<i32>::with_maxsize(2).maxsize(), 2);
    /// ```
    #[inline]
    pub fn maxsize(&self) -> usize {
        self.0.maxsize
    }

    /// Returns whether there is no item.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    ///
    /// assert!(Queue::<i32>::new().empty());
    /// ```
    #[inline]
    pub fn empty(&self) -> bool {
        self.qsize() == 0
    }

    /// Returns whether there is no room: never, if there is room for any number.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    ///
    /// assert!(!Queue::<i32>::new().full());
    /// ```
    #[inline]
    pub fn full(&self) -> bool {
        self.0.maxsize != 0 && self.qsize() >= self.0.maxsize
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
        let shared = &*self.0;
        let name = shared.items.name();
        write!(
            f,
            "<{name} maxsize={}, size={}",
            shared.maxsize,
            self.qsize()
        )?;
        for (name, line) in [("getters", &shared.getters), ("putters", &shared.putters)] {
            if !line.is_empty() {
                write!(f, ", {name}:{}", line.len())?;
            }
        }
        if shared.unfinished.get() > 0 {
            write!(f, ", tasks={}", shared.unfinished.get())?;
        }
        f.write_str(if shared.is_shut_down.get() {
            ", shut down>"
        } else {
            ">"
        })
    }
}
