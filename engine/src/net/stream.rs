//! Streams of bytes, and their halves.

use std::io::{IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use rustix::net::sockopt;

use super::connect::{ConnectTcp, ConnectUnix};
use super::halves::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use super::options::{std_conversions, std_methods};
use super::transfer::*;
use super::{ToSocketAddrs, describe};
use crate::Result;
use crate::source::Source;

/// A connection over TCP: std's, for coroutines.
///
/// # Examples
///
/// See [the module](crate::net), and [`Stream`] for what it can do.
pub type TcpStream = Stream<std::net::TcpStream>;

/// A connection to a Unix socket: std's, for coroutines.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::UnixStream;
/// use yieldfrom::{Co, run_sync};
///
/// let (one, other) = UnixStream::pair()?;
/// run_sync(move |co: &Co| {
///     co.yield_from(one.write_all(b"hello"))?;
///     let mut answer = [0; 5];
///     co.yield_from(other.read_exact(&mut answer))?;
///     assert_eq!(&answer, b"hello");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub type UnixStream = Stream<std::os::unix::net::UnixStream>;

/// A connected socket that carries bytes: a [`TcpStream`] or a [`UnixStream`].
///
/// Dropping it closes it. Several tasks may use it at the same time by reference, or by its
/// [halves](Stream::into_split); of several that read, each byte goes to one.
///
/// # Examples
///
/// ```
/// use std::io::{IoSlice, IoSliceMut};
/// use std::net::Shutdown;
/// use yieldfrom::net::UnixStream;
/// use yieldfrom::{Co, run_sync};
///
/// let (one, other) = UnixStream::pair()?;
/// run_sync(move |co: &Co| {
///     co.yield_from(one.writable())?;
///     assert_eq!(co.yield_from(one.write(b"hello "))?, 6);
///     assert_eq!(co.yield_from(one.write_vectored(&[IoSlice::new(b"wor"), IoSlice::new(b"ld")]))?, 5);
///     one.shutdown(Shutdown::Write)?;
///
///     co.yield_from(other.readable())?;
///     let mut buffer = [0; 5];
///     assert_eq!(co.yield_from(other.peek(&mut buffer))?, 5);
///     co.yield_from(other.read_exact(&mut buffer))?;
///     assert_eq!(&buffer, b"hello");
///     let n = co.yield_from(other.read_vectored(&mut [IoSliceMut::new(&mut buffer)]))?;
///     assert_eq!(&buffer[..n], b" worl");
///     let mut rest = Vec::new();
///     assert_eq!(co.yield_from(other.read_to_end(&mut rest))?, 1);
///     assert_eq!(co.yield_from(other.read(&mut buffer))?, 0, "this is the end");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Stream<S: AsFd> {
    pub(super) source: Rc<Source<S>>,
}

impl<S: AsFd> Stream<S> {
    pub(crate) fn new(socket: S) -> Self {
        Self {
            source: Rc::new(Source::new(socket)),
        }
    }

    /// Gives the socket to a transport; none if an operation still uses it.
    pub(crate) fn into_source(self) -> Option<Source<S>> {
        Rc::into_inner(self.source)
    }

    /// Splits it in two that borrow it, for instance for two closures of one coroutine.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UnixStream;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// let (one, other) = UnixStream::pair()?;
    /// run_sync(move |co: &Co| {
    ///     let (_, writer) = one.split();
    ///     co.yield_from(writer.write_all(b"hello"))?;
    ///     let (reader, _) = other.split();
    ///     co.yield_from(reader.read_exact(&mut [0; 5]))
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn split(&self) -> (ReadHalf<'_, S>, WriteHalf<'_, S>) {
        (
            ReadHalf {
                source: &self.source,
            },
            WriteHalf {
                source: &self.source,
            },
        )
    }

