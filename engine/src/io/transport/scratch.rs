//! Memory to receive into, so that an idle connection does not own any.

use std::cell::Cell;

/// How many bytes one call of the system may give.
const SIZE: usize = 64 << 10;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Calls a function with a buffer of 64 KiB, whose contents are arbitrary.
///
/// All transports of a thread share one buffer. If it is in use, because a protocol that looks at
/// received data runs another loop, this makes another one.
#[inline]
pub(super) fn with_scratch<R>(function: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = SPARE.try_with(Cell::take).unwrap_or_default();
    if buffer.is_empty() {
        buffer = vec![0; SIZE];
    }
    let result = function(&mut buffer);
    // The thread may be ending; then the buffer is freed.
    let _ = SPARE.try_with(|spare| spare.set(buffer));
    result
}
