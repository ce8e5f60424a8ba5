//! The reading end of a stream.

use std::fmt;
use std::rc::Rc;

use super::DEFAULT_LIMIT;
use super::connection::Connection;
use super::operation::checked_limit;
use super::reader_state::ReaderState;
use super::reading::text_of;
use crate::errors::{AtCaller, ValueError};
use crate::io::traits::Read;
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::{Error, Result};

/// The reading end of a connection: a coroutine waits for the bytes that come in.
///
/// asyncio's `StreamReader`. A clone is the same reader. One coroutine at a time may wait for data.
/// The operations go wherever a coroutine goes, as in `wait_for(reader.readline(), timeout)`. If one
/// of them ends early, nothing is lost: the next one reads the data that came meanwhile.
///
/// When the connection fails, for instance by a reset, the reads first give the data that came
/// before, and only then the error. [`readline`](Self::readline) and [`read`](Self::read) give all
/// that is left. The others give what is complete, and then an
/// [`IncompleteReadError`](crate::IncompleteReadError) with the rest. (asyncio gives the error at
/// once, and the rest is lost.)
///
/// A reader holds at most twice its *limit*, and one read of the system (64 KiB). Beyond that, the
/// connection is not read until the limit or less is left, so that the peer has to wait.
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
    pub(super) state: Rc<ReaderState>,
    /// Keeps the connection open, if there is one.
    connection: Option<Rc<Connection>>,
}

impl StreamReader {
    /// Makes a reader without a connection, which [`feed_data`](Self::feed_data) feeds.
    ///
    /// `limit` is how long a line may be, in bytes.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: the limit is zero.
    #[track_caller]
    pub fn new(limit: usize) -> Result<Self> {
        let state = Rc::new(ReaderState::new(checked_limit(limit).at_caller()?));
        let connection = None;
        Ok(Self { state, connection })
    }

    pub(super) fn connected(connection: &Rc<Connection>) -> Self {
        Self {
            state: Rc::clone(&connection.protocol.reader),
            connection: Some(Rc::clone(connection)),
        }
    }

    /// Reads up to `n` bytes, as soon as there is at least one; with `None`, all to the end.
    ///
    /// At the end of the stream, the result is empty. A read to the end that is cancelled leaves its
    /// data in the reader. If the connection is lost during a read to the end, it gives the data
    /// that came before. The next read tells whether that was all: it gives the error, or no bytes.
    ///
    /// # Errors
    ///
    /// - The exception that was set, such as the error with which the connection was lost, if no
    ///   data is left that came before.
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
    #[must_use = "reads nothing unless delegated to: co.yield_from(reader.read(n))?"]
    pub fn read<N: Into<Option<usize>>>(
        &self,
        n: N,
    ) -> Operation<impl FnOnce(&Co) -> Result<Vec<u8>> + use<N>> {
        let (reader, n) = (self.clone(), n.into());
        Operation::new("StreamReader.read", move |co| reader.state.read(co, n))
    }

    /// Reads a line with its `\n`. At the end of the stream, or of the connection, it gives the data
    /// that is left. If none is left, it is empty at the end of the stream, and an error otherwise.
    ///
    /// # Errors
    ///
    /// - [`ValueError`]: the line is longer than the limit. The line is dropped, if its end is there;
    ///   otherwise all data that is there is dropped.
    /// - As [`read`](Self::read).
    #[must_use = "reads nothing unless delegated to: co.yield_from(reader.read(n))?"]
    pub fn readline(&self) -> Operation<impl FnOnce(&Co) -> Result<Vec<u8>> + use<>> {
        let reader = self.clone();
        Operation::new("StreamReader.readline", move |co| {
            let line = reader.state.read_until(co, b"\n", "readline");
            line.or_else(|error| reader.state.no_line(error, "readline"))
        })
    }

