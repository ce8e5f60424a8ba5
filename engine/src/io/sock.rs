//! Operations on sockets that are nobody's: asyncio's `sock_recv` and its like.
//!
//! They work on any socket that does not block. Each one registers its descriptor while it waits,
//! and only then, so that it costs two system calls more than one of [`net`](crate::net) does.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, sockopt};

use crate::errors::describe;
use crate::errors::{RuntimeError, ValueError};
use crate::io::net::Address;
use crate::io::source::poll;
use crate::kernel::{Core, Direction, EventLoop, Reason, Request, Waiter, Wake};
use crate::{Co, Delegate, Result};

/// A socket, on which an operation of this name works.
struct Socket<'a> {
    fd: BorrowedFd<'a>,
    core: Rc<Core>,
    name: &'static str,
}

impl<'a> Socket<'a> {
    fn new(event_loop: &EventLoop, fd: &'a impl AsFd, name: &'static str) -> Self {
        Self {
            fd: fd.as_fd(),
            core: Rc::clone(event_loop.core()),
            name,
        }
    }

    /// Refuses a socket that would block the thread, and with it the loop.
    fn check(&self) -> Result<()> {
        let name = self.name;
        let flags = fcntl_getfl(self.fd).map_err(|error| describe(error.into(), name))?;
        if !flags.contains(OFlags::NONBLOCK) {
            let why = format!("{name}: the socket blocks; call its set_nonblocking(true) first");
            return Err(ValueError::new(why).into());
        }
        let running = EventLoop::running();
        if !running.is_some_and(|running| Rc::ptr_eq(running.core(), &self.core)) {
            let why = format!("{name}: it works inside its own event loop only, while that runs");
            return Err(RuntimeError::new(why).into());
        }
        Ok(())
    }

    /// Tries an operation, and again each time that the socket is ready, until it does not block.
    #[track_caller]
    fn run<R>(
        &self,
        co: &Co,
        direction: Direction,
        mut operation: impl FnMut(BorrowedFd<'_>) -> rustix::io::Result<R>,
    ) -> Result<R> {
        self.check()?;
        loop {
            match operation(self.fd) {
                Ok(result) => return Ok(result),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(co, direction)?,
                Err(error) => return Err(describe(error.into(), self.name).into()),
            }
        }
    }

    /// Waits until the socket is ready.
    #[track_caller]
    fn wait(&self, co: &Co, direction: Direction) -> Result<()> {
        let waiter = Waiter::new(Reason::descriptor(self.name, self.fd.as_raw_fd()));
        let listed = Rc::clone(&waiter) as Rc<dyn Wake>;
        self.core
            .add_waiter(self.fd, direction, &listed, self.name)?;
        let waiting = Waiting {
            socket: self,
            direction,
            waiter: listed,
        };
        let waited = waiter.wait(co);
        drop(waiting);
        waited
    }
}

/// A task in the list of those who wait for a socket, until this is dropped.
struct Waiting<'a> {
    socket: &'a Socket<'a>,
    direction: Direction,
    waiter: Rc<dyn Wake>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Socket { core, fd, .. } = self.socket;
        core.remove_waiter(*fd, self.direction, &self.waiter);
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* })*) => {$(
        $(#[$doc])*
        #[must_use = "it happens when a coroutine delegates to it by yield_from"]
        pub struct $name<'a> {
            socket: Socket<'a>,
            $($field: $type,)*
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.socket.fd)
            }
        }
    )*};
}

