//! The protocol of a child process, and the types of its transport.
//!
//! The protocol is given the transport, which keeps the protocol. So the types name each other, and
//! stand in one file. What the transport does stands above it: in `subprocess_state.rs`, and for
//! programs in `transport.rs`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::child::Child;
use crate::io::transport::Transport;
use crate::kernel::{Core, Place};
use yieldfrom_delegation::{Error, Result};

/// Gets the events of a child process and its pipes: asyncio's `SubprocessProtocol`.
///
/// All methods have defaults that do nothing, and get `&self`, as those of a
/// [`Protocol`](crate::Protocol). Pipes have the numbers of their descriptors in the child: 0 is
/// standard input, 1 standard output, 2 standard error. If a method returns an error, or panics, that
/// goes to the loop's exception handler. After an error of
/// [`pipe_data_received`](Self::pipe_data_received), the pipe is closed as well.
///
/// [`subprocess_exec`](super::subprocess_exec) has an example.
pub trait SubprocessProtocol: 'static {
    /// The process runs. Keep a clone of the transport, to write and to send signals.
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn connection_made(&self, transport: &SubprocessTransport) -> Result<()> {
        let _ = transport;
        Ok(())
    }

    /// The child has written something.
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn pipe_data_received(&self, fd: i32, data: &[u8]) -> Result<()> {
        let _ = (fd, data);
        Ok(())
    }

    /// A pipe was closed, with an error or without one. Called once for each pipe.
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn pipe_connection_lost(&self, fd: i32, error: Option<&Error>) -> Result<()> {
        let _ = (fd, error);
        Ok(())
    }

    /// The process has ended; the transport knows how. Its pipes may still be open in other
    /// processes.
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn process_exited(&self) -> Result<()> {
        Ok(())
    }

    /// The process has ended, and all pipes are closed: nothing follows.
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// More than the high-water mark is to be written to standard input, as
    /// [`Protocol::pause_writing`](crate::Protocol::pause_writing).
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn pause_writing(&self) -> Result<()> {
        Ok(())
    }

    /// At most the low-water mark is still to be written, as
    /// [`Protocol::resume_writing`](crate::Protocol::resume_writing).
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn resume_writing(&self) -> Result<()> {
        Ok(())
    }
}

/// A child process and its pipes: asyncio's `SubprocessTransport`.
///
/// A clone is the same transport.
#[derive(Clone)]
pub struct SubprocessTransport(pub(super) Rc<SubprocessState>);

/// The state that the handles of a transport and its pipes share.
pub(super) struct SubprocessState {
    pub(super) core: Rc<Core>,
    pub(super) child: Rc<Child>,
    /// The line of the program that has started it.
    pub(super) made_at: Place,
    /// None after the end.
    pub(super) protocol: RefCell<Option<Rc<dyn SubprocessProtocol>>>,
    pub(super) pipes: RefCell<[Option<Transport>; 3]>,
    /// How many pipes are open.
    pub(super) open: Cell<usize>,
    pub(super) exited: Cell<bool>,
    pub(super) closing: Cell<bool>,
}
