//! The socket, or pipe, below a stream transport.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use crate::Result;
use crate::errors::panics;
use crate::io::net::{self, Address};
use crate::io::source::Source;
use crate::io::transport::pipe::{End, read_from};
use crate::kernel::{Core, Direction, Ready};

/// A socket of either kind that is connected, or one end of a pipe. It does not block.
pub(crate) enum Socket {
    Tcp(Source<TcpStream>),
    Unix(Source<UnixStream>),
    Pipe(Source<File>, End),
}

/// All kinds have the same operations.
macro_rules! of_any {
    ($socket:expr, $source:ident => $body:expr) => {
        match $socket {
            Socket::Tcp($source) => $body,
            Socket::Unix($source) => $body,
            Socket::Pipe($source, _) => $body,
        }
    };
}

impl Socket {
    #[inline]
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len();
        const READ: Direction = Direction::Read;
        match self {
            Self::Tcp(source) => source.attempt_transfer(READ, wanted, |mut io| io.read(buffer)),
            Self::Unix(source) => source.attempt_transfer(READ, wanted, |mut io| io.read(buffer)),
            Self::Pipe(source, _) => {
                source.attempt_transfer(READ, wanted, |io| read_from(io, buffer))
            }
        }
    }

    /// Receives without asking what is known of the socket: no event may have told yet.
    pub(super) fn receive_rest(&self, buffer: &mut [u8]) -> io::Result<usize> {
        of_any!(self, source => source.get().read(buffer))
    }

    #[inline]
    pub(super) fn send(&self, data: &[u8]) -> io::Result<usize> {
        of_any!(self, source => source.attempt_transfer(
            Direction::Write, data.len(), |mut io| io.write(data)
        ))
    }

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

    /// Tells the peer that nothing more will come.
    pub(super) fn end_writing(&self) -> io::Result<()> {
        match self {
            Self::Tcp(source) => source.get().shutdown(Shutdown::Write),
            Self::Unix(source) => source.get().shutdown(Shutdown::Write),
            // It is closed instead.
            Self::Pipe(..) => Ok(()),
        }
    }

    /// Has small writes sent at once, which lowers the latency.
    pub(super) fn set_nodelay(&self) {
        if let Self::Tcp(source) = self
            && let Err(error) = source.get().set_nodelay(true)
        {
            // Such as that the peer has gone already, which will show soon enough.
            panics::contain(|| log::debug!("cannot switch off the delay of small writes: {error}"));
        }
    }

    pub(super) fn sockname(&self) -> Option<Address> {
        match self {
            Self::Pipe(..) => None,
            Self::Tcp(source) => Some(source.get().local_addr().ok()?.into()),
            Self::Unix(source) => Some(source.get().local_addr().ok()?.into()),
        }
    }

    pub(super) fn peername(&self) -> Option<Address> {
        match self {
            Self::Pipe(..) => None,
            Self::Tcp(source) => Some(source.get().peer_addr().ok()?.into()),
            Self::Unix(source) => Some(source.get().peer_addr().ok()?.into()),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        of_any!(self, source => source.as_fd())
    }
}

/// A connected socket that a transport can be made of: a [`net::TcpStream`], a [`net::UnixStream`],
/// or std's streams. Nobody else can implement it.
///
/// # Examples
///
/// See [`create_connection_on`](super::create_connection_on).
pub trait StreamSocket: sealed::Sealed {}

mod sealed {
    use super::Socket;

    pub trait Sealed {
        #[doc(hidden)]
        fn into_socket(self) -> std::io::Result<Wrapped>;
    }

    /// Hides what a socket is.
    #[derive(Debug)]
    pub struct Wrapped(pub(super) Hidden);

    pub(super) struct Hidden(pub(super) Socket);

    impl std::fmt::Debug for Hidden {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Socket")
        }
    }
}

pub(crate) fn into_socket(socket: impl StreamSocket) -> io::Result<Socket> {
    Ok(socket.into_socket()?.0.0)
}

fn in_use() -> io::Error {
    let why = "the socket is still used by an operation or another half; end that first";
    io::Error::new(io::ErrorKind::ResourceBusy, why)
}

macro_rules! stream_sockets {
    ($($type:ty: |$socket:ident| $made:expr;)*) => {$(
        impl StreamSocket for $type {}

        impl sealed::Sealed for $type {
            fn into_socket(self) -> io::Result<sealed::Wrapped> {
                let $socket = self;
                Ok(sealed::Wrapped(sealed::Hidden($made)))
            }
        }
    )*};
}

stream_sockets! {
    net::TcpStream: |socket| Socket::Tcp(socket.into_source().ok_or_else(in_use)?);
    net::UnixStream: |socket| Socket::Unix(socket.into_source().ok_or_else(in_use)?);
    TcpStream: |socket| {
        socket.set_nonblocking(true)?;
        Socket::Tcp(Source::new(socket))
    };
    UnixStream: |socket| {
        socket.set_nonblocking(true)?;
        Socket::Unix(Source::new(socket))
    };
}