    /// Splits it in two that different tasks can own. When the writing half is dropped, the peer
    /// sees the end.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UnixStream;
    /// use yieldfrom::{Co, create_task, run_sync};
    ///
    /// let (one, other) = UnixStream::pair()?;
    /// run_sync(move |co: &Co| {
    ///     let (reader, writer) = one.into_split();
    ///     create_task(move |co: &Co| co.yield_from(writer.write_all(b"ping")));
    ///     let mut buffer = Vec::new();
    ///     co.yield_from(other.read_to_end(&mut buffer))?; // to the end of the task
    ///     co.yield_from(other.write_all(&buffer))?;
    ///     drop(other);
    ///     co.yield_from(reader.read_to_end(&mut buffer))?;
    ///     assert_eq!(buffer, b"pingping");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>) {
        (
            OwnedReadHalf {
                source: Rc::clone(&self.source),
            },
            OwnedWriteHalf {
                source: Some(self.source),
            },
        )
    }
}

/// What can be done with both kinds, and with their halves.
macro_rules! reading {
    ($([$($generics:tt)*] $type:ty, |$this:ident| $source:expr;)*) => {$(
        impl<$($generics)*> $type {
            /// Waits for some bytes, and reads as many as are there and fit; zero at the end.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what the system reports, such as that the peer has reset the
            /// connection.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            #[inline]
            pub fn read<'a>(&'a self, buffer: &'a mut [u8]) -> Read<'a, S> {
                let $this = self;
                Read { source: $source, buffer }
            }

            /// Reads as [`read`](Stream::read) does, into several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn read_vectored<'a>(
                &'a self,
                buffers: &'a mut [IoSliceMut<'a>],
            ) -> ReadVectored<'a, S> {
                let $this = self;
                ReadVectored { source: $source, buffers }
            }

            /// Reads as [`read`](Stream::read) does, but leaves the bytes there.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn peek<'a>(&'a self, buffer: &'a mut [u8]) -> Peek<'a, S> {
                let $this = self;
                Peek { source: $source, buffer }
            }

            /// Fills a buffer. If it is cancelled, what it has read until then is in the buffer.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read); `UnexpectedEof` if the peer closes before.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn read_exact<'a>(&'a self, buffer: &'a mut [u8]) -> ReadExact<'a, S> {
                let $this = self;
                ReadExact { source: $source, buffer }
            }

            /// Appends all bytes up to the end, and returns how many. If it fails or is cancelled,
            /// what it has read until then is in the buffer.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn read_to_end<'a>(&'a self, buffer: &'a mut Vec<u8>) -> ReadToEnd<'a, S> {
                let $this = self;
                ReadToEnd { source: $source, buffer }
            }

            /// Waits until there is something to read, or the end, or an error.
            ///
            /// A task that waits by this needs no buffer meanwhile.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what is thrown in.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn readable(&self) -> Readable<'_, S> {
                let $this = self;
                Readable { source: $source }
            }
        }
    )*};
}

macro_rules! writing {
    ($([$($generics:tt)*] $type:ty, |$this:ident| $source:expr;)*) => {$(
        impl<$($generics)*> $type {
            /// Waits for room, and writes as many bytes as there is room for; returns how many.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what the system reports, such as that the peer has closed the
            /// connection.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            #[inline]
            pub fn write<'a>(&'a self, bytes: &'a [u8]) -> Write<'a, S> {
                let $this = self;
                Write { source: $source, bytes }
            }

            /// Writes as [`write`](Stream::write) does, from several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`write`](Stream::write).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn write_vectored<'a>(&'a self, buffers: &'a [IoSlice<'a>]) -> WriteVectored<'a, S> {
                let $this = self;
                WriteVectored { source: $source, buffers }
            }

            /// Writes all bytes. If it is cancelled, some may have been written.
            ///
            /// # Errors
            ///
            /// As [`write`](Stream::write).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            #[inline]
            pub fn write_all<'a>(&'a self, bytes: &'a [u8]) -> WriteAll<'a, S> {
                let $this = self;
                WriteAll { source: $source, bytes }
            }

            /// Waits until there is room to write, or the peer has closed.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what is thrown in.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn writable(&self) -> Writable<'_, S> {
                let $this = self;
                Writable { source: $source }
            }
        }
    )*};
}

reading! {
    [S: AsFd] Stream<S>, |this| &this.source;
    [S: AsFd] ReadHalf<'_, S>, |this| this.source;
    [S: AsFd] OwnedReadHalf<S>, |this| &this.source;
}

