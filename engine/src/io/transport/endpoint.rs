//! Making datagram endpoints.

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use rustix::net::{AddressFamily, SocketType, sockopt};

use super::carrier::wait_for_begin;
use super::given::{DatagramSocket, into_socket};
use super::protocol::{DatagramProtocol, DatagramTransport, Datagrams};
use super::socket::Socket;
use crate::errors::{ValueError, describe};
use crate::io::net::{Address, SOCKET_FLAGS};
use crate::io::source::Source;
use crate::kernel::{
    Co, EventLoop, Operation, Reason, Request, Waiter, caller, coroutine_operations,
};
use yieldfrom_delegation::{Delegate, Result};

const NAME: &str = "create_datagram_endpoint";

/// Makes a UDP socket with a transport and a protocol.
///
/// asyncio's `create_datagram_endpoint`. You give a local address, or a remote one, or both. The
/// endpoint receives on the local address. It sends to the remote one, and receives from there only.
/// To look a name up, use [`getaddrinfo`](crate::net::getaddrinfo).
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: an address is in use, or not of this machine.
/// - [`ValueError`]: there is no address, or the two are of different families.
/// - `is_cancelled`; the endpoint is closed then.
///
/// # Examples
///
/// ```
/// use std::cell::RefCell;
/// use std::net::SocketAddr;
/// use yieldfrom::net::Address;
/// use yieldfrom::{Co, DatagramProtocol, DatagramTransport, Event, Result};
/// use yieldfrom::{create_datagram_endpoint, run_sync};
///
/// #[derive(Default)]
/// struct Echo(RefCell<Option<DatagramTransport>>);
///
/// impl DatagramProtocol for Echo {
///     fn connection_made(&self, transport: &DatagramTransport) -> Result<()> {
///         self.0.replace(Some(transport.clone()));
///         Ok(())
///     }
///
///     fn datagram_received(&self, data: &[u8], sender: &Address) -> Result<()> {
///         self.0.borrow().as_ref().map_or(Ok(()), |it| it.sendto(data, sender.clone()))
///     }
/// }
///
/// #[derive(Default)]
/// struct Once(RefCell<Vec<u8>>, Event);
///
/// impl DatagramProtocol for Once {
///     fn datagram_received(&self, data: &[u8], _: &Address) -> Result<()> {
///         self.0.replace(data.to_vec());
///         Ok(self.1.set())
///     }
/// }
///
/// run_sync(|co: &Co| {
///     let any = SocketAddr::from(([127, 0, 0, 1], 0));
///     let (server, _) = co.yield_from(create_datagram_endpoint(Echo::default, any, None))?;
///     let remote = server.sockname().and_then(|it| it.socket_addr());
///     let (client, once) = co.yield_from(create_datagram_endpoint(Once::default, None, remote))?;
///     client.sendto(b"hello", None)?;
///     co.yield_from(once.1.wait())?;
///     assert_eq!(*once.0.borrow(), b"hello");
///     assert_eq!(client.peername(), server.sockname());
///     client.close();
///     server.close();
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn create_datagram_endpoint<P: DatagramProtocol, F: FnOnce() -> P>(
    factory: F,
    local: impl Into<Option<SocketAddr>>,
    remote: impl Into<Option<SocketAddr>>,
) -> CreateDatagramEndpoint<F> {
    let options = EndpointOptions {
        local: local.into(),
        remote: remote.into(),
        ..EndpointOptions::default()
    };
    CreateDatagramEndpoint { factory, options }
}

/// Makes a transport and a protocol of a socket for datagrams, such as a Unix socket.
///
/// asyncio's `create_datagram_endpoint(factory, sock=socket)`. The socket does not block from now
/// on.
///
/// # Errors
///
/// `yield_from` gives the error of the system, or `is_cancelled`; the socket is closed then.
///
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixDatagram;
/// use yieldfrom::{Co, DatagramProtocol, create_datagram_endpoint_on, run_sync};
///
/// struct Silent;
/// impl DatagramProtocol for Silent {}
///
/// let (ours, theirs) = UnixDatagram::pair()?;
/// run_sync(move |co: &Co| {
///     let (transport, _) = co.yield_from(create_datagram_endpoint_on(|| Silent, ours))?;
///     transport.sendto(b"hello", None)
/// })?;
/// assert_eq!(theirs.recv(&mut [0; 10])?, 5);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it makes an endpoint when a coroutine delegates to it by yield_from"]
pub fn create_datagram_endpoint_on<P: DatagramProtocol>(
    factory: impl FnOnce() -> P,
    socket: impl DatagramSocket,
) -> Operation<impl FnOnce(&Co) -> Result<(DatagramTransport, Rc<P>)>> {
    Operation::new(NAME, move |co| {
        open(co, factory, || Ok((into_socket(socket)?, None)))
    })
}

