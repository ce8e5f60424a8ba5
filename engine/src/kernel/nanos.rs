//! Times of a loop as numbers.

use std::time::Duration;

/// A moment of a loop's time, in nanoseconds. The type covers some 584 years.
pub(crate) type Nanos = u64;

/// Converts a duration; what is too long becomes the longest there is.
pub(crate) fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
