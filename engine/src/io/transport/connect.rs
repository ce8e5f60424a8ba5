//! Making connections.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use super::carrier::wait_for_begin;
use super::filter::Filter;
use super::given::{StreamSocket, into_socket};
use super::protocol::{Protocol, Stream, Transport};
use super::socket::Socket;
use crate::io::net::{Dial, Target, ToSocketAddrs, connect_tcp, connect_unix};
use crate::kernel::{
    Co, EventLoop, Operation, Reason, Request, Waiter, caller, coroutine_operations,
};
use yieldfrom_delegation::{Delegate, Result};

/// Connects over TCP, and makes a transport and a protocol of the connection.
///
/// asyncio's `create_connection`. It tries all addresses of a name, see
/// [`TcpStream::connect`](crate::net::Stream::connect). It calls the factory when there is a
/// connection, and returns when `connection_made` of the protocol has been called. Small writes are
/// sent at once (`TCP_NODELAY`).
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: no address answers, or the name has none.
/// - [`ValueError`](crate::ValueError): the address does not parse.
/// - `is_cancelled`; the connection is closed then.
pub fn create_connection<P: Protocol, F: FnOnce() -> P>(
    factory: F,
    target: impl ToSocketAddrs,
) -> CreateConnection<F> {
    CreateConnection {
        factory,
        dial: target.target().map(Dial::to),
        filter: None,
    }
}

/// The result of [`create_connection`]: options, and a delegate for `yield_from`.
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
pub struct CreateConnection<F> {
    factory: F,
    dial: Result<Dial>,
    pub(crate) filter: Option<FilterFor>,
}

/// Makes the filter of a connection to a target.
pub(crate) type FilterFor = Box<dyn FnOnce(&Target) -> Result<Box<dyn Filter>>>;

/// Makes the filter of a connection, before it is made.
pub(crate) fn filtered(
    dial: Dial,
    filter: Option<FilterFor>,
) -> Result<(Dial, Option<Box<dyn Filter>>)> {
    let filter = filter.map(|filter| filter(&dial.target)).transpose()?;
    Ok((dial, filter))
}

/// The options of connections, also of those of streams. The type has a field `dial`. `$connection` is
/// an example of one.
macro_rules! connecting_options {
    ($connection:expr) => {
        /// Sets the address to connect from.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = $connection]
        ///     .local_addr(([127, 0, 0, 1], 0));
        /// ```
        pub fn local_addr(mut self, address: impl Into<SocketAddr>) -> Self {
            if let Ok(dial) = &mut self.dial {
                dial.local = Some(address.into());
            }
            self
        }

        /// Sets how long an attempt to connect to one address has before the next attempt begins as well, as a
        /// `Duration` or in seconds: 0.25 by default. With `None`, the next attempt begins when one has failed.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = $connection]
        ///     .happy_eyeballs_delay(None);
        /// ```
        pub fn happy_eyeballs_delay(mut self, delay: impl $crate::IntoTimeout) -> Self {
            if let Ok(dial) = &mut self.dial {
                dial.delay = delay.into_timeout();
            }
            self
        }
    };
}
pub(crate) use connecting_options;

impl<F> CreateConnection<F> {
    connecting_options!(
        "# struct Silent;\n# impl yieldfrom::Protocol for Silent {}\n\
         let connection = yieldfrom::create_connection(|| Silent, \"example.org:80\")"
    );
}

impl<P: Protocol, F: FnOnce() -> P> Delegate<Request, ()> for CreateConnection<F> {
    type Output = (Transport, Rc<P>);

    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let (dial, filter) = filtered(self.dial?, self.filter)?;
        let socket = into_socket(connect_tcp(co, dial)?)?;
        connected(co, socket, self.factory, filter)
    }
}

coroutine_operations! {
    [P: Protocol, F: FnOnce() -> P + 'static] CreateConnection<F> => (Transport, Rc<P>),
        "create_connection";
}

impl<F> fmt::Debug for CreateConnection<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CreateConnection").field(&self.dial).finish()
    }
}

