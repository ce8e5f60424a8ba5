//! The writing end of a stream.

use std::fmt;
use std::io;
use std::rc::Rc;

use super::connection::Connection;
use crate::io::net::Address;
use crate::io::traits::Write;
use crate::io::transport::Transport;
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::{Delegate, Result};

/// The writing end of a connection: asyncio's `StreamWriter`.
///
/// A clone is the same writer. Writing never waits: data that the system does not take is kept. A
/// coroutine that writes much should wait with [`drain`](Self::drain) now and then, so that a peer
/// that does not read cannot fill the memory. It is also a [`std::io::Write`], for `write!`.
#[derive(Clone)]
pub struct StreamWriter(pub(super) Rc<Connection>);

impl StreamWriter {
    /// Returns how many bytes the reader of the connection has that were not taken.
    #[cfg(feature = "tls")]
    pub(crate) fn unread(&self) -> usize {
        self.0.protocol.reader.buffer.borrow().len()
    }

    /// Returns the transport below, for instance to set the limits of its buffer by
    /// [`set_write_buffer_limits`](Transport::set_write_buffer_limits).
    pub fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// Writes data, as [`Transport::write`].
    ///
    /// # Errors
    ///
    /// As [`Transport::write`].
    #[inline]
    #[track_caller]
    pub fn write(&self, data: &[u8]) -> Result<()> {
        self.transport().write(data)
    }

    /// Writes several pieces as one.
    ///
    /// # Errors
    ///
    /// As [`Transport::write`].
    #[track_caller]
    pub fn writelines(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Result<()> {
        self.transport().writelines(lines)
    }

    /// Ends this half of the connection, as [`Transport::write_eof`].
    ///
    /// # Errors
    ///
    /// As [`Transport::write_eof`].
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Result, StreamReader, StreamWriter};
    ///
    /// fn ask(co: &Co, reader: &StreamReader, writer: &StreamWriter) -> Result<Vec<u8>> {
    ///     writer.write(b"a question")?;
    ///     writer.write_eof()?;
    ///     co.yield_from(reader.read(None))
    /// }
    /// ```
    #[track_caller]
    pub fn write_eof(&self) -> Result<()> {
        self.transport().write_eof()
    }

    /// Returns whether one half can be ended: true.
    pub fn can_write_eof(&self) -> bool {
        self.transport().can_write_eof()
    }

    /// Closes the connection, both halves, when the buffered data has been written.
    pub fn close(&self) {
        self.transport().close();
    }

    /// Returns whether the connection is closed, or about to be.
    pub fn is_closing(&self) -> bool {
        self.transport().is_closing()
    }

    /// Returns the address of the peer.
    pub fn peername(&self) -> Option<Address> {
        self.transport().peername()
    }

    /// Returns the address of this end.
    pub fn sockname(&self) -> Option<Address> {
        self.transport().sockname()
    }

    /// Waits while more than the high-water mark (64 KiB) is to be written, until it is at most the
    /// low-water mark. Several tasks may wait.
    ///
    /// If there is less, it does not wait, and no other task runs.
    ///
    /// # Errors
    ///
    /// - The error with which the connection was lost, or [`std::io::ErrorKind::ConnectionReset`]
    ///   if there was none.
    /// - `is_cancelled`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Result, StreamWriter};
    ///
    /// fn pour(co: &Co, writer: &StreamWriter) -> Result<()> {
    ///     for _ in 0..1_000_000 {
    ///         writer.write(b"much")?;
    ///         co.yield_from(writer.drain())?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[must_use = "waits for nothing unless delegated to: co.yield_from(writer.drain())?"]
    pub fn drain(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let connection = Rc::clone(&self.0);
        Operation::new("StreamWriter.drain", move |co| {
            let protocol = &*connection.protocol;
            protocol.reader.check()?;
            if !protocol.writable.is_set() || connection.transport.is_closing() {
                connection.wait_for_room(co)?;
            }
            Ok(())
        })
    }

    /// Waits until the connection is closed: after [`close`](Self::close), until all is written.
    ///
    /// # Errors
    ///
    /// - The error with which the connection was lost, if there was one.
    /// - `is_cancelled`.
    #[must_use = "waits for nothing unless delegated to: co.yield_from(writer.wait_closed())?"]
    pub fn wait_closed(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let connection = Rc::clone(&self.0);
        Operation::new("StreamWriter.wait_closed", move |co| {
            connection
                .protocol
                .closed
                .wait(co, "StreamWriter.wait_closed")?;
            connection.protocol.check()
        })
    }
}

macro_rules! io_write {
    ($($writer:ty),*) => {$(
        /// Writes as [`StreamWriter::write`]; flushing does nothing.
        impl io::Write for $writer {
            fn write(&mut self, data: &[u8]) -> io::Result<usize> {
                let ended = |error| io::Error::new(io::ErrorKind::BrokenPipe, format!("{error}"));
                self.transport().write(data).map_err(ended)?;
                Ok(data.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
    )*};
}

io_write!(StreamWriter, &StreamWriter);

/// What the protocols of other streams are written for: each write waits as [`drain`](StreamWriter::drain) does.
impl Write for StreamWriter {
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        self.drain().delegate(co)?;
        self.transport().write(bytes)?;
        Ok(bytes.len())
    }

    fn flush_with(&self, co: &Co) -> Result<()> {
        self.drain().delegate(co)
    }

    fn close_writing_with(&self, _: &Co) -> Result<()> {
        self.write_eof()
    }
}

/// Shows the state: `<StreamWriter transport=<Transport fd=7 ...>>`.
impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<StreamWriter transport={:?}>", self.transport())
    }
}
