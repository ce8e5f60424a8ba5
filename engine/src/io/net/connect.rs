//! Connecting: to the first of several addresses that answers.
//!
//! The attempts start one after the other, each a moment after the one before unless that has
//! failed already, IPv6 and IPv4 in turns, and all go on until one succeeds: "happy eyeballs",
//! RFC 8305.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};

use super::lookup::resolve;
use super::{Target, TcpStream, UnixStream};
use crate::combine::sleep;
use crate::errors::describe;
use crate::io::source::{Source, Waiting, poll};
use crate::kernel::{
    Direction, EventLoop, Reason, Request, TimerHandle, Waiter, Wake, coroutine_operations,
};
use crate::{Co, Delegate, Result};

/// How long an attempt has before the next one begins.
const DELAY: Duration = Duration::from_millis(250);
/// How long to wait for room in the queue of a Unix socket, of which nothing tells.
pub(super) const RETRY: Duration = Duration::from_millis(5);

/// What to connect to, and how.
#[derive(Debug)]
pub(crate) struct Dial {
    pub(crate) target: Target,
    /// Where from.
    pub(crate) local: Option<SocketAddr>,
    /// How long an attempt has before the next one begins; without, until it has failed.
    pub(crate) delay: Option<Duration>,
}

impl Dial {
    pub(crate) fn to(target: Target) -> Self {
        Self {
            target,
            local: None,
            delay: Some(DELAY),
        }
    }
}

/// Connects to the first of the target's addresses that answers.
#[track_caller]
pub(crate) fn connect_tcp(co: &Co, dial: Dial) -> Result<TcpStream> {
    let name = dial.target.to_string();
    let mut attempts = Attempts {
        waiting: interleave(resolve(co, dial.target)?),
        running: Vec::new(),
        errors: Vec::new(),
        local: dial.local,
    };
    while attempts.start_next() {
        loop {
            let before = attempts.errors.len();
            if let Some(socket) = attempts.check() {
                return Ok(TcpStream::new(socket.into()));
            }
            // When one has failed, or has had its time, the next begins.
            if attempts.errors.len() > before || !attempts.wait(co, dial.delay)? {
                break;
            }
        }
    }
    Err(attempts.failure(&name).into())
}

/// Puts the families in turns, beginning with that of the first address.
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first);
    let mut mixed = VecDeque::with_capacity(one.len() + other.len());
    while !one.is_empty() || !other.is_empty() {
        mixed.extend(one.pop_front());
        mixed.extend(other.pop_front());
    }
    mixed
}

/// The attempts to connect that are to come, under way, and failed.
struct Attempts {
    waiting: VecDeque<SocketAddr>,
    running: Vec<(SocketAddr, Source<OwnedFd>)>,
    errors: Vec<io::Error>,
    local: Option<SocketAddr>,
}

impl Attempts {
    /// Starts the next attempt; returns whether any is under way.
    fn start_next(&mut self) -> bool {
        while let Some(address) = self.waiting.pop_front() {
            match start(address, self.local) {
                Ok(socket) => {
                    self.running.push((address, Source::new(socket)));
                    break;
                }
                Err(error) => self.failed(address, error),
            }
        }
        !self.running.is_empty()
    }

    fn failed(&mut self, address: SocketAddr, error: io::Error) {
        let operation = format!("connect to {address}");
        self.errors.push(describe(error, operation));
    }

    /// Returns a connection that has succeeded, if there is one; sorts out those that have failed.
    fn check(&mut self) -> Option<OwnedFd> {
        let mut i = 0;
        while let Some((_, source)) = self.running.get(i) {
            match source.attempt(Direction::Write, connected) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => i += 1,
                Ok(()) => return Some(self.running.swap_remove(i).1.into_inner()),
                Err(error) => {
                    let (address, _) = self.running.swap_remove(i);
                    self.failed(address, error);
                }
            }
        }
        None
    }

    /// Waits for something to happen to an attempt; returns false if it is time for the next.
    #[track_caller]
    fn wait(&self, co: &Co, delay: Option<Duration>) -> Result<bool> {
        let waiter = Waiter::new(Reason::io("connect"));
        let mut waits = Vec::with_capacity(self.running.len());
        for (_, source) in &self.running {
            let watched = source.watched("connect")?;
            let waiter = Rc::clone(&waiter) as Rc<dyn Wake>;
            waits.push(Waiting::new(watched, Direction::Write, waiter));
        }
        let alarm = match delay.filter(|_| !self.waiting.is_empty()) {
            Some(delay) => Some(Alarm::start(delay, &waiter)?),
            None => None,
        };
        waiter.wait(co)?;
        Ok(alarm.is_none_or(|alarm| !alarm.rang.get()))
    }

    /// Makes one error of all.
    fn failure(mut self, name: &str) -> io::Error {
        if self.errors.len() == 1 {
            return self.errors.remove(0);
        }
        let Some(last) = self.errors.last() else {
            let why = format!("connect to {name}: there is no address to connect to");
            return io::Error::new(io::ErrorKind::InvalidInput, why);
        };
        let all: Vec<String> = self.errors.iter().map(io::Error::to_string).collect();
        let why = format!("connect to {name}: no address answers: {}", all.join("; "));
        io::Error::new(last.kind(), why)
    }
}

