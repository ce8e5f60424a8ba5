//! Support for the tests: the languages of scenarios, what replays and invents these, and attacks.

pub mod attack;
pub mod json;
pub mod language;
