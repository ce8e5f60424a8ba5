//! One client of a monitor. It has bounded memory, and a time by which it has to do something.

use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::SendFlags;

/// The longest request.
const LONGEST: usize = 256;
/// How long a client may be without a request.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a client may take to read an answer.
const READING: Duration = Duration::from_secs(10);

/// A program that is connected.
pub(super) struct Client {
    stream: UnixStream,
    /// What was read, and is no whole line yet.
    input: Vec<u8>,
    output: Vec<u8>,
    written: usize,
    deadline: Instant,
    /// Whether it is closed after the answer.
    is_last: bool,
}

/// What a client wants, after it was served.
pub(super) enum Wish {
    /// Nothing for now.
    Nothing,
    /// An answer to this request.
    Answer(String),
    /// It has gone, or was too slow.
    Gone,
}

impl Client {
    pub(super) fn new(stream: UnixStream, now: Instant) -> Self {
        Self {
            stream,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
            deadline: now + SILENCE,
            is_last: false,
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns what is to be waited for. While it has an answer to read, no request of it is read.
    pub(super) fn interest(&self) -> PollFlags {
        match self.output.is_empty() {
            true => PollFlags::IN,
            false => PollFlags::OUT,
        }
    }

    /// Goes on after the client has become readable or writable.
    pub(super) fn serve(&mut self, now: Instant) -> Wish {
        let served = match self.output.is_empty() {
            true => self.read(),
            false => self.write().map(|()| true),
        };
        match served {
            Ok(true) => self.next(now),
            Ok(false) => Wish::Gone,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Wish::Nothing,
            Err(_) => Wish::Gone,
        }
    }

    /// Returns the next request that was read already, if the last answer was taken.
    fn next(&mut self, now: Instant) -> Wish {
        if !self.output.is_empty() {
            return Wish::Nothing;
        }
        if self.is_last {
            return Wish::Gone;
        }
        if let Some(end) = self.input.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.input.drain(..=end).collect();
            self.deadline = now + SILENCE;
            return Wish::Answer(String::from_utf8_lossy(&line).trim().to_owned());
        }
        if self.input.len() >= LONGEST {
            self.is_last = true;
            return Wish::Answer(String::from_utf8_lossy(&self.input).into_owned());
        }
        Wish::Nothing
    }

    /// Reads what is there; returns false at the end.
    fn read(&mut self) -> io::Result<bool> {
        let mut room = [0; LONGEST];
        let left = LONGEST - self.input.len();
        let n = self.stream.read(&mut room[..left])?;
        self.input.extend(&room[..n]);
        Ok(n > 0)
    }

    /// Begins an answer, and returns what the client wants next.
    pub(super) fn answer(&mut self, mut answer: Vec<u8>, now: Instant) -> Wish {
        answer.push(b'\n');
        self.output = answer;
        self.written = 0;
        self.deadline = now + READING;
        self.serve(now)
    }

    fn write(&mut self) -> io::Result<()> {
        while self.written < self.output.len() {
            let rest = &self.output[self.written..];
            self.written += rustix::net::send(&self.stream, rest, SendFlags::NOSIGNAL)?;
        }
        self.output = Vec::new();
        self.deadline = Instant::now() + SILENCE;
        Ok(())
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
