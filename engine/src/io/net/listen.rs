//! Listening for connections.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};

use super::connect::new_socket;
use super::options::{std_conversions, std_methods};
use super::udp::on_first;
use super::{Target, TcpStream, ToSocketAddrs, UnixStream};
use crate::combine::sleep;
use crate::errors::describe;
use crate::errors::panics;
use crate::io::source::Source;
use crate::kernel::{Direction, Request, coroutine_operations};
use crate::{Co, Delegate, Result};

/// Settings of a socket that listens.
#[derive(Clone, Debug)]
pub(crate) struct ListenOptions {
    /// How many connections may wait to be accepted.
    pub(crate) backlog: u32,
    pub(crate) reuse_address: bool,
    pub(crate) reuse_port: bool,
    /// Whether a socket for IPv6 leaves IPv4 to others.
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

/// Makes a TCP socket that listens, and does not block.
pub(crate) fn listen_on(
    address: SocketAddr,
    options: &ListenOptions,
) -> io::Result<std::net::TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let listen = || -> io::Result<OwnedFd> {
        let socket = new_socket(family, SocketType::STREAM)?;
        sockopt::set_socket_reuseaddr(&socket, options.reuse_address)?;
        sockopt::set_socket_reuseport(&socket, options.reuse_port)?;
        if address.is_ipv6() {
            sockopt::set_ipv6_v6only(&socket, options.v6_only)?;
        }
        rustix::net::bind(&socket, &address)?;
        let backlog = i32::try_from(options.backlog).unwrap_or(i32::MAX);
        rustix::net::listen(&socket, backlog)?;
        Ok(socket)
    };
    Ok(listen()?.into())
}

/// Accepts a connection, which does not block either.
pub(crate) fn accept(listener: &impl AsFd) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(rustix::net::accept_with(listener, flags)?)
}

/// Returns whether there were too few descriptors, or too little memory, for one more.
pub(crate) fn out_of_descriptors(error: &io::Error) -> bool {
    let scarce = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|error| scarce.contains(&error))
}

/// Returns whether a connection was lost before it could be accepted, so that the next is due.
pub(crate) fn was_lost(error: &io::Error, listener: impl AsFd) -> bool {
    // Linux passes errors of the network that the new connection has met, see accept(2).
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
        // Also what a socket says, for ever, that does not listen at all.
        Some(Errno::OPNOTSUPP | Errno::PERM) => {
            sockopt::socket_acceptconn(listener).unwrap_or(false)
        }
        Some(error) => lost.contains(&error),
        None => false,
    }
}

/// How long accepting pauses when there are no descriptors left, as in asyncio.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// Waits for a connection.
#[track_caller]
fn wait_accept<L: AsFd, R>(
    co: &Co,
    source: &Source<L>,
    mut accept: impl FnMut(&L) -> io::Result<R>,
) -> Result<R> {
    loop {
        let accepted = source.run(co, Direction::Read, "accept", |listener| {
            match accept(listener) {
                // Both are no failure of the listener.
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
                    log::error!("accept: {error}; trying again in {PAUSE:?}");
                });
                co.yield_from(sleep(PAUSE))?;
            }
            Err(error) => panics::contain(|| log::debug!("accept: a connection was lost: {error}")),
        }
    }
}

/// A TCP socket that listens: std's, for coroutines.
///
/// # Examples
///
/// See [the module](crate::net).
pub struct TcpListener {
    source: Rc<Source<std::net::TcpListener>>,
}

impl TcpListener {
    /// Listens on an address: port 0 lets the system choose a free one.
    ///
    /// Of several addresses, the first that can be bound is taken. The address can be used again
    /// at once after the listener is closed (`SO_REUSEADDR`), and up to 1,024 connections may wait
    /// to be accepted. [`from_std`](TcpListener::from_std) takes a socket with other options.
    ///
    /// # Errors
    ///
    /// `yield_from` gives an [`io::Error`] for an address that is in use or not this machine's, or
    /// a [`ValueError`](crate::ValueError) for one that does not parse.
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
    pub fn bind(address: impl ToSocketAddrs) -> BindTcp {
        BindTcp(address.target())
    }

    fn new(listener: std::net::TcpListener) -> Self {
        Self {
            source: Rc::new(Source::new(listener)),
        }
    }

    /// Waits for a connection, and returns it with the peer's address.
    ///
    /// When the system has no descriptors left, it logs that, and tries again after a second. A
    /// connection that was lost before it could be accepted is skipped.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what else the system reports.
    ///
    /// # Examples
    ///
    /// See [the module](crate::net).
    pub fn accept(&self) -> Accept<'_, std::net::TcpListener> {
        Accept(&self.source)
    }
}

