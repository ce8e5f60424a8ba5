//! The socket, or the end of a pipe, below a transport or a server.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::rc::Rc;

use super::pipe_end::{End, read_from};
use crate::errors::panics;
use crate::io::net::{self, Address};
use crate::io::source::Source;
use crate::kernel::{Core, Direction, Ready};
use yieldfrom_delegation::Result;

const READ: Direction = Direction::Read;
const WRITE: Direction = Direction::Write;

/// A socket, or one end of a pipe, that does not block.
///
/// Each transport and each server calls only the operations of its own kinds. The others would fail.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(Source<TcpStream>),
    Unix(Source<UnixStream>),
    Pipe(Source<File>, End),
    Udp(Source<UdpSocket>),
    UnixDatagram(Source<UnixDatagram>),
    TcpListener(Source<TcpListener>),
    UnixListener(Source<UnixListener>),
}

macro_rules! of_any {
    ($socket:expr, $source:ident => $body:expr) => {
        match $socket {
            Socket::Tcp($source) => $body,
            Socket::Unix($source) => $body,
            Socket::Pipe($source, _) => $body,
            Socket::Udp($source) => $body,
            Socket::UnixDatagram($source) => $body,
            Socket::TcpListener($source) => $body,
            Socket::UnixListener($source) => $body,
        }
    };
}

impl Socket {
    #[inline]
    pub(super) fn may_be_ready(&self, direction: Direction) -> bool {
        of_any!(self, source => source.may_be_ready(direction))
    }

    pub(super) fn set_callback(
        &self,
        core: &Rc<Core>,
        direction: Direction,
        callback: Option<Rc<dyn Ready>>,
    ) -> Result<()> {
        of_any!(self, source => source.set_callback(core, direction, callback))
    }

    /// Takes the callbacks away. That cannot fail, since it registers nothing.
    pub(super) fn clear_callbacks(&self, core: &Rc<Core>) {
        for direction in [READ, WRITE] {
            let _ = self.set_callback(core, direction, None);
        }
    }

    /// Returns the address of this end.
    pub(super) fn sockname(&self) -> Option<Address> {
        match self {
            Self::Tcp(source) => source.get().local_addr().ok().map(Address::from),
            Self::Udp(source) => source.get().local_addr().ok().map(Address::from),
            Self::TcpListener(source) => source.get().local_addr().ok().map(Address::from),
            Self::Unix(source) => source.get().local_addr().ok().map(Address::from),
            Self::UnixDatagram(source) => source.get().local_addr().ok().map(Address::from),
            Self::UnixListener(source) => source.get().local_addr().ok().map(Address::from),
            Self::Pipe(..) => None,
        }
    }

    /// Returns the address of the peer, if the socket is connected to one.
    pub(super) fn peername(&self) -> Option<Address> {
        match self {
            Self::Tcp(source) => source.get().peer_addr().ok().map(Address::from),
            Self::Udp(source) => source.get().peer_addr().ok().map(Address::from),
            Self::Unix(source) => source.get().peer_addr().ok().map(Address::from),
            Self::UnixDatagram(source) => source.get().peer_addr().ok().map(Address::from),
            Self::Pipe(..) | Self::TcpListener(_) | Self::UnixListener(_) => None,
        }
    }

    /// Returns which end of a pipe it is, or none for a socket.
    pub(super) fn end(&self) -> Option<End> {
        match self {
            Self::Pipe(_, end) => Some(*end),
            _ => None,
        }
    }
}

/// The operations of streams.
impl Socket {
    #[inline]
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len();
        match self {
            Self::Tcp(source) => source.attempt_transfer(READ, wanted, |mut io| io.read(buffer)),
            Self::Unix(source) => source.attempt_transfer(READ, wanted, |mut io| io.read(buffer)),
            Self::Pipe(source, _) => {
                source.attempt_transfer(READ, wanted, |io| read_from(io, buffer))
            }
            _ => Err(misused()),
        }
    }

    /// Receives from a socket, also if its last event is used up: the next one may be under way.
    pub(super) fn receive_rest(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(source) => source.get().read(buffer),
            Self::Unix(source) => source.get().read(buffer),
            _ => Err(misused()),
        }
    }

    #[inline]
    pub(super) fn send(&self, data: &[u8]) -> io::Result<usize> {
        let wanted = data.len();
        match self {
            Self::Tcp(source) => source.attempt_transfer(WRITE, wanted, |mut io| io.write(data)),
            Self::Unix(source) => source.attempt_transfer(WRITE, wanted, |mut io| io.write(data)),
            Self::Pipe(source, _) => {
                source.attempt_transfer(WRITE, wanted, |mut io| io.write(data))
            }
            _ => Err(misused()),
        }
    }

    /// Tells the peer that nothing more will come.
    pub(super) fn end_writing(&self) -> io::Result<()> {
        match self {
            Self::Tcp(source) => source.get().shutdown(Shutdown::Write),
            Self::Unix(source) => source.get().shutdown(Shutdown::Write),
            // A pipe is closed instead.
            _ => Ok(()),
        }
    }

    /// Has small writes sent at once, which lowers the latency.
    pub(super) fn set_nodelay(&self) {
        if let Self::Tcp(source) = self
            && let Err(error) = source.get().set_nodelay(true)
        {
            // The peer may have gone already, for example. Reading or writing will show that.
            panics::contain(|| log::debug!("cannot switch off the delay of small writes: {error}"));
        }
    }
}

/// The operations of datagrams.
impl Socket {
    pub(super) fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Address)> {
        match self {
            Self::Udp(source) => source
                .attempt(READ, |io| io.recv_from(buffer))
                .map(|(n, from)| (n, from.into())),
            Self::UnixDatagram(source) => source
                .attempt(READ, |io| io.recv_from(buffer))
                .map(|(n, from)| (n, from.into())),
            _ => Err(misused()),
        }
    }

    /// Sends to an address; without one, to the peer to which the socket is connected.
    pub(super) fn send_to(&self, data: &[u8], address: Option<&Address>) -> io::Result<usize> {
        match (self, address) {
            (Self::Udp(source), None) => source.attempt(WRITE, |io| io.send(data)),
            (Self::UnixDatagram(source), None) => source.attempt(WRITE, |io| io.send(data)),
            (Self::Udp(source), Some(Address::Inet(to))) => {
                source.attempt(WRITE, |io| io.send_to(data, to))
            }
            (Self::UnixDatagram(source), Some(Address::Unix(to))) => {
                source.attempt(WRITE, |io| io.send_to_addr(data, to))
            }
            _ => {
                let why = "the address is not of the socket's kind";
                Err(io::Error::new(io::ErrorKind::InvalidInput, why))
            }
        }
    }
}

/// The operation of listeners.
impl Socket {
    pub(super) fn accept(&self) -> io::Result<Self> {
        match self {
            Self::TcpListener(source) => {
                let socket = source.attempt(READ, net::accept)?;
                Ok(Self::Tcp(Source::new(socket.into())))
            }
            Self::UnixListener(source) => {
                let socket = source.attempt(READ, net::accept)?;
                Ok(Self::Unix(Source::new(socket.into())))
            }
            _ => Err(misused()),
        }
    }
}

#[cold]
fn misused() -> io::Error {
    let why = "the operation is not one of this kind of socket";
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        of_any!(self, source => source.as_fd())
    }
}
