//! The reading end of a stream.

use std::fmt;
use std::rc::Rc;

use super::DEFAULT_LIMIT;
use super::connection::Connection;
use super::reading::{Read, ReadExactly, ReadLine, ReadUntil};
#[cfg(feature = "process")]
use super::state::Boundless;
use super::state::State;
#[cfg(feature = "process")]
use crate::Co;
use crate::errors::ValueError;
use crate::{Error, Result};

/// The reading end of a connection: bytes that come in, waited for by a coroutine.
///
/// asyncio's `StreamReader`. A clone is the same reader. One coroutine at a time may wait for data.
/// The operations can be given where a coroutine can, as in `wait_for(reader.readline(), timeout)`;
/// whatever ends one of them early, nothing is lost: the next one reads what came meanwhile.
///
/// When the connection fails, for instance by a reset, the reads first give what came before, and
/// only then the error: [`readline`](Self::readline) and [`read`](Self::read) what is left, the
/// others what is complete, and then an [`IncompleteReadError`](crate::IncompleteReadError) with the
/// rest. (asyncio gives the error at once, and the rest is lost.)
///
/// It holds at most twice its *limit*, and what one read of the system gives (64 KiB); then the
/// connection is not read any more until there is at most the limit, so that the peer has to wait.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, StreamReader, run_sync};
///
/// let reader = StreamReader::new(1024)?;
/// reader.feed_data(b"one\ntwo")?;
/// reader.feed_eof();
/// run_sync(move |co: &Co| {
///     assert_eq!(co.yield_from(reader.readline())?, b"one\n");
///     assert_eq!(co.yield_from(reader.readline())?, b"two");
///     assert_eq!(co.yield_from(reader.readline())?, b"", "the end");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct StreamReader {
    state: Rc<State>,
    /// Keeps the connection open, if there is one.
    connection: Option<Rc<Connection>>,
}

impl StreamReader {
    /// Makes a reader that is fed by hand, with a limit in bytes for lines.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: the limit is zero.
    ///
    /// # Examples
    ///
    /// See [`StreamReader`].
    pub fn new(limit: usize) -> Result<Self> {
        Ok(Self {
            state: Rc::new(State::new(checked_limit(limit)?)),
            connection: None,
        })
    }

    pub(super) fn connected(connection: Rc<Connection>) -> Self {
        Self {
            state: Rc::clone(&connection.reader),
            connection: Some(connection),
        }
    }

