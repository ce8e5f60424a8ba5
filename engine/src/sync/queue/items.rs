//! What is in a queue, in one of three orders.
//!
//! No borrow lasts while anybody's code runs: moving items runs none, and what is to be dropped is
//! handed out. Only sorting does, as it compares items; the sorted set is away meanwhile.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::mem;

use super::orders::Entry;
use crate::Result;
use crate::errors::{QueueShutDown, RuntimeError};

pub(super) struct Items<T>(RefCell<Store<T>>);

enum Store<T> {
    FirstOut(VecDeque<T>),
    LastOut(Vec<T>),
    SmallestOut(Sorted<T>),
    /// A sorted set that [`Taken`] holds.
    Away {
        len: usize,
        /// Whether all was dropped meanwhile.
        cleared: bool,
    },
}

/// A sorted set of items, together with what needs to know their order.
pub(super) struct Sorted<T> {
    pub(super) set: BTreeSet<Entry<T>>,
    /// How many were put so far: tells equal ones apart.
    pub(super) count: u64,
    pub(super) insert: fn(&mut BTreeSet<Entry<T>>, Entry<T>) -> bool,
    pub(super) pop: fn(&mut BTreeSet<Entry<T>>) -> Option<Entry<T>>,
}

impl<T> Items<T> {
    pub(super) fn first_in_first_out() -> Self {
        Self(RefCell::new(Store::FirstOut(VecDeque::new())))
    }

    pub(super) fn last_in_first_out() -> Self {
        Self(RefCell::new(Store::LastOut(Vec::new())))
    }

    pub(super) fn smallest_first(sorted: Sorted<T>) -> Self {
        Self(RefCell::new(Store::SmallestOut(sorted)))
    }

    pub(super) fn name(&self) -> &'static str {
        match &*self.0.borrow() {
            Store::FirstOut(_) => "Queue",
            Store::LastOut(_) => "LifoQueue",
            Store::SmallestOut(_) | Store::Away { .. } => "PriorityQueue",
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        match &*self.0.borrow() {
            Store::FirstOut(items) => items.len(),
            Store::LastOut(items) => items.len(),
            Store::SmallestOut(sorted) => sorted.set.len(),
            Store::Away { len, .. } => *len,
        }
    }

    /// Adds an item; fails while items are being compared.
    #[inline(always)]
    pub(super) fn push(&self, item: T) -> Result<()> {
        let mut store = self.0.borrow_mut();
        match &mut *store {
            Store::FirstOut(items) => items.push_back(item),
            Store::LastOut(items) => items.push(item),
            Store::SmallestOut(_) | Store::Away { .. } => {
                drop(store);
                return self.insert(item);
            }
        }
        Ok(())
    }

    /// Removes the item whose turn it is, if there is any; fails while items are being compared.
    #[inline(always)]
    pub(super) fn pop(&self) -> Result<Option<T>> {
        let mut store = self.0.borrow_mut();
        match &mut *store {
            Store::FirstOut(items) => Ok(items.pop_front()),
            Store::LastOut(items) => Ok(items.pop()),
            Store::SmallestOut(_) | Store::Away { .. } => {
                drop(store);
                self.remove_smallest()
            }
        }
    }

    /// Empties it, and returns how many items there were, and what is to be dropped.
    pub(super) fn clear(&self) -> (usize, impl Sized + use<T>) {
        let count = self.len();
        let mut store = self.0.borrow_mut();
        let items = match &mut *store {
            Store::FirstOut(items) => Store::FirstOut(mem::take(items)),
            Store::LastOut(items) => Store::LastOut(mem::take(items)),
            Store::SmallestOut(sorted) => Store::SmallestOut(sorted.split_off()),
            Store::Away { len, cleared } => {
                (*len, *cleared) = (0, true);
                Store::LastOut(Vec::new())
            }
        };
        (count, items)
    }

    #[inline(never)]
    fn insert(&self, item: T) -> Result<()> {
        let mut taken = Taken::new(self)?;
        let sorted = taken.sorted();
        let number = sorted.count;
        sorted.count += 1;
        (sorted.insert)(&mut sorted.set, Entry { item, number });
        taken.put_back()
    }

    #[inline(never)]
    fn remove_smallest(&self) -> Result<Option<T>> {
        let mut taken = Taken::new(self)?;
        let sorted = taken.sorted();
        let smallest = (sorted.pop)(&mut sorted.set);
        taken.put_back()?;
        Ok(smallest.map(|entry| entry.item))
    }
}

impl<T> Sorted<T> {
    /// Moves the items out.
    fn split_off(&mut self) -> Self {
        Self {
            set: mem::take(&mut self.set),
            ..*self
        }
    }
}

/// A sorted set out of its place, to which it returns when this is dropped: also if a comparison
/// panics.
struct Taken<'a, T> {
    items: &'a Items<T>,
    sorted: Option<Sorted<T>>,
}

impl<'a, T> Taken<'a, T> {
    fn new(items: &'a Items<T>) -> Result<Self> {
        let len = items.len();
        let cleared = false;
        let store = items.0.replace(Store::Away { len, cleared });
        if let Store::SmallestOut(sorted) = store {
            let sorted = Some(sorted);
            return Ok(Self { items, sorted });
        }
        items.0.replace(store);
        let why = "the queue is comparing its items: it cannot be used in a comparison";
        Err(RuntimeError::new(why).into())
    }

    fn sorted(&mut self) -> &mut Sorted<T> {
        self.sorted.as_mut().expect("it is put back last")
    }

    /// Puts the set back; fails if the queue was shut down, and emptied, while it was away.
    fn put_back(mut self) -> Result<()> {
        match self.replace() {
            None => Ok(()),
            Some(_dropped) => Err(QueueShutDown.into()),
        }
    }

    /// Puts the set back, and returns what has to be dropped.
    fn replace(&mut self) -> Option<Sorted<T>> {
        let mut sorted = self.sorted.take()?;
        let cleared = matches!(*self.items.0.borrow(), Store::Away { cleared: true, .. });
        let dropped = cleared.then(|| sorted.split_off());
        self.items.0.replace(Store::SmallestOut(sorted));
        dropped
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        drop(self.replace());
    }
}
