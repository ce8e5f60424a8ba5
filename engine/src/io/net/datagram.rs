//! Sending a datagram to an address, over UDP and over Unix sockets.

use std::io;
use std::os::fd::AsFd;

use super::connect::RETRY_DELAY;
use crate::combine::sleep;
use crate::io::source::{Source, poll};
use crate::kernel::{Co, Direction};
use yieldfrom_delegation::{Delegate, Result};

/// Sends a datagram to an address, and waits while there is no room for it, here or there.
pub(super) fn send_to<S: AsFd>(
    co: &Co,
    source: &Source<S>,
    mut send: impl FnMut(&S) -> io::Result<usize>,
) -> Result<usize> {
    loop {
        let sent = source.run(co, Direction::Write, "send_to", |io| match send(io) {
            // There is room here, but the receiver has none, and the system reports no event when
            // it has some.
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock
                    && poll(io, Direction::Write).is_ok() =>
            {
                Ok(None)
            }
            result => result.map(Some),
        });
        match sent? {
            Some(n) => return Ok(n),
            None => sleep(RETRY_DELAY).delegate(co)?,
        }
    }
}
