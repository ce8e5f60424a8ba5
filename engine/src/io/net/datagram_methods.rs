//! The operations that sockets of datagrams have, over UDP and over Unix sockets.

use std::net::SocketAddr;
use std::os::unix::net::SocketAddr as UnixAddr;

use super::{UdpSocket, UnixDatagram};
use crate::kernel::{Co, Direction, Operation};
use yieldfrom_delegation::Result;

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

            /// Waits for a datagram of any sender, and returns its length and the sender.
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
