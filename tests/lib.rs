//! Support for the tests: scenarios, what replays them, and what invents them.

pub mod generators;
pub mod json;
