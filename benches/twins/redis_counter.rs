//! Workers that count together, in a Redis server.

pub(super) mod async_await;
pub(super) mod threads;
pub(super) mod yieldfrom;

use std::net::SocketAddr;

use anyhow::{Context, Result};

use crate::questions::libraries::redis::{COMMANDS, QUESTION, connection};
use crate::servers::Server;

/// Counts in a redis-server, which this program starts, with several workers at once.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How many count, each by a connection of its own.
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// How often each worker counts.
    #[arg(long, default_value_t = 10)]
    times: u64,
}

/// Starts the server, which runs as long as what is returned.
pub(super) fn serve() -> Result<(Server, SocketAddr)> {
    let contestant = QUESTION.contestants.first().expect("there are some");
    let server =
        Server::start(&QUESTION, COMMANDS, contestant, None).context("redis_counter is skipped")?;
    let address = server.address();
    connection::wait_for(address)?;
    Ok((server, address))
}

/// What all workers count.
const TOTAL: &str = "total";

/// What a worker counts alone.
fn own(worker: usize) -> String {
    format!("worker {worker}")
}
