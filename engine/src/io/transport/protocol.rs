//! Protocols, and the types of their transports.
//!
//! A protocol is given its transport, and a transport keeps its protocol. So these types name each
//! other, and stand in one file. What transports do stands above it: `stream.rs` and `datagrams.rs`
//! have the work, `handle.rs` has what programs call.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::buffer::Buffer;
use super::filter::Filtered;
use super::pipe_end::End;
use super::transport_state::TransportState;
use crate::errors::{Panicked, panics};
use crate::io::net::Address;
use crate::kernel::Waiter;
use yieldfrom_delegation::{Error, Result};

/// The methods that a transport calls in the life of a connection: asyncio's `Protocol`.
///
/// All methods have defaults that do nothing. They get `&self`, so keep state that changes in cells.
/// The transport calls one method at a time, with one exception: [`Transport::write`] may call
/// [`pause_writing`](Self::pause_writing) while another method runs. The [module](crate::transport)
/// has an example.
#[allow(unused_variables)]
pub trait Protocol: 'static {
    /// Takes note that the connection is made. Keep a clone of the transport, to write.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, and the connection goes on.
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        Ok(())
    }

    /// Takes some bytes, which may be any part of what the peer has written.
    ///
    /// When a write finds that the peer is gone, this still gets what the peer had written before,
    /// even if reading is paused. Then comes [`connection_lost`](Self::connection_lost).
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, and ends the connection.
    fn data_received(&self, data: &[u8]) -> Result<()> {
        Ok(())
    }

    /// Takes note that the peer has ended its half. Returns whether to go on writing: false by
    /// default, and then the connection is closed when what is buffered has been written.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, and ends the connection.
    fn eof_received(&self) -> Result<bool> {
        Ok(false)
    }

    /// Takes note that the connection is over. This is called exactly once, and nothing is called
    /// after it. There is no error if this side or the peer has ended the connection in order.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler.
    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        Ok(())
    }

    /// Takes note that more bytes than the high-water mark wait to be written. Do not write until
    /// [`resume_writing`](Self::resume_writing).
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler.
    fn pause_writing(&self) -> Result<()> {
        Ok(())
    }

    /// Takes note that no more bytes than the low-water mark wait to be written. This is called once
    /// for each [`pause_writing`](Self::pause_writing), unless the connection is lost before.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler.
    fn resume_writing(&self) -> Result<()> {
        Ok(())
    }
}

/// The methods that a transport calls in the life of an endpoint for datagrams: asyncio's
/// `DatagramProtocol`. [`create_datagram_endpoint`](super::create_datagram_endpoint()) has an example.
#[allow(unused_variables)]
pub trait DatagramProtocol: 'static {
    /// Takes note that the endpoint is made. Keep a clone of the transport, to send.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, as that of every other method here.
    fn connection_made(&self, transport: &DatagramTransport) -> Result<()> {
        Ok(())
    }

    /// Takes a whole datagram. Bytes beyond the first 64 KiB are lost.
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn datagram_received(&self, data: &[u8], sender: &Address) -> Result<()> {
        Ok(())
    }

    /// Takes note that sending or receiving a datagram has failed. The endpoint goes on.
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn error_received(&self, error: &Error) -> Result<()> {
        Ok(())
    }

    /// Takes note that the endpoint was closed. This is called exactly once.
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        Ok(())
    }

    /// Works as [`Protocol::pause_writing`].
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn pause_writing(&self) -> Result<()> {
        Ok(())
    }

    /// Works as [`Protocol::resume_writing`].
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn resume_writing(&self) -> Result<()> {
        Ok(())
    }
}

/// A transport for bytes: asyncio's `Transport`, for TCP and Unix sockets, and for one end of a
/// pipe.
///
/// A clone is the same transport. It stays open until it is closed or lost, also if no handle is
/// left.
#[derive(Clone)]
pub struct Transport(pub(crate) Rc<Stream>);

/// A connection, until it is lost.
pub(crate) struct Stream {
    pub(super) state: TransportState<dyn Protocol>,
    /// The bytes that wait to be written.
    pub(super) buffer: RefCell<Buffer>,
    pub(super) paused: Cell<bool>,
    /// Whether the peer has ended its half.
    pub(super) ended: Cell<bool>,
    /// Whether a write has failed, and the system may have bytes that came before.
    pub(super) unread: Cell<bool>,
    /// Whether this half is to be ended after what is buffered.
    pub(super) finishing: Cell<bool>,
    /// Which end of a pipe it is, or none for a socket.
    pub(super) end: Option<End>,
    /// The task that waits until all is written.
    pub(super) draining: Cell<Option<Rc<Waiter>>>,
    /// What encrypts the bytes, if they are encrypted.
    pub(super) filtered: OnceCell<Box<Filtered>>,
}

/// A transport for datagrams: asyncio's `DatagramTransport`, for UDP and Unix sockets.
///
/// A clone is the same transport. It stays open until it is closed, also if no handle is left.
#[derive(Clone)]
pub struct DatagramTransport(pub(super) Rc<Datagrams>);

/// An endpoint, until it is closed.
pub(super) struct Datagrams {
    pub(super) state: TransportState<dyn DatagramProtocol>,
    /// The datagrams that wait to be sent, and their addresses.
    pub(super) queue: RefCell<VecDeque<(Vec<u8>, Option<Address>)>>,
    /// How many bytes these are, with the headers.
    pub(super) size: Cell<usize>,
    /// The only address to send to.
    pub(super) remote: Option<Address>,
}

macro_rules! shared_protocol {
    ($trait:ident { $($method:ident($($argument:ident: $type:ty),*) -> $output:ty;)* }) => {
        /// Lets the program keep its own reference of a protocol.
        impl<P: $trait + ?Sized> $trait for Rc<P> {
            $(fn $method(&self, $($argument: $type),*) -> Result<$output> {
                (**self).$method($($argument),*)
            })*
        }
    };
}

shared_protocol!(Protocol {
    connection_made(transport: &Transport) -> ();
    data_received(data: &[u8]) -> ();
    eof_received() -> bool;
    connection_lost(error: Option<&Error>) -> ();
    pause_writing() -> ();
    resume_writing() -> ();
});

shared_protocol!(DatagramProtocol {
    connection_made(transport: &DatagramTransport) -> ();
    datagram_received(data: &[u8], sender: &Address) -> ();
    error_received(error: &Error) -> ();
    connection_lost(error: Option<&Error>) -> ();
    pause_writing() -> ();
    resume_writing() -> ();
});

/// Calls code of the program, such as a method of a protocol. A panic becomes an error.
#[inline]
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    panics::catch(call).unwrap_or_else(|payload| Err(Error::new(Panicked::new(payload))))
}
