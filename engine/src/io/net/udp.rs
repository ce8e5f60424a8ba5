//! UDP.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use super::datagram::send_to;
use super::lookup::on_first;
use super::std_methods::std_methods;
use super::{Target, ToSocketAddrs};
use crate::errors::ValueError;
use crate::io::source::Source;
use crate::kernel::{Co, Direction, Operation};
use yieldfrom_delegation::Result;

/// A UDP socket: std's `UdpSocket`, for coroutines.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::UdpSocket;
/// use yieldfrom::{Co, run_sync};
///
/// run_sync(|co: &Co| {
///     let one = co.yield_from(UdpSocket::bind("127.0.0.1:0"))?;
///     let other = co.yield_from(UdpSocket::bind("127.0.0.1:0"))?;
///     assert!(other.peer_addr().is_err(), "it has no peer yet");
///     co.yield_from(one.send_to(b"hello", other.local_addr()?))?;
///
///     let mut buffer = [0; 1500];
///     let (n, from) = co.yield_from(other.recv_from(&mut buffer))?;
///     assert_eq!((&buffer[..n], from), (&b"hello"[..], one.local_addr()?));
///
///     co.yield_from(other.connect(from))?;
///     co.yield_from(other.send(b"hello yourself"))?;
///     assert_eq!(co.yield_from(one.recv(&mut buffer))?, 14);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct UdpSocket {
    pub(super) source: Rc<Source<std::net::UdpSocket>>,
}

impl UdpSocket {
    /// Makes a socket with an address: port 0 lets the system choose a free one.
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of the system, with the address.
    #[must_use = "it binds when a coroutine delegates to it by yield_from"]
    pub fn bind(
        address: impl ToSocketAddrs,
    ) -> Operation<impl FnOnce(&Co) -> Result<Self> + 'static> {
        let target = address.target();
        Operation::new("UdpSocket.bind", move |co| {
            let socket = on_first(co, target?, "bind to", std::net::UdpSocket::bind)?;
            Self::from_std(socket)
        })
    }

    /// Sets the peer: from now on, `send` sends to it, and other datagrams are not received.
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of the system, with the address.
    #[must_use = "it connects when a coroutine delegates to it by yield_from"]
    pub fn connect(
        &self,
        address: impl ToSocketAddrs,
    ) -> Operation<impl FnOnce(&Co) -> Result<()> + 'static> {
        let (source, target) = (Rc::clone(&self.source), address.target());
        Operation::new("UdpSocket.connect", move |co| {
            let connect = |address| source.get().connect(address);
            on_first(co, target?, "connect to", connect)
        })
    }

    /// Waits for room, and sends a datagram to an address; returns its length.
    ///
    /// The address cannot be a name; [`getaddrinfo`](super::getaddrinfo) looks names up.
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of the system, or a [`ValueError`] for a name.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn send_to<A: ToSocketAddrs>(
        &self,
        bytes: &[u8],
        address: A,
    ) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
        let (source, target) = (&*self.source, address.target());
        Operation::new("send_to", move |co| {
            let address = only_address(target?)?;
            send_to(co, source, |io| io.send_to(bytes, address))
        })
    }

    /// Receives as `recv` does, but leaves the datagram there.
    ///
    /// # Errors
    ///
    /// As `recv`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UdpSocket;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let socket = co.yield_from(UdpSocket::bind("127.0.0.1:0"))?;
    ///     let address = socket.local_addr()?;
    ///     co.yield_from(socket.send_to(b"to myself", address))?;
    ///     let mut buffer = [0; 100];
    ///     assert_eq!(co.yield_from(socket.peek(&mut buffer))?, 9);
    ///     assert_eq!(co.yield_from(socket.peek_from(&mut buffer))?, (9, address));
    ///     assert_eq!(co.yield_from(socket.recv(&mut buffer))?, 9);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn peek(&self, buffer: &mut [u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
        let peek = move |io: &std::net::UdpSocket| io.peek(buffer);
        self.source.operation(Direction::Read, "peek", peek)
    }

    /// Receives as `recv_from` does, but leaves the datagram there.
    ///
    /// # Errors
    ///
    /// As `recv_from`.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn peek_from(
        &self,
        buffer: &mut [u8],
    ) -> Operation<impl FnOnce(&Co) -> Result<(usize, SocketAddr)>> {
        let peek = move |io: &std::net::UdpSocket| io.peek_from(buffer);
        self.source.operation(Direction::Read, "peek_from", peek)
    }
}

fn only_address(target: Target) -> Result<SocketAddr> {
    match target {
        Target::Addresses(addresses) if !addresses.is_empty() => Ok(addresses[0]),
        target => {
            let why = format!("send_to: {target} is no address; look it up by getaddrinfo first");
            Err(ValueError::new(why).into())
        }
    }
}

std_methods! {
    UdpSocket;
    /// Returns the address of this end.
    fn local_addr() -> SocketAddr;
    /// Returns the address of the peer, if there is one.
    fn peer_addr() -> SocketAddr;
    /// Returns whether datagrams can be sent to the broadcast address (`SO_BROADCAST`).
    fn broadcast() -> bool;
    /// Sets whether datagrams can be sent to the broadcast address (`SO_BROADCAST`).
    fn set_broadcast(on: bool) -> ();
    /// Returns the number of hops that packets may take.
    fn ttl() -> u32;
    /// Sets the number of hops that packets may take.
    fn set_ttl(hops: u32) -> ();
    /// Returns whether datagrams that are sent to a group come back.
    fn multicast_loop_v4() -> bool;
    /// Sets whether datagrams that are sent to a group come back.
    fn set_multicast_loop_v4(on: bool) -> ();
    /// Returns the number of hops that packets to a group may take.
    fn multicast_ttl_v4() -> u32;
    /// Sets the number of hops that packets to a group may take.
    fn set_multicast_ttl_v4(hops: u32) -> ();
    /// Returns whether datagrams that are sent to an IPv6 group come back.
    fn multicast_loop_v6() -> bool;
    /// Sets whether datagrams that are sent to an IPv6 group come back.
    fn set_multicast_loop_v6(on: bool) -> ();
    /// Joins a group.
    fn join_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Leaves a group.
    fn leave_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Joins an IPv6 group.
    fn join_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
    /// Leaves an IPv6 group.
    fn leave_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<io::Error>;
}
