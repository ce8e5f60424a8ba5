//! The errors that only simulations have.

use std::fmt;

/// There was no event to process: the error of [`Env::step`](super::Env::step).
///
/// SimPy's `EmptySchedule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptySchedule;

impl fmt::Display for EmptySchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("step: no scheduled events left")
    }
}

impl std::error::Error for EmptySchedule {}