/// The result of [`create_datagram_endpoint`]: options, and a delegate for `yield_from`.
#[must_use = "it makes an endpoint when a coroutine delegates to it by yield_from"]
pub struct CreateDatagramEndpoint<F> {
    factory: F,
    options: EndpointOptions,
}

#[derive(Debug, Default)]
struct EndpointOptions {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    reuse_port: bool,
    broadcast: bool,
}

impl<F> CreateDatagramEndpoint<F> {
    /// Sets whether several sockets may receive on the local address (`SO_REUSEPORT`): false by
    /// default.
    pub fn reuse_port(mut self, on: bool) -> Self {
        self.options.reuse_port = on;
        self
    }

    /// Sets whether the remote address may be that of a network (`SO_BROADCAST`): false by
    /// default. If it may, the endpoint receives from everywhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use yieldfrom::{DatagramProtocol, create_datagram_endpoint};
    ///
    /// struct Silent;
    /// impl DatagramProtocol for Silent {}
    ///
    /// let everybody = SocketAddr::from(([255, 255, 255, 255], 9));
    /// let endpoint = create_datagram_endpoint(|| Silent, None, everybody)
    ///     .reuse_port(true)
    ///     .allow_broadcast(true);
    /// ```
    pub fn allow_broadcast(mut self, on: bool) -> Self {
        self.options.broadcast = on;
        self
    }
}

impl EndpointOptions {
    fn open(&self) -> Result<UdpSocket> {
        let family = match (self.local, self.remote) {
            (Some(local), Some(remote)) if local.is_ipv4() != remote.is_ipv4() => {
                let why = format!("{NAME}: {local} and {remote} are of different families");
                return Err(ValueError::new(why).into());
            }
            (Some(SocketAddr::V4(_)), _) | (_, Some(SocketAddr::V4(_))) => AddressFamily::INET,
            (Some(_), _) | (_, Some(_)) => AddressFamily::INET6,
            (None, None) => {
                let why = format!("{NAME}: give a local or a remote address");
                return Err(ValueError::new(why).into());
            }
        };
        let socket = rustix::net::socket_with(family, SocketType::DGRAM, SOCKET_FLAGS, None)?;
        Ok(self.prepare(socket)?)
    }

    fn prepare(&self, socket: OwnedFd) -> io::Result<UdpSocket> {
        sockopt::set_socket_reuseport(&socket, self.reuse_port)?;
        sockopt::set_socket_broadcast(&socket, self.broadcast)?;
        if let Some(local) = self.local {
            let bound = rustix::net::bind(&socket, &local);
            bound.map_err(|error| describe(error.into(), format!("bind to {local}")))?;
        }
        if let Some(remote) = self.remote.filter(|_| !self.broadcast) {
            let connected = rustix::net::connect(&socket, &remote);
            connected.map_err(|error| describe(error.into(), format!("connect to {remote}")))?;
        }
        Ok(socket.into())
    }
}

/// Makes a transport of a socket. The socket comes with the only address to send to, if there is
/// one.
fn open<P: DatagramProtocol>(
    co: &Co,
    factory: impl FnOnce() -> P,
    socket: impl FnOnce() -> Result<(Socket, Option<Address>)>,
) -> Result<(DatagramTransport, Rc<P>)> {
    let core = Rc::clone(EventLoop::current_or_closed().core());
    core.check_open(NAME)?;
    let (socket, remote) = socket()?;
    let protocol = Rc::new(factory());
    let told = Rc::clone(&protocol);
    let waiter = Waiter::new(Reason::io(NAME));
    let datagrams = Datagrams::start(caller(), &core, socket, told, remote, &waiter);
    let datagrams = wait_for_begin(co, datagrams, &waiter)?;
    Ok((DatagramTransport(datagrams), protocol))
}

impl<P: DatagramProtocol, F: FnOnce() -> P> Delegate<Request, ()> for CreateDatagramEndpoint<F> {
    type Output = (DatagramTransport, Rc<P>);

    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let options = self.options;
        open(co, self.factory, || {
            let socket = Socket::Udp(Source::new(options.open()?));
            Ok((socket, options.remote.map(Address::from)))
        })
    }
}

coroutine_operations! {
    [P: DatagramProtocol, F: FnOnce() -> P + 'static]
        CreateDatagramEndpoint<F> => (DatagramTransport, Rc<P>),
        "create_datagram_endpoint";
}

impl<F> fmt::Debug for CreateDatagramEndpoint<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("CreateDatagramEndpoint");
        tuple.field(&self.options).finish()
    }
}
