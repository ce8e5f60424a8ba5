//! The monitor: a Unix socket by which other programs look at a loop that runs.
//!
//! A thread serves the socket. When it is asked, it wakes the loop, which makes a snapshot between two turns. If the
//! loop does not come round, because an entry holds it, the thread answers with the last snapshot and with what it
//! knows of that entry. While nobody is connected, the loop notes nothing.

mod answer;
mod client;
mod link;
mod loop_end;
mod server;
mod snapshot;
mod socket;
#[cfg(test)]
mod tests;
mod turn_times;

pub(super) use link::MonitorLink;
pub(super) use loop_end::LoopEnd;
pub(super) use server::Server;
pub(super) use socket::MonitorSocket;
