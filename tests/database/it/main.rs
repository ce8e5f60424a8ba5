//! The server starts, answers, restarts and ends.

mod client;
mod ends;
mod starts;
#[path = "../../it/support/watchdog.rs"]
mod watchdog;
