//! Plays ping-pong with a server on many connections: one thread, that waits by epoll.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::time::Timespec;

use super::connections::{Connections, MESSAGE, PATIENCE, receive};

/// Connections to one server, each of which sends a message, awaits the answer, sends the next.
pub(crate) struct PingPong<C = Connection>(Connections<C>);

/// What sends a message, and the next when the answer is there.
pub(crate) trait Player: AsFd {
    /// Sends a message that differs from the last.
    fn send(&mut self, now: Instant) -> Result<()>;

    /// Receives some of the answer; returns, when that is complete, when the message was sent.
    fn receive(&mut self) -> Result<Option<Instant>>;
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
        Self::connect_by(address, connections, Connection::new)
    }
}

impl<C: Player> PingPong<C> {
    /// Connects, one connection after the other; `new` makes a player of each, with its number.
    pub(crate) fn connect_by(
        address: SocketAddr,
        connections: usize,
        new: impl Fn(TcpStream, usize) -> Result<C>,
    ) -> Result<Self> {
        Connections::connect(address, connections, new).map(Self)
    }

    /// Plays for so long, and so many rounds on average; when it returns, all is answered.
    pub(crate) fn play(&mut self, at_least: Duration, rounds: usize) -> Result<Played> {
        let patience = Timespec::try_from(PATIENCE).expect("it is short");
        let fewest = rounds * self.0.all.len();
        let mut latencies = Vec::with_capacity(1 << 18);
        let start = Instant::now();
        for connection in &mut self.0.all {
            connection.send(Instant::now())?;
        }
        let mut waiting = self.0.all.len();
        while waiting > 0 {
            let noticed = self.0.wait(&patience, |connection| {
                let Some(sent) = connection.receive()? else {
                    return Ok(());
                };
                let now = Instant::now();
                latencies.push((now - sent).as_nanos() as u64);
                if now - start < at_least || latencies.len() < fewest {
                    connection.send(now)?;
                } else {
                    waiting -= 1;
                }
                Ok(())
            })?;
            ensure!(noticed > 0, "the server does not answer for {PATIENCE:?}");
        }
        Ok(Played::new(start.elapsed(), latencies))
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    /// What was sent last.
    message: [u8; MESSAGE],
    sent: Instant,
    /// How much of it has come back.
    received: usize,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Connection {
    fn new(stream: TcpStream, number: usize) -> Result<Self> {
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
}

impl Player for Connection {
    fn send(&mut self, now: Instant) -> Result<()> {
        let (count, _) = self.message.split_first_chunk_mut().expect("it is longer");
        *count = u64::from_le_bytes(*count).wrapping_add(1).to_le_bytes();
        (self.sent, self.received) = (now, 0);
        // There is room: all that was sent before has come back.
        let sent = (&self.stream).write(&self.message)?;
        ensure!(sent == MESSAGE, "the system takes but {sent} bytes");
        Ok(())
    }

    fn receive(&mut self) -> Result<Option<Instant>> {
        // Longer than the answer, so that one that is too long is noticed.
        let mut answer = [0; 2 * MESSAGE];
        let size = receive(&self.stream, &mut answer)?;
        let (before, after) = (self.received, self.received + size);
        ensure!(
            self.message.get(before..after) == Some(&answer[..size]),
            "the server answers something else than it was sent"
        );
        self.received = after;
        Ok((after == MESSAGE).then_some(self.sent))
    }
}
