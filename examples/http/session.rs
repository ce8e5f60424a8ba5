//! A client that waits by `yield_from`, so that others run meanwhile.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use url::Url;
use yieldfrom::sync::Semaphore;
use yieldfrom::{
    Co, Delegate, Error, Request, Result, StreamReader, StreamWriter, TimeoutError, get_event_loop,
    timeout, timeout_at,
};

use super::error::HttpError;
use super::options::Options;
use super::pool::{Origin, Pool};
use super::redirects::Redirects;
use super::request::request_bytes;
use super::response::{ResponseHead, ResponseParser};
use super::trust::Trust;

/// How much is read at a time.
const CHUNK: usize = 64 << 10;

/// Makes requests, and keeps what they share: options, and connections if they are kept alive.
///
/// A clone is the same session.
#[derive(Clone, Debug)]
pub struct Session(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    options: Options,
    trust: Trust,
    slots: Semaphore,
    pool: RefCell<Pool<Connection>>,
}

impl Session {
    /// Makes a session.
    pub fn new(options: Options) -> Self {
        Self::with_connections(options, Trust::default(), usize::MAX)
    }

    /// Makes a session that trusts some servers, and has so many requests under way at most, while others wait.
    ///
    /// A request is under way until its response is read or dropped.
    pub fn with_connections(options: Options, trust: Trust, most: usize) -> Self {
        Self(Rc::new(Shared {
            options,
            trust,
            slots: Semaphore::new(most),
            pool: RefCell::default(),
        }))
    }

    /// Asks for a URL, and returns as soon as the head of the response is there.
    ///
    /// Redirects are followed. A status such as 404 is no error, see
    /// [`ResponseHead::raise_for_status`].
    ///
    /// # Errors
    ///
    /// See [`HttpError`]; or what the streams fail with, or what is thrown in.
    pub fn get<'a>(&'a self, url: &'a str) -> impl Delegate<Request, (), Output = Response> + 'a {
        move |co: &Co| {
            let slot = co.yield_from(self.slot())?;
            let deadline = Deadline::after(self.0.options.timeout)?;
            deadline.limit(co, |co| co.yield_from(self.follow(url, slot, deadline)))
        }
    }

    fn follow(
        &self,
        url: &str,
        slot: Slot,
        deadline: Deadline,
    ) -> impl Delegate<Request, (), Output = Response> {
        move |co: &Co| {
            let mut redirects = Redirects::new(url, self.0.options.redirects)?;
            loop {
                let mut exchange = co.yield_from(self.exchange(redirects.url()))?;
                if !redirects.follow(&exchange.head)? {
                    return Ok(Response::new(exchange, slot, deadline));
                }
                co.yield_from(exchange.finish())?;
            }
        }
    }

    fn exchange(&self, url: &Url) -> impl Delegate<Request, (), Output = Exchange> {
        move |co: &Co| {
            let origin = Origin::of(url);
            let idle = self.0.pool.borrow_mut().take(&origin);
            if let Some(connection) = idle {
                match co.yield_from(self.ask(connection, &origin, url)) {
                    // The server has closed it meanwhile.
                    Err(error) if is_stale_connection(&error) => {}
                    answered => return answered,
                }
            }
            let connection = co.yield_from(self.connect(&origin))?;
            co.yield_from(self.ask(connection, &origin, url))
        }
    }

    fn ask(
        &self,
        connection: Connection,
        origin: &Origin,
        url: &Url,
    ) -> impl Delegate<Request, (), Output = Exchange> {
        move |co: &Co| {
            let Options {
                keep_alive, limits, ..
            } = self.0.options;
            connection
                .writer
                .write(&request_bytes("GET", url, keep_alive))?;
            co.yield_from(connection.writer.drain())?;
            let mut parser = ResponseParser::new("GET", limits);
            let head = loop {
                if let Some(head) = parser.take_head() {
                    break head;
                }
                let data = co.yield_from(connection.reader.read(CHUNK))?;
                parser.receive(&data)?;
            };
            Ok(Exchange {
                session: self.clone(),
                origin: origin.clone(),
                connection: Some(connection),
                parser,
                head,
            })
        }
    }

