//! The writing end of a stream.

use std::fmt;
use std::io;
use std::rc::Rc;

use super::connection::Connection;
use crate::combine::yield_now;
use crate::io::net::Address;
use crate::io::transport::Transport;
use crate::kernel::{Request, coroutine_operations};
use crate::{Co, Delegate, Result};

/// The writing end of a connection: asyncio's `StreamWriter`.
///
/// A clone is the same writer. Writing never waits: what the system does not take is kept. A
/// coroutine that writes much waits with [`drain`](Self::drain) now and then, so that a peer that
/// does not read cannot fill the memory. It is also a [`std::io::Write`], for `write!`.
///
/// # Examples
///
/// See the [module](super).
#[derive(Clone)]
pub struct StreamWriter(pub(super) Rc<Connection>);

impl StreamWriter {
    /// Returns the transport below.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Result, StreamWriter};
    ///
    /// fn buffer_little(writer: &StreamWriter) -> Result<()> {
    ///     writer.transport().set_write_buffer_limits(1000, None)
    /// }
    /// ```
    pub fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// Writes data, as [`Transport::write`].
    ///
    /// # Errors
    ///
    /// As [`Transport::write`].
    ///
    /// # Examples
    ///
    /// See the [module](super).
    #[inline]
    pub fn write(&self, data: &[u8]) -> Result<()> {
        self.transport().write(data)
    }

    /// Writes several pieces as one.
    ///
    /// # Errors
    ///
    /// As [`Transport::write`].
    ///
    /// # Examples
    ///
    /// See [`Transport::writelines`].
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
    pub fn write_eof(&self) -> Result<()> {
        self.transport().write_eof()
    }

    /// Returns whether one half can be ended: true.
    ///
    /// # Examples
    ///
    /// See [`Transport::can_write_eof`].
    pub fn can_write_eof(&self) -> bool {
        self.transport().can_write_eof()
    }

    /// Closes the connection, both halves, when what is buffered has been written.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn close(&self) {
        self.transport().close();
    }

    /// Returns whether the connection is closed, or about to be.
    ///
    /// # Examples
    ///
    /// See [`Transport::is_closing`].
    pub fn is_closing(&self) -> bool {
        self.transport().is_closing()
    }

    /// Returns the peer's address.
    ///
    /// # Examples
    ///
    /// See [`Transport::peername`].
    pub fn peername(&self) -> Option<Address> {
        self.transport().peername()
    }

    /// Returns the address of this end.
    ///
    /// # Examples
    ///
    /// See [`Transport::peername`].
    pub fn sockname(&self) -> Option<Address> {
        self.transport().sockname()
    }

    /// Waits while more than the high-water mark (64 KiB) is to be written, until it is no more
    /// than the low-water mark. Several may wait.
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
    pub fn drain(&self) -> Drain {
        Drain(self.clone())
    }

    /// Waits until the connection is closed: after [`close`](Self::close), until all is written.
    ///
    /// # Errors
    ///
    /// - The error with which the connection was lost, if there was one.
    /// - `is_cancelled`.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn wait_closed(&self) -> WaitClosed {
        WaitClosed(self.clone())
    }
}

/// Writes as [`StreamWriter::write`]; flushing does nothing.
impl io::Write for StreamWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut &*self, data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes as [`StreamWriter::write`]; flushing does nothing.
impl io::Write for &StreamWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let ended =
            |error: crate::Error| io::Error::new(io::ErrorKind::BrokenPipe, error.to_string());
        StreamWriter::write(self, data).map_err(ended)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Shows the state: `<StreamWriter transport=<Transport fd=7 ...>>`.
impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<StreamWriter transport={:?}>", self.transport())
    }
}

/// Waits for room, when delegated to: see [`StreamWriter::drain`].
#[derive(Clone, Debug)]
#[must_use = "waits for nothing unless delegated to: co.yield_from(writer.drain())?"]
pub struct Drain(StreamWriter);

impl Delegate<Request, ()> for Drain {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let connection = &*self.0.0;
        connection.reader.check()?;
        if connection.transport.is_closing() {
            // So that whoever only writes and drains comes to know of a loss.
            co.yield_from(yield_now())?;
        }
        connection.link.drain(co)
    }
}

/// Waits for the end, when delegated to: see [`StreamWriter::wait_closed`].
#[derive(Clone, Debug)]
#[must_use = "waits for nothing unless delegated to: co.yield_from(writer.wait_closed())?"]
pub struct WaitClosed(StreamWriter);

impl Delegate<Request, ()> for WaitClosed {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        self.0.0.link.wait_closed(co)
    }
}

coroutine_operations! {
    [] Drain => (), "StreamWriter.drain", |this| move |co: &Co| this.delegate(co);
    [] WaitClosed => (), "StreamWriter.wait_closed", |this| move |co: &Co| this.delegate(co);
}
