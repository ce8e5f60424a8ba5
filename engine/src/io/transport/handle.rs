//! The transports as protocols have them: handles of a stream, or of an endpoint for datagrams.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;

use super::carrier::Carrier;
use super::pipe_end::End;
use super::protocol::{DatagramProtocol, DatagramTransport, Protocol, Transport};
use crate::errors::AtCaller;
use crate::io::net::Address;
use crate::kernel::Core;
use yieldfrom_delegation::Result;

impl Transport {
    /// Writes data without waiting: at once as much as the system takes, the rest when it takes more.
    ///
    /// After the loss of the connection, data is dropped. From the fifth write on, that is logged.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): [`write_eof`](Self::write_eof) was called, or it is
    /// the reading end of a pipe.
    #[inline]
    #[track_caller]
    pub fn write(&self, data: &[u8]) -> Result<()> {
        self.0.write(data).at_caller()
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
    #[track_caller]
    pub fn writelines(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Result<()> {
        let mut joined = Vec::new();
        for line in lines {
            joined.extend_from_slice(line.as_ref());
        }
        self.write(&joined)
    }

    /// Ends this half of the connection when what is buffered has been written. The other half goes
    /// on. A second call has no effect, nor one after [`close`](Self::close). A pipe is closed.
    ///
    /// # Errors
    ///
    /// - [`std::io::Error`]: the system fails, because the connection is lost, for example.
    /// - [`RuntimeError`](crate::RuntimeError): it is the reading end of a pipe.
    #[track_caller]
    pub fn write_eof(&self) -> Result<()> {
        self.0.write_eof().at_caller()
    }

    /// Returns whether [`write_eof`](Self::write_eof) works: not for the reading end of a pipe.
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

    /// Stops reading, so that the peer has to wait. It has no effect if reading is paused already.
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

    /// Goes on reading. It has no effect if reading is not paused.
    pub fn resume_reading(&self) {
        self.0.resume_reading();
    }

    /// Returns whether the transport reads: it is neither paused nor closing.
    pub fn is_reading(&self) -> bool {
        self.0.is_reading()
    }

    pub(crate) fn core(&self) -> &Rc<Core> {
        &self.0.state.core
    }
}

impl DatagramTransport {
    /// Sends a datagram without waiting: at once if the system takes it, or else when it does. The
    /// datagram may be empty.
    ///
    /// Without an address, it goes to the remote end with which the endpoint was made.
    ///
    /// # Errors
    ///
    /// [`ValueError`](crate::ValueError): the endpoint has no remote end and there is no address, or
    /// the address is not that of the remote end. Errors of the system go to
    /// [`error_received`](DatagramProtocol::error_received).
    #[track_caller]
    pub fn sendto(&self, data: &[u8], address: impl Into<Option<Address>>) -> Result<()> {
        self.0.send(data, address.into()).at_caller()
    }
}

/// The methods that both kinds of transports have.
macro_rules! shared_methods {
    ($transport:ident, $protocol:ident) => {
        impl $transport {
            /// Closes the transport when what is buffered has been written. Nothing is received any
            /// more.
            pub fn close(&self) {
                self.0.close();
            }

            /// Closes the transport now; what is buffered is lost.
            pub fn abort(&self) {
                self.0.abort(None);
            }

            /// Returns whether the transport is closed, or about to be.
            pub fn is_closing(&self) -> bool {
                self.0.state.closing.get()
            }

            /// Sets the marks for `pause_writing` and `resume_writing` of the protocol, in bytes.
            ///
            /// By default, the high-water mark is 64 KiB, or four times the low-water mark if you
            /// give that one, and the low-water mark is a quarter of the high-water mark. The marks
            /// apply at once to what is buffered.
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
            #[track_caller]
            pub fn set_write_buffer_limits(
                &self,
                high: impl Into<Option<usize>>,
                low: impl Into<Option<usize>>,
            ) -> Result<()> {
                self.0.set_limits(high.into(), low.into()).at_caller()
            }

            /// Returns the low-water and the high-water mark, in bytes.
            pub fn get_write_buffer_limits(&self) -> (usize, usize) {
                self.0.state.flow.limits()
            }

            /// Returns how many bytes wait to be written. Each buffered datagram counts for eight
            /// bytes more than it has.
            pub fn get_write_buffer_size(&self) -> usize {
                self.0.buffered()
            }

            /// Returns the address of the peer, also after the end. There is none if the socket is
            /// not connected, or the peer was gone at the beginning.
            pub fn peername(&self) -> Option<Address> {
                self.0.state.peername.clone()
            }

            /// Returns the address of this end, also after the end of the transport.
            pub fn sockname(&self) -> Option<Address> {
                self.0.state.sockname.clone()
            }

            /// Returns the number of the descriptor, or none after the end.
            pub fn fd(&self) -> Option<RawFd> {
                self.with_fd(|fd| fd.as_raw_fd())
            }

            /// Calls a function with the descriptor, for options of the socket. After the end it
            /// does not call the function, and returns none.
            pub fn with_fd<R>(&self, function: impl FnOnce(BorrowedFd<'_>) -> R) -> Option<R> {
                let socket = self.0.state.socket()?;
                Some(function(socket.as_fd()))
            }

            /// Replaces the protocol. The new one does not get `connection_made`.
            pub fn set_protocol(&self, protocol: Rc<dyn $protocol>) {
                self.0.state.set_protocol(protocol);
            }

            /// Returns the protocol, or none after the end.
            pub fn get_protocol(&self) -> Option<Rc<dyn $protocol>> {
                self.0.state.protocol()
            }

            /// Returns whether both are handles of one transport.
            pub fn ptr_eq(&self, other: &Self) -> bool {
                Rc::ptr_eq(&self.0, &other.0)
            }
        }

        impl fmt::Debug for $transport {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

shared_methods!(Transport, Protocol);
shared_methods!(DatagramTransport, DatagramProtocol);
