//! Python's generators for Rust.

mod builder;
mod chain;
mod co;
mod coroutine;
mod delegate;
mod error;
mod generator;
mod link;
mod overflow;
pub mod stack;

pub use builder::Builder;
pub use co::Co;
pub use delegate::{Delegate, Iter, iter};
pub use error::{Error, Result};
pub use generator::{Generator, GeneratorState, State};
pub use link::Link;
