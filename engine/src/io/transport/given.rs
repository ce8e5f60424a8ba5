//! The sockets of which a program can have transports and servers made.

use std::io;
use std::os::fd::AsFd;
use std::os::unix;

use rustix::net::sockopt;

use super::socket::Socket;
use crate::errors::describe;
use crate::io::net;
use crate::io::source::Source;
use yieldfrom_delegation::Result;

/// A connected socket that can become a transport: a [`net::TcpStream`], a [`net::UnixStream`], or
/// one of std's streams. Other types cannot implement it. See
/// [`create_connection_on`](super::create_connection_on()).
pub trait StreamSocket: sealed::Sealed {}

/// A socket for datagrams that can become a transport: a [`net::UdpSocket`], a
/// [`net::UnixDatagram`], or one of std's. Other types cannot implement it. See
/// [`create_datagram_endpoint_on`](super::create_datagram_endpoint_on()).
pub trait DatagramSocket: sealed::Sealed {}

/// A socket that listens: a [`net::TcpListener`], a [`net::UnixListener`], or one of std's
/// listeners. Other types cannot implement it. See [`create_server_on`](super::create_server_on()).
pub trait ListenerSocket: sealed::Sealed {}

mod sealed {
    pub trait Sealed {
        #[doc(hidden)]
        fn into_socket(self) -> yieldfrom_delegation::Result<Wrapped>;
    }

    /// Hides the socket, which is private.
    #[derive(Debug)]
    pub struct Wrapped(pub(super) super::Socket);
}

pub(crate) fn into_socket(socket: impl sealed::Sealed) -> Result<Socket> {
    Ok(socket.into_socket()?.0)
}

macro_rules! sockets {
    ($($trait:ident: $type:ty => $kind:ident, |$socket:ident| $source:expr;)*) => {$(
        impl $trait for $type {}

        impl sealed::Sealed for $type {
            fn into_socket(self) -> Result<sealed::Wrapped> {
                let $socket = self;
                Ok(sealed::Wrapped(Socket::$kind($source)))
            }
        }
    )*};
}

sockets! {
    StreamSocket: net::TcpStream => Tcp, |socket| socket.into_source().ok_or_else(in_use)?;
    StreamSocket: net::UnixStream => Unix, |socket| socket.into_source().ok_or_else(in_use)?;
    StreamSocket: std::net::TcpStream => Tcp, |socket| nonblocking(socket)?;
    StreamSocket: unix::net::UnixStream => Unix, |socket| nonblocking(socket)?;
    DatagramSocket: net::UdpSocket => Udp, |socket| socket.into_source().ok_or_else(in_use)?;
    DatagramSocket: net::UnixDatagram => UnixDatagram,
        |socket| socket.into_source().ok_or_else(in_use)?;
    DatagramSocket: std::net::UdpSocket => Udp, |socket| nonblocking(socket)?;
    DatagramSocket: unix::net::UnixDatagram => UnixDatagram, |socket| nonblocking(socket)?;
    ListenerSocket: net::TcpListener => TcpListener, |socket| listening(socket.into_std()?)?;
    ListenerSocket: net::UnixListener => UnixListener, |socket| listening(socket.into_std()?)?;
    ListenerSocket: std::net::TcpListener => TcpListener, |socket| listening(socket)?;
    ListenerSocket: unix::net::UnixListener => UnixListener, |socket| listening(socket)?;
}

fn in_use() -> io::Error {
    let why = "the socket is still used by an operation or another half; end that first";
    io::Error::new(io::ErrorKind::ResourceBusy, why)
}

fn nonblocking<S: AsFd>(socket: S) -> io::Result<Source<S>> {
    rustix::io::ioctl_fionbio(&socket, true)?;
    Ok(Source::new(socket))
}

/// Refuses a socket that does not listen: accepting from it would fail for ever.
fn listening<S: AsFd>(socket: S) -> io::Result<Source<S>> {
    let checked = sockopt::socket_acceptconn(&socket).map_err(io::Error::from);
    let source = checked.and_then(|listens| {
        let why = "the socket does not listen; call listen(2) on it first";
        let refused = || io::Error::new(io::ErrorKind::InvalidInput, why);
        listens.then_some(socket).ok_or_else(refused)
    });
    let source = source.and_then(nonblocking);
    source.map_err(|error| describe(error, "serve a given socket"))
}
