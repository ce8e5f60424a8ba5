//! Streams over the ends of pipes.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use super::DEFAULT_LIMIT;
use super::protocol::StreamProtocol;
use super::reader::StreamReader;
use super::writer::StreamWriter;
use crate::Result;
use crate::event_loop::Core;
use crate::transport::{End, Protocol, start_pipe};

/// Makes a reader of a pipe, which is closed with it.
pub(crate) fn reading_end(core: &Rc<Core>, fd: OwnedFd, limit: usize) -> Result<StreamReader> {
    Ok(ends(core, fd, End::Reading, limit)?.0)
}

/// Makes a writer of a pipe, which is closed with it when all is written.
pub(crate) fn writing_end(core: &Rc<Core>, fd: OwnedFd) -> Result<StreamWriter> {
    Ok(ends(core, fd, End::Writing, DEFAULT_LIMIT)?.1)
}

fn ends(
    core: &Rc<Core>,
    fd: OwnedFd,
    end: End,
    limit: usize,
) -> Result<(StreamReader, StreamWriter)> {
    let protocol = Rc::new(StreamProtocol::new(limit, None));
    let told = Rc::clone(&protocol) as Rc<dyn Protocol>;
    Ok(protocol.ends(start_pipe(core, fd, end, told)?))
}
