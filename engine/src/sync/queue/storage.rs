//! The items of a queue, in one of three orders.
//!
//! No user code runs while the items are borrowed. Moving items runs none, and items that are to be
//! dropped are handed out. Only sorting runs some, as it compares items: meanwhile the sorted set is
//! out of its place.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};
use std::mem;

use crate::errors::{QueueShutDown, RuntimeError};
use yieldfrom_delegation::Result;

pub(super) struct Storage<T>(RefCell<Items<T>>);

/// What comes out next is the item that was put first, the one that was put last, or the smallest.
pub(super) enum Items<T> {
    FirstOut(VecDeque<T>),
    LastOut(Vec<T>),
    SmallestOut(SortedItems<T>),
    /// The items are sorted, and an [`Excursion`] has them.
    Away {
        len: usize,
        /// Whether the queue was emptied meanwhile.
        cleared: bool,
    },
}

/// A sorted set of items, with the functions that know their order.
pub(super) struct SortedItems<T> {
    pub(super) set: BTreeSet<Entry<T>>,
    /// The number of items that were put so far: it tells equal items apart.
    pub(super) count: u64,
    pub(super) insert: fn(&mut BTreeSet<Entry<T>>, Entry<T>) -> bool,
    pub(super) pop: fn(&mut BTreeSet<Entry<T>>) -> Option<Entry<T>>,
}

impl<T> Storage<T> {
    pub(super) fn new(items: Items<T>) -> Self {
        Self(RefCell::new(items))
    }

    /// Returns asyncio's name of a queue with this order.
    pub(super) fn class(&self) -> &'static str {
        match &*self.0.borrow() {
            Items::FirstOut(_) => "Queue",
            Items::LastOut(_) => "LifoQueue",
            Items::SmallestOut(_) | Items::Away { .. } => "PriorityQueue",
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        match &*self.0.borrow() {
            Items::FirstOut(items) => items.len(),
            Items::LastOut(items) => items.len(),
            Items::SmallestOut(sorted) => sorted.set.len(),
            Items::Away { len, .. } => *len,
        }
    }

    /// Adds an item; fails while items are being compared.
    #[inline(always)]
    pub(super) fn push(&self, item: T) -> Result<()> {
        let mut items = self.0.borrow_mut();
        match &mut *items {
            Items::FirstOut(items) => items.push_back(item),
            Items::LastOut(items) => items.push(item),
            Items::SmallestOut(_) | Items::Away { .. } => {
                drop(items);
                return self.insert(item);
            }
        }
        Ok(())
    }

    /// Removes the item whose turn it is, if there is any; fails while items are being compared.
    #[inline(always)]
    pub(super) fn pop(&self) -> Result<Option<T>> {
        let mut items = self.0.borrow_mut();
        match &mut *items {
            Items::FirstOut(items) => Ok(items.pop_front()),
            Items::LastOut(items) => Ok(items.pop()),
            Items::SmallestOut(_) | Items::Away { .. } => {
                drop(items);
                self.remove_smallest()
            }
        }
    }

    /// Removes all items; returns their number, and what the caller has to drop.
    pub(super) fn clear(&self) -> (usize, impl Sized + use<T>) {
        let count = self.len();
        let mut items = self.0.borrow_mut();
        let removed = match &mut *items {
            Items::FirstOut(items) => Items::FirstOut(mem::take(items)),
            Items::LastOut(items) => Items::LastOut(mem::take(items)),
            Items::SmallestOut(sorted) => Items::SmallestOut(sorted.take()),
            Items::Away { len, cleared } => {
                (*len, *cleared) = (0, true);
                Items::LastOut(Vec::new())
            }
        };
        (count, removed)
    }

    #[inline(never)]
    fn insert(&self, item: T) -> Result<()> {
        let mut excursion = Excursion::start(self)?;
        let sorted = &mut excursion.sorted;
        let number = sorted.count;
        sorted.count += 1;
        (sorted.insert)(&mut sorted.set, Entry { item, number });
        excursion.end()
    }

    #[inline(never)]
    fn remove_smallest(&self) -> Result<Option<T>> {
        let mut excursion = Excursion::start(self)?;
        let sorted = &mut excursion.sorted;
        let smallest = (sorted.pop)(&mut sorted.set);
        excursion.end()?;
        Ok(smallest.map(|entry| entry.item))
    }
}

impl<T> SortedItems<T> {
    /// Moves the items out.
    fn take(&mut self) -> Self {
        Self {
            set: mem::take(&mut self.set),
            ..*self
        }
    }
}

/// A sorted set while it is out of its place. It goes back when this is dropped: also if a
/// comparison panics.
struct Excursion<'a, T> {
    storage: &'a Storage<T>,
    sorted: SortedItems<T>,
}

impl<'a, T> Excursion<'a, T> {
    fn start(storage: &'a Storage<T>) -> Result<Self> {
        let len = storage.len();
        let cleared = false;
        match storage.0.replace(Items::Away { len, cleared }) {
            Items::SmallestOut(sorted) => Ok(Self { storage, sorted }),
            items => {
                storage.0.replace(items);
                let why = "the queue is comparing its items: it cannot be used in a comparison";
                Err(RuntimeError::new(why).into())
            }
        }
    }

    /// Fails if the queue was shut down, and emptied, meanwhile.
    fn end(self) -> Result<()> {
        match self.is_cleared() {
            false => Ok(()),
            true => Err(QueueShutDown.into()),
        }
    }

    fn is_cleared(&self) -> bool {
        matches!(*self.storage.0.borrow(), Items::Away { cleared: true, .. })
    }
}

impl<T> Drop for Excursion<'_, T> {
    fn drop(&mut self) {
        let dropped = self.is_cleared().then(|| self.sorted.take());
        let sorted = self.sorted.take();
        self.storage.0.replace(Items::SmallestOut(sorted));
        drop(dropped);
    }
}

/// An item, and its number: no two entries are equal.
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
