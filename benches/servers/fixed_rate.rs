//! Sends messages to a server by a schedule, whether the last ones have come back or not.
//!
//! A load that waits for an answer before it sends the next message asks little of a server that is late,
//! and so does not see how late it is. Here each message has its time, and how long its answer takes counts
//! from then.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::time::Timespec;

use super::connections::{Connections, MESSAGE, PATIENCE, receive};
use super::ping_pong::Played;

/// How much is received at once.
const BUFFER: usize = 64 * MESSAGE;
/// This thread has a processor to itself, and never sleeps, as it would be late then.
const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// Connections to one server, which send in turn.
pub(crate) struct FixedRate<C = Connection>(Connections<C>);

/// What sends messages when they are due, whether the last ones have come back or not.
pub(crate) trait Sender: AsFd {
    fn send(&mut self, due: Instant) -> Result<()>;

    /// Receives what is there, and notes the nanoseconds that each answer is late by, from when it was due.
    fn receive(&mut self, latencies: &mut Vec<u64>) -> Result<()>;
}

impl FixedRate {
    pub(crate) fn connect(address: SocketAddr, connections: usize) -> Result<Self> {
        Self::connect_by(address, connections, Connection::new)
    }
}

impl<C: Sender> FixedRate<C> {
    /// Connects, one connection after the other; `new` makes a sender of each, with its number.
    pub(crate) fn connect_by(
        address: SocketAddr,
        connections: usize,
        new: impl Fn(TcpStream, usize) -> Result<C>,
    ) -> Result<Self> {
        Connections::connect(address, connections, new).map(Self)
    }

    /// Sends so many messages, so many in a second; when it returns, all are answered.
    pub(crate) fn play(&mut self, per_second: f64, messages: usize) -> Result<Played> {
        self.play_from(Instant::now(), per_second, messages)
    }

    fn play_from(&mut self, start: Instant, per_second: f64, messages: usize) -> Result<Played> {
        let mut latencies = Vec::with_capacity(messages);
        let due = |number| start + Duration::from_secs_f64(number as f64 / per_second);
        let (mut sent, mut heard) = (0, Instant::now());
        while latencies.len() < messages {
            let now = Instant::now();
            while sent < messages && due(sent) <= now {
                let turn = sent % self.0.all.len();
                self.0.all[turn].send(due(sent))?;
                sent += 1;
            }
            let before = latencies.len();
            let receive = |connection: &mut C| connection.receive(&mut latencies);
            self.0.wait(&AT_ONCE, receive)?;
            if latencies.len() > before || latencies.len() == sent {
                heard = now;
            }
            ensure!(
                now - heard < PATIENCE,
                "the server does not answer for {PATIENCE:?}"
            );
        }
        Ok(Played::new(start.elapsed(), latencies))
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    number: usize,
    /// How many messages were sent, how many have come back, and how many bytes of the next.
    sent: u64,
    answered: u64,
    received: usize,
    /// When the messages should have been sent that are not answered yet.
    due: VecDeque<Instant>,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Connection {
    fn new(stream: TcpStream, number: usize) -> Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            number,
            sent: 0,
            answered: 0,
            received: 0,
            due: VecDeque::new(),
        })
    }

    /// Returns how many bytes belong to the answer that comes next, which must be as it was sent.
    fn check(&self, bytes: &[u8]) -> Result<usize> {
        let expected = &message(self.number, self.answered)[self.received..];
        let size = expected.len().min(bytes.len());
        ensure!(
            self.answered < self.sent && expected[..size] == bytes[..size],
            "the server answers something else than it was sent"
        );
        Ok(size)
    }
}

impl Sender for Connection {
    fn send(&mut self, due: Instant) -> Result<()> {
        let message = message(self.number, self.sent);
        let sent = (&self.stream).write(&message);
        // So much waits in the system that the server will never be in time.
        ensure!(
            sent.is_ok_and(|sent| sent == MESSAGE),
            "the server does not bear this load"
        );
        self.sent += 1;
        self.due.push_back(due);
        Ok(())
    }

    fn receive(&mut self, latencies: &mut Vec<u64>) -> Result<()> {
        let mut answer = [0; BUFFER];
        let size = receive(&self.stream, &mut answer)?;
        let now = Instant::now();
        let mut rest = &answer[..size];
        while !rest.is_empty() {
            let known = self.check(rest)?;
            (rest, self.received) = (&rest[known..], self.received + known);
            if self.received == MESSAGE {
                self.received = 0;
                self.answered += 1;
                let due = self.due.pop_front().expect("it was sent");
                latencies.push((now - due).as_nanos() as u64);
            }
        }
        Ok(())
    }
}

/// Returns a message of a connection; no two are the same.
fn message(connection: usize, count: u64) -> [u8; MESSAGE] {
    let mut message = [b'.'; MESSAGE];
    message[..8].copy_from_slice(&count.to_le_bytes());
    message[8..16].copy_from_slice(&connection.to_le_bytes());
    message
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Starts a server of one connection, which changes all that it is sent.
    fn serve(mut change: impl FnMut(&mut [u8]) + Send + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = listener.local_addr().expect("it has one");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let mut buffer = [0; 1000];
            while let Ok(size @ 1..) = stream.read(&mut buffer) {
                change(&mut buffer[..size]);
                stream.write_all(&buffer[..size]).expect("it is read");
            }
        });
        address
    }

    #[test]
    fn a_server_that_is_late_is_late_for_all_that_wait_meanwhile() {
        const LATE: Duration = Duration::from_millis(50);
        let mut first = true;
        let address = serve(move |_| {
            if first {
                thread::sleep(LATE);
            }
            first = false;
        });
        let mut load = FixedRate::connect(address, 1).unwrap();
        let played = load.play(10_000.0, 1000).unwrap();
        assert_eq!(played.requests(), 1000.0);
        // A quarter was to be sent in the first half of this time, so they wait for the other half.
        assert!(played.percentile(75) >= 25_000.0);
    }

    #[test]
    fn a_load_that_is_late_counts_from_when_it_was_to_send() {
        let mut load = FixedRate::connect(serve(|_| ()), 1).unwrap();
        let start = Instant::now() - Duration::from_millis(50);
        let played = load.play_from(start, 10_000.0, 1000).unwrap();
        assert!(played.percentile(75) >= 25_000.0);
    }

    #[test]
    fn a_wrong_answer_is_noticed() {
        let address = serve(|answer| answer[0] ^= 1);
        let error = FixedRate::connect(address, 1)
            .unwrap()
            .play(1000.0, 1)
            .map(drop);
        assert!(error.unwrap_err().to_string().contains("something else"));
    }
}
