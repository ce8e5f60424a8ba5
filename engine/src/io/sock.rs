//! Operations on sockets that belong to the user: asyncio's `sock_recv` and its like.
//!
//! They work on any socket that does not block. Each one registers its descriptor only while it
//! waits; so it makes two system calls more than an operation of [`net`](crate::net).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketAddrUnix};

use super::sendfile::{FilePart, send_file};
use crate::errors::{RuntimeError, ValueError, describe};
use crate::io::net::{Address, SOCKET_FLAGS, connected};
use crate::kernel::{Co, Core, Direction, EventLoop, OnDrop, Operation, Reason, Waiter};
use yieldfrom_delegation::Result;

/// The most bytes for which `sock_recv` makes room, whatever its limit.
const MOST_AT_ONCE: usize = 256 << 10;

/// A socket of the user, for an operation of this name.
pub(super) struct UserSocket<'a> {
    fd: BorrowedFd<'a>,
    core: Rc<Core>,
    name: &'static str,
}

impl<'a> UserSocket<'a> {
    pub(super) fn new(event_loop: &EventLoop, fd: &'a impl AsFd, name: &'static str) -> Self {
        Self {
            fd: fd.as_fd(),
            core: Rc::clone(event_loop.core()),
            name,
        }
    }

    /// Returns the operation, which runs this function.
    pub(super) fn operation<R>(
        self,
        run: impl FnOnce(&Self, &Co) -> Result<R>,
    ) -> Operation<impl FnOnce(&Co) -> Result<R>> {
        Operation::new(self.name, move |co| run(&self, co))
    }

    pub(super) fn recv(&self, co: &Co, limit: usize) -> Result<Vec<u8>> {
        // The system would wait even if there is no room for bytes.
        if limit == 0 {
            return self.check().map(|()| Vec::new());
        }
        self.run(co, Direction::Read, |fd| {
            // Made anew for each attempt, so that a task that waits holds no memory for it.
            let mut bytes = vec![0; limit.min(MOST_AT_ONCE)];
            let (n, _) = rustix::net::recv(fd, &mut *bytes, RecvFlags::empty())?;
            bytes.truncate(n);
            Ok(bytes)
        })
    }

    pub(super) fn recv_into(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return self.check().map(|()| 0);
        }
        self.run(co, Direction::Read, |fd| {
            Ok(rustix::net::recv(fd, &mut *buffer, RecvFlags::empty())?.0)
        })
    }

    pub(super) fn sendall(&self, co: &Co, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let n = self.run(co, Direction::Write, |fd| {
                rustix::net::send(fd, bytes, SendFlags::NOSIGNAL)
            })?;
            bytes = &bytes[n..];
        }
        Ok(())
    }

    pub(super) fn sendfile(&self, co: &Co, file: &File, part: (u64, Option<u64>)) -> Result<u64> {
        let by_system = |co: &Co, part: &mut FilePart<'_>| {
            self.run(co, Direction::Write, |fd| part.send_to(fd))
        };
        self.check()?;
        send_file(co, self.name, file, part, by_system, |co, block| {
            self.sendall(co, block)
        })
    }

    pub(super) fn connect(&self, co: &Co, address: &Address) -> Result<()> {
        let failed = |error| describe(error, format!("sock_connect to {address}"));
        self.check()?;
        match connect(self.fd, address) {
            Ok(()) => return Ok(()),
            Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(error) => return Err(failed(error.into()).into()),
        }
        while let Err(error) = connected(&self.fd) {
            match error.kind() {
                io::ErrorKind::WouldBlock => self.wait(co, Direction::Write)?,
                io::ErrorKind::Interrupted => {}
                _ => return Err(failed(error).into()),
            }
        }
        Ok(())
    }

    pub(super) fn accept(&self, co: &Co) -> Result<(OwnedFd, Address)> {
        let (socket, address) = self.run(co, Direction::Read, |fd| {
            rustix::net::acceptfrom_with(fd, SOCKET_FLAGS)
        })?;
        let inet = address.and_then(|address| std::net::SocketAddr::try_from(address).ok());
        if let Some(address) = inet {
            return Ok((socket, Address::Inet(address)));
        }
        let stream = std::os::unix::net::UnixStream::from(socket);
        let address = Address::from(stream.peer_addr()?);
        Ok((stream.into(), address))
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

    /// Tries an operation, and tries it again each time that the socket is ready, until it does not
    /// block.
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
    fn wait(&self, co: &Co, direction: Direction) -> Result<()> {
        let waiter = Waiter::new(Reason::descriptor(
            self.name,
            self.fd.as_raw_fd(),
            direction,
        ));
        let core = &self.core;
        core.add_waiter(self.fd, direction, &waiter, self.name)?;
        let _listed = OnDrop::new(|| core.remove_waiter(self.fd, direction, &waiter));
        waiter.wait(co)
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
