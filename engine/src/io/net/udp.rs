//! UDP.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use super::datagram::{Recv, RecvFrom, Send, SendTo, datagrams};
use super::lookup::resolve;
use super::options::{std_conversions, std_methods};
use super::{Target, ToSocketAddrs};
use crate::errors::ValueError;
use crate::errors::describe;
use crate::io::source::Source;
use crate::kernel::{Direction, Request, coroutine_operations};
use crate::{Co, Delegate, Result};

/// A UDP socket: std's, for coroutines.
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

datagrams!(
    UdpSocket,
    std::net::UdpSocket,
    SocketAddr,
    see = "See [`UdpSocket`]."
);

impl UdpSocket {
    /// Makes a socket with an address: port 0 lets the system choose a free one.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the system reports, with the address.
    ///
    /// # Examples
    ///
    /// See [`UdpSocket`].
    pub fn bind(address: impl ToSocketAddrs) -> BindUdp {
        BindUdp(address.target())
    }

    /// Sets the peer: that is where `send` sends to, and nothing else is received any more.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the system reports, with the address.
    ///
    /// # Examples
    ///
    /// See [`UdpSocket`].
    pub fn connect(&self, address: impl ToSocketAddrs) -> ConnectUdp<'_> {
        ConnectUdp(&self.source, address.target())
    }

    /// Sends a datagram to an address, when there is room for it. A name cannot stand for the
    /// address here; [`getaddrinfo`](super::getaddrinfo) looks it up.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the system reports.
    ///
    /// # Examples
    ///
    /// See [`UdpSocket`].
    pub fn send_to<'a>(
        &'a self,
        bytes: &'a [u8],
        address: impl ToSocketAddrs,
    ) -> SendTo<'a, std::net::UdpSocket> {
        SendTo {
            source: &self.source,
            bytes,
            to: address.target().and_then(only_address),
        }
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
    ///     co.yield_from(socket.send_to(b"to myself", socket.local_addr()?))?;
    ///     let mut buffer = [0; 100];
    ///     assert_eq!(co.yield_from(socket.peek(&mut buffer))?, 9);
    ///     assert_eq!(co.yield_from(socket.recv(&mut buffer))?, 9);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn peek<'a>(
        &'a self,
        buffer: &'a mut [u8],
    ) -> super::transfer::Peek<'a, std::net::UdpSocket> {
        super::transfer::Peek {
            source: &self.source,
            buffer,
        }
    }
}

impl UdpSocket {
    /// Receives as `recv_from` does, but leaves the datagram there.
    ///
    /// # Errors
    ///
    /// As `recv_from`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UdpSocket;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let socket = co.yield_from(UdpSocket::bind("127.0.0.1:0"))?;
    ///     co.yield_from(socket.send_to(b"to myself", socket.local_addr()?))?;
    ///     let mut buffer = [0; 100];
    ///     let (n, from) = co.yield_from(socket.peek_from(&mut buffer))?;
    ///     assert_eq!((n, from), (9, socket.local_addr()?));
    ///     assert_eq!(co.yield_from(socket.recv(&mut buffer))?, 9);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn peek_from<'a>(&'a self, buffer: &'a mut [u8]) -> PeekFrom<'a> {
        PeekFrom {
            source: &self.source,
            buffer,
        }
    }
}

/// Looks at a datagram, when delegated to: see [`UdpSocket::peek_from`].
#[derive(Debug)]
#[must_use = "it happens when a coroutine delegates to it by yield_from"]
pub struct PeekFrom<'a> {
    source: &'a Source<std::net::UdpSocket>,
    buffer: &'a mut [u8],
}

impl Delegate<Request, ()> for PeekFrom<'_> {
    type Output = (usize, SocketAddr);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<(usize, SocketAddr)> {
        let Self { source, buffer } = self;
        source.run(co, Direction::Read, "peek_from", |io| io.peek_from(buffer))
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
    impl UdpSocket, example = "
```
use yieldfrom::net::UdpSocket;
use yieldfrom::{Co, run_sync};

run_sync(|co: &Co| {
    let socket = co.yield_from(UdpSocket::bind(\"127.0.0.1:0\"))?;
    socket.set_broadcast(true)?;
    assert!(socket.broadcast()?);
    assert!(socket.peer_addr().is_err(), \"it has no peer yet\");
    Ok(())
})?;
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address of this end.
    fn local_addr() -> SocketAddr;
    /// Returns the address of the peer, if there is one.
    fn peer_addr() -> SocketAddr;
    /// Returns whether datagrams can be sent to everybody.
    fn broadcast() -> bool;
    /// Sets whether datagrams can be sent to everybody.
    fn set_broadcast(on: bool) -> ();
    /// Returns how many hops packets may take.
    fn ttl() -> u32;
    /// Sets how many hops packets may take.
    fn set_ttl(hops: u32) -> ();
    /// Returns whether what is sent to a group comes back.
    fn multicast_loop_v4() -> bool;
    /// Sets whether what is sent to a group comes back.
    fn set_multicast_loop_v4(on: bool) -> ();
    /// Returns how many hops packets to a group may take.
    fn multicast_ttl_v4() -> u32;
    /// Sets how many hops packets to a group may take.
    fn set_multicast_ttl_v4(hops: u32) -> ();
    /// Returns whether what is sent to an IPv6 group comes back.
    fn multicast_loop_v6() -> bool;
    /// Sets whether what is sent to an IPv6 group comes back.
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

std_conversions! {
    [] UdpSocket => std::net::UdpSocket, Self::new;
}

/// What [`UdpSocket::bind`] returns: a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it binds when a coroutine delegates to it by yield_from"]
pub struct BindUdp(Result<Target>);

impl Delegate<Request, ()> for BindUdp {
    type Output = UdpSocket;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<UdpSocket> {
        let socket = on_first(co, self.0?, "bind to", std::net::UdpSocket::bind)?;
        UdpSocket::from_std(socket)
    }
}

/// What [`UdpSocket::connect`] returns: a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
pub struct ConnectUdp<'a>(&'a Rc<Source<std::net::UdpSocket>>, Result<Target>);

impl Delegate<Request, ()> for ConnectUdp<'_> {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let socket = self.0.get();
        on_first(co, self.1?, "connect to", |address| socket.connect(address))
    }
}

coroutine_operations! {
    [] BindUdp => UdpSocket, "UdpSocket.bind", |this| move |co: &Co| this.delegate(co);
    [] ConnectUdp<'_> => (), "UdpSocket.connect", |this| {
        let (source, target) = (Rc::clone(this.0), this.1);
        move |co: &Co| ConnectUdp(&source, target).delegate(co)
    };
}

/// Does something with the first address of a target for which it succeeds.
#[track_caller]
pub(super) fn on_first<R>(
    co: &Co,
    target: Target,
    operation: &str,
    mut act: impl FnMut(SocketAddr) -> io::Result<R>,
) -> Result<R> {
    let name = target.to_string();
    let mut last = None;
    for address in resolve(co, target)? {
        match act(address) {
            Ok(result) => return Ok(result),
            Err(error) => last = Some(describe(error, format!("{operation} {address}"))),
        }
    }
    let none = || {
        let why = format!("{operation} {name}: there is no address");
        io::Error::new(io::ErrorKind::InvalidInput, why)
    };
    Err(last.unwrap_or_else(none).into())
}