/// A Unix socket that listens: std's, for coroutines.
///
/// The file stays when the listener is dropped, as std's does.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::{UnixListener, UnixStream};
/// use yieldfrom::{Co, create_task, run_sync};
///
/// let path = std::env::temp_dir().join(format!("yieldfrom-doc-{}", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
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
    source: Rc<Source<std::os::unix::net::UnixListener>>,
}

impl UnixListener {
    /// Listens on a path, at which there must be no file yet.
    ///
    /// # Errors
    ///
    /// What the system reports, with the path.
    ///
    /// # Examples
    ///
    /// See [`UnixListener`].
    pub fn bind(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bound = std::os::unix::net::UnixListener::bind(path);
        Self::from_std(
            bound.map_err(|error| describe(error, format!("listen on {}", path.display())))?,
        )
    }

    fn new(listener: std::os::unix::net::UnixListener) -> Self {
        Self {
            source: Rc::new(Source::new(listener)),
        }
    }

    /// Waits for a connection, as [`TcpListener::accept`].
    ///
    /// # Errors
    ///
    /// See [`TcpListener::accept`].
    ///
    /// # Examples
    ///
    /// See [`UnixListener`].
    pub fn accept(&self) -> Accept<'_, std::os::unix::net::UnixListener> {
        Accept(&self.source)
    }
}

std_methods! {
    impl TcpListener, example = "
```
use yieldfrom::net::TcpListener;

let listener = TcpListener::from_std(std::net::TcpListener::bind(\"127.0.0.1:0\")?)?;
assert!(listener.local_addr()?.ip().is_loopback());
listener.set_ttl(40)?;
assert_eq!(listener.ttl()?, 40);
assert!(listener.take_error()?.is_none());
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address on which it listens.
    fn local_addr() -> SocketAddr;
    /// Returns how many hops packets may take.
    fn ttl() -> u32;
    /// Sets how many hops packets may take.
    fn set_ttl(hops: u32) -> ();
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<io::Error>;
}

std_methods! {
    impl UnixListener, example = "
```
use yieldfrom::net::UnixListener;

let path = std::env::temp_dir().join(format!(\"yieldfrom-doc-local-{}\", std::process::id()));
let listener = UnixListener::bind(&path)?;
assert_eq!(listener.local_addr()?.as_pathname(), Some(&*path));
# std::fs::remove_file(&path)?;
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address on which it listens.
    fn local_addr() -> UnixAddr;
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<io::Error>;
}

std_conversions! {
    [] TcpListener => std::net::TcpListener, Self::new;
    [] UnixListener => std::os::unix::net::UnixListener, Self::new;
}

/// Waits for a connection, when delegated to: see [`TcpListener::accept`].
#[derive(Debug)]
#[must_use = "it accepts when a coroutine delegates to it by yield_from"]
pub struct Accept<'a, L: AsFd>(&'a Rc<Source<L>>);

impl Delegate<Request, ()> for Accept<'_, std::net::TcpListener> {
    type Output = (TcpStream, SocketAddr);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (socket, address) = wait_accept(co, self.0, |listener| {
            let (socket, address) = rustix::net::acceptfrom_with(listener, flags)?;
            let address = address.ok_or(Errno::CONNABORTED)?;
            Ok((socket, SocketAddr::try_from(address)?))
        })?;
        Ok((TcpStream::new(socket.into()), address))
    }
}

impl Delegate<Request, ()> for Accept<'_, std::os::unix::net::UnixListener> {
    type Output = (UnixStream, UnixAddr);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let stream = std::os::unix::net::UnixStream::from(wait_accept(co, self.0, accept)?);
        let address = stream.peer_addr();
        let address = address.map_err(|error| describe(error, "accept"))?;
        Ok((UnixStream::new(stream), address))
    }
}

coroutine_operations! {
    [] Accept<'_, std::net::TcpListener> => (TcpStream, SocketAddr), "TcpListener.accept", |this| {
        let source = Rc::clone(this.0);
        move |co: &Co| Accept(&source).delegate(co)
    };
    [] Accept<'_, std::os::unix::net::UnixListener> => (UnixStream, UnixAddr), "UnixListener.accept", |this| {
        let source = Rc::clone(this.0);
        move |co: &Co| Accept(&source).delegate(co)
    };
    [] BindTcp => TcpListener, "TcpListener.bind", |this| move |co: &Co| this.delegate(co);
}

/// What [`TcpListener::bind`] returns: a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it binds when a coroutine delegates to it by yield_from"]
pub struct BindTcp(Result<Target>);

impl Delegate<Request, ()> for BindTcp {
    type Output = TcpListener;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<TcpListener> {
        let options = ListenOptions::default();
        let listen = |address| listen_on(address, &options);
        on_first(co, self.0?, "listen on", listen).map(TcpListener::new)
    }
}
