//! A client that blocks its thread while it waits.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use super::error::{HttpError, Result};
use super::options::Options;
use super::pool::{Origin, Pool};
use super::redirects::Redirects;
use super::request::request_bytes;
use super::response::{ResponseHead, ResponseParser};
use super::trust::{Trust, Wire};

/// How much is read at a time.
const CHUNK: usize = 64 << 10;

/// Makes requests, and keeps what they share: options, and connections if they are kept alive.
///
/// Several threads may use it at once.
#[derive(Debug, Default)]
pub struct Session {
    options: Options,
    trust: Trust,
    pool: Mutex<Pool<Wire>>,
}

impl Session {
    /// Makes a session.
    pub fn new(options: Options) -> Self {
        Self::trusting(options, Trust::default())
    }

    /// Makes a session that trusts some servers.
    pub fn trusting(options: Options, trust: Trust) -> Self {
        Self {
            options,
            trust,
            pool: Mutex::default(),
        }
    }

    /// Asks for a URL, and returns as soon as the head of the response is there.
    ///
    /// Redirects are followed. A status such as 404 is no error, see
    /// [`ResponseHead::raise_for_status`].
    ///
    /// # Errors
    ///
    /// See [`HttpError`]. The name of a host is looked up without a limit of time.
    pub fn get(&self, url: &str) -> Result<Response<'_>> {
        let deadline = Deadline::after(self.options.timeout);
        let mut redirects = Redirects::new(url, self.options.redirects)?;
        loop {
            let mut response = self.exchange(redirects.url(), deadline)?;
            if !redirects.follow(&response.head)? {
                return Ok(response);
            }
            response.finish()?;
        }
    }

    fn exchange(&self, url: &Url, deadline: Deadline) -> Result<Response<'_>> {
        let origin = Origin::of(url);
        let idle = self.pool().take(&origin);
        if let Some(stream) = idle {
            let connection = Connection { stream, deadline };
            match self.ask(connection, &origin, url) {
                // The server has closed it meanwhile.
                Err(error) if error.is_stale_connection() => {}
                answered => return answered,
            }
        }
        let stream = self.connect(&origin, deadline)?;
        self.ask(Connection { stream, deadline }, &origin, url)
    }

    fn ask(&self, mut connection: Connection, origin: &Origin, url: &Url) -> Result<Response<'_>> {
        connection.write_all(&request_bytes("GET", url, self.options.keep_alive))?;
        let mut parser = ResponseParser::new("GET", self.options.limits);
        let head = loop {
            if let Some(head) = parser.take_head() {
                break head;
            }
            let data = connection.read()?;
            parser.receive(&data)?;
        };
        Ok(Response {
            session: self,
            origin: origin.clone(),
            connection: Some(connection),
            parser,
            head,
        })
    }

    /// Connects to the first address of a host that answers.
    fn connect(&self, origin: &Origin, deadline: Deadline) -> Result<Wire> {
        let failed = |error| HttpError::io(format!("connect to {origin}"), error);
        let addresses = (origin.host.as_str(), origin.port)
            .to_socket_addrs()
            .map_err(failed)?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in addresses {
            let left = deadline.left().ok_or_else(|| deadline.passed())?;
            match TcpStream::connect_timeout(&address, left.min(self.options.connect_timeout)) {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(failed)?;
                    return self.trust.wrap(stream, origin).map_err(failed);
                }
                Err(error) => last = error,
            }
        }
        Err(match last.kind() {
            io::ErrorKind::TimedOut => HttpError::Timeout {
                operation: format!("connect to {origin}"),
                limit: self.options.connect_timeout,
            },
            _ => failed(last),
        })
    }

    fn pool(&self) -> MutexGuard<'_, Pool<Wire>> {
        // A pool is whole also where a thread has panicked.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A response, whose body may still be on its way.
#[derive(Debug)]
pub struct Response<'s> {
    session: &'s Session,
    origin: Origin,
    connection: Option<Connection>,
    parser: ResponseParser,
    /// What came before the body.
    pub head: ResponseHead,
}

impl Response<'_> {
    /// Reads the body. It can be read once.
    ///
    /// # Errors
    ///
    /// See [`HttpError`].
    pub fn read(&mut self) -> Result<Vec<u8>> {
        let Some(mut connection) = self.connection.take() else {
            return Ok(Vec::new());
        };
        let body = loop {
            if let Some(body) = self.parser.take_body() {
                break body;
            }
            let data = connection.read()?;
            self.parser.receive(&data)?;
        };
        if self.session.options.keep_alive && self.parser.keep_alive() {
            let origin = self.origin.clone();
            self.session.pool().put(origin, connection.stream);
        }
        Ok(body)
    }

    /// Reads a body that is not needed, if its connection can be used again.
    fn finish(&mut self) -> Result<()> {
        if self.session.options.keep_alive && self.parser.keep_alive() {
            self.read()?;
        }
        Ok(())
    }
}

/// A stream that fails once the deadline is over.
#[derive(Debug)]
struct Connection {
    stream: Wire,
    deadline: Deadline,
}

impl Connection {
    fn read(&mut self) -> Result<Vec<u8>> {
        let mut data = vec![0; CHUNK];
        let limit = Some(self.left()?);
        // A handshake writes as well.
        let socket = self.stream.socket();
        let read = socket
            .set_read_timeout(limit)
            .and_then(|()| socket.set_write_timeout(limit));
        let length = read
            .and_then(|()| uninterrupted(|| self.stream.read(&mut data)))
            .map_err(|error| self.failed("read the response", error))?;
        data.truncate(length);
        Ok(data)
    }

    fn write_all(&mut self, data: &[u8]) -> Result<()> {
        let limit = Some(self.left()?);
        let socket = self.stream.socket();
        let written = socket
            .set_read_timeout(limit)
            .and_then(|()| socket.set_write_timeout(limit));
        written
            .and_then(|()| {
                self.stream
                    .write_all(data)
                    .and_then(|()| self.stream.flush())
            })
            .map_err(|error| self.failed("send the request", error))
    }

    fn left(&self) -> Result<Duration> {
        self.deadline.left().ok_or_else(|| self.deadline.passed())
    }

    fn failed(&self, operation: &str, error: io::Error) -> HttpError {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.deadline.passed(),
            _ => HttpError::io(operation, error),
        }
    }
}

fn uninterrupted<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// When a request must be done.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    start: Instant,
    limit: Duration,
}

impl Deadline {
    fn after(limit: Duration) -> Self {
        Self {
            start: Instant::now(),
            limit,
        }
    }

    /// Returns the time that is left, if there is any.
    fn left(&self) -> Option<Duration> {
        let left = self.limit.checked_sub(self.start.elapsed())?;
        (!left.is_zero()).then_some(left)
    }

    fn passed(&self) -> HttpError {
        HttpError::Timeout {
            operation: "the request".to_owned(),
            limit: self.limit,
        }
    }
}
