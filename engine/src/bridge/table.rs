//! Tables of what stays on its thread, where other threads know it by its number.

use std::sync::atomic::{AtomicU64, Ordering};

use slab::Slab;

use crate::errors::panics;

/// Returns a number that no other thread has; zero in the destructors of thread-local values.
pub(super) fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.try_with(|number| *number).unwrap_or(0)
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
