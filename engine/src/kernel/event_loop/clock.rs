//! Where the loop's time comes from.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::kernel::nanos::{Nanos, nanos};

/// The loop's clock.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The system's monotonic clock, as time since `began`.
    Real { began: Instant, start: Nanos },
    /// Stands still while anything is ready, and then jumps to the next deadline.
    Virtual(Cell<Nanos>),
}

impl Clock {
    pub(crate) fn real(start: Duration) -> Self {
        Self::Real {
            began: Instant::now(),
            start: nanos(start),
        }
    }

    pub(crate) fn virtual_at(start: Duration) -> Self {
        Self::Virtual(Cell::new(nanos(start)))
    }

    #[inline]
    pub(crate) fn now(&self) -> Nanos {
        match self {
            Self::Real { began, start } => start.saturating_add(nanos(began.elapsed())),
            Self::Virtual(now) => now.get(),
        }
    }

    #[cfg(any(feature = "futures", feature = "trace"))]
    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }

    /// Lets virtual time pass until `deadline`, if that is not past; real time passes by itself.
    pub(crate) fn advance(&self, deadline: Nanos) {
        if let Self::Virtual(now) = self {
            now.set(now.get().max(deadline));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_only_moves_forward() {
        let clock = Clock::virtual_at(Duration::from_nanos(5));
        clock.advance(3);
        assert_eq!(clock.now(), 5);
        clock.advance(8);
        assert_eq!(clock.now(), 8);
    }

    #[test]
    fn absurd_durations_saturate() {
        assert_eq!(nanos(Duration::MAX), u64::MAX);
        assert_eq!(Clock::real(Duration::MAX).now(), u64::MAX);
    }
}
