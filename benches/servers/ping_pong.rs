//! Plays ping-pong with a server on many connections: one thread, that waits by epoll.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::retry_on_intr;
use rustix::net::sockopt::set_socket_linger;
use rustix::time::Timespec;

/// How long a message is.
pub(crate) const MESSAGE: usize = 64;
/// How many answers are noticed at once.
const EVENTS: usize = 256;
/// A server that answers nothing for this long does not work.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to one server, each of which sends a message, awaits the answer, sends the next.
pub(crate) struct PingPong {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    events: Vec<Event>,
}

/// What a server has done in a stretch of time.
pub(crate) struct Played {
    pub(crate) took: Duration,
    /// How long each answer took, in nanoseconds, in ascending order.
    latencies: Vec<u64>,
}

impl Played {
    pub(crate) fn new(took: Duration, mut latencies: Vec<u64>) -> Self {
        latencies.sort_unstable();
        Self { took, latencies }
    }

    pub(crate) fn requests(&self) -> f64 {
        self.latencies.len() as f64
    }

    pub(crate) fn rate(&self) -> f64 {
        self.requests() / self.took.as_secs_f64()
    }

    /// Returns the microseconds in which so many per cent of the answers were there.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        self.per_mille(10 * percent)
    }

    /// The same of so many in a thousand.
    pub(crate) fn per_mille(&self, per_mille: usize) -> f64 {
        let last = self.latencies.len() - 1;
        self.latencies[last * per_mille / 1000] as f64 / 1e3
    }
}

impl PingPong {
    /// Connects, one connection after the other; the server has answered once on each.
    pub(crate) fn connect(address: SocketAddr, connections: usize) -> Result<Self> {
        let mut load = Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            connections: Vec::with_capacity(connections),
            events: Vec::with_capacity(EVENTS),
        };
        for number in 0..connections {
            let connection = Connection::new(address, number)
                .with_context(|| format!("connection {number} does not work"))?;
            let data = EventData::new_u64(number as u64);
            epoll::add(&load.epoll, &connection.stream, data, EventFlags::IN)?;
            load.connections.push(connection);
        }
        Ok(load)
    }

    /// Plays for so long, and so many rounds on average; when it returns, all is answered.
    pub(crate) fn play(&mut self, at_least: Duration, rounds: usize) -> Result<Played> {
        let fewest = rounds * self.connections.len();
        let mut latencies = Vec::with_capacity(1 << 18);
        let start = Instant::now();
        for connection in &mut self.connections {
            connection.send(Instant::now())?;
        }
        let mut waiting = self.connections.len();
        while waiting > 0 {
            self.wait()?;
            for event in self.events.drain(..) {
                let data = event.data;
                let connection = &mut self.connections[data.u64() as usize];
                let Some(sent) = connection.receive()? else {
                    continue;
                };
                let now = Instant::now();
                latencies.push((now - sent).as_nanos() as u64);
                if now - start < at_least || latencies.len() < fewest {
                    connection.send(now)?;
                } else {
                    waiting -= 1;
                }
            }
        }
        Ok(Played::new(start.elapsed(), latencies))
    }

    fn wait(&mut self) -> Result<()> {
        let patience = Timespec::try_from(PATIENCE).expect("it is short");
        let events = &mut self.events;
        let wait = || epoll::wait(&self.epoll, spare_capacity(events), Some(&patience));
        let noticed = retry_on_intr(wait)?;
        ensure!(noticed > 0, "the server does not answer for {PATIENCE:?}");
        Ok(())
    }
}

struct Connection {
    stream: TcpStream,
    /// What was sent last.
    message: [u8; MESSAGE],
    sent: Instant,
    /// How much of it has come back.
    received: usize,
}

impl Connection {
    fn new(address: SocketAddr, number: usize) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        // So that nothing stays in the system when it is closed.
        set_socket_linger(&stream, Some(Duration::ZERO))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // No two connections send the same.
        let mut message = [0; MESSAGE];
        for (i, byte) in message.iter_mut().enumerate() {
            *byte = (number.wrapping_mul(31) + 7 * i) as u8;
        }
        message[8..16].copy_from_slice(&number.to_le_bytes());
        let mut connection = Self {
            stream,
            message,
            sent: Instant::now(),
            received: 0,
        };
        connection.send(Instant::now())?;
        while connection.receive()?.is_none() {}
        connection.stream.set_nonblocking(true)?;
        Ok(connection)
    }

    /// Sends a message that differs from the last.
    fn send(&mut self, now: Instant) -> Result<()> {
        let (count, _) = self.message.split_first_chunk_mut().expect("it is longer");
        *count = u64::from_le_bytes(*count).wrapping_add(1).to_le_bytes();
        (self.sent, self.received) = (now, 0);
        // There is room: all that was sent before has come back.
        let sent = (&self.stream).write(&self.message)?;
        ensure!(sent == MESSAGE, "the system takes but {sent} bytes");
        Ok(())
    }

    /// Receives some of the answer; returns, when that is complete, when the message was sent.
    fn receive(&mut self) -> Result<Option<Instant>> {
        // Longer than the answer, so that one that is too long is noticed.
        let mut answer = [0; 2 * MESSAGE];
        let size = match (&self.stream).read(&mut answer) {
            Ok(0) => bail!("the server closes the connection"),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(None),
            result => result.context("the server does not answer")?,
        };
        let (before, after) = (self.received, self.received + size);
        ensure!(
            self.message.get(before..after) == Some(&answer[..size]),
            "the server answers something else than it was sent"
        );
        self.received = after;
        Ok((after == MESSAGE).then_some(self.sent))
    }
}
