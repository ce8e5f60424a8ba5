//! What the streams of regions have from std's `TcpStream` and `UnixStream`.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::os::unix::net as unix;
use std::path::Path;
use std::time::Duration;

use super::above;
use super::region::Here;
use super::stream::Stream;
use crate::combine::timeout;
use crate::errors::io_error;
use crate::io::net::{self as suspending, Dial, Target, ToSocketAddrs, connect_tcp, connect_unix};
use crate::io::source::certain_bytes;
use crate::kernel::{Co, Direction};
use yieldfrom_delegation::{Delegate, Result};

/// A connection over TCP for synchronous libraries: std's `TcpStream`, which suspends in a region.
///
/// [`Stream`] says how it waits.
pub type TcpStream = Stream<net::TcpStream>;

/// A connection to a Unix socket for synchronous libraries: std's `UnixStream`, which suspends in a region.
///
/// [`Stream`] says how it waits.
pub type UnixStream = Stream<unix::UnixStream>;

macro_rules! std_streams {
    ($($std:ty => $address:ty;)*) => {$(
        impl Stream<$std> {
            /// Takes over a socket of the standard library, and sets it to non-blocking mode.
            ///
            /// # Errors
            ///
            /// The error of the system, if it refuses the mode.
            pub fn from_std(socket: $std) -> io::Result<Self> {
                socket.set_nonblocking(true)?;
                Ok(Self::new(socket))
            }

            /// Returns the address of this end.
            ///
            /// # Errors
            ///
            /// The error of the system.
            pub fn local_addr(&self) -> io::Result<$address> {
                self.get_ref().local_addr()
            }

            /// Returns the address of the other end.
            ///
            /// # Errors
            ///
            /// The error of the system.
            pub fn peer_addr(&self) -> io::Result<$address> {
                self.get_ref().peer_addr()
            }

            /// Takes the error that the system has noted for the socket.
            ///
            /// # Errors
            ///
            /// The error of the system.
            pub fn take_error(&self) -> io::Result<Option<io::Error>> {
                self.get_ref().take_error()
            }

            /// Closes one direction, or both: the peer sees the end, or reads here end.
            ///
            /// # Errors
            ///
            /// The error of the system.
            pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                self.get_ref().shutdown(how)
            }
        }

        impl Read for &Stream<$std> {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let wanted = buffer.len();
                self.transfer(Direction::Read, "read", wanted, |mut io| io.read(buffer))
            }

            fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                let wanted = certain_bytes(buffers.iter().map(|buffer| buffer.len()));
                self.transfer(Direction::Read, "read", wanted, |mut io| io.read_vectored(buffers))
            }
        }

        impl Write for &Stream<$std> {
            #[inline]
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.transfer(Direction::Write, "write", bytes.len(), |mut io| io.write(bytes))
            }

            fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
                // The system sends one buffer quicker than a list of one, which rustls gives for each record.
                if let [bytes] = buffers {
                    return self.write(bytes);
                }
                let wanted = certain_bytes(buffers.iter().map(|buffer| buffer.len()));
                self.transfer(Direction::Write, "write", wanted, |mut io| io.write_vectored(buffers))
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        impl Read for Stream<$std> {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                (&*self).read(buffer)
            }

            fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                (&*self).read_vectored(buffers)
            }
        }

        impl Write for Stream<$std> {
            #[inline]
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                (&*self).write(bytes)
            }

            fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
                (&*self).write_vectored(buffers)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        /// Takes a connection over, such as one that a server has accepted.
        ///
        /// It fails with [`RuntimeError`](crate::RuntimeError) while an operation still uses the stream.
        impl TryFrom<suspending::Stream<$std>> for Stream<$std> {
            type Error = crate::Error;

            fn try_from(stream: suspending::Stream<$std>) -> Result<Self> {
                Ok(Self::new(stream.into_std()?))
            }
        }
    )*};
}

std_streams! {
    net::TcpStream => SocketAddr;
    unix::UnixStream => unix::SocketAddr;
}

impl TcpStream {
    /// Connects to an address, or to the first of several that answers.
    ///
    /// Outside of a region it blocks the thread, as std's does. In a region it suspends the coroutine as
    /// [`net::TcpStream::connect`](crate::net::TcpStream::connect) does, also while a name is looked up.
    ///
    /// # Errors
    ///
    /// An error that says for each address why the attempt failed; `Other` for text that is no address.
    pub fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        let target = address.target().map_err(io_error)?;
        let by_std = target.clone();
        connect(
            |co| connect_tcp(co, Dial::to(target))?.into_std(),
            || match by_std {
                Target::Addresses(addresses) => net::TcpStream::connect(&addresses[..]),
                Target::Name(host, port) => net::TcpStream::connect((host, port)),
            },
            Self::from_std,
        )
    }

    /// Connects to an address, or fails when that takes longer than `limit`.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); `TimedOut`; `InvalidInput` for a limit of zero.
    pub fn connect_timeout(address: &SocketAddr, limit: Duration) -> io::Result<Self> {
        if limit.is_zero() {
            let why = "connect_timeout: the timeout is zero";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let target = Target::Addresses(vec![*address]);
        connect(
            |co| {
                let attempt = |co: &Co| connect_tcp(co, Dial::to(target))?.into_std();
                timeout(limit, attempt).delegate(co)
            },
            || net::TcpStream::connect_timeout(address, limit),
            Self::from_std,
        )
    }

    /// Returns whether small packets are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.get_ref().nodelay()
    }

    /// Sets whether small packets are sent at once, instead of being collected.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.get_ref().set_nodelay(on)
    }

    /// Reads as `Read::read` does, but leaves the bytes there.
    ///
    /// # Errors
    ///
    /// As those of a read.
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        // No number of bytes shows that the next read would have to wait, as these bytes stay.
        self.transfer(Direction::Read, "peek", 0, |socket| socket.peek(buffer))
    }
}

impl UnixStream {
    /// Connects to a Unix socket.
    ///
    /// # Errors
    ///
    /// The error of the system, with the path.
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        connect(
            |co| connect_unix(co, path)?.into_std(),
            || unix::UnixStream::connect(path),
            Self::from_std,
        )
    }

    /// Makes two sockets that are connected with each other.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = unix::UnixStream::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }
}

/// Connects by suspending in a region, and as std does outside of one.
fn connect<S>(
    suspend: impl FnOnce(&Co) -> Result<S>,
    block: impl FnOnce() -> io::Result<S>,
    make: impl FnOnce(S) -> io::Result<Stream<S>>,
) -> io::Result<Stream<S>> {
    const NAME: &str = "connect";
    let socket = match Here::find() {
        Here::Inside(region) => region.wait(NAME, suspend)?,
        Here::Above => return Err(above(NAME)),
        Here::Outside => block()?,
    };
    make(socket)
}
