//! Queues with other orders than first in, first out.

use std::collections::BTreeSet;

use super::Queue;
use super::storage::{Items, SortedItems};
use crate::sync::is_a;

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
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Makes a queue for at most this many items; 0 means any number.
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self(Queue::of(Items::LastOut(Vec::new()), maxsize))
    }
}

impl<T> Default for LifoQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

is_a!(LifoQueue<T>: Queue<T>);

/// A queue that gives its smallest item first: asyncio's `PriorityQueue`.
///
/// It is a [`Queue`], and has its methods. A clone is the same queue.
///
/// Equal items come out in the order in which they were put in. To get the greatest item first, wrap
/// the items in [`Reverse`](std::cmp::Reverse). For other orders, use a type of your own, or tuples,
/// as is usual in Python: `(priority, item)`.
///
/// While items are compared, an `Ord` that uses the queue finds its size, but gets a
/// [`RuntimeError`](crate::RuntimeError) if it puts or gets. An `Ord` that panics leaves the queue as
/// it was.
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
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Makes a queue for at most this many items; 0 means any number.
    pub fn with_maxsize(maxsize: usize) -> Self {
        // The queue's methods are those of all queues, and do not know that the items have an order:
        // so the functions that do are kept with the items.
        let items = Items::SmallestOut(SortedItems {
            set: BTreeSet::new(),
            count: 0,
            insert: BTreeSet::insert,
            pop: BTreeSet::pop_first,
        });
        Self(Queue::of(items, maxsize))
    }
}

impl<T: Ord> Default for PriorityQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

is_a!(PriorityQueue<T>: Queue<T>);
