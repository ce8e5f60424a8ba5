//! What the languages of scenarios share: values, expressions, the statements that control what is
//! run, and what compares traces with the reference's.
//!
//! A `Language` adds its own statements to a `Parser`'s, and a `Runner` knows how to run these.

pub(crate) mod exception;
pub(crate) mod expr;
pub(crate) mod invent;
pub(crate) mod parse;
pub(crate) mod run;
pub(crate) mod syntax;
pub(crate) mod value;

pub mod command;
pub mod event_loop;
pub mod generators;
pub mod reference;
pub mod session;
pub mod shrink;
pub mod simulation;
