//! Readers and writers, alone and over sockets.

mod cancelled;
mod connections;
mod faults;
mod reader;
mod reader_comparison;
mod resets;
mod serving;

use std::os::unix::net::UnixStream;

use yieldfrom::{Co, Result, StreamReader, StreamWriter, open_connection_on};

pub(crate) use crate::transports::{reporting_loop, run_io, run_io_on, turns, until};

pub(crate) type Ends = (StreamReader, StreamWriter);

/// Returns the ends of both sides of a connection.
pub(crate) fn pair(co: &Co) -> Result<(Ends, Ends)> {
    let (one, other) = UnixStream::pair()?;
    let one = co.yield_from(open_connection_on(one))?;
    Ok((one, co.yield_from(open_connection_on(other))?))
}
