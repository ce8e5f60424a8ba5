//! The transport of a datagram socket, as protocols have it.

use std::fmt;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::carrier::Carrier;
use super::datagrams::Datagrams;
use super::protocol::DatagramProtocol;
use crate::Result;
use crate::io::net::Address;

/// What sends and receives datagrams: asyncio's `DatagramTransport`, for UDP and Unix sockets.
///
/// A clone is the same transport. It stays open until it is closed, also if no handle is left.
///
/// # Examples
///
/// See [`create_datagram_endpoint`](super::create_datagram_endpoint).
#[derive(Clone)]
pub struct DatagramTransport(pub(super) Rc<Datagrams>);

impl DatagramTransport {
    /// Sends a datagram without waiting: at once if the system takes it, else when it does. One
    /// without any bytes is sent like the others.
    ///
    /// No address means that of the remote end, if the endpoint was made with one.
    ///
    /// # Errors
    ///
    /// [`ValueError`](crate::ValueError): there is no address, or another one than the endpoint's
    /// remote one. What the system reports goes to
    /// [`error_received`](DatagramProtocol::error_received).
    ///
    /// # Examples
    ///
    /// See [`create_datagram_endpoint`](super::create_datagram_endpoint).
    pub fn sendto(&self, data: &[u8], address: impl Into<Option<Address>>) -> Result<()> {
        self.0.send(data, address.into())
    }

    /// Closes the endpoint when what is buffered has been sent. Nothing is received any more.
    ///
    /// # Examples
    ///
    /// See [`create_datagram_endpoint`](super::create_datagram_endpoint).
    pub fn close(&self) {
        self.0.close();
    }

    /// Closes the endpoint now; what is buffered is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::DatagramTransport;
    /// fn give_up(transport: &DatagramTransport) {
    ///     transport.abort();
    ///     assert!(transport.is_closing());
    /// }
    /// ```
    pub fn abort(&self) {
        self.0.abort(None);
    }

    /// Returns whether the endpoint is closed, or about to be.
    ///
    /// # Examples
    ///
    /// See [`abort`](Self::abort).
    pub fn is_closing(&self) -> bool {
        self.0.state.closing.get()
    }

    /// Sets the marks, in bytes, as
    /// [`Transport::set_write_buffer_limits`](super::Transport::set_write_buffer_limits).
    ///
    /// # Errors
    ///
    /// [`ValueError`](crate::ValueError): the low-water mark is above the high-water mark.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::{DatagramTransport, Result};
    /// fn buffer_little(transport: &DatagramTransport) -> Result<()> {
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

    /// Returns how many bytes wait to be sent; each datagram counts for eight more than it has.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::DatagramTransport;
    /// fn is_idle(transport: &DatagramTransport) -> bool {
    ///     transport.get_write_buffer_size() == 0
    /// }
    /// ```
    pub fn get_write_buffer_size(&self) -> usize {
        self.0.buffered()
    }

    /// Returns the address of the remote end, if the socket is connected to one.
    ///
    /// # Examples
    ///
    /// See [`create_datagram_endpoint`](super::create_datagram_endpoint).
    pub fn peername(&self) -> Option<Address> {
        self.0.state.peername.clone()
    }

    /// Returns the address of this end.
    ///
    /// # Examples
    ///
    /// See [`create_datagram_endpoint`](super::create_datagram_endpoint).
    pub fn sockname(&self) -> Option<Address> {
        self.0.state.sockname.clone()
    }

    /// Returns the number of the descriptor; none after the end.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::DatagramTransport;
    /// fn is_open(transport: &DatagramTransport) -> bool {
    ///     transport.fd().is_some()
    /// }
    /// ```
    pub fn fd(&self) -> Option<RawFd> {
        self.0.fd()
    }

    /// Returns the protocol; none after the end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use yieldfrom::{DatagramProtocol, DatagramTransport};
    ///
    /// fn protocol(transport: &DatagramTransport) -> Option<Rc<dyn DatagramProtocol>> {
    ///     transport.get_protocol()
    /// }
    /// ```
    pub fn get_protocol(&self) -> Option<Rc<dyn DatagramProtocol>> {
        self.0.state.protocol()
    }
}

/// Shows the state: `<DatagramTransport fd=7 bufsize=0>`.
impl fmt::Debug for DatagramTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
