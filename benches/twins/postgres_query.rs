//! Workers that write to a PostgreSQL server, and ask it.

pub(super) mod async_await;
mod by_tokio_postgres;
pub(super) mod threads;
pub(super) mod yieldfrom;

use std::net::SocketAddr;

use anyhow::{Context, Result};

use crate::questions::services::{POSTGRES, QUERIES};
use crate::servers::Server;

/// Writes to a PostgreSQL server, which this program starts, by several workers at once, and asks for sums.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How many write, each by a connection of its own.
    #[arg(long, default_value_t = 4)]
    workers: i32,
    /// How many numbers each worker writes.
    #[arg(long, default_value_t = 10)]
    times: i32,
}

/// Starts the server, which runs as long as what is returned.
pub(super) fn serve() -> Result<(Server, SocketAddr)> {
    let contestant = POSTGRES.contestants.first().expect("there are some");
    let server = Server::start(&POSTGRES, QUERIES, contestant, None);
    let server = server.context("postgres_query is skipped")?;
    let address = server.address();
    Ok((server, address))
}

const CREATE: &str = "CREATE TABLE numbers (worker int4, number int8)";
const INSERT: &str = "INSERT INTO numbers VALUES ($1, $2)";
const SUM: &str = "SELECT coalesce(sum(number), 0)::int8 FROM numbers WHERE worker = $1";
const TOTAL: &str = "SELECT coalesce(sum(number), 0)::int8 FROM numbers";
