//! What is special to connections of Unix sockets.

use std::net::Shutdown;
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;

use super::UnixStream;
use super::connect::ConnectUnix;
use super::options::{std_conversions, std_methods};
use crate::Result;
use crate::errors::describe;

impl UnixStream {
    /// Connects to the socket at a path.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the system reports, with the path.
    ///
    /// # Examples
    ///
    /// See [`UnixListener`](super::UnixListener).
    pub fn connect(path: impl AsRef<Path>) -> ConnectUnix {
        ConnectUnix(path.as_ref().to_owned())
    }

    /// Makes two that are connected to each other.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// See [`UnixStream`].
    pub fn pair() -> Result<(Self, Self)> {
        let pair = std::os::unix::net::UnixStream::pair();
        let (one, other) = pair.map_err(|error| describe(error, "pair"))?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }
}

std_methods! {
    impl UnixStream, example = "
```
use std::net::Shutdown;
use yieldfrom::net::UnixStream;

let (one, other) = UnixStream::pair()?;
assert!(one.local_addr()?.is_unnamed() && one.peer_addr()?.is_unnamed());
one.shutdown(Shutdown::Both)?;
assert!(other.take_error()?.is_none());
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address of this end.
    fn local_addr() -> UnixAddr;
    /// Returns the address of the other end.
    fn peer_addr() -> UnixAddr;
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<std::io::Error>;
    /// Closes one direction, or both: the peer sees the end, or reads here end.
    fn shutdown(how: Shutdown) -> ();
}

std_conversions! {
    [] UnixStream => std::os::unix::net::UnixStream, Self::new;
}
