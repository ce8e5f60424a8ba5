//! `Later`: the events that are scheduled for a time after the present.

use super::Priority;
use super::buckets::{Buckets, Taken};
use super::heap::Heap;
use super::key::{Item, Key};

/// Up to so many events, a heap is faster than buckets.
const FEW: usize = 64;

/// So many are fetched into the cache together: fewer were fetched a moment ago, and more would not stay there.
const FETCHED: std::ops::RangeInclusive<usize> = 5..=256;

/// The next events stand in a heap, in which they are compared, and the others in buckets.
pub(super) struct Later {
    next: Heap,
    rest: Buckets,
    /// What is before this time stands in the heap.
    end: u64,
    /// With more events than this, those of the heap go into the buckets.
    limit: usize,
}

impl Later {
    pub(super) fn new() -> Self {
        Self {
            next: Heap::default(),
            rest: Buckets::new(),
            end: u64::MAX,
            limit: 2 * FEW,
        }
    }

    /// Adds an event. Its time, and that of all others, is not before `now`.
    #[inline(always)]
    pub(super) fn push(&mut self, item: Item, now: f64) {
        if item.key.time >= self.end {
            return self.rest.push(item);
        }
        self.next.push(item);
        if self.next.len() > self.limit {
            self.spill(now);
        }
    }

    /// Moves the events of the heap into the buckets, and the next ones back.
    #[cold]
    fn spill(&mut self, now: f64) {
        if self.rest.is_empty() {
            let now = Key::new(now, Priority::Urgent, 0);
            self.rest.set_base(now.time);
        }
        // The buckets cannot have what is before those that were taken last. It stays here.
        let base = self.rest.base();
        let (early, others): (Vec<_>, Vec<_>) =
            self.next.drain().partition(|item| item.key.time < base);
        others.into_iter().for_each(|item| self.rest.push(item));
        if early.is_empty() {
            return self.refill(|_| {});
        }
        early.into_iter().for_each(|item| self.next.push(item));
        self.end = base;
        self.limit = 2 * self.next.len().max(FEW);
    }

    /// Moves the next events from the buckets into the heap. `fetch` is called with events that come soon.
    #[inline(never)]
    fn refill(&mut self, fetch: impl Fn(&[Item])) {
        while let Some(Taken {
            items,
            end,
            is_one_time,
        }) = self.rest.take_next()
        {
            if FETCHED.contains(&items.len()) {
                fetch(&items);
            }
            let are_next = items.len() <= FEW || is_one_time;
            if are_next {
                self.end = end;
                items.iter().for_each(|&item| self.next.push(item));
            } else {
                items.iter().for_each(|&item| self.rest.push(item));
            }
            self.rest.give_back(items);
            if are_next {
                break;
            }
        }
        if self.rest.is_empty() {
            self.end = u64::MAX;
        }
        self.limit = 2 * self.next.len().max(FEW);
    }

    /// Takes the next event out. `fetch` is called with events that come soon.
    #[inline(always)]
    pub(super) fn pop(&mut self, fetch: impl Fn(&[Item])) -> Option<Item> {
        if self.next.len() == 0 && !self.rest.is_empty() {
            self.refill(fetch);
        }
        self.next.pop()
    }

    /// Returns whether an event is before one of the present, or at the same time and older.
    #[inline(always)]
    pub(super) fn has_before(&mut self, present: Key) -> bool {
        // What is in the buckets is after the present.
        self.next.first().is_some_and(|key| key < present)
    }

    pub(super) fn next_time(&mut self) -> Option<f64> {
        let next = self.next.first();
        let next = next.or_else(|| self.rest.next_item().map(|item| item.key));
        next.map(Key::time)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}
