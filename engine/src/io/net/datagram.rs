//! The operations on sockets of datagrams, as delegates.

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram};

use super::connect::RETRY;
use crate::combine::sleep;
use crate::io::source::{Source, poll};
use crate::kernel::{Direction, Request};
use crate::{Co, Delegate, Result};

/// What the standard library's sockets of datagrams have in common.
///
/// # Examples
///
/// See [`UdpSocket`](crate::net::UdpSocket).
pub trait Datagram: AsFd + sealed::Sealed {
    /// The address of such a socket.
    type Address;

    #[doc(hidden)]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize>;
    #[doc(hidden)]
    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Self::Address)>;
    #[doc(hidden)]
    fn transmit(&self, bytes: &[u8]) -> io::Result<usize>;
    #[doc(hidden)]
    fn transmit_to(&self, bytes: &[u8], address: &Self::Address) -> io::Result<usize>;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::UdpSocket {}
    impl Sealed for super::UnixDatagram {}
}

impl Datagram for UdpSocket {
    type Address = SocketAddr;

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.recv(buffer)
    }

    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer)
    }

    fn transmit(&self, bytes: &[u8]) -> io::Result<usize> {
        self.send(bytes)
    }

    fn transmit_to(&self, bytes: &[u8], address: &SocketAddr) -> io::Result<usize> {
        self.send_to(bytes, address)
    }
}

impl Datagram for UnixDatagram {
    type Address = UnixAddr;

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.recv(buffer)
    }

    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, UnixAddr)> {
        self.recv_from(buffer)
    }

    fn transmit(&self, bytes: &[u8]) -> io::Result<usize> {
        self.send(bytes)
    }

    fn transmit_to(&self, bytes: &[u8], address: &UnixAddr) -> io::Result<usize> {
        self.send_to_addr(bytes, address)
    }
}

fn would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* })*) => {$(
        $(#[$doc])*
        #[must_use = "it happens when a coroutine delegates to it by yield_from"]
        pub struct $name<'a, S: Datagram> {
            pub(super) source: &'a Source<S>,
            $(pub(super) $field: $type,)*
        }

        impl<S: Datagram> fmt::Debug for $name<'_, S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

operations! {
    /// Receives a datagram, when delegated to: see [`recv`](super::UdpSocket::recv).
    Recv { buffer: &'a mut [u8] }
    /// Receives a datagram from anybody: see [`recv_from`](super::UdpSocket::recv_from).
    RecvFrom { buffer: &'a mut [u8] }
    /// Sends a datagram to the peer: see [`send`](super::UdpSocket::send).
    Send { bytes: &'a [u8] }
    /// Sends a datagram to an address: see [`send_to`](super::UdpSocket::send_to).
    SendTo { bytes: &'a [u8], to: Result<S::Address> }
}

impl<S: Datagram> Delegate<Request, ()> for Recv<'_, S> {
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        let Self { source, buffer } = self;
        source.run(co, Direction::Read, "recv", |io| io.receive(buffer))
    }
}

impl<S: Datagram> Delegate<Request, ()> for RecvFrom<'_, S> {
    type Output = (usize, S::Address);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<(usize, S::Address)> {
        let Self { source, buffer } = self;
        source.run(co, Direction::Read, "recv_from", |io| {
            io.receive_from(buffer)
        })
    }
}

impl<S: Datagram> Delegate<Request, ()> for Send<'_, S> {
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        let Self { source, bytes } = self;
        source.run(co, Direction::Write, "send", |io| io.transmit(bytes))
    }
}

impl<S: Datagram> Delegate<Request, ()> for SendTo<'_, S> {
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        let Self { source, bytes, to } = self;
        let to = to?;
        loop {
            let sent = source.run(co, Direction::Write, "send_to", |io| {
                match io.transmit_to(bytes, &to) {
                    // There is room here, but not at the receiver's, and nothing tells when there
                    // is.
                    Err(error) if would_block(&error) && poll(io, Direction::Write).is_ok() => {
                        Ok(None)
                    }
                    result => result.map(Some),
                }
            });
            match sent? {
                Some(n) => return Ok(n),
                None => co.yield_from(sleep(RETRY))?,
            }
        }
    }
}

/// The operations that both kinds have.
macro_rules! datagrams {
    ($type:ty, $std:ty, $address:ty, see = $see:literal) => {
        impl $type {
            pub(crate) fn new(socket: $std) -> Self {
                Self {
                    source: std::rc::Rc::new(crate::io::source::Source::new(socket)),
                }
            }

            /// Gives the socket to a transport; none if an operation still uses it.
            pub(crate) fn into_source(self) -> Option<crate::io::source::Source<$std>> {
                std::rc::Rc::into_inner(self.source)
            }

            /// Waits for a datagram of the peer, and returns how long it is; what does not fit
            /// into the buffer is lost.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what the system reports, such as that the peer's port is closed.
            ///
            /// # Examples
            ///
            #[doc = $see]
            pub fn recv<'a>(&'a self, buffer: &'a mut [u8]) -> Recv<'a, $std> {
                Recv {
                    source: &self.source,
                    buffer,
                }
            }

            /// Waits for a datagram of anybody, and returns how long it is and where it is from.
            ///
            /// # Errors
            ///
            /// As `recv`.
            ///
            /// # Examples
            ///
            #[doc = $see]
            pub fn recv_from<'a>(&'a self, buffer: &'a mut [u8]) -> RecvFrom<'a, $std> {
                RecvFrom {
                    source: &self.source,
                    buffer,
                }
            }

            /// Sends a datagram to the peer, when there is room for it.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what the system reports, such as that there is no peer.
            ///
            /// # Examples
            ///
            #[doc = $see]
            pub fn send<'a>(&'a self, bytes: &'a [u8]) -> Send<'a, $std> {
                Send {
                    source: &self.source,
                    bytes,
                }
            }
        }
    };
}

pub(super) use datagrams;
