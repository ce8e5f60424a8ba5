//! What is told of a connection.

use std::rc::Rc;

use super::{DatagramTransport, Transport};
use crate::errors::Panicked;
use crate::errors::panics;
use crate::io::net::Address;
use crate::{Error, Result};

/// What is told of a connection's life: asyncio's `Protocol`.
///
/// All methods have defaults that do nothing. They get `&self`, so that state that changes is in
/// cells; no two of them run at once, but [`Transport::write`] may call
/// [`pause_writing`](Self::pause_writing) while another runs.
///
/// # Examples
///
/// See the [module](crate::transport).
pub trait Protocol: 'static {
    /// The connection is there. Keep a clone of the transport, to write.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, and the connection goes on.
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        let _ = transport;
        Ok(())
    }

    /// Some bytes have come: any part of what the peer has written.
    ///
    /// When a write finds that the peer is gone, this is told first of what the peer had written
    /// before, also if reading is paused, and then [`connection_lost`](Self::connection_lost).
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, and ends the connection.
    fn data_received(&self, data: &[u8]) -> Result<()> {
        let _ = data;
        Ok(())
    }

    /// The peer has written all it will. Return true to go on writing; by default, the connection
    /// is closed when what is buffered has been written.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, and ends the connection.
    fn eof_received(&self) -> Result<bool> {
        Ok(false)
    }

    /// The connection is over: by an error, or without one if this side ended it, or the peer
    /// did by its end of file. Called exactly once; the transport does nothing any more.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler.
    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// More than the high-water mark waits to be written: do not write until
    /// [`resume_writing`](Self::resume_writing).
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler.
    fn pause_writing(&self) -> Result<()> {
        Ok(())
    }

    /// No more than the low-water mark waits to be written. Called once for each
    /// [`pause_writing`](Self::pause_writing), unless the connection is lost before.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler.
    fn resume_writing(&self) -> Result<()> {
        Ok(())
    }
}

/// What is told of a datagram endpoint's life: asyncio's `DatagramProtocol`.
///
/// # Examples
///
/// See [`create_datagram_endpoint`](super::create_datagram_endpoint).
pub trait DatagramProtocol: 'static {
    /// The endpoint is there. Keep a clone of the transport, to send.
    ///
    /// # Errors
    ///
    /// An error is reported to the loop's exception handler, as that of every other method here.
    fn connection_made(&self, transport: &DatagramTransport) -> Result<()> {
        let _ = transport;
        Ok(())
    }

    /// A datagram has come, whole; what is beyond 64 KiB of it is lost.
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn datagram_received(&self, data: &[u8], sender: &Address) -> Result<()> {
        let _ = (data, sender);
        Ok(())
    }

    /// Sending or receiving a datagram failed. The endpoint goes on.
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn error_received(&self, error: &Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// The endpoint was closed. Called exactly once.
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// More than the high-water mark waits to be sent, as [`Protocol::pause_writing`].
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn pause_writing(&self) -> Result<()> {
        Ok(())
    }

    /// No more than the low-water mark waits to be sent, as [`Protocol::resume_writing`].
    ///
    /// # Errors
    ///
    /// See [`connection_made`](Self::connection_made).
    fn resume_writing(&self) -> Result<()> {
        Ok(())
    }
}

macro_rules! shared_protocol {
    ($trait:ident { $($method:ident($($argument:ident: $type:ty),*) -> $output:ty;)* }) => {
        /// A protocol that somebody else keeps as well.
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

/// Calls what is not ours: a panic becomes an error.
#[inline]
pub(crate) fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    panics::catch(call).unwrap_or_else(|payload| Err(Error::new(Panicked::new(payload))))
}
