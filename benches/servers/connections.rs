//! Connections to one server, and how answers on them are noticed: by epoll, in one thread.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::retry_on_intr;
use rustix::net::sockopt::set_socket_linger;
use rustix::time::Timespec;

/// How long a message is.
pub(super) const MESSAGE: usize = 64;
/// A server that answers nothing for this long does not work.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How many answers are noticed at once.
const EVENTS: usize = 256;

pub(super) struct Connections<C> {
    epoll: OwnedFd,
    pub(super) all: Vec<C>,
    events: Vec<Event>,
}

impl<C: AsFd> Connections<C> {
    /// Connects, one connection after the other; `new` makes each of its stream and its number.
    pub(super) fn connect(
        address: SocketAddr,
        count: usize,
        new: impl Fn(TcpStream, usize) -> Result<C>,
    ) -> Result<Self> {
        let mut connections = Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            all: Vec::with_capacity(count),
            events: Vec::with_capacity(EVENTS),
        };
        for number in 0..count {
            let connection = connect(address)
                .and_then(|stream| new(stream, number))
                .with_context(|| format!("connection {number} does not work"))?;
            let data = EventData::new_u64(number as u64);
            epoll::add(&connections.epoll, &connection, data, EventFlags::IN)?;
            connections.all.push(connection);
        }
        Ok(connections)
    }

    /// Waits for answers, and calls `answered` with each connection that has one. Returns how many have.
    pub(super) fn wait(
        &mut self,
        timeout: &Timespec,
        mut answered: impl FnMut(&mut C) -> Result<()>,
    ) -> Result<usize> {
        let events = &mut self.events;
        let wait = || epoll::wait(&self.epoll, spare_capacity(events), Some(timeout));
        let noticed = retry_on_intr(wait)?;
        for event in self.events.drain(..) {
            let data = event.data;
            answered(&mut self.all[data.u64() as usize])?;
        }
        Ok(noticed)
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    // So that nothing stays in the system when it is closed.
    set_socket_linger(&stream, Some(Duration::ZERO))?;
    Ok(stream)
}

/// Receives some bytes; none, if a signal has come in between.
pub(super) fn receive(mut stream: &TcpStream, buffer: &mut [u8]) -> Result<usize> {
    match stream.read(buffer) {
        Ok(0) => bail!("the server closes the connection"),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
        result => result.context("the server does not answer"),
    }
}
