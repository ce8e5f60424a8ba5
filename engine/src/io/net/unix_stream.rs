//! The methods of streams that only Unix sockets have.

use std::net::Shutdown;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;

use super::UnixStream;
use super::connect::connect_unix;
use super::std_methods::std_methods;
use crate::errors::describe;
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::Result;

impl UnixStream {
    /// Connects to the socket at a path.
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of the system, with the path.
    #[must_use = "it connects when a coroutine delegates to it by yield_from"]
    pub fn connect(
        path: impl AsRef<Path>,
    ) -> Operation<impl FnOnce(&Co) -> Result<Self> + 'static> {
        let path = path.as_ref().to_owned();
        Operation::new("UnixStream.connect", move |co| connect_unix(co, &path))
    }

    /// Makes two streams that are connected to each other.
    ///
    /// # Errors
    ///
    /// The error of the system.
    #[track_caller]
    pub fn pair() -> Result<(Self, Self)> {
        let pair = std::os::unix::net::UnixStream::pair();
        let (one, other) = pair.map_err(|error| describe(error, "pair"))?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }
}

std_methods! {
    UnixStream;
    /// Returns the address of this end.
    fn local_addr() -> UnixAddr;
    /// Returns the address of the other end.
    fn peer_addr() -> UnixAddr;
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<std::io::Error>;
    /// Closes one direction, or both: the peer sees the end, or reads here end.
    fn shutdown(how: Shutdown) -> ();
}