/// The result of [`create_unix_connection`]: an operation without options.
pub type CreateUnixConnection<'a, P> =
    Operation<Box<dyn FnOnce(&Co) -> Result<(Transport, Rc<P>)> + 'a>>;

/// Connects to a Unix socket; the rest is as [`create_connection`].
///
/// # Errors
///
/// As [`create_connection`].
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
pub fn create_unix_connection<'a, P: Protocol>(
    factory: impl FnOnce() -> P + 'a,
    path: impl AsRef<Path>,
) -> CreateUnixConnection<'a, P> {
    let path = path.as_ref().to_owned();
    Operation::new(
        "create_unix_connection",
        Box::new(move |co| {
            let socket = connect_unix(co, &path)?;
            connected(co, into_socket(socket)?, factory, None)
        }),
    )
}

/// Makes a transport and a protocol of a socket that is connected already.
///
/// asyncio's `create_connection(factory, sock=socket)`. The socket does not block from now on.
///
/// # Errors
///
/// `yield_from` gives the error of the system, or `is_cancelled`; the socket is closed then.
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use std::os::unix::net::UnixStream;
/// use yieldfrom::{Co, Protocol, create_connection_on, run};
///
/// struct Silent;
/// impl Protocol for Silent {}
///
/// let (ours, mut theirs) = UnixStream::pair()?;
/// run(move |co: &Co| {
///     let (transport, _) = co.yield_from(create_connection_on(|| Silent, ours))?;
///     transport.write(b"hello")
/// })?;
/// let mut received = String::new();
/// theirs.read_to_string(&mut received)?; // to the end of the loop, which closes the socket
/// assert_eq!(received, "hello");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
pub fn create_connection_on<P: Protocol>(
    factory: impl FnOnce() -> P,
    socket: impl StreamSocket,
) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)>> {
    Operation::new("create_connection_on", move |co| {
        connected(co, into_socket(socket)?, factory, None)
    })
}

/// Makes a transport and a protocol of a socket that was accepted elsewhere: what
/// [`create_connection_on`] does.
///
/// asyncio's `connect_accepted_socket`.
///
/// # Errors
///
/// As [`create_connection_on`].
///
/// # Examples
///
/// ```
/// use yieldfrom::net::{TcpListener, TcpStream};
/// use yieldfrom::{Co, Protocol, connect_accepted_socket, create_task, run_sync};
///
/// struct Silent;
/// impl Protocol for Silent {}
///
/// run_sync(|co: &Co| {
///     let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
///     create_task(TcpStream::connect(listener.local_addr()?));
///     let (socket, peer) = co.yield_from(listener.accept())?;
///     let (transport, _) = co.yield_from(connect_accepted_socket(|| Silent, socket))?;
///     assert_eq!(transport.peername(), Some(peer.into()));
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
pub fn connect_accepted_socket<P: Protocol>(
    factory: impl FnOnce() -> P,
    socket: impl StreamSocket,
) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)>> {
    create_connection_on(factory, socket)
}

pub(super) fn connected<P: Protocol>(
    co: &Co,
    socket: Socket,
    factory: impl FnOnce() -> P,
    filter: Option<Box<dyn Filter>>,
) -> Result<(Transport, Rc<P>)> {
    let protocol = Rc::new(factory());
    let transport = open(co, socket, Rc::clone(&protocol) as Rc<dyn Protocol>, filter)?;
    Ok((transport, protocol))
}

/// Makes a transport, and waits until its protocol has been told of it.
pub(crate) fn open(
    co: &Co,
    socket: Socket,
    protocol: Rc<dyn Protocol>,
    filter: Option<Box<dyn Filter>>,
) -> Result<Transport> {
    let core = Rc::clone(EventLoop::current_or_closed().core());
    core.check_open("create_connection")?;
    let waiter = Waiter::new(Reason::io("create_connection"));
    let waiting = Some(Rc::clone(&waiter));
    let stream = Stream::start(caller(), &core, socket, protocol, waiting, filter);
    let stream = wait_for_begin(co, stream, &waiter)?;
    stream.check_handshake()?;
    Ok(Transport(stream))
}
