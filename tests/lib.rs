//! Support for the tests: the languages of scenarios, what replays and invents these, attacks, and a
//! time limit for processes.

pub mod attack;
pub mod json;
pub mod language;
pub mod time_limit;
