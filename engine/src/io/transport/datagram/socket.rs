//! The socket below a datagram transport.

use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::rc::Rc;

use crate::Result;
use crate::io::net::{self, Address};
use crate::io::source::Source;
use crate::kernel::{Core, Direction, Ready};

/// A socket of either kind, which does not block.
pub(in crate::io::transport) enum Socket {
    Udp(Source<UdpSocket>),
    Unix(Source<UnixDatagram>),
}

/// Both kinds have the same operations.
macro_rules! of_either {
    ($socket:expr, $source:ident => $body:expr) => {
        match $socket {
            Socket::Udp($source) => $body,
            Socket::Unix($source) => $body,
        }
    };
}

impl Socket {
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Address)> {
        const READ: Direction = Direction::Read;
        match self {
            Self::Udp(source) => source
                .attempt(READ, |io| io.recv_from(buffer))
                .map(|(n, from)| (n, from.into())),
            Self::Unix(source) => source
                .attempt(READ, |io| io.recv_from(buffer))
                .map(|(n, from)| (n, from.into())),
        }
    }

    /// Sends to an address, or with none, to that to which it is connected.
    pub(super) fn send(&self, data: &[u8], address: Option<&Address>) -> io::Result<usize> {
        const WRITE: Direction = Direction::Write;
        match (self, address) {
            (Self::Udp(source), None) => source.attempt(WRITE, |io| io.send(data)),
            (Self::Unix(source), None) => source.attempt(WRITE, |io| io.send(data)),
            (Self::Udp(source), Some(Address::Inet(to))) => {
                source.attempt(WRITE, |io| io.send_to(data, to))
            }
            (Self::Unix(source), Some(Address::Unix(to))) => {
                source.attempt(WRITE, |io| io.send_to_addr(data, to))
            }
            _ => {
                let why = "the address is not of the socket's kind";
                Err(io::Error::new(io::ErrorKind::InvalidInput, why))
            }
        }
    }

    pub(super) fn may_be_ready(&self, direction: Direction) -> bool {
        of_either!(self, source => source.may_be_ready(direction))
    }

    pub(super) fn set_callback(
        &self,
        core: &Rc<Core>,
        direction: Direction,
        callback: Option<Rc<dyn Ready>>,
    ) -> Result<()> {
        of_either!(self, source => source.set_callback(core, direction, callback))
    }

    pub(super) fn sockname(&self) -> Option<Address> {
        match self {
            Self::Udp(source) => Some(source.get().local_addr().ok()?.into()),
            Self::Unix(source) => Some(source.get().local_addr().ok()?.into()),
        }
    }

    pub(super) fn peername(&self) -> Option<Address> {
        match self {
            Self::Udp(source) => Some(source.get().peer_addr().ok()?.into()),
            Self::Unix(source) => Some(source.get().peer_addr().ok()?.into()),
        }
    }

    pub(super) fn number(&self) -> RawFd {
        of_either!(self, source => source.get().as_fd().as_raw_fd())
    }
}

/// A socket for datagrams that a transport can be made of: a [`net::UdpSocket`], a
/// [`net::UnixDatagram`], or std's. Nobody else can implement it.
///
/// # Examples
///
/// See [`create_datagram_endpoint_on`](crate::transport::create_datagram_endpoint_on).
pub trait DatagramSocket: sealed::Sealed {}

mod sealed {
    pub trait Sealed {
        #[doc(hidden)]
        fn into_socket(self) -> std::io::Result<Wrapped>;
    }

    /// Hides what a socket is.
    pub struct Wrapped(pub(super) super::Socket);

    impl std::fmt::Debug for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Wrapped")
        }
    }
}

pub(in crate::io::transport) fn into_socket(socket: impl DatagramSocket) -> io::Result<Socket> {
    Ok(socket.into_socket()?.0)
}

fn in_use() -> io::Error {
    let why = "the socket is still used by an operation; end that first";
    io::Error::new(io::ErrorKind::ResourceBusy, why)
}

macro_rules! datagram_sockets {
    ($($type:ty: |$socket:ident| $made:expr;)*) => {$(
        impl DatagramSocket for $type {}

        impl sealed::Sealed for $type {
            fn into_socket(self) -> io::Result<sealed::Wrapped> {
                let $socket = self;
                Ok(sealed::Wrapped($made))
            }
        }
    )*};
}

datagram_sockets! {
    net::UdpSocket: |socket| Socket::Udp(socket.into_source().ok_or_else(in_use)?);
    net::UnixDatagram: |socket| Socket::Unix(socket.into_source().ok_or_else(in_use)?);
    UdpSocket: |socket| {
        socket.set_nonblocking(true)?;
        Socket::Udp(Source::new(socket))
    };
    UnixDatagram: |socket| {
        socket.set_nonblocking(true)?;
        Socket::Unix(Source::new(socket))
    };
}