    fn connect(&self, origin: &Origin) -> impl Delegate<Request, (), Output = Connection> {
        move |co: &Co| {
            let limit = self.0.options.connect_timeout;
            let connection = self.0.trust.open(origin);
            let connected = co.yield_from(timeout(limit, |co| co.yield_from(connection)));
            let (reader, writer) = connected
                .map_err(|error| timed_out(error, &format!("connect to {origin}"), limit))?;
            Ok(Connection { reader, writer })
        }
    }

    fn slot(&self) -> impl Delegate<Request, (), Output = Slot> {
        move |co: &Co| {
            co.yield_from(self.0.slots.acquire())?.forget();
            Ok(Slot(self.clone()))
        }
    }

    /// Closes the connections that nobody uses.
    pub fn close(&self) {
        self.0.pool.borrow_mut().clear();
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

/// A response, whose body may still be on its way.
#[derive(Debug)]
pub struct Response {
    /// What came before the body.
    pub head: ResponseHead,
    exchange: Exchange,
    deadline: Deadline,
    _slot: Slot,
}

impl Response {
    fn new(exchange: Exchange, slot: Slot, deadline: Deadline) -> Self {
        Self {
            head: exchange.head.clone(),
            exchange,
            deadline,
            _slot: slot,
        }
    }

    /// Reads the body. It can be read once.
    ///
    /// # Errors
    ///
    /// See [`HttpError`]; or what the streams fail with, or what is thrown in.
    pub fn read(&mut self) -> impl Delegate<Request, (), Output = Vec<u8>> {
        move |co: &Co| {
            let exchange = &mut self.exchange;
            self.deadline.limit(co, |co| co.yield_from(exchange.read()))
        }
    }
}

/// A request and its response.
#[derive(Debug)]
struct Exchange {
    session: Session,
    origin: Origin,
    connection: Option<Connection>,
    parser: ResponseParser,
    head: ResponseHead,
}

impl Exchange {
    fn read(&mut self) -> impl Delegate<Request, (), Output = Vec<u8>> {
        move |co: &Co| {
            let Some(connection) = self.connection.take() else {
                return Ok(Vec::new());
            };
            let body = loop {
                if let Some(body) = self.parser.take_body() {
                    break body;
                }
                let data = co.yield_from(connection.reader.read(CHUNK))?;
                self.parser.receive(&data)?;
            };
            if self.can_be_used_again() {
                let origin = self.origin.clone();
                self.session.0.pool.borrow_mut().put(origin, connection);
            }
            Ok(body)
        }
    }

    /// Reads a body that is not needed, if its connection can be used again.
    fn finish(&mut self) -> impl Delegate<Request, (), Output = ()> {
        move |co: &Co| {
            if self.can_be_used_again() {
                co.yield_from(self.read())?;
            }
            Ok(())
        }
    }

    fn can_be_used_again(&self) -> bool {
        self.session.0.options.keep_alive && self.parser.keep_alive()
    }
}

/// The two ends of a stream, which is closed with them.
#[derive(Debug)]
struct Connection {
    reader: StreamReader,
    writer: StreamWriter,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.writer.close();
    }
}

/// A place among the requests that may be under way.
#[derive(Debug)]
struct Slot(Session);

impl Drop for Slot {
    fn drop(&mut self) {
        // It fails for a semaphore that is full, and here is what it lacks.
        let _ = self.0.0.slots.release();
    }
}

/// When a request must be done.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    when: Duration,
    limit: Duration,
}

impl Deadline {
    fn after(limit: Duration) -> Result<Self> {
        let when = get_event_loop()?.time().saturating_add(limit);
        Ok(Self { when, limit })
    }

    /// Runs a part of the request.
    fn limit<R>(self, co: &Co, part: impl FnOnce(&Co) -> Result<R>) -> Result<R> {
        let done = co.yield_from(timeout_at(self.when, part));
        done.map_err(|error| timed_out(error, "the request", self.limit))
    }
}

/// Says what took so long, if that is what the error is about.
fn timed_out(error: Error, operation: &str, limit: Duration) -> Error {
    if !error.is::<TimeoutError>() {
        return error;
    }
    let operation = operation.to_owned();
    HttpError::Timeout { operation, limit }.into()
}

fn is_stale_connection(error: &Error) -> bool {
    if let Some(error) = error.downcast_ref::<HttpError>() {
        return error.is_stale_connection();
    }
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| super::error::is_disconnect(error.kind()))
}
