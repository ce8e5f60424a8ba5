//! Sockets that listen for connections.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt;

use super::connect::{SOCKET_FLAGS, inet_socket};
use super::lookup::on_first;
use super::std_methods::std_methods;
use super::{TcpStream, ToSocketAddrs, UnixStream};
use crate::combine::sleep;
use crate::errors::{describe, panics};
use crate::io::source::Source;
use crate::kernel::{Co, Direction, Operation};
use yieldfrom_delegation::{Delegate, Result, report};

/// The options of a socket that listens.
#[derive(Clone, Debug)]
pub(crate) struct ListenOptions {
    /// The number of connections that may wait to be accepted.
    pub(crate) backlog: u32,
    pub(crate) reuse_address: bool,
    pub(crate) reuse_port: bool,
    /// Whether a socket for IPv6 does not accept connections over IPv4.
    pub(crate) v6_only: bool,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            backlog: 1024,
            reuse_address: true,
            reuse_port: false,
            v6_only: false,
        }
    }
}

impl ListenOptions {
    /// Has a socket listen, or changes how many connections may wait for one that does.
    pub(crate) fn listen(&self, socket: &impl AsFd) -> io::Result<()> {
        let backlog = i32::try_from(self.backlog).unwrap_or(i32::MAX);
        Ok(rustix::net::listen(socket, backlog)?)
    }
}

/// Makes a TCP socket that listens, and does not block.
pub(crate) fn listen_on(
    address: SocketAddr,
    options: &ListenOptions,
) -> io::Result<std::net::TcpListener> {
    let socket = inet_socket(address)?;
    sockopt::set_socket_reuseaddr(&socket, options.reuse_address)?;
    sockopt::set_socket_reuseport(&socket, options.reuse_port)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, options.v6_only)?;
    }
    rustix::net::bind(&socket, &address)?;
    options.listen(&socket)?;
    Ok(socket.into())
}

/// Accepts a connection, which does not block either.
pub(crate) fn accept(listener: &impl AsFd) -> io::Result<OwnedFd> {
    Ok(rustix::net::accept_with(listener, SOCKET_FLAGS)?)
}

/// Accepts a connection over TCP, and returns it with the peer's address.
fn accept_tcp(listener: &impl AsFd) -> io::Result<(OwnedFd, SocketAddr)> {
    let (socket, address) = rustix::net::acceptfrom_with(listener, SOCKET_FLAGS)?;
    let address = address.ok_or(Errno::CONNABORTED)?;
    Ok((socket, SocketAddr::try_from(address)?))
}

/// Returns whether there were too few descriptors, or there was too little memory, for a connection.
pub(crate) fn out_of_descriptors(error: &io::Error) -> bool {
    let scarce = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|error| scarce.contains(&error))
}

/// Returns whether a connection was lost before it could be accepted, so that the next is due.
pub(crate) fn was_lost(error: &io::Error, listener: impl AsFd) -> bool {
    // Linux reports errors that the new connection has met in the network, see accept(2).
    let lost = [
        Errno::CONNABORTED,
        Errno::NETDOWN,
        Errno::PROTO,
        Errno::NOPROTOOPT,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::NETUNREACH,
        Errno::INTR,
    ];
    match Errno::from_io_error(error) {
        // A socket that does not listen at all reports these as well, each time.
        Some(Errno::OPNOTSUPP | Errno::PERM) => {
            sockopt::socket_acceptconn(listener).unwrap_or(false)
        }
        Some(error) => lost.contains(&error),
        None => false,
    }
}

/// The pause before accepting goes on when there are no descriptors left; asyncio's is as long.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Waits for a connection; logs those that cannot be accepted, and goes on.
fn wait_accept<L: AsFd, R>(
    co: &Co,
    source: &Source<L>,
    mut accept: impl FnMut(&L) -> io::Result<R>,
) -> Result<R> {
    loop {
        let accepted = source.run(co, Direction::Read, "accept", |listener| {
            match accept(listener) {
                // The listener has not failed: it can accept the next connection.
                Err(error) if out_of_descriptors(&error) || was_lost(&error, listener) => {
                    Ok(Err(error))
                }
                result => result.map(Ok),
            }
        });
        match accepted? {
            Ok(connection) => return Ok(connection),
            Err(error) if out_of_descriptors(&error) => {
                panics::contain(|| {
                    report!(Error, "accept: {error}; trying again in {ACCEPT_PAUSE:?}");
                });
                sleep(ACCEPT_PAUSE).delegate(co)?;
            }
            Err(error) => panics::contain(|| log::debug!("accept: a connection was lost: {error}")),
        }
    }
}