operations! {
    /// Receives bytes, when delegated to: see [`EventLoop::sock_recv`].
    SockRecv { limit: usize }
    /// Receives bytes into a buffer: see [`EventLoop::sock_recv_into`].
    SockRecvInto { buffer: &'a mut [u8] }
    /// Sends all bytes: see [`EventLoop::sock_sendall`].
    SockSendall { bytes: &'a [u8] }
    /// Connects: see [`EventLoop::sock_connect`].
    SockConnect { address: Address }
    /// Accepts a connection: see [`EventLoop::sock_accept`].
    SockAccept {}
}

impl EventLoop {
    /// Waits for bytes, and receives up to `limit`, but no more than 256 KiB; none at the end.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the system reports, and a [`ValueError`] for a socket that blocks.
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
    pub fn sock_recv<'a>(&self, socket: &'a impl AsFd, limit: usize) -> SockRecv<'a> {
        let socket = Socket::new(self, socket, "sock_recv");
        SockRecv { socket, limit }
    }

    /// Waits for bytes, and receives as many as are there and fit into the buffer; returns how
    /// many, zero at the end.
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv).
    ///
    /// # Examples
    ///
    /// See [`sock_connect`](EventLoop::sock_connect).
    pub fn sock_recv_into<'a>(
        &self,
        socket: &'a impl AsFd,
        buffer: &'a mut [u8],
    ) -> SockRecvInto<'a> {
        let socket = Socket::new(self, socket, "sock_recv_into");
        SockRecvInto { socket, buffer }
    }

    /// Sends all bytes. If it is cancelled, some may have been sent.
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv).
    ///
    /// # Examples
    ///
    /// See [`sock_recv`](EventLoop::sock_recv).
    pub fn sock_sendall<'a>(&self, socket: &'a impl AsFd, bytes: &'a [u8]) -> SockSendall<'a> {
        let socket = Socket::new(self, socket, "sock_sendall");
        SockSendall { socket, bytes }
    }

    /// Connects a socket to an address. Names are looked up by
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
    pub fn sock_connect<'a>(
        &self,
        socket: &'a impl AsFd,
        address: impl Into<Address>,
    ) -> SockConnect<'a> {
        let socket = Socket::new(self, socket, "sock_connect");
        let address = address.into();
        SockConnect { socket, address }
    }

    /// Waits for a connection, and returns it with the peer's address. It does not block, and can
    /// become a [`TcpStream`](crate::net::TcpStream) or [`UnixStream`](crate::net::UnixStream).
    ///
    /// # Errors
    ///
    /// As [`sock_recv`](EventLoop::sock_recv).
    ///
    /// # Examples
    ///
    /// See [`sock_connect`](EventLoop::sock_connect).
    pub fn sock_accept<'a>(&self, socket: &'a impl AsFd) -> SockAccept<'a> {
        let socket = Socket::new(self, socket, "sock_accept");
        SockAccept { socket }
    }
}

/// The most that `sock_recv` makes room for, whatever its limit.
const MOST_AT_ONCE: usize = 256 << 10;

impl Delegate<Request, ()> for SockRecv<'_> {
    type Output = Vec<u8>;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Vec<u8>> {
        let Self { socket, limit } = self;
        if limit == 0 {
            return socket.check().map(|()| Vec::new());
        }
        socket.run(co, Direction::Read, |fd| {
            // Made anew for each attempt: whoever waits holds no memory.
            let mut bytes = vec![0; limit.min(MOST_AT_ONCE)];
            let (n, _) = rustix::net::recv(fd, &mut *bytes, RecvFlags::empty())?;
            bytes.truncate(n);
            Ok(bytes)
        })
    }
}

impl Delegate<Request, ()> for SockRecvInto<'_> {
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        receive(co, &self.socket, self.buffer)
    }
}

#[track_caller]
fn receive(co: &Co, socket: &Socket<'_>, buffer: &mut [u8]) -> Result<usize> {
    // The system would wait for bytes that have no room.
    if buffer.is_empty() {
        return socket.check().map(|()| 0);
    }
    socket.run(co, Direction::Read, |fd| {
        Ok(rustix::net::recv(fd, &mut *buffer, RecvFlags::empty())?.0)
    })
}

impl Delegate<Request, ()> for SockSendall<'_> {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let mut left = self.bytes;
        while !left.is_empty() {
            let n = self.socket.run(co, Direction::Write, |fd| {
                rustix::net::send(fd, left, SendFlags::NOSIGNAL)
            })?;
            left = &left[n..];
        }
        Ok(())
    }
}

impl Delegate<Request, ()> for SockConnect<'_> {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let Self { socket, address } = self;
        let failed = |error| describe(error, format!("sock_connect to {address}"));
        socket.check()?;
        match connect(socket.fd, &address) {
            Ok(()) => return Ok(()),
            Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(error) => return Err(failed(error.into()).into()),
        }
        while let Err(error) = poll(&socket.fd, Direction::Write) {
            match error.kind() {
                io::ErrorKind::WouldBlock => socket.wait(co, Direction::Write)?,
                io::ErrorKind::Interrupted => {}
                _ => return Err(failed(error).into()),
            }
        }
        let outcome = sockopt::socket_error(socket.fd).and_then(|outcome| outcome);
        Ok(outcome.map_err(|error| failed(error.into()))?)
    }
}

fn connect(fd: BorrowedFd<'_>, address: &Address) -> rustix::io::Result<()> {
    match address {
        Address::Inet(address) => rustix::net::connect(fd, address),
        Address::Unix(address) => {
            let path = address.as_pathname().ok_or(Errno::INVAL)?;
            rustix::net::connect(fd, &SocketAddrUnix::new(path)?)
        }
    }
}

impl Delegate<Request, ()> for SockAccept<'_> {
    type Output = (OwnedFd, Address);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<(OwnedFd, Address)> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (socket, address) = self.socket.run(co, Direction::Read, |fd| {
            rustix::net::acceptfrom_with(fd, flags)
        })?;
        let inet = address.and_then(|address| std::net::SocketAddr::try_from(address).ok());
        if let Some(address) = inet {
            return Ok((socket, Address::Inet(address)));
        }
        let stream = std::os::unix::net::UnixStream::from(socket);
        let address = Address::Unix(stream.peer_addr()?);
        Ok((stream.into(), address))
    }
}
