//! Connecting.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use super::DEFAULT_LIMIT;
use super::protocol::StreamProtocol;
use super::reader::{StreamReader, checked_limit};
use super::writer::StreamWriter;
use crate::io::net::{Dial, ToSocketAddrs, connect_tcp, connect_unix};
use crate::io::transport::{Protocol, StreamSocket, into_socket, open, set_delay, set_local};
use crate::kernel::{Request, coroutine_operations};
use crate::{Co, Delegate, Result};

/// Connects over TCP.
///
/// asyncio's `open_connection`. All addresses of a name are tried, see
/// [`TcpStream::connect`](crate::net::Stream::connect). The connection is closed when both ends
/// have been dropped.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: no address answers, or there is none of that name.
/// - [`ValueError`](crate::ValueError): an address that does not parse, or a limit of zero.
/// - `is_cancelled`; the connection is closed then.
///
/// # Examples
///
/// See the [module](super).
pub fn open_connection(target: impl ToSocketAddrs) -> OpenConnection {
    OpenConnection {
        dial: target.target().map(Dial::to),
        limit: DEFAULT_LIMIT,
    }
}

/// What [`open_connection`] returns: options, and a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
pub struct OpenConnection {
    dial: Result<Dial>,
    limit: usize,
}

/// The option that all streams have.
macro_rules! limit_option {
    () => {
        /// Sets how long a line may be, in bytes: 65,536 by default. The reader holds no more than
        /// about twice as much, see [`StreamReader`](crate::StreamReader).
        ///
        /// # Examples
        ///
        /// ```
        /// let connection = yieldfrom::open_connection("example.org:80").limit(1 << 20);
        /// ```
        pub fn limit(mut self, bytes: usize) -> Self {
            self.limit = bytes;
            self
        }
    };
}
pub(super) use limit_option;

impl OpenConnection {
    limit_option!();

    /// Sets the address to connect from.
    ///
    /// # Examples
    ///
    /// ```
    /// let connection = yieldfrom::open_connection("example.org:80").local_addr(([127, 0, 0, 1], 0));
    /// ```
    pub fn local_addr(mut self, address: impl Into<SocketAddr>) -> Self {
        set_local(&mut self.dial, address.into());
        self
    }

    /// Sets how long one address has before the next is tried as well: 250 ms by default. With
    /// `None`, the next is tried when one has failed.
    ///
    /// # Examples
    ///
    /// ```
    /// let connection = yieldfrom::open_connection("example.org:80").happy_eyeballs_delay(None);
    /// ```
    pub fn happy_eyeballs_delay(mut self, delay: impl Into<Option<Duration>>) -> Self {
        set_delay(&mut self.dial, delay.into());
        self
    }
}

impl Delegate<Request, ()> for OpenConnection {
    type Output = (StreamReader, StreamWriter);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let limit = checked_limit(self.limit)?;
        let socket = connect_tcp(co, self.dial?)?;
        connected(co, socket, limit)
    }
}

/// Connects to a Unix socket; the rest is as [`open_connection`].
///
/// # Errors
///
/// As [`open_connection`].
///
/// # Examples
///
/// See [`start_unix_server`](super::start_unix_server).
pub fn open_unix_connection(path: impl AsRef<Path>) -> OpenUnixConnection {
    OpenUnixConnection {
        path: path.as_ref().to_owned(),
        limit: DEFAULT_LIMIT,
    }
}

/// What [`open_unix_connection`] returns: an option, and a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
pub struct OpenUnixConnection {
    path: PathBuf,
    limit: usize,
}

impl OpenUnixConnection {
    limit_option!();
}

impl Delegate<Request, ()> for OpenUnixConnection {
    type Output = (StreamReader, StreamWriter);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let limit = checked_limit(self.limit)?;
        let socket = connect_unix(co, &self.path)?;
        connected(co, socket, limit)
    }
}

/// Makes a stream of a socket that is connected already.
///
/// asyncio's `open_connection(sock=socket)`. The socket does not block from now on.
///
/// # Errors
///
/// `yield_from` gives what the system says; `is_cancelled`, and then the socket is closed.
///
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use yieldfrom::{Co, open_connection_on, run_sync};
///
/// let (one, other) = UnixStream::pair()?;
/// run_sync(move |co: &Co| {
///     let (_, writer) = co.yield_from(open_connection_on(one))?;
///     let (reader, _) = co.yield_from(open_connection_on(other))?;
///     writer.write(b"hello")?;
///     assert_eq!(co.yield_from(reader.readexactly(5))?, b"hello");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn open_connection_on<S: StreamSocket>(socket: S) -> OpenConnectionOn<S> {
    OpenConnectionOn {
        socket,
        limit: DEFAULT_LIMIT,
    }
}

/// What [`open_connection_on`] returns: an option, and a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it makes a stream when a coroutine delegates to it by yield_from"]
pub struct OpenConnectionOn<S> {
    socket: S,
    limit: usize,
}

impl<S: StreamSocket> OpenConnectionOn<S> {
    limit_option!();
}

impl<S: StreamSocket> Delegate<Request, ()> for OpenConnectionOn<S> {
    type Output = (StreamReader, StreamWriter);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Self::Output> {
        connected(co, self.socket, checked_limit(self.limit)?)
    }
}

#[track_caller]
fn connected(
    co: &Co,
    socket: impl StreamSocket,
    limit: usize,
) -> Result<(StreamReader, StreamWriter)> {
    let protocol = Rc::new(StreamProtocol::new(limit, None));
    let told = Rc::clone(&protocol) as Rc<dyn Protocol>;
    let transport = open(co, into_socket(socket)?, told)?;
    Ok(protocol.ends(transport))
}

coroutine_operations! {
    [] OpenConnection => (StreamReader, StreamWriter), "open_connection",
        |this| move |co: &Co| this.delegate(co);
    [] OpenUnixConnection => (StreamReader, StreamWriter), "open_unix_connection",
        |this| move |co: &Co| this.delegate(co);
    [S: StreamSocket + 'static] OpenConnectionOn<S> => (StreamReader, StreamWriter),
        "open_connection_on", |this| move |co: &Co| this.delegate(co);
}
