//! What is told of a child process.

use super::transport::SubprocessTransport;
use crate::{Error, Result};

/// What is told of a child process and its pipes: asyncio's `SubprocessProtocol`.
///
/// All methods have defaults that do nothing, and get `&self`, as those of a
/// [`Protocol`](crate::Protocol). Pipes have the numbers of their descriptors in the child: 0 is
/// standard input, 1 standard output, 2 standard error. What a method returns as an error, or panics
/// with, goes to the loop's exception handler; that of
/// [`pipe_data_received`](Self::pipe_data_received) also closes the pipe.
///
/// # Examples
///
/// See [`subprocess_exec`](super::subprocess_exec).
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

    /// A pipe was closed: by an error, or without one. Called once for each of them.
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn pipe_connection_lost(&self, fd: i32, error: Option<&Error>) -> Result<()> {
        let _ = (fd, error);
        Ok(())
    }

    /// The process has ended; the transport knows how. Its pipes may still be open, as others have
    /// them.
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

    /// More than the high-water mark waits to be written to standard input, as
    /// [`Protocol::pause_writing`](crate::Protocol::pause_writing).
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn pause_writing(&self) -> Result<()> {
        Ok(())
    }

    /// No more than the low-water mark waits, as
    /// [`Protocol::resume_writing`](crate::Protocol::resume_writing).
    ///
    /// # Errors
    ///
    /// See [`SubprocessProtocol`].
    fn resume_writing(&self) -> Result<()> {
        Ok(())
    }
}