    /// Reads a line of text, without its end: `\n` or `\r\n`. `None` is the end of the stream.
    ///
    /// The last line need not have an end. If a line is to be told from the rest of a stream that broke
    /// off, use [`readuntil`](Self::readuntil). asyncio's `async for line in reader` gives bytes, with
    /// their end; [`readline`](Self::readline) is for those.
    ///
    /// # Errors
    ///
    /// - [`ValueError`]: the line is not UTF-8, or is longer than the limit. It is dropped, see
    ///   [`readline`](Self::readline).
    /// - As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, StreamReader, run_sync};
    ///
    /// let reader = StreamReader::new(1024)?;
    /// reader.feed_data("eins\r\n\nfünf".as_bytes())?;
    /// reader.feed_eof();
    /// let mut lines = Vec::new();
    /// let lines = run_sync(move |co: &Co| {
    ///     while let Some(line) = co.yield_from(reader.line())? {
    ///         lines.push(line);
    ///     }
    ///     Ok(lines)
    /// })?;
    /// assert_eq!(lines, ["eins", "", "fünf"]);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "next_line")]
    #[doc(alias = "lines")]
    #[must_use = "reads nothing unless delegated to: co.yield_from(reader.line())?"]
    pub fn line(&self) -> Operation<impl FnOnce(&Co) -> Result<Option<String>> + use<>> {
        let reader = self.clone();
        Operation::new("StreamReader.line", move |co| {
            let line = reader.state.read_until(co, b"\n", "line");
            let line = line.or_else(|error| reader.state.no_line(error, "line"))?;
            text_of(line)
        })
    }

    /// Reads up to a separator, and with it.
    ///
    /// # Errors
    ///
    /// - [`IncompleteReadError`](crate::IncompleteReadError): the stream ended before the separator;
    ///   the error has the data that was left.
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
    #[must_use = "reads nothing unless delegated to: co.yield_from(reader.read(n))?"]
    pub fn readuntil(
        &self,
        separator: &[u8],
    ) -> Operation<impl FnOnce(&Co) -> Result<Vec<u8>> + use<>> {
        let (reader, separator) = (self.clone(), separator.to_vec());
        Operation::new("StreamReader.readuntil", move |co| {
            if separator.is_empty() {
                let why = "readuntil: the separator is empty; give at least one byte";
                return Err(ValueError::new(why).into());
            }
            reader.state.read_until(co, &separator, "readuntil")
        })
    }

    /// Reads exactly `n` bytes, also if that is more than the limit.
    ///
    /// # Errors
    ///
    /// - [`IncompleteReadError`](crate::IncompleteReadError): the stream ended before; the error has
    ///   the data that was left.
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
    #[must_use = "reads nothing unless delegated to: co.yield_from(reader.read(n))?"]
    pub fn readexactly(&self, n: usize) -> Operation<impl FnOnce(&Co) -> Result<Vec<u8>> + use<>> {
        let reader = self.clone();
        Operation::new("StreamReader.readexactly", move |co| {
            reader.state.read_exactly(co, n)
        })
    }

    /// Returns whether the stream has ended, and all its data has been read.
    pub fn at_eof(&self) -> bool {
        self.state.ended.get() && self.state.buffer.borrow().is_empty()
    }

    /// Appends data, and wakes the coroutine that waits for it.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the stream was ended.
    #[inline]
    #[track_caller]
    pub fn feed_data(&self, data: &[u8]) -> Result<()> {
        self.state.feed_data(data).at_caller()
    }

    /// Ends the stream.
    pub fn feed_eof(&self) {
        self.state.feed_eof();
    }

    /// Returns the exception that was set, if there is one, such as the error with which the
    /// connection was lost.
    pub fn exception(&self) -> Option<Error> {
        self.state.exception.borrow().clone()
    }

    /// Sets the error with which all reads fail after they have given the data that is there.
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

/// Shows the state as asyncio does: `<StreamReader 5 bytes eof>`.
impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = &*self.state;
        f.write_str("<StreamReader")?;
        let size = state.buffer.borrow().len();
        for (is_so, text) in [
            (size > 0, format!(" {size} bytes")),
            (state.ended.get(), " eof".to_owned()),
            (state.is_waited_for(), " waiting".to_owned()),
            (state.paused.get(), " paused".to_owned()),
            (
                state.limit != DEFAULT_LIMIT,
                format!(" limit={}", state.limit),
            ),
        ] {
            f.write_str(if is_so { &text } else { "" })?;
        }
        if let Some(error) = self.exception() {
            write!(f, " exception={error}")?;
        }
        if let Some(connection) = &self.connection {
            write!(f, " transport={:?}", connection.transport)?;
        }
        f.write_str(">")
    }
}

/// What the protocols of other streams are written for.
impl Read for StreamReader {
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let data = self.state.read(co, Some(buffer.len()))?;
        buffer[..data.len()].copy_from_slice(&data);
        Ok(data.len())
    }
}
