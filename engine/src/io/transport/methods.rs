//! The loop's methods that make connections and servers.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::{
    ConnectPipe, CreateConnection, CreateConnectionOn, CreateDatagramEndpoint, CreateServer,
    CreateUnixConnection, CreateUnixServer, DatagramProtocol, Protocol, StreamSocket,
};
use crate::io::net::ToSocketAddrs;
use crate::kernel::EventLoop;

/// Connections and servers, as functions of the crate make them: they belong to the loop that runs
/// the coroutine which delegates to what these return.
impl EventLoop {
    /// Connects over TCP, and makes a transport and a protocol of the connection.
    ///
    /// # Examples
    ///
    /// See [`create_connection`](crate::create_connection()).
    pub fn create_connection<F, P>(
        &self,
        factory: F,
        target: impl ToSocketAddrs,
    ) -> CreateConnection<F>
    where
        F: FnOnce() -> P,
        P: Protocol,
    {
        super::create_connection(factory, target)
    }

    /// Connects to a Unix socket, and makes a transport and a protocol of the connection.
    ///
    /// # Examples
    ///
    /// See [`create_unix_connection`](crate::create_unix_connection()).
    pub fn create_unix_connection<F, P>(
        &self,
        factory: F,
        path: impl AsRef<Path>,
    ) -> CreateUnixConnection<F>
    where
        F: FnOnce() -> P,
        P: Protocol,
    {
        super::create_unix_connection(factory, path)
    }

    /// Makes a transport and a protocol of a socket that was accepted elsewhere.
    ///
    /// # Examples
    ///
    /// See [`connect_accepted_socket`](crate::connect_accepted_socket()).
    pub fn connect_accepted_socket<F, P, S>(
        &self,
        factory: F,
        socket: S,
    ) -> CreateConnectionOn<F, S>
    where
        F: FnOnce() -> P,
        P: Protocol,
        S: StreamSocket,
    {
        super::connect_accepted_socket(factory, socket)
    }

    /// Listens for TCP connections, and makes a transport and a protocol of each.
    ///
    /// # Examples
    ///
    /// See [`create_server`](crate::create_server()).
    pub fn create_server<F, P>(&self, factory: F, target: impl ToSocketAddrs) -> CreateServer<F>
    where
        F: Fn() -> P + 'static,
        P: Protocol,
    {
        super::create_server(factory, target)
    }

    /// Listens on a path of Unix sockets.
    ///
    /// # Examples
    ///
    /// See [`create_unix_server`](crate::create_unix_server()).
    pub fn create_unix_server<F, P>(
        &self,
        factory: F,
        path: impl AsRef<Path>,
    ) -> CreateUnixServer<F>
    where
        F: Fn() -> P + 'static,
        P: Protocol,
    {
        super::create_unix_server(factory, path)
    }

    /// Makes a transport and a protocol of what can be read from.
    ///
    /// # Examples
    ///
    /// See [`connect_read_pipe`](crate::connect_read_pipe()).
    pub fn connect_read_pipe<F, P>(&self, factory: F, pipe: impl Into<OwnedFd>) -> ConnectPipe<F>
    where
        F: FnOnce() -> P,
        P: Protocol,
    {
        super::connect_read_pipe(factory, pipe)
    }

    /// Makes a transport and a protocol of what can be written to.
    ///
    /// # Examples
    ///
    /// See [`connect_write_pipe`](crate::connect_write_pipe()).
    pub fn connect_write_pipe<F, P>(&self, factory: F, pipe: impl Into<OwnedFd>) -> ConnectPipe<F>
    where
        F: FnOnce() -> P,
        P: Protocol,
    {
        super::connect_write_pipe(factory, pipe)
    }

    /// Makes a UDP socket with a transport and a protocol.
    ///
    /// # Examples
    ///
    /// See [`create_datagram_endpoint`](crate::create_datagram_endpoint()).
    pub fn create_datagram_endpoint<F, P>(
        &self,
        factory: F,
        local: impl Into<Option<SocketAddr>>,
        remote: impl Into<Option<SocketAddr>>,
    ) -> CreateDatagramEndpoint<F>
    where
        F: FnOnce() -> P,
        P: DatagramProtocol,
    {
        super::create_datagram_endpoint(factory, local, remote)
    }
}
