//! Unix sockets of datagrams.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use super::datagram::send_to;
use super::std_methods::std_methods;
use crate::errors::describe;
use crate::io::source::Source;
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::Result;

/// A Unix socket of datagrams: std's `UnixDatagram`, for coroutines.
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

fn at(path: &Path, operation: &str) -> impl FnOnce(io::Error) -> io::Error {
    let operation = format!("{operation} {}", path.display());
    move |error| describe(error, operation)
}

impl UnixDatagram {
    /// Makes a socket at a path, at which there must be no file yet.
    ///
    /// # Errors
    ///
    /// The error of the system, with the path.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bound = std::os::unix::net::UnixDatagram::bind(path);
        Self::from_std(bound.map_err(at(path, "bind to"))?)
    }

    /// Makes a socket without a path, which can only send.
    ///
    /// # Errors
    ///
    /// The error of the system.
    #[track_caller]
    pub fn unbound() -> Result<Self> {
        let unbound = std::os::unix::net::UnixDatagram::unbound();
        Self::from_std(unbound.map_err(|error| describe(error, "unbound"))?)
    }

    /// Makes two sockets that are connected to each other.
    ///
    /// # Errors
    ///
    /// The error of the system.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UnixDatagram;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// let (one, other) = UnixDatagram::pair()?;
    /// assert!(one.local_addr()?.is_unnamed() && one.peer_addr()?.is_unnamed());
    /// run_sync(move |co: &Co| {
    ///     co.yield_from(one.send(b"hello"))?;
    ///     assert_eq!(co.yield_from(other.recv(&mut [0; 100]))?, 5);
    ///     one.shutdown(std::net::Shutdown::Both)?;
    ///     assert!(one.take_error()?.is_none());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn pair() -> Result<(Self, Self)> {
        let pair = std::os::unix::net::UnixDatagram::pair();
        let (one, other) = pair.map_err(|error| describe(error, "pair"))?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }

    /// Sets the peer to the socket at a path.
    ///
    /// # Errors
    ///
    /// The error of the system, with the path.
    #[track_caller]
    pub fn connect(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let connected = self.source.get().connect(path);
        Ok(connected.map_err(at(path, "connect to"))?)
    }

    /// Waits for room, and sends a datagram to the socket at a path; returns its length.
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of the system.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn send_to<P: AsRef<Path>>(
        &self,
        bytes: &[u8],
        path: P,
    ) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
        let path = path.as_ref();
        let address = SocketAddr::from_pathname(path).map_err(at(path, "send to"));
        let source = &*self.source;
        Operation::new("send_to", move |co| {
            let address = address?;
            send_to(co, source, |io| io.send_to_addr(bytes, &address))
        })
    }
}

std_methods! {
    UnixDatagram;
    /// Returns the address of this end.
    fn local_addr() -> SocketAddr;
    /// Returns the address of the peer, if there is one.
    fn peer_addr() -> SocketAddr;
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<io::Error>;
    /// Closes one direction, or both.
    fn shutdown(how: Shutdown) -> ();
}