/// Wakes a waiter after some time, unless it is dropped before.
struct Alarm {
    handle: TimerHandle,
    rang: Rc<Cell<bool>>,
}

impl Alarm {
    fn start(delay: Duration, waiter: &Rc<Waiter>) -> Result<Self> {
        let rang = Rc::new(Cell::new(false));
        let (waiter, ring) = (Rc::clone(waiter), Rc::clone(&rang));
        let handle = EventLoop::current_or_closed().call_later(delay, move || {
            ring.set(true);
            waiter.wake();
        })?;
        Ok(Self { handle, rang })
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.handle.cancel();
    }
}

/// Begins to connect, without waiting.
fn start(address: SocketAddr, local: Option<SocketAddr>) -> io::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = new_socket(family, SocketType::STREAM)?;
    if let Some(local) = local {
        rustix::net::bind(&socket, &local)
            .map_err(|error| describe(error.into(), format!("bind to {local}")))?;
    }
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

/// Makes a socket that does not block, and that children do not inherit.
pub(super) fn new_socket(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(rustix::net::socket_with(family, kind, flags, None)?)
}

/// Returns whether a socket is connected, or the error of the attempt; `WouldBlock` if that is
/// still open.
fn connected(socket: &OwnedFd) -> io::Result<()> {
    poll(socket, Direction::Write)?;
    sockopt::socket_error(socket)?.map_err(io::Error::from)
}

/// Connects to a Unix socket.
#[track_caller]
pub(crate) fn connect_unix(co: &Co, path: &Path) -> Result<UnixStream> {
    let failed = |error| describe(error, format!("connect to {}", path.display()));
    let address = SocketAddrUnix::new(path).map_err(|error| failed(error.into()))?;
    loop {
        let socket = new_socket(AddressFamily::UNIX, SocketType::STREAM).map_err(failed)?;
        match rustix::net::connect(&socket, &address) {
            Ok(()) => return Ok(UnixStream::new(socket.into())),
            // The listener's queue is full, and nothing tells when it is not.
            Err(Errno::AGAIN) => co.yield_from(sleep(RETRY))?,
            Err(error) => return Err(failed(error.into()).into()),
        }
    }
}

/// What [`TcpStream::connect`](super::Stream::connect) returns: a delegate for `yield_from`.
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
#[derive(Debug)]
pub struct ConnectTcp(pub(super) Result<Target>);

impl Delegate<Request, ()> for ConnectTcp {
    type Output = TcpStream;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<TcpStream> {
        connect_tcp(co, Dial::to(self.0?))
    }
}

/// What [`UnixStream::connect`](super::Stream::connect) returns: a delegate for `yield_from`.
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
#[derive(Debug)]
pub struct ConnectUnix(pub(super) PathBuf);

impl Delegate<Request, ()> for ConnectUnix {
    type Output = UnixStream;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<UnixStream> {
        connect_unix(co, &self.0)
    }
}

coroutine_operations! {
    [] ConnectTcp => TcpStream, "TcpStream.connect", |this| move |co: &Co| this.delegate(co);
    [] ConnectUnix => UnixStream, "UnixStream.connect", |this| move |co: &Co| this.delegate(co);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        let order = interleave(all.iter().map(|text| text.parse().unwrap()).collect());
        let order: Vec<String> = order.iter().map(ToString::to_string).collect();
        assert_eq!(
            order,
            ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]
        );
    }
}