writing! {
    [S: AsFd] Stream<S>, |this| &this.source;
    [S: AsFd] WriteHalf<'_, S>, |this| this.source;
    [S: AsFd] OwnedWriteHalf<S>, |this| this.source();
}

impl TcpStream {
    /// Connects to an address, or to the first of several that answers.
    ///
    /// Names are looked up by another thread. Attempts begin 250 milliseconds after each other, or
    /// as soon as the one before has failed, IPv6 and IPv4 in turns ("happy eyeballs", RFC 8305).
    ///
    /// # Errors
    ///
    /// `yield_from` gives an [`io::Error`](std::io::Error) that names the addresses and why none
    /// could be connected to, or a [`ValueError`](crate::ValueError) for text that is no address.
    ///
    /// # Examples
    ///
    /// See [the module](crate::net).
    pub fn connect(address: impl ToSocketAddrs) -> ConnectTcp {
        ConnectTcp(address.target())
    }

    /// Returns for how long closing the socket waits for unsent data; none if it does not.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::net::{TcpListener, TcpStream};
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
    ///     let stream = co.yield_from(TcpStream::connect(listener.local_addr()?))?;
    ///     stream.set_linger(Some(Duration::ZERO))?;
    ///     assert_eq!(stream.linger()?, Some(Duration::ZERO));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn linger(&self) -> Result<Option<Duration>> {
        let linger = sockopt::socket_linger(self);
        Ok(linger.map_err(|error| describe(error.into(), "linger"))?)
    }

    /// Sets for how long closing the socket waits for unsent data. With zero, closing resets the
    /// connection, and drops what is unsent.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// See [`linger`](Stream::linger).
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        let set = sockopt::set_socket_linger(self, linger);
        Ok(set.map_err(|error| describe(error.into(), "set_linger"))?)
    }
}

std_methods! {
    impl TcpStream, example = "
```
use std::time::Duration;
use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, run_sync};

run_sync(|co: &Co| {
    let listener = co.yield_from(TcpListener::bind(\"127.0.0.1:0\"))?;
    let stream = co.yield_from(TcpStream::connect(listener.local_addr()?))?;
    assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    stream.set_nodelay(true)?;
    assert!(stream.nodelay()?);
    Ok(())
})?;
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address of this end.
    fn local_addr() -> SocketAddr;
    /// Returns the address of the other end.
    fn peer_addr() -> SocketAddr;
    /// Returns whether small packets are sent at once (`TCP_NODELAY`).
    fn nodelay() -> bool;
    /// Sets whether small packets are sent at once, instead of being collected.
    fn set_nodelay(on: bool) -> ();
    /// Returns how many hops packets may take.
    fn ttl() -> u32;
    /// Sets how many hops packets may take.
    fn set_ttl(hops: u32) -> ();
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<std::io::Error>;
    /// Closes one direction, or both: the peer sees the end, or reads here end.
    fn shutdown(how: Shutdown) -> ();
}

impl UnixStream {
    /// Connects to the socket at a path.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the system reports, with the path.
    ///
    /// # Examples
    ///
    /// See [`UnixListener`](super::UnixListener).
    pub fn connect(path: impl AsRef<Path>) -> ConnectUnix {
        ConnectUnix(path.as_ref().to_owned())
    }

    /// Makes two that are connected to each other.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// See [`UnixStream`].
    pub fn pair() -> Result<(Self, Self)> {
        let (one, other) = std::os::unix::net::UnixStream::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }
}

std_methods! {
    impl UnixStream, example = "
```
use std::net::Shutdown;
use yieldfrom::net::UnixStream;

let (one, other) = UnixStream::pair()?;
assert!(one.local_addr()?.is_unnamed() && one.peer_addr()?.is_unnamed());
one.shutdown(Shutdown::Both)?;
assert!(other.take_error()?.is_none());
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address of this end.
    fn local_addr() -> UnixAddr;
    /// Returns the address of the other end.
    fn peer_addr() -> UnixAddr;
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<std::io::Error>;
    /// Closes one direction, or both: the peer sees the end, or reads here end.
    fn shutdown(how: Shutdown) -> ();
}

std_conversions! {
    [] TcpStream => std::net::TcpStream, Self::new;
    [] UnixStream => std::os::unix::net::UnixStream, Self::new;
}
