//! The end of a pipe below a transport, and what the system knows of it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, fstat};

/// The end of a pipe that a transport has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Reading,
    Writing,
}

/// Reads from a pipe. A named pipe that has not had a writer yet has not ended: that would block.
#[inline]
pub(super) fn read_from(mut pipe: &File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match pipe.read(buffer)? {
            0 => match empty_pipe(pipe)? {
                EmptyPipe::Ended => return Ok(0),
                EmptyPipe::NoWriterYet => return Err(io::ErrorKind::WouldBlock.into()),
                EmptyPipe::ReadableAgain => {}
            },
            n => return Ok(n),
        }
    }
}

/// Why a read from a pipe gave no bytes.
enum EmptyPipe {
    Ended,
    NoWriterYet,
    /// A writer has written since.
    ReadableAgain,
}

/// Finds out why a read gave no bytes. Reading cannot tell an end from a writer that has not come
/// yet; polling can.
#[cold]
fn empty_pipe(pipe: &File) -> io::Result<EmptyPipe> {
    // At a terminal a user can type the end, which polling does not show.
    if file_type(pipe)? != FileType::Fifo {
        return Ok(EmptyPipe::Ended);
    }
    let found = poll_now(pipe, PollFlags::IN)?;
    Ok(if found.contains(PollFlags::IN) {
        EmptyPipe::ReadableAgain
    } else if found.is_empty() {
        EmptyPipe::NoWriterYet
    } else {
        EmptyPipe::Ended
    })
}

pub(super) fn poll_now(fd: &impl AsFd, wanted: PollFlags) -> rustix::io::Result<PollFlags> {
    let mut polled = [PollFd::new(fd, wanted)];
    rustix::event::poll(&mut polled, Some(&Timespec::default()))?;
    Ok(polled[0].revents())
}

pub(super) fn file_type(fd: &impl AsFd) -> rustix::io::Result<FileType> {
    Ok(FileType::from_raw_mode(fstat(fd)?.st_mode))
}
