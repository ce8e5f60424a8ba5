//! The transport of a connection, as protocols and streams have it.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;

use super::carrier::Carrier;
use super::pipe::End;
use super::protocol::Protocol;
use super::stream::Stream;
use crate::Result;
use crate::io::net::Address;
use crate::kernel::Core;

/// What moves the bytes of a connection: asyncio's `Transport`, for TCP and Unix sockets, and for
/// one end of a pipe.
///
/// A clone is the same transport. It stays open until it is closed or lost, also if no handle is
/// left.
///
/// # Examples
///
/// See the [module](super).
#[derive(Clone)]
pub struct Transport(pub(crate) Rc<Stream>);

impl Transport {
    /// Writes data without waiting: at once what the system takes, the rest when it takes more.
    ///
    /// After the loss of the connection, data is dropped; from the fifth time on, that is logged.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): [`write_eof`](Self::write_eof) was called, or it is
    /// the reading end of a pipe.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    #[inline]
    pub fn write(&self, data: &[u8]) -> Result<()> {
        self.0.write(data)
    }

    /// Writes several pieces as one.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Result, Transport};
    ///
    /// fn greet(transport: &Transport, name: &str) -> Result<()> {
    ///     transport.writelines(["hello, ", name, "\n"])
    /// }
    /// ```
    pub fn writelines(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Result<()> {
        let mut joined = Vec::new();
        for line in lines {
            joined.extend_from_slice(line.as_ref());
        }
        self.write(&joined)
    }

    /// Ends this half of the connection when what is buffered has been written; the other half goes
    /// on. Has no effect the second time, or after [`close`](Self::close). A pipe is closed.
    ///
    /// # Errors
    ///
    /// - What the system says, such as that there is no connection any more.
    /// - [`RuntimeError`](crate::RuntimeError): it is the reading end of a pipe.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn write_eof(&self) -> Result<()> {
        self.0.write_eof()
    }

    /// Returns whether [`write_eof`](Self::write_eof) works: unless it is the reading end of a pipe.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Result, Transport};
    ///
    /// fn finish(transport: &Transport) -> Result<()> {
    ///     if transport.can_write_eof() { transport.write_eof() } else { Ok(transport.close()) }
    /// }
    /// ```
    pub fn can_write_eof(&self) -> bool {
        self.0.end != Some(End::Reading)
    }

    /// Closes the connection when what is buffered has been written. No data is received any more.
    ///
    /// # Examples
    ///
    /// See [`can_write_eof`](Self::can_write_eof).
    pub fn close(&self) {
        self.0.close();
    }

    /// Closes the connection now; what is buffered is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Protocol, Result, Transport};
    ///
    /// struct Refuse;
    ///
    /// impl Protocol for Refuse {
    ///     fn connection_made(&self, transport: &Transport) -> Result<()> {
    ///         Ok(transport.abort())
    ///     }
    /// }
    /// ```
    pub fn abort(&self) {
        self.0.abort(None);
    }

    /// Returns whether the connection is closed, or about to be.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Transport;
    /// fn is_of_use(transport: &Transport) -> bool {
    ///     !transport.is_closing()
    /// }
    /// ```
    pub fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    /// Stops reading, so that the peer has to wait. Has no effect if it is paused already.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Result, Transport};
    ///
    /// fn enough_for_now(transport: &Transport) {
    ///     transport.pause_reading();
    ///     assert!(!transport.is_reading());
    ///     transport.resume_reading();
    /// }
    /// ```
    pub fn pause_reading(&self) {
        self.0.pause_reading();
    }

    /// Goes on reading. Has no effect if it is not paused.
    ///
    /// # Examples
    ///
    /// See [`pause_reading`](Self::pause_reading).
    pub fn resume_reading(&self) {
        self.0.resume_reading();
    }

    /// Returns whether it reads: it is neither paused nor closing.
    ///
    /// # Examples
    ///
    /// See [`pause_reading`](Self::pause_reading).
    pub fn is_reading(&self) -> bool {
        self.0.is_reading()
    }

