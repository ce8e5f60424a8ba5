//! A load of HTTP/1.1: connections that ask a server for items, and check what comes.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use httparse::{EMPTY_HEADER, Response, Status};

use super::connections::{PATIENCE, receive};
use super::fixed_rate::{FixedRate, Sender};
use super::ping_pong::{PingPong, Player};

/// How much is received at once.
const BUFFER: usize = 16 << 10;
const MOST_HEADERS: usize = 16;
/// Items have numbers from zero to this.
const ITEMS: usize = 10_000;

/// Returns the path of an item.
pub(crate) fn path(item: usize) -> String {
    format!("/items/{item}")
}

/// Returns the number of the item that has this path.
pub(crate) fn item(path: &str) -> Option<usize> {
    path.strip_prefix("/items/")?.parse().ok()
}

/// Returns what a server answers for an item.
pub(crate) fn body(item: usize) -> String {
    format!(r#"{{"id":{item},"name":"item {item}","tags":["small","quick"]}}"#)
}

/// Connects players; the server has answered once on each connection.
pub(crate) fn ping_pong(
    address: SocketAddr,
    connections: usize,
) -> Result<PingPong<HttpConnection>> {
    PingPong::connect_by(address, connections, HttpConnection::new)
}

/// Connects senders, on which the server has answered once.
pub(crate) fn fixed_rate(
    address: SocketAddr,
    connections: usize,
) -> Result<FixedRate<HttpConnection>> {
    FixedRate::connect_by(address, connections, HttpConnection::new)
}

/// A connection that is kept alive.
pub(crate) struct HttpConnection {
    stream: TcpStream,
    next: usize,
    /// The items whose answers are still to come, and since when.
    waiting: VecDeque<(usize, Instant)>,
    /// What has come of them.
    received: Vec<u8>,
}

impl AsFd for HttpConnection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl HttpConnection {
    fn new(stream: TcpStream, number: usize) -> Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut connection = Self {
            stream,
            next: number % ITEMS,
            waiting: VecDeque::new(),
            received: Vec::new(),
        };
        connection.ask(Instant::now())?;
        while !connection.waiting.is_empty() {
            connection.read()?;
            connection.answered()?;
        }
        connection.stream.set_nonblocking(true)?;
        Ok(connection)
    }

    fn ask(&mut self, since: Instant) -> Result<()> {
        let item = self.next;
        self.next = (item + 1) % ITEMS;
        let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path(item));
        let sent = (&self.stream).write(request.as_bytes());
        // So much waits in the system that the server will never be in time.
        ensure!(
            sent.is_ok_and(|sent| sent == request.len()),
            "the server does not bear this load"
        );
        self.waiting.push_back((item, since));
        Ok(())
    }

    fn read(&mut self) -> Result<()> {
        let mut buffer = [0; BUFFER];
        let size = receive(&self.stream, &mut buffer)?;
        self.received.extend_from_slice(&buffer[..size]);
        Ok(())
    }

    /// Takes an answer, if all of it is there; returns since when it was awaited.
    fn answered(&mut self) -> Result<Option<Instant>> {
        let Some((length, body)) = whole(&self.received)? else {
            return Ok(None);
        };
        let (item, since) = self.waiting.pop_front().context("nobody has asked")?;
        ensure!(
            body == self::body(item).as_bytes(),
            "the server answers something else than it was asked"
        );
        self.received.drain(..length);
        Ok(Some(since))
    }
}

/// Returns how long the first answer is, and its body, if all of it is there.
pub(crate) fn whole(bytes: &[u8]) -> Result<Option<(usize, &[u8])>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    let Status::Complete(head) = response.parse(bytes)? else {
        return Ok(None);
    };
    ensure!(response.code == Some(200), "the server does not answer 200");
    let mut headers = response.headers.iter();
    let length = headers.find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let Some(length) = length else {
        bail!("the server does not say how long its answer is");
    };
    let end = head + str::from_utf8(length.value)?.parse::<usize>()?;
    Ok(bytes.get(head..end).map(|body| (end, body)))
}

impl Player for HttpConnection {
    fn send(&mut self, now: Instant) -> Result<()> {
        self.ask(now)
    }

    fn receive(&mut self) -> Result<Option<Instant>> {
        self.read()?;
        self.answered()
    }
}

impl Sender for HttpConnection {
    fn send(&mut self, due: Instant) -> Result<()> {
        self.ask(due)
    }

    fn receive(&mut self, latencies: &mut Vec<u64>) -> Result<()> {
        self.read()?;
        while let Some(since) = self.answered()? {
            latencies.push(since.elapsed().as_nanos() as u64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is_there() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nBRCN";
        for end in 0..=text.len() - 2 {
            let expected = (end == text.len() - 2).then_some((end, &b"BR"[..]));
            assert_eq!(whole(&text.as_bytes()[..end]).unwrap(), expected);
        }
        let whole = whole(text.as_bytes()).unwrap();
        assert_eq!(whole, Some((text.len() - 2, &b"BR"[..])));
    }

    #[test]
    fn an_answer_without_a_length_or_of_another_status_is_an_error() {
        for text in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        ] {
            assert!(whole(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn items_have_paths() {
        assert_eq!(item(&path(42)), Some(42));
        assert_eq!((item("/items/x"), item("/")), (None, None));
    }
}
