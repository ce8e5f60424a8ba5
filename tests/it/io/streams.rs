//! Readers and writers, alone and over sockets.

mod any_stream;
mod cancellation;
mod failed_connections;
mod lines;
mod misbehaving_peers;
mod over_sockets;
mod reader_against_cpython;
mod reader_fed_by_hand;
mod servers;

use std::os::unix::net::UnixStream;

use yieldfrom::{Co, Result, StreamReader, StreamWriter, open_connection_on};

pub(crate) type Ends = (StreamReader, StreamWriter);

/// Returns the ends of both sides of a connection.
pub(crate) fn pair(co: &Co) -> Result<(Ends, Ends)> {
    let (one, other) = UnixStream::pair()?;
    let one = co.yield_from(open_connection_on(one))?;
    Ok((one, co.yield_from(open_connection_on(other))?))
}
