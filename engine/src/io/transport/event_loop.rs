//! The methods of `EventLoop` that make connections and servers.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;

use super::{
    CreateConnection, CreateDatagramEndpoint, CreateServer, CreateUnixConnection, CreateUnixServer,
    DatagramProtocol, Protocol, StreamSocket, Transport,
};
use crate::io::net::ToSocketAddrs;
use crate::kernel::{Co, EventLoop, Operation};
use yieldfrom_delegation::Result;

/// Connections and servers, as the functions of the crate make them.
///
/// They belong to the loop that runs the coroutine which delegates to the result.
impl EventLoop {
    /// Connects over TCP, and makes a transport and a protocol of the connection. See
    /// [`create_connection`](crate::create_connection()).
    pub fn create_connection<P: Protocol, F: FnOnce() -> P>(
        &self,
        factory: F,
        target: impl ToSocketAddrs,
    ) -> CreateConnection<F> {
        super::create_connection(factory, target)
    }

    /// Connects to a Unix socket, and makes a transport and a protocol of the connection. See
    /// [`create_unix_connection`](crate::create_unix_connection()).
    #[must_use = "it connects when a coroutine delegates to it by yield_from"]
    pub fn create_unix_connection<'a, P: Protocol>(
        &self,
        factory: impl FnOnce() -> P + 'a,
        path: impl AsRef<Path>,
    ) -> CreateUnixConnection<'a, P> {
        super::create_unix_connection(factory, path)
    }

    /// Makes a transport and a protocol of a socket that was accepted elsewhere. See
    /// [`connect_accepted_socket`](crate::connect_accepted_socket()).
    #[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
    pub fn connect_accepted_socket<P: Protocol, F: FnOnce() -> P, S: StreamSocket>(
        &self,
        factory: F,
        socket: S,
    ) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)> + use<P, F, S>> {
        super::connect_accepted_socket(factory, socket)
    }

    /// Listens for TCP connections, and makes a transport and a protocol of each. See
    /// [`create_server`](crate::create_server()).
    pub fn create_server<P: Protocol>(
        &self,
        factory: impl Fn() -> P + 'static,
        target: impl ToSocketAddrs,
    ) -> CreateServer {
        super::create_server(factory, target)
    }

    /// Listens on a path of Unix sockets. See
    /// [`create_unix_server`](crate::create_unix_server()).
    pub fn create_unix_server<P: Protocol>(
        &self,
        factory: impl Fn() -> P + 'static,
        path: impl AsRef<Path>,
    ) -> CreateUnixServer {
        super::create_unix_server(factory, path)
    }

    /// Makes a transport and a protocol of a pipe to read from. See
    /// [`connect_read_pipe`](crate::connect_read_pipe()).
    #[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
    pub fn connect_read_pipe<P: Protocol, F: FnOnce() -> P, O: Into<OwnedFd>>(
        &self,
        factory: F,
        pipe: O,
    ) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)> + use<P, F, O>> {
        super::connect_read_pipe(factory, pipe)
    }

    /// Makes a transport and a protocol of a pipe to write to. See
    /// [`connect_write_pipe`](crate::connect_write_pipe()).
    #[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
    pub fn connect_write_pipe<P: Protocol, F: FnOnce() -> P, O: Into<OwnedFd>>(
        &self,
        factory: F,
        pipe: O,
    ) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)> + use<P, F, O>> {
        super::connect_write_pipe(factory, pipe)
    }

    /// Makes a UDP socket with a transport and a protocol. See
    /// [`create_datagram_endpoint`](crate::create_datagram_endpoint()).
    pub fn create_datagram_endpoint<P: DatagramProtocol, F: FnOnce() -> P>(
        &self,
        factory: F,
        local: impl Into<Option<SocketAddr>>,
        remote: impl Into<Option<SocketAddr>>,
    ) -> CreateDatagramEndpoint<F> {
        super::create_datagram_endpoint(factory, local, remote)
    }
}
