//! Asking the system whether a descriptor is ready.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::kernel::Direction;

/// Asks the system whether a descriptor is ready; fails with `WouldBlock` if it is not.
pub(crate) fn poll(io: &impl AsFd, direction: Direction) -> io::Result<()> {
    poll_within(io, direction, Some(Duration::ZERO))
}

/// Waits, on this thread, until a descriptor is ready; fails with `WouldBlock` if it is not within `limit`.
pub(crate) fn poll_within(
    io: &impl AsFd,
    direction: Direction,
    limit: Option<Duration>,
) -> io::Result<()> {
    let flags = match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    // A time beyond what the system can count is no limit.
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    match rustix::event::poll(&mut [PollFd::new(io, flags)], limit.as_ref()) {
        Ok(0) => Err(io::ErrorKind::WouldBlock.into()),
        // A signal's handler ran: the caller tries its operation, and polls again.
        Err(Errno::INTR) if limit.is_none_or(|limit| limit != Timespec::default()) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}
