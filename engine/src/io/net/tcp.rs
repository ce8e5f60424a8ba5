//! What is special to TCP.

use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use rustix::net::sockopt;

use super::connect::ConnectTcp;
use super::options::{std_conversions, std_methods};
use super::{TcpStream, ToSocketAddrs};
use crate::Result;
use crate::errors::describe;

impl TcpStream {
    /// Connects to an address, or to the first of several that answers.
    ///
    /// Names are looked up by another thread. Attempts begin 250 milliseconds after each other, or
    /// as soon as the one before has failed, IPv6 and IPv4 in turns ("happy eyeballs", RFC 8305).
    ///
    /// # Errors
    ///
    /// `yield_from` gives an [`io::Error`](std::io::Error) that names the addresses and why none
    /// could be connected to, or a [`ValueError`](crate::ValueError) for text that is no address.
    ///
    /// # Examples
    ///
    /// See [the module](crate::net).
    pub fn connect(address: impl ToSocketAddrs) -> ConnectTcp {
        ConnectTcp(address.target())
    }

    /// Returns for how long closing the socket waits for unsent data; none if it does not.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::net::{TcpListener, TcpStream};
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
    ///     let stream = co.yield_from(TcpStream::connect(listener.local_addr()?))?;
    ///     stream.set_linger(Some(Duration::ZERO))?;
    ///     assert_eq!(stream.linger()?, Some(Duration::ZERO));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn linger(&self) -> Result<Option<Duration>> {
        let linger = sockopt::socket_linger(self);
        Ok(linger.map_err(|error| describe(error.into(), "linger"))?)
    }

    /// Sets for how long closing the socket waits for unsent data. With zero, closing resets the
    /// connection, and drops what is unsent.
    ///
    /// # Errors
    ///
    /// What the system reports.
    ///
    /// # Examples
    ///
    /// See [`linger`](Self::linger).
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        let set = sockopt::set_socket_linger(self, linger);
        Ok(set.map_err(|error| describe(error.into(), "set_linger"))?)
    }
}

std_methods! {
    impl TcpStream, example = "
```
use std::time::Duration;
use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, run_sync};

run_sync(|co: &Co| {
    let listener = co.yield_from(TcpListener::bind(\"127.0.0.1:0\"))?;
    let stream = co.yield_from(TcpStream::connect(listener.local_addr()?))?;
    assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    stream.set_nodelay(true)?;
    assert!(stream.nodelay()?);
    Ok(())
})?;
# Ok::<(), yieldfrom::Error>(())
```";
    /// Returns the address of this end.
    fn local_addr() -> SocketAddr;
    /// Returns the address of the other end.
    fn peer_addr() -> SocketAddr;
    /// Returns whether small packets are sent at once (`TCP_NODELAY`).
    fn nodelay() -> bool;
    /// Sets whether small packets are sent at once, instead of being collected.
    fn set_nodelay(on: bool) -> ();
    /// Returns how many hops packets may take.
    fn ttl() -> u32;
    /// Sets how many hops packets may take.
    fn set_ttl(hops: u32) -> ();
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<std::io::Error>;
    /// Closes one direction, or both: the peer sees the end, or reads here end.
    fn shutdown(how: Shutdown) -> ();
}

std_conversions! {
    [] TcpStream => std::net::TcpStream, Self::new;
}
