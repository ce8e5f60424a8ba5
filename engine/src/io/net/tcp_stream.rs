//! The methods of streams that only TCP has.

use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use rustix::net::sockopt;

use super::connect::{Dial, connect_tcp};
use super::std_methods::std_methods;
use super::{TcpStream, ToSocketAddrs};
use crate::errors::describe;
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::Result;

impl TcpStream {
    /// Connects to an address, or to the first of several that answers.
    ///
    /// Another thread looks names up. Attempts begin 250 milliseconds after each other, or as soon
    /// as the one before has failed; IPv6 and IPv4 take turns ("happy eyeballs", RFC 8305).
    ///
    /// # Errors
    ///
    /// `yield_from` returns an [`io::Error`](std::io::Error) that says for each address why the
    /// attempt failed, or a [`ValueError`](crate::ValueError) for text that is no address.
    #[must_use = "it connects when a coroutine delegates to it by yield_from"]
    pub fn connect(
        address: impl ToSocketAddrs,
    ) -> Operation<impl FnOnce(&Co) -> Result<Self> + 'static> {
        let target = address.target();
        Operation::new("TcpStream.connect", move |co| {
            connect_tcp(co, Dial::to(target?))
        })
    }

    /// Returns the time for which closing the socket waits for unsent data; `None` if it does not wait.
    ///
    /// # Errors
    ///
    /// The error of the system.
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
    #[track_caller]
    pub fn linger(&self) -> Result<Option<Duration>> {
        let linger = sockopt::socket_linger(self);
        Ok(linger.map_err(|error| describe(error.into(), "linger"))?)
    }

    /// Sets the time for which closing the socket waits for unsent data. With zero, closing resets
    /// the connection, and drops unsent data.
    ///
    /// # Errors
    ///
    /// The error of the system.
    #[track_caller]
    pub fn set_linger(&self, linger: Option<Duration>) -> Result<()> {
        let set = sockopt::set_socket_linger(self, linger);
        Ok(set.map_err(|error| describe(error.into(), "set_linger"))?)
    }
}

std_methods! {
    TcpStream;
    /// Returns the address of this end.
    fn local_addr() -> SocketAddr;
    /// Returns the address of the other end.
    fn peer_addr() -> SocketAddr;
    /// Returns whether small packets are sent at once (`TCP_NODELAY`).
    fn nodelay() -> bool;
    /// Sets whether small packets are sent at once, instead of being collected.
    fn set_nodelay(on: bool) -> ();
    /// Returns the number of hops that packets may take.
    fn ttl() -> u32;
    /// Sets the number of hops that packets may take.
    fn set_ttl(hops: u32) -> ();
    /// Takes the error that the system has noted for the socket.
    fn take_error() -> Option<std::io::Error>;
    /// Closes one direction, or both: the peer sees the end, or reads here end.
    fn shutdown(how: Shutdown) -> ();
}
