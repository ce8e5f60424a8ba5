//! Support for the tests: scenarios, what replays them, and what invents them.

pub mod attack;
pub mod event_loop;
pub mod generators;
pub mod json;
pub mod scenario;
