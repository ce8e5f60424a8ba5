//! What the examples share: Python's `int()` and `random`, as far as they need them.

pub mod int;
pub mod random;