    /// Sets the marks for [`pause_writing`](Protocol::pause_writing) and
    /// [`resume_writing`](Protocol::resume_writing), in bytes.
    ///
    /// By default, the high-water mark is 64 KiB, or four times the low-water mark, which is a
    /// quarter of the high-water mark. They apply at once to what is buffered.
    ///
    /// # Errors
    ///
    /// [`ValueError`](crate::ValueError): the low-water mark is above the high-water mark.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::{Result, Transport};
    /// fn buffer_little(transport: &Transport) -> Result<()> {
    ///     transport.set_write_buffer_limits(1000, None)?;
    ///     assert_eq!(transport.get_write_buffer_limits(), (250, 1000));
    ///     Ok(())
    /// }
    /// ```
    pub fn set_write_buffer_limits(
        &self,
        high: impl Into<Option<usize>>,
        low: impl Into<Option<usize>>,
    ) -> Result<()> {
        self.0.set_limits(high.into(), low.into())
    }

    /// Returns the low-water and the high-water mark, in bytes.
    ///
    /// # Examples
    ///
    /// See [`set_write_buffer_limits`](Self::set_write_buffer_limits).
    pub fn get_write_buffer_limits(&self) -> (usize, usize) {
        self.0.state.flow.limits()
    }

    /// Returns how many bytes wait to be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Transport;
    /// fn is_idle(transport: &Transport) -> bool {
    ///     transport.get_write_buffer_size() == 0
    /// }
    /// ```
    pub fn get_write_buffer_size(&self) -> usize {
        self.0.buffered()
    }

    /// Returns the peer's address, also after the end; none if the peer was gone at the beginning.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Transport;
    /// fn log(transport: &Transport) {
    ///     if let Some(peer) = transport.peername() {
    ///         println!("a connection from {peer}");
    ///     }
    /// }
    /// ```
    pub fn peername(&self) -> Option<Address> {
        self.0.state.peername.clone()
    }

    /// Returns the address of this end, also after the end.
    ///
    /// # Examples
    ///
    /// See [`peername`](Self::peername).
    pub fn sockname(&self) -> Option<Address> {
        self.0.state.sockname.clone()
    }

    /// Returns the number of the descriptor; none after the end.
    ///
    /// # Examples
    ///
    /// See [`with_fd`](Self::with_fd).
    pub fn fd(&self) -> Option<RawFd> {
        self.with_fd(|fd| fd.as_raw_fd())
    }

    /// Calls a function with the descriptor, for options of the socket; not after the end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::fd::AsRawFd;
    /// # use yieldfrom::Transport;
    /// fn number(transport: &Transport) -> Option<i32> {
    ///     let number = transport.with_fd(|fd| fd.as_raw_fd());
    ///     assert_eq!(number, transport.fd());
    ///     number
    /// }
    /// ```
    pub fn with_fd<R>(&self, function: impl FnOnce(BorrowedFd<'_>) -> R) -> Option<R> {
        let socket = self.0.state.socket()?;
        Some(function(socket.as_fd()))
    }

    /// Has another protocol told from now on. It does not get `connection_made`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use yieldfrom::{Protocol, Transport};
    ///
    /// fn upgrade(transport: &Transport, protocol: Rc<dyn Protocol>) {
    ///     transport.set_protocol(protocol);
    ///     assert!(transport.get_protocol().is_some());
    /// }
    /// ```
    pub fn set_protocol(&self, protocol: Rc<dyn Protocol>) {
        self.0.state.set_protocol(protocol);
    }

    /// Returns the protocol; none after the end.
    ///
    /// # Examples
    ///
    /// See [`set_protocol`](Self::set_protocol).
    pub fn get_protocol(&self) -> Option<Rc<dyn Protocol>> {
        self.0.state.protocol()
    }

    pub(crate) fn core(&self) -> &Rc<Core> {
        &self.0.state.core
    }

    /// Returns whether both are handles of one transport.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Transport;
    /// fn is_me(one: &Transport, other: &Transport) -> bool {
    ///     one.ptr_eq(other)
    /// }
    /// ```
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Shows the state as asyncio does: `<Transport fd=7 read=polling write=<idle, bufsize=0>>`.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
