//! Streams of bytes, and their halves.

use std::os::fd::AsFd;
use std::rc::Rc;

use rustix::net::Shutdown;

use crate::errors::ValueError;
use crate::io::source::Source;
use crate::io::streams::{With, with};
use crate::kernel::Co;
use yieldfrom_delegation::Result;

/// A connection over TCP: std's `TcpStream`, for coroutines.
///
/// [`Stream`] has the methods that read and write.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::{TcpListener, TcpStream};
/// use yieldfrom::{Co, run_sync};
///
/// run_sync(|co: &Co| {
///     let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
///     let stream = co.yield_from(TcpStream::connect(listener.local_addr()?))?;
///     assert_eq!(stream.peer_addr()?, listener.local_addr()?);
///     stream.set_nodelay(true)?;
///     assert!(stream.nodelay()?);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub type TcpStream = Stream<std::net::TcpStream>;

/// A connection to a Unix socket: std's `UnixStream`, for coroutines.
///
/// [`Stream`] has the methods that read and write.
///
/// # Examples
///
/// ```
/// use std::net::Shutdown;
/// use yieldfrom::net::UnixStream;
/// use yieldfrom::{Co, run_sync};
///
/// let (one, other) = UnixStream::pair()?;
/// run_sync(move |co: &Co| {
///     co.yield_from(one.write_all(b"hello"))?;
///     let mut answer = [0; 5];
///     co.yield_from(other.read_exact(&mut answer))?;
///     assert_eq!(&answer, b"hello");
///
///     assert!(one.local_addr()?.is_unnamed() && one.peer_addr()?.is_unnamed());
///     one.shutdown(Shutdown::Both)?;
///     assert!(other.take_error()?.is_none());
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub type UnixStream = Stream<std::os::unix::net::UnixStream>;

/// A connected socket that carries bytes: a [`TcpStream`] or a [`UnixStream`].
///
/// Dropping the stream closes it. Several tasks can use it at the same time by reference, or by its
/// [halves](Stream::into_split). If several tasks read, each byte goes to one of them.
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
    /// Lends the stream as std's `Read` and `Write` to synchronous code: see [`streams::with`](crate::streams::with).
    pub fn with<'a>(&'a self, co: &'a Co) -> With<'a, Self> {
        with(self, co)
    }

    /// Splits the stream into two halves that borrow it, for instance for two closures of one
    /// coroutine.
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
        let source = &*self.source;
        (ReadHalf { source }, WriteHalf { source })
    }

    /// Splits the stream into two halves that different tasks can own. When the writing half is
    /// dropped, the peer sees the end.
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
        let source = Rc::clone(&self.source);
        let reader = OwnedReadHalf { source };
        let writer = OwnedWriteHalf {
            source: self.source,
            ends: true,
        };
        (reader, writer)
    }
}

/// The reading half of a stream, borrowed: see [`Stream::split`].
#[derive(Debug)]
pub struct ReadHalf<'a, S: AsFd> {
    pub(super) source: &'a Source<S>,
}

/// The writing half of a stream, borrowed: see [`Stream::split`].
#[derive(Debug)]
pub struct WriteHalf<'a, S: AsFd> {
    pub(super) source: &'a Source<S>,
}

/// The reading half of a stream: see [`Stream::into_split`].
#[derive(Debug)]
pub struct OwnedReadHalf<S: AsFd> {
    pub(super) source: Rc<Source<S>>,
}

/// The writing half of a stream: see [`Stream::into_split`].
#[derive(Debug)]
pub struct OwnedWriteHalf<S: AsFd> {
    pub(super) source: Rc<Source<S>>,
    /// Whether the peer sees the end when this is dropped.
    pub(super) ends: bool,
}

impl<S: AsFd> OwnedReadHalf<S> {
    /// Puts the two halves together to a stream again.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: the halves belong to different streams. Both are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UnixStream;
    ///
    /// let (one, other) = UnixStream::pair()?;
    /// let (reader, writer) = one.into_split();
    /// let one = reader.reunite(writer)?;
    /// assert!(one.into_split().0.reunite(other.into_split().1).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn reunite(self, mut writer: OwnedWriteHalf<S>) -> Result<Stream<S>> {
        if !Rc::ptr_eq(&self.source, &writer.source) {
            let why = "reunite: these are halves of different streams";
            return Err(ValueError::new(why).into());
        }
        writer.ends = false;
        drop(writer);
        Ok(Stream {
            source: self.source,
        })
    }
}

/// The peer sees the end, even if the reading half lives on.
impl<S: AsFd> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if self.ends {
            // It fails if the connection is gone; the peer does not need to be told then.
            let _ = rustix::net::shutdown(self.source.get(), Shutdown::Write);
        }
    }
}
