//! Queues with other orders than first in, first out.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;

use super::Queue;
use super::items::{Items, Sorted};

/// A queue that gives its newest item first: asyncio's `LifoQueue`.
///
/// It is a [`Queue`], and has its methods. A clone is the same queue.
///
/// # Examples
///
/// ```
/// use yieldfrom::sync::LifoQueue;
///
/// let stack = LifoQueue::new();
/// stack.put_nowait("below")?;
/// stack.put_nowait("above")?;
/// assert_eq!(stack.get_nowait()?, "above");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct LifoQueue<T>(Queue<T>);

impl<T> LifoQueue<T> {
    /// Makes a queue for any number of items.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::LifoQueue;
    ///
    /// assert!(LifoQueue::<i32>::new().empty());
    /// ```
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Makes a queue for at most this many items; 0 means any number.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::LifoQueue;
    ///
    /// assert_eq!(LifoQueue::<i32>::with_maxsize(2).maxsize(), 2);
    /// ```
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self(Queue::of(Items::last_in_first_out(), maxsize))
    }
}

/// A queue that gives its smallest item first: asyncio's `PriorityQueue`.
///
/// It is a [`Queue`], and has its methods. A clone is the same queue.
///
/// Equal items come out in the order in which they were put in. For the greatest first, put
/// [`Reverse`](std::cmp::Reverse) of them; for other orders, a type of your own, or tuples, as is
/// usual in Python: `(priority, item)`.
///
/// While items are compared the queue is in nobody's hands: an `Ord` that uses the queue finds its
/// size, but gets a [`RuntimeError`](crate::RuntimeError) if it puts or gets. One that panics leaves
/// the queue as it was.
///
/// # Examples
///
/// ```
/// use yieldfrom::sync::PriorityQueue;
///
/// let queue = PriorityQueue::new();
/// for job in [(2, "eat"), (1, "cook"), (3, "wash up")] {
///     queue.put_nowait(job)?;
/// }
/// assert_eq!(queue.get_nowait()?, (1, "cook"));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct PriorityQueue<T>(Queue<T>);

impl<T: Ord> PriorityQueue<T> {
    /// Makes a queue for any number of items.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::PriorityQueue;
    ///
    /// assert!(PriorityQueue::<i32>::new().empty());
    /// ```
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Makes a queue for at most this many items; 0 means any number.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::PriorityQueue;
    ///
    /// assert_eq!(PriorityQueue::<i32>::with_maxsize(2).maxsize(), 2);
    /// ```
    pub fn with_maxsize(maxsize: usize) -> Self {
        // The queue's methods do not know that there is an order, so that they are those of all
        // queues: it is kept beside the items.
        let items = Items::smallest_first(Sorted {
            set: BTreeSet::new(),
            count: 0,
            insert: BTreeSet::insert,
            pop: BTreeSet::pop_first,
        });
        Self(Queue::of(items, maxsize))
    }
}

/// An item, and the how many-th it was: no two are equal.
pub(super) struct Entry<T> {
    pub(super) item: T,
    pub(super) number: u64,
}

impl<T: Ord> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_item = self.item.cmp(&other.item);
        by_item.then_with(|| self.number.cmp(&other.number))
    }
}

impl<T: Ord> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Eq for Entry<T> {}

impl<T: Ord> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

macro_rules! is_a_queue {
    ($($name:ident: $($bound:ident)?;)*) => {$(
        impl<T> Deref for $name<T> {
            type Target = Queue<T>;

            #[inline]
            fn deref(&self) -> &Queue<T> {
                &self.0
            }
        }

        impl<T> From<$name<T>> for Queue<T> {
            fn from(queue: $name<T>) -> Self {
                queue.0
            }
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<T $(: $bound)?> Default for $name<T> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

is_a_queue! {
    LifoQueue: ;
    PriorityQueue: Ord;
}
