//! The operations that sockets of datagrams have, over UDP and over Unix sockets.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::net::SocketAddr as UnixAddr;

use super::connect::RETRY_DELAY;
use super::{UdpSocket, UnixDatagram};
use crate::combine::sleep;
use crate::io::source::{Source, poll};
use crate::kernel::{Co, Direction, Operation};
use yieldfrom_delegation::{Delegate, Result};

macro_rules! datagram_methods {
    ($($type:ty, $address:ty;)*) => {$(
        impl $type {
            /// Waits for a datagram of the peer, and returns its length. Bytes that do not fit into
            /// the buffer are lost.
            ///
            /// # Errors
            ///
            /// `yield_from` returns the error of the system, for instance if the peer's port is
            /// closed.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn recv(&self, buffer: &mut [u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                self.source.operation(Direction::Read, "recv", move |io| io.recv(buffer))
            }

            /// Waits for a datagram of anybody, and returns its length and its sender.
            ///
            /// # Errors
            ///
            /// As `recv`.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn recv_from(
                &self,
                buffer: &mut [u8],
            ) -> Operation<impl FnOnce(&Co) -> Result<(usize, $address)>> {
                self.source.operation(Direction::Read, "recv_from", move |io| io.recv_from(buffer))
            }

            /// Waits for room, and sends a datagram to the peer; returns its length.
            ///
            /// # Errors
            ///
            /// `yield_from` returns the error of the system, for instance if there is no peer.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn send(&self, bytes: &[u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                self.source.operation(Direction::Write, "send", move |io| io.send(bytes))
            }
        }
    )*};
}

datagram_methods! {
    UdpSocket, SocketAddr;
    UnixDatagram, UnixAddr;
}

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
