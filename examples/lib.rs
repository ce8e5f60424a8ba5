//! What the examples share: Python's `int()` and `random`, as far as they need them, a clock that
//! a test can replace, recordings, and HTTP.

mod clock;
pub mod http;
pub mod int;
pub mod random;
pub mod recording;

pub use clock::{event_loop, thread_sleep, time};
