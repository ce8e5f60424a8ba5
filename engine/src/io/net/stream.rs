//! Streams of bytes, and their halves.

use std::os::fd::AsFd;
use std::rc::Rc;

use super::halves::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::io::source::Source;

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
