//! All integration tests, in one binary: it is linked once.

mod bridge;
mod event_loop;
mod generators;
mod io;
mod repository;
mod simulation;
mod support;
