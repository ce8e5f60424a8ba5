//! Memory to receive into, which idle connections do not own.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// How much one call of the system may give.
const SIZE: usize = 64 << 10;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A buffer of 64 KiB. It is the thread's one, unless somebody has that: a protocol, while it looks
/// at what was received.
pub(super) struct Scratch(Vec<u8>);

impl Scratch {
    #[inline]
    pub(super) fn new() -> Self {
        let spare = SPARE.try_with(Cell::take).unwrap_or_default();
        if spare.is_empty() {
            return Self(vec![0; SIZE]);
        }
        Self(spare)
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        // The thread may be ending.
        let _ = SPARE.try_with(|spare| spare.set(buffer));
    }
}

impl Deref for Scratch {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
