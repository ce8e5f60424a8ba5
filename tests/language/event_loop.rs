//! Event-loop scenarios: their language, and a replayer over the public API of `yieldfrom`.
//!
//! `parse` turns a file into the statements of `syntax`; a `Player` runs main, each coroutine as
//! a real one, and each callback as a real one (`frame`, `future`, `composite`, `object`), on a
//! loop in virtual time.

mod composite;
mod exception;
mod frame;
mod future;
mod object;
mod operand;
mod parse;
mod player;
mod syntax;
mod thing;

pub mod directed;
pub mod random;

pub use parse::parse;
pub use player::Player;
pub use syntax::Scenario;
