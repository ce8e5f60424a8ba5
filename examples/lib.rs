//! What the examples share: Python's `int()` and `random`, as far as they need them, and
//! a clock that a test can replace.

mod clock;
pub mod int;
pub mod random;

pub use clock::{event_loop, thread_sleep, time};
