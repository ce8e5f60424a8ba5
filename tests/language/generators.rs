//! Generator scenarios: their language, and a replayer over the public API of
//! `yieldfrom-delegation`.
//!
//! `parse` turns a file into the statements of `syntax`; a `Player` runs the driver, and
//! each body as the body of a real generator (`body`, `operation`).

mod body;
mod exception;
mod operation;
mod parse;
mod player;
mod syntax;

pub mod directed;
pub mod random;

pub use parse::parse;
pub use player::Player;
pub use syntax::Scenario;
