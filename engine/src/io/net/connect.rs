//! Connecting to the first of several addresses that answers.
//!
//! The first attempt starts at once. The next one starts when the one before has failed, or has not
//! succeeded for a moment; IPv6 and IPv4 take turns. All attempts go on until one of them succeeds
//! ("happy eyeballs", RFC 8305).

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};

use super::lookup::resolve;
use super::{Target, TcpStream, UnixStream};
use crate::combine::sleep;
use crate::errors::describe;
use crate::io::source::{Source, list_waiter, poll};
use crate::kernel::{Co, Direction, EventLoop, OnDrop, Reason, Waiter};
use yieldfrom_delegation::{Delegate, Result};

/// The time that an attempt has before the next one starts.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The time to wait for room in the queue of a Unix socket; the system reports no event for it.
pub(super) const RETRY_DELAY: Duration = Duration::from_millis(5);

/// The place to connect to, and the options of the attempts.
#[derive(Debug)]
pub(crate) struct Dial {
    pub(crate) target: Target,
    /// The address to bind to first.
    pub(crate) local: Option<SocketAddr>,
    /// The time that an attempt has before the next one starts. With `None`, the next one starts
    /// when this one has failed.
    pub(crate) delay: Option<Duration>,
}

impl Dial {
    pub(crate) fn to(target: Target) -> Self {
        Self {
            target,
            local: None,
            delay: Some(ATTEMPT_DELAY),
        }
    }
}

/// Connects to the first of the target's addresses that answers.
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
                return Ok(socket.into());
            }
            // The next attempt starts if one has failed, or the last one has had its time.
            if attempts.errors.len() > before || !attempts.wait(co, dial.delay)? {
                break;
            }
        }
    }
    Err(attempts.failure(&name).into())
}

/// Lets IPv6 and IPv4 take turns; the family of the first address begins.
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

/// The attempts to connect: those that wait, those that run, and the errors of those that failed.
struct Attempts {
    waiting: VecDeque<SocketAddr>,
    running: Vec<(SocketAddr, Source<OwnedFd>)>,
    errors: Vec<io::Error>,
    local: Option<SocketAddr>,
}

impl Attempts {
    /// Starts the next attempt; returns whether any attempt runs.
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

    /// Returns the connection of an attempt that has succeeded, and removes those that have failed.
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

    /// Waits until something happens to an attempt, or the next one is due; returns false then.
    fn wait(&self, co: &Co, delay: Option<Duration>) -> Result<bool> {
        let waiter = Waiter::new(Reason::io("connect"));
        let mut listed = Vec::with_capacity(self.running.len());
        for (_, source) in &self.running {
            let watched = source.watched("connect")?;
            listed.push(list_waiter(watched, Direction::Write, &waiter));
        }
        let is_due = Rc::new(Cell::new(false));
        let delay = delay.filter(|_| !self.waiting.is_empty());
        let alarm = delay.map(|delay| set_alarm(delay, &waiter, &is_due));
        let _alarm = alarm.transpose()?;
        waiter.wait(co)?;
        Ok(!is_due.get())
    }

    /// Makes one error of the errors of all attempts.
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

/// Sets a flag and wakes a waiter after some time, unless the guard is dropped before.
fn set_alarm(
    delay: Duration,
    waiter: &Rc<Waiter>,
    rang: &Rc<Cell<bool>>,
) -> Result<OnDrop<impl FnOnce() + use<>>> {
    let (waiter, rang) = (Rc::clone(waiter), Rc::clone(rang));
    let timer = EventLoop::current_or_closed().call_later(delay, move || {
        rang.set(true);
        waiter.wake();
    })?;
    Ok(OnDrop::new(move || timer.cancel()))
}

/// Starts to connect, without waiting.
fn start(address: SocketAddr, local: Option<SocketAddr>) -> io::Result<OwnedFd> {
    let socket = inet_socket(address)?;
    if let Some(local) = local {
        rustix::net::bind(&socket, &local)
            .map_err(|error| describe(error.into(), format!("bind to {local}")))?;
    }
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

/// The flags of each socket that is made here: it does not block, and children do not inherit it.
pub(crate) const SOCKET_FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

/// Makes a socket for TCP to or at this address.
pub(super) fn inet_socket(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    stream_socket(family)
}

fn stream_socket(family: AddressFamily) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket_with(family, SocketType::STREAM, SOCKET_FLAGS, None);
    Ok(socket?)
}

/// Succeeds if a socket is connected, and fails with the error of the attempt, or `WouldBlock` if
/// that goes on.
pub(crate) fn connected(socket: &impl AsFd) -> io::Result<()> {
    poll(socket, Direction::Write)?;
    sockopt::socket_error(socket)?.map_err(io::Error::from)
}

/// Connects to a Unix socket.
pub(crate) fn connect_unix(co: &Co, path: &Path) -> Result<UnixStream> {
    let failed = |error| describe(error, format!("connect to {}", path.display()));
    let address = SocketAddrUnix::new(path).map_err(|error| failed(error.into()))?;
    loop {
        let socket = stream_socket(AddressFamily::UNIX).map_err(failed)?;
        match rustix::net::connect(&socket, &address) {
            Ok(()) => return Ok(socket.into()),
            // The listener's queue is full, and the system reports no event when it has room.
            Err(Errno::AGAIN) => sleep(RETRY_DELAY).delegate(co)?,
            Err(error) => return Err(failed(error.into()).into()),
        }
    }
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
