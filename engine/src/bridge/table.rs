//! Tables of what stays on its thread, where other threads know it by its number.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use slab::Slab;

use crate::errors::panics;

/// Returns a number that no other thread has.
#[inline]
pub(super) fn this_thread() -> u64 {
    // It has no destructor, and no value to be made at the first use, which would be looked for at each.
    thread_local!(static NUMBER: Cell<u64> = const { Cell::new(0) });
    match NUMBER.get() {
        0 => {
            NUMBER.set(next_number());
            NUMBER.get()
        }
        number => number,
    }
}

#[cold]
fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A table in a thread-local value.
pub(super) struct Table<V>(pub(super) Slab<V>);

impl<V> Table<V> {
    pub(super) const fn new() -> Self {
        Self(Slab::new())
    }
}

/// A panic that left the destructor of a thread-local value would end the process.
impl<V> Drop for Table<V> {
    fn drop(&mut self) {
        panics::contain(|| panics::drop_each(self.0.drain()));
    }
}
