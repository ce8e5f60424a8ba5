//! The methods that input and output add to event loops.

use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use super::net::{Address, GetNameInfo, ToSocketAddrs, getnameinfo, look_up};
use super::sock::UserSocket;
use super::transport::{
    self, CreateConnection, CreateDatagramEndpoint, CreateServer, CreateUnixConnection,
    CreateUnixServer, DatagramProtocol, Protocol, StreamSocket, Transport,
};
use crate::kernel::{Co, EventLoop, Operation};
use yieldfrom_delegation::Result;

impl EventLoop {
    /// Finds the addresses of a host, like the function [`getaddrinfo`](crate::net::getaddrinfo).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let addresses = event_loop.run_until_complete(event_loop.getaddrinfo("127.0.0.1", 80))?;
    /// assert_eq!(addresses, ["127.0.0.1:80".parse()?]);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "it waits when a coroutine delegates to it by yield_from"]
    pub fn getaddrinfo(
        &self,
        host: impl Into<String>,
        port: u16,
    ) -> Operation<impl FnOnce(&Co) -> Result<Vec<SocketAddr>> + 'static> {
        let (core, host) = (Rc::clone(self.core()), host.into());
        Operation::new("getaddrinfo", move |co| look_up(co, Some(core), host, port))
    }

    /// Finds the names of an address, like the function [`getnameinfo`](crate::net::getnameinfo).
    pub fn getnameinfo(&self, address: impl Into<SocketAddr>) -> GetNameInfo {
        getnameinfo(address)
    }

    /// Waits for bytes, and receives up to `limit` of them, but no more than 256 KiB; returns no
    /// bytes at the end.
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of the system, a [`ValueError`](crate::ValueError) for a
    /// socket that blocks, or a [`RuntimeError`](crate::RuntimeError) outside this event loop.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    /// use yieldfrom::{Co, get_running_loop, run_sync};
    ///
    /// let (one, other) = UnixStream::pair()?;
    /// one.set_nonblocking(true)?;
    /// other.set_nonblocking(true)?;
    /// run_sync(move |co: &Co| {
    ///     let event_loop = get_running_loop()?;
    ///     co.yield_from(event_loop.sock_sendall(&one, b"hello"))?;
    ///     assert_eq!(co.yield_from(event_loop.sock_recv(&other, 100))?, b"hello");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sock_recv<'a, S: AsFd>(
        &self,
        socket: &'a S,
        limit: usize,
    ) -> Operation<impl FnOnce(&Co) -> Result<Vec<u8>> + use<'a, S>> {
        let socket = UserSocket::new(self, socket, "sock_recv");
        socket.operation(move |socket, co| socket.recv(co, limit))
    }

    /// Waits for bytes, and receives those that are there, at most to the end of the buffer;
    /// returns their number, which is zero at the end.
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv).
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sock_recv_into<'a, S: AsFd>(
        &self,
        socket: &'a S,
        buffer: &'a mut [u8],
    ) -> Operation<impl FnOnce(&Co) -> Result<usize> + use<'a, S>> {
        let socket = UserSocket::new(self, socket, "sock_recv_into");
        socket.operation(move |socket, co| socket.recv_into(co, buffer))
    }

    /// Sends all bytes. If it is cancelled, some of them may have been sent.
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv).
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sock_sendall<'a, S: AsFd>(
        &self,
        socket: &'a S,
        bytes: &'a [u8],
    ) -> Operation<impl FnOnce(&Co) -> Result<()> + use<'a, S>> {
        let socket = UserSocket::new(self, socket, "sock_sendall");
        socket.operation(move |socket, co| socket.sendall(co, bytes))
    }

    /// Sends a file from `offset` on, `count` bytes of it or all, and returns how many it has sent: asyncio's
    /// `loop.sock_sendfile`.
    ///
    /// On Linux the system does it, without a copy in this process, unless it cannot with this kind of file.
    /// Afterwards the position in the file is behind what was sent, also if this fails or is cancelled.
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv); the error of the file; a [`ValueError`](crate::ValueError) for a count
    /// of zero.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::fs::File;
    /// use std::os::unix::net::UnixStream;
    /// use yieldfrom::{Co, get_running_loop, run_sync};
    ///
    /// let (one, _other) = UnixStream::pair()?;
    /// one.set_nonblocking(true)?;
    /// let file = File::open("flag.gif")?;
    /// run_sync(move |co: &Co| {
    ///     let sent = co.yield_from(get_running_loop()?.sock_sendfile(&one, &file, 0, None))?;
    ///     println!("{sent} bytes");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sock_sendfile<'a, S: AsFd, C: Into<Option<u64>>>(
        &self,
        socket: &'a S,
        file: &'a File,
        offset: u64,
        count: C,
    ) -> Operation<impl FnOnce(&Co) -> Result<u64> + use<'a, S, C>> {
        let socket = UserSocket::new(self, socket, "sock_sendfile");
        let part = (offset, count.into());
        socket.operation(move |socket, co| socket.sendfile(co, file, part))
    }

    /// Sends a file over a transport, `count` bytes from `offset` on or all; returns how many it has sent. See
    /// [`Transport::sendfile`].
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sendfile<'a, C: Into<Option<u64>>>(
        &self,
        transport: &'a Transport,
        file: &'a File,
        offset: u64,
        count: C,
    ) -> Operation<impl FnOnce(&Co) -> Result<u64> + use<'a, C>> {
        transport.sendfile(file, offset, count)
    }

    /// Connects a socket to an address. If you have a name, look it up by
    /// [`getaddrinfo`](crate::net::getaddrinfo) first.
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv); the error names the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
    /// use yieldfrom::{Co, get_running_loop, run_sync};
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// listener.set_nonblocking(true)?;
    /// let (family, flags) = (AddressFamily::INET, SocketFlags::NONBLOCK);
    /// let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    /// run_sync(move |co: &Co| {
    ///     let event_loop = get_running_loop()?;
    ///     co.yield_from(event_loop.sock_connect(&socket, listener.local_addr()?))?;
    ///     let (peer, address) = co.yield_from(event_loop.sock_accept(&listener))?;
    ///     assert!(address.ip().is_some());
    ///     co.yield_from(event_loop.sock_sendall(&peer, b"hello"))?;
    ///     let mut buffer = [0; 100];
    ///     assert_eq!(co.yield_from(event_loop.sock_recv_into(&socket, &mut buffer))?, 5);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sock_connect<'a, S: AsFd, A: Into<Address>>(
        &self,
        socket: &'a S,
        address: A,
    ) -> Operation<impl FnOnce(&Co) -> Result<()> + use<'a, S, A>> {
        let socket = UserSocket::new(self, socket, "sock_connect");
        let address = address.into();
        socket.operation(move |socket, co| socket.connect(co, &address))
    }

    /// Waits for a connection, and returns it with the peer's address. It does not block, and can
    /// become a [`TcpStream`](crate::net::TcpStream) or [`UnixStream`](crate::net::UnixStream).
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv).
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sock_accept<'a, S: AsFd>(
        &self,
        socket: &'a S,
    ) -> Operation<impl FnOnce(&Co) -> Result<(OwnedFd, Address)> + use<'a, S>> {
        let socket = UserSocket::new(self, socket, "sock_accept");
        socket.operation(|socket, co| socket.accept(co))
    }

    /// Connects over TCP, and makes a transport and a protocol of the connection. See
    /// [`create_connection`](crate::create_connection()).
    pub fn create_connection<P: Protocol, F: FnOnce() -> P>(
        &self,
        factory: F,
        target: impl ToSocketAddrs,
    ) -> CreateConnection<F> {
        transport::create_connection(factory, target)
    }

    /// Connects to a Unix socket, and makes a transport and a protocol of the connection. See
    /// [`create_unix_connection`](crate::create_unix_connection()).
    #[must_use = "it connects when a coroutine delegates to it by yield_from"]
    pub fn create_unix_connection<'a, P: Protocol>(
        &self,
        factory: impl FnOnce() -> P + 'a,
        path: impl AsRef<Path>,
    ) -> CreateUnixConnection<'a, P> {
        transport::create_unix_connection(factory, path)
    }

    /// Makes a transport and a protocol of a socket that was accepted elsewhere. See
    /// [`connect_accepted_socket`](crate::connect_accepted_socket()).
    #[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
    pub fn connect_accepted_socket<P: Protocol, F: FnOnce() -> P, S: StreamSocket>(
        &self,
        factory: F,
        socket: S,
    ) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)> + use<P, F, S>> {
        transport::connect_accepted_socket(factory, socket)
    }

    /// Listens for TCP connections, and makes a transport and a protocol of each. See
    /// [`create_server`](crate::create_server()).
    pub fn create_server<P: Protocol>(
        &self,
        factory: impl Fn() -> P + 'static,
        target: impl ToSocketAddrs,
    ) -> CreateServer {
        transport::create_server(factory, target)
    }

    /// Listens on a path of Unix sockets. See
    /// [`create_unix_server`](crate::create_unix_server()).
    pub fn create_unix_server<P: Protocol>(
        &self,
        factory: impl Fn() -> P + 'static,
        path: impl AsRef<Path>,
    ) -> CreateUnixServer {
        transport::create_unix_server(factory, path)
    }

    /// Makes a transport and a protocol of a pipe to read from. See
    /// [`connect_read_pipe`](crate::connect_read_pipe()).
    #[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
    pub fn connect_read_pipe<P: Protocol, F: FnOnce() -> P, O: Into<OwnedFd>>(
        &self,
        factory: F,
        pipe: O,
    ) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)> + use<P, F, O>> {
        transport::connect_read_pipe(factory, pipe)
    }

    /// Makes a transport and a protocol of a pipe to write to. See
    /// [`connect_write_pipe`](crate::connect_write_pipe()).
    #[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
    pub fn connect_write_pipe<P: Protocol, F: FnOnce() -> P, O: Into<OwnedFd>>(
        &self,
        factory: F,
        pipe: O,
    ) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)> + use<P, F, O>> {
        transport::connect_write_pipe(factory, pipe)
    }

    /// Makes a UDP socket with a transport and a protocol. See
    /// [`create_datagram_endpoint`](crate::create_datagram_endpoint()).
    pub fn create_datagram_endpoint<P: DatagramProtocol, F: FnOnce() -> P>(
        &self,
        factory: F,
        local: impl Into<Option<SocketAddr>>,
        remote: impl Into<Option<SocketAddr>>,
    ) -> CreateDatagramEndpoint<F> {
        transport::create_datagram_endpoint(factory, local, remote)
    }
}
