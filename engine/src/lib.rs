//! Python 3.4's generator-based asyncio, rebuilt on stackful coroutines.
//!
//! So far this crate is its foundation, the generators of [`delegation`]; the event loop
//! is to come.
//!
//! ```
//! use yieldfrom::{Generator, GeneratorState::Yielded};
//!
//! let g: Generator<i32> = Generator::new(|co| co.yield_(1));
//! assert_eq!(g.next()?, Yielded(1));
//! # Ok::<(), yieldfrom::Error>(())
//! ```

pub use yieldfrom_delegation as delegation;
pub use yieldfrom_delegation::{
    Builder, Co, Delegate, Error, Generator, GeneratorState, Iter, Link, Result, State, iter,
};
