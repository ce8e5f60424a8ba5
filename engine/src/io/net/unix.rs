//! Unix sockets of datagrams.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use super::datagram::{Recv, RecvFrom, Send, SendTo, datagrams};
use super::options::{std_conversions, std_methods};
use crate::Result;
use crate::errors::describe;
use crate::io::source::Source;

/// A Unix socket of datagrams: std's, for coroutines.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::UnixDatagram;
/// use yieldfrom::{Co, run_sync};
///
/// let path = std::env::temp_dir().join(format!("yieldfrom-doc-dgram-{}", std::process::id()));
/// let named = UnixDatagram::bind(&path)?;
/// let other = UnixDatagram::unbound()?;
/// run_sync(move |co: &Co| {
///     co.yield_from(other.send_to(b"hello", &path))?;
///     let mut buffer = [0; 100];
///     let (n, from) = co.yield_from(named.recv_from(&mut buffer))?;
///     assert!(&buffer[..n] == b"hello" && from.is_unnamed());
///
///     other.connect(&path)?;
///     co.yield_from(other.send(b"again"))?;
///     assert_eq!(co.yield_from(named.recv(&mut buffer))?, 5);
///     Ok(std::fs::remove_file(&path)?)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct UnixDatagram {
    pub(super) source: Rc<Source<std::os::unix::net::UnixDatagram>>,
}

datagrams!(
    UnixDatagram,
    std::os::unix::net::UnixDatagram,
    SocketAddr,
    see = "See [`UnixDatagram`]."
);

fn at(path: &Path, operation: &str) -> impl FnOnce(io::Error) -> io::Error {
    let operation = format!("{operation} {}", path.display());
    move |error| describe(error, operation)
}

impl UnixDatagram {
    /// Makes a socket at a path, at which there must be no file yet.
    ///
    /// # Errors
    ///
    /// What the system reports, with the path.
    ///
    /// # Examples
    ///
    /// See [`UnixDatagram`].
    pub fn bind(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bound = std::os::unix::net::UnixDatagram::bind(path);
        Self::from_std(bound.map_err(at(path, "bind to"))?)
    }

    /// Makes a socket without a path, which can send only.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// See [`UnixDatagram`].
    pub fn unbound() -> Result<Self> {
        let unbound = std::os::unix::net::UnixDatagram::unbound();
        Self::from_std(unbound.map_err(|error| describe(error, "unbound"))?)
    }

    /// Makes two that are connected to each other.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UnixDatagram;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// let (one, other) = UnixDatagram::pair()?;
    /// run_sync(move |co: &Co| {
    ///     co.yield_from(one.send(b"hello"))?;
    ///     assert_eq!(co.yield_from(other.recv(&mut [0; 100]))?, 5);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn pair() -> Result<(Self, Self)> {
        let pair = std::os::unix::net::UnixDatagram::pair();
        let (one, other) = pair.map_err(|error| describe(error, "pair"))?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }

    /// Sets the peer to the socket at a path.
    ///
    /// # Errors
    ///
    /// What the system reports, with the path.
    ///
    /// # Examples
    ///
    /// See [`UnixDatagram`].
    pub fn connect(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let connected = self.source.get().connect(path);
        Ok(connected.map_err(at(path, "connect to"))?)
    }

    /// Sends a datagram to the socket at a path, when there is room for it.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the system reports.
    ///
    /// # Examples
    ///
    /// See [`UnixDatagram`].
    pub fn send_to<'a>(
        &'a self,
        bytes: &'a [u8],
        path: impl AsRef<Path>,
    ) -> SendTo<'a, std::os::unix::net::UnixDatagram> {
        let path = path.as_ref();
        let to = SocketAddr::from_pathname(path).map_err(at(path, "send to"));
        SendTo {
            source: &self.source,
            bytes,
            to: to.map_err(Into::into),
        }
    }
}

std_methods! {
    impl UnixDatagram, example = "
```
use yieldfrom::net::UnixDatagram;

let (one, _other) = UnixDatagram::pair()?;
assert!(one.local_addr()?.is_unnamed() && one.peer_addr()?.is_unnamed());
one.shutdown(std::net::Shutdown::Both)?;
assert!(one.take_error()?.is_none());
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address of this end.
    fn local_addr() -> SocketAddr;
    /// Returns the address of the peer, if there is one.
    fn peer_addr() -> SocketAddr;
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<io::Error>;
    /// Closes one direction, or both.
    fn shutdown(how: Shutdown) -> ();
}

std_conversions! {
    [] UnixDatagram => std::os::unix::net::UnixDatagram, Self::new;
}