/// A TCP socket that listens: std's `TcpListener`, for coroutines.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::TcpListener;
///
/// let listener = TcpListener::from_std(std::net::TcpListener::bind("127.0.0.1:0")?)?;
/// assert!(listener.local_addr()?.ip().is_loopback());
/// listener.set_ttl(40)?;
/// assert_eq!(listener.ttl()?, 40);
/// assert!(listener.take_error()?.is_none());
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct TcpListener {
    pub(super) source: Rc<Source<std::net::TcpListener>>,
}

impl TcpListener {
    /// Listens on an address: port 0 lets the system choose a free one.
    ///
    /// Of several addresses, it takes the first that can be bound. The address can be used again at
    /// once after the listener is closed (`SO_REUSEADDR`), and up to 1,024 connections may wait to
    /// be accepted. [`from_std`](TcpListener::from_std) takes a socket with other options.
    ///
    /// # Errors
    ///
    /// `yield_from` returns an [`io::Error`] for an address that is in use or belongs to another
    /// machine, or a [`ValueError`](crate::ValueError) for text that is no address.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::TcpListener;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
    ///     let again = co.yield_from(TcpListener::bind(listener.local_addr()?));
    ///     let error = again.unwrap_err();
    ///     assert!(error.to_string().starts_with("listen on 127.0.0.1:"));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "it binds when a coroutine delegates to it by yield_from"]
    pub fn bind(
        address: impl ToSocketAddrs,
    ) -> Operation<impl FnOnce(&Co) -> Result<Self> + 'static> {
        let target = address.target();
        Operation::new("TcpListener.bind", move |co| {
            let options = ListenOptions::default();
            let listen = |address| listen_on(address, &options);
            on_first(co, target?, "listen on", listen).map(Self::new)
        })
    }

    /// Waits for a connection, and returns it with the peer's address.
    ///
    /// When the system has no descriptors left, it logs that, and tries again after a second. It
    /// skips a connection that was lost before it could be accepted.
    ///
    /// # Errors
    ///
    /// `yield_from` returns any other error of the system.
    #[must_use = "it accepts when a coroutine delegates to it by yield_from"]
    pub fn accept(&self) -> Operation<impl FnOnce(&Co) -> Result<(TcpStream, SocketAddr)> + use<>> {
        let source = Rc::clone(&self.source);
        Operation::new("TcpListener.accept", move |co| {
            let (socket, address) = wait_accept(co, &source, accept_tcp)?;
            Ok((socket.into(), address))
        })
    }
}

std_methods! {
    TcpListener;
    /// Returns the address on which it listens.
    fn local_addr() -> SocketAddr;
    /// Returns the number of hops that packets may take.
    fn ttl() -> u32;
    /// Sets the number of hops that packets may take.
    fn set_ttl(hops: u32) -> ();
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<io::Error>;
}

/// A Unix socket that listens: std's `UnixListener`, for coroutines.
///
/// The file stays when the listener is dropped, as with std's.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::{UnixListener, UnixStream};
/// use yieldfrom::{Co, create_task, run_sync};
///
/// let path = std::env::temp_dir().join(format!("yieldfrom-doc-{}", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
/// assert_eq!(listener.local_addr()?.as_pathname(), Some(&*path));
/// run_sync(move |co: &Co| {
///     create_task(move |co: &Co| {
///         let (stream, _address) = co.yield_from(listener.accept())?;
///         co.yield_from(stream.write_all(b"hello"))
///     });
///     let stream = co.yield_from(UnixStream::connect(&path))?;
///     let mut answer = Vec::new();
///     co.yield_from(stream.read_to_end(&mut answer))?;
///     assert_eq!(answer, b"hello");
///     Ok(std::fs::remove_file(&path)?)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct UnixListener {
    pub(super) source: Rc<Source<std::os::unix::net::UnixListener>>,
}

impl UnixListener {
    /// Listens on a path, at which there must be no file yet.
    ///
    /// # Errors
    ///
    /// The error of the system, with the path.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |error| describe(error, format!("listen on {}", path.display()));
        Self::from_std(std::os::unix::net::UnixListener::bind(path).map_err(failed)?)
    }

    /// Waits for a connection, as [`TcpListener::accept`] does.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::accept`].
    #[must_use = "it accepts when a coroutine delegates to it by yield_from"]
    pub fn accept(&self) -> Operation<impl FnOnce(&Co) -> Result<(UnixStream, UnixAddr)> + use<>> {
        let source = Rc::clone(&self.source);
        Operation::new("UnixListener.accept", move |co| {
            let stream = UnixStream::from(wait_accept(co, &source, accept)?);
            let address = stream.source.get().peer_addr();
            Ok((stream, address.map_err(|error| describe(error, "accept"))?))
        })
    }
}

std_methods! {
    UnixListener;
    /// Returns the address on which it listens.
    fn local_addr() -> UnixAddr;
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<io::Error>;
}