    #[inline]
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Has all held that comes, until what this returns is dropped.
    #[cfg(feature = "process")]
    pub(crate) fn hold_all(&self) -> Boundless<'_> {
        Boundless::new(&self.state)
    }

    /// Waits for the end of the stream, and takes nothing.
    #[cfg(feature = "process")]
    #[track_caller]
    pub(crate) fn wait_for_end(&self, co: &Co) -> Result<()> {
        loop {
            self.state.check()?;
            if self.state.ended.get() {
                return Ok(());
            }
            self.state.wait_for_data(co, "read")?;
        }
    }

    /// Takes all there is.
    #[cfg(feature = "process")]
    pub(crate) fn take_all(&self) -> Vec<u8> {
        self.state.take(usize::MAX)
    }

    /// Reads up to `n` bytes, as soon as there is at least one; with `None`, all to the end.
    ///
    /// At the end of the stream there are none. A read to the end that is cancelled leaves what it
    /// has in the reader. One that the loss of the connection ends gives what came before; whether
    /// that is all, the next read tells, by its error, or by no bytes.
    ///
    /// # Errors
    ///
    /// - The exception that was set, such as the error with which the connection was lost, if
    ///   nothing is left that came before.
    /// - [`RuntimeError`](crate::RuntimeError): another coroutine waits for data already.
    /// - `is_cancelled`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, StreamReader, run_sync};
    ///
    /// let reader = StreamReader::new(1024)?;
    /// reader.feed_data(b"abcdef")?;
    /// reader.feed_eof();
    /// run_sync(move |co: &Co| {
    ///     assert_eq!(co.yield_from(reader.read(2))?, b"ab");
    ///     assert_eq!(co.yield_from(reader.read(None))?, b"cdef");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn read(&self, n: impl Into<Option<usize>>) -> Read {
        Read {
            reader: self.clone(),
            n: n.into(),
        }
    }

    /// Reads a line with its `\n`; at the end of the stream, or of the connection, what is left.
    /// Without anything left, it is empty at the end of the stream, and an error otherwise.
    ///
    /// # Errors
    ///
    /// - [`ValueError`]: the line is longer than the limit. It is dropped, if it is there with its
    ///   end; otherwise all that is there is dropped.
    /// - As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// See [`StreamReader`].
    pub fn readline(&self) -> ReadLine {
        ReadLine {
            reader: self.clone(),
        }
    }

    /// Reads up to a separator, and with it.
    ///
    /// # Errors
    ///
    /// - [`IncompleteReadError`](crate::IncompleteReadError): the stream ended before; what was
    ///   left of it is in the error.
    /// - [`LimitOverrunError`](crate::LimitOverrunError): there is no separator within the limit.
    ///   The data stays.
    /// - [`ValueError`]: the separator is empty.
    /// - As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, StreamReader, run_sync};
    ///
    /// let reader = StreamReader::new(1024)?;
    /// reader.feed_data(b"Host: here\r\n\r\nbody")?;
    /// let head = run_sync(move |co: &Co| co.yield_from(reader.readuntil(b"\r\n\r\n")))?;
    /// assert_eq!(head, b"Host: here\r\n\r\n");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn readuntil(&self, separator: &[u8]) -> ReadUntil {
        ReadUntil {
            reader: self.clone(),
            separator: separator.to_vec(),
        }
    }

    /// Reads exactly `n` bytes, also if that is more than the limit.
    ///
    /// # Errors
    ///
    /// - [`IncompleteReadError`](crate::IncompleteReadError): the stream ended before; what was
    ///   left of it is in the error.
    /// - As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, StreamReader, run_sync};
    ///
    /// let reader = StreamReader::new(1024)?;
    /// reader.feed_data(b"0005hello")?;
    /// let word = run_sync(move |co: &Co| {
    ///     let length = co.yield_from(reader.readexactly(4))?;
    ///     let length: usize = String::from_utf8_lossy(&length).parse()?;
    ///     co.yield_from(reader.readexactly(length))
    /// })?;
    /// assert_eq!(word, b"hello");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn readexactly(&self, n: usize) -> ReadExactly {
        ReadExactly {
            reader: self.clone(),
            n,
        }
    }

    /// Returns whether the stream has ended, and all of it was read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::StreamReader;
    /// let reader = StreamReader::new(1024)?;
    /// assert!(!reader.at_eof());
    /// reader.feed_eof();
    /// assert!(reader.at_eof());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn at_eof(&self) -> bool {
        self.state.ended.get() && self.state.buffer.borrow().is_empty()
    }

    /// Appends data, and wakes whoever waits for it.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the stream was ended.
    ///
    /// # Examples
    ///
    /// See [`StreamReader`].
    pub fn feed_data(&self, data: &[u8]) -> Result<()> {
        self.state.feed_data(data)
    }

    /// Ends the stream.
    ///
    /// # Examples
    ///
    /// See [`StreamReader`].
    pub fn feed_eof(&self) {
        self.state.feed_eof();
    }

    /// Returns the exception that was set, if one was: the error with which the connection was
    /// lost.
    ///
    /// # Examples
    ///
    /// See [`set_exception`](Self::set_exception).
    pub fn exception(&self) -> Option<Error> {
        self.state.exception.borrow().clone()
    }

    /// Sets what all reads fail with when they have given what is there.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Error, StreamReader, run_sync};
    ///
    /// let reader = StreamReader::new(1024)?;
    /// reader.set_exception(Error::msg("unplugged"));
    /// assert!(reader.exception().is_some());
    /// let error = run_sync(move |co: &Co| co.yield_from(reader.read(1))).unwrap_err();
    /// assert_eq!(error.to_string(), "unplugged");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn set_exception(&self, error: impl Into<Error>) {
        self.state.set_exception(error.into());
    }
}

pub(crate) fn checked_limit(limit: usize) -> Result<usize> {
    if limit == 0 {
        let why = "limit: zero bytes leave no room for any data; give at least one";
        return Err(ValueError::new(why).into());
    }
    Ok(limit)
}

/// Shows the state as asyncio does: `<StreamReader 5 bytes eof>`.
impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.write_str("<StreamReader")?;
        match state.buffer.borrow().len() {
            0 => {}
            n => write!(f, " {n} bytes")?,
        }
        let limited = state.limit != DEFAULT_LIMIT;
        let exception = self.exception();
        for (is_so, what) in [
            (state.ended.get(), " eof"),
            (state.is_waited_for(), " waiting"),
            (state.is_paused(), " paused"),
        ] {
            f.write_str(if is_so { what } else { "" })?;
        }
        if limited {
            write!(f, " limit={}", state.limit)?;
        }
        if let Some(error) = exception {
            write!(f, " exception={error}")?;
        }
        if let Some(connection) = &self.connection {
            write!(f, " transport={:?}", connection.transport)?;
        }
        f.write_str(">")
    }
}
