//! Python's generators for Rust.

mod chain;
mod co;
mod coroutine;
mod delegate;
mod error;
mod generator;
mod overflow;
pub mod stack;

pub use co::Co;
pub use delegate::{Delegate, Iter, Link, iter};
pub use error::{Error, Result};
pub use generator::{Builder, Generator, GeneratorState, State};
