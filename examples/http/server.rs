//! A server of files: HTTP/1.1 over streams, one task for each connection.

mod background;
mod outlet;
mod reply;
mod spoil;

use std::io;
use std::time::Duration;

use yieldfrom::streams::StartServer;
use yieldfrom::{
    Co, Delegate, Result, Server, StreamReader, StreamWriter, TimeoutError, sleep, start_server,
    timeout,
};

use self::outlet::Outlet;
use self::reply::{Body, Reply};
use super::error::{HttpError, is_disconnect};
use super::{Entry, Faults, Files, Framing, Limits, Request, RequestParser};

pub use self::background::Background;

/// How much is read of a connection at a time.
const CHUNK: usize = 64 << 10;
/// How long a client may go on after it was refused, so that it sees why.
const LINGER: Duration = Duration::from_secs(1);

/// What a server serves, and how.
#[derive(Clone, Debug)]
pub struct Site {
    /// The files.
    pub files: Files,
    /// How long each answer takes: not at all by default.
    pub delay: Duration,
    /// The faults that it makes: none by default.
    pub faults: Faults,
    /// How the end of a body is marked.
    pub framing: Framing,
    /// Whether a connection serves more than one request: yes by default.
    pub keep_alive: bool,
    /// How long a connection may take to come up with its next request, and to read 64 KiB of a
    /// reply: 60 s by default.
    pub patience: Duration,
}

impl Site {
    /// Makes a site of some files, with the defaults.
    pub fn new(files: Files) -> Self {
        Self {
            files,
            delay: Duration::ZERO,
            faults: Faults::default(),
            framing: Framing::default(),
            keep_alive: true,
            patience: Duration::from_secs(60),
        }
    }

    /// Begins to serve at an address, in the current event loop.
    ///
    /// # Errors
    ///
    /// `yield_from` gives the system's error, such as that the port is in use.
    pub fn serve(self, address: &str) -> impl Delegate<yieldfrom::Request, (), Output = Server> {
        move |co: &Co| co.yield_from(self.server(address))
    }

    /// Begins to serve by https, with this certificate.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    #[cfg(feature = "tls")]
    pub fn serve_tls(
        self,
        address: &str,
        context: &yieldfrom::tls::ServerContext,
    ) -> impl Delegate<yieldfrom::Request, (), Output = Server> {
        move |co: &Co| co.yield_from(self.server(address).tls(context))
    }

    fn server(self, address: &str) -> StartServer {
        let handler = move |co: &Co, reader, writer| serve_connection(co, &self, reader, writer);
        start_server(handler, address)
    }
}

fn serve_connection(
    co: &Co,
    site: &Site,
    reader: StreamReader,
    writer: StreamWriter,
) -> Result<()> {
    let outlet = Outlet {
        writer,
        patience: site.patience,
    };
    let connection = Connection {
        site,
        reader,
        outlet,
    };
    let served = co.yield_from(connection.serve());
    if served.is_err() {
        // What is still to be sent might wait for ever.
        connection.outlet.writer.transport().abort();
    }
    match served {
        // Clients go away as they like.
        Err(error) if is_end_of_client(&error) => Ok(()),
        served => served,
    }
}

fn is_end_of_client(error: &yieldfrom::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    // By https, many end without a word.
    error.is_some_and(|error| {
        is_disconnect(error.kind()) || error.kind() == io::ErrorKind::UnexpectedEof
    })
}

/// A client that is being served.
struct Connection<'a> {
    site: &'a Site,
    reader: StreamReader,
    outlet: Outlet,
}

/// What a client wants next.
enum Next {
    Request(Request),
    /// It has asked for something that cannot be.
    Refuse(Reply),
    /// Nothing more.
    End,
}

impl Connection<'_> {
    fn serve(&self) -> impl Delegate<yieldfrom::Request, (), Output = ()> {
        move |co: &Co| {
            let mut parser = RequestParser::new(Limits::default());
            loop {
                match co.yield_from(self.next(&mut parser))? {
                    Next::Request(request) => {
                        if !co.yield_from(self.answer(&request))? {
                            break;
                        }
                    }
                    Next::Refuse(reply) => {
                        co.yield_from(reply.send(&self.outlet, false))?;
                        co.yield_from(self.linger())?;
                        break;
                    }
                    Next::End => break,
                }
            }
            co.yield_from(self.outlet.close())
        }
    }

    /// Waits for the next request.
    fn next(
        &self,
        parser: &mut RequestParser,
    ) -> impl Delegate<yieldfrom::Request, (), Output = Next> {
        move |co: &Co| {
            let patience = self.site.patience;
            let received =
                co.yield_from(timeout(patience, |co| co.yield_from(self.receive(parser))));
            match received {
                Ok(Some(request)) => Ok(Next::Request(request)),
                Ok(None) => Ok(Next::End),
                Err(error) if error.is::<TimeoutError>() && parser.is_idle() => Ok(Next::End),
                Err(error) if error.is::<TimeoutError>() => {
                    Ok(Next::Refuse(Reply::text(408, "the request took too long")))
                }
                Err(error) => match error.downcast::<HttpError>() {
                    Ok(error) => Ok(Next::Refuse(Reply::refusal(&error))),
                    Err(error) => Err(error),
                },
            }
        }
    }

    /// Receives a request, or nothing if the client is done.
    fn receive(
        &self,
        parser: &mut RequestParser,
    ) -> impl Delegate<yieldfrom::Request, (), Output = Option<Request>> {
        move |co: &Co| {
            loop {
                if let Some(request) = parser.take_request()? {
                    return Ok(Some(request));
                }
                let data = co.yield_from(self.reader.read(CHUNK))?;
                if data.is_empty() {
                    return Ok(None); // with half a request nothing can be done either
                }
                parser.receive(&data);
            }
        }
    }

    /// Answers a request, and returns whether another one may follow.
    fn answer(&self, request: &Request) -> impl Delegate<yieldfrom::Request, (), Output = bool> {
        move |co: &Co| {
            co.yield_from(sleep_if_long(self.site.delay))?;
            let reply = self.reply(request)?;
            if let Some(fault) = self.site.faults.of(request.path()) {
                let (reader, outlet) = (&self.reader, &self.outlet);
                co.yield_from(spoil::spoil(reply, fault, request, reader, outlet))?;
                return Ok(false);
            }
            let keep_alive = self.site.keep_alive && request.keep_alive && !request.has_body;
            let kept = co.yield_from(reply.send(&self.outlet, keep_alive))?;
            if request.has_body {
                co.yield_from(self.linger())?;
            }
            Ok(kept)
        }
    }

    fn reply(&self, request: &Request) -> Result<Reply> {
        let with_body = match request.method.as_str() {
            "GET" => true,
            "HEAD" => false,
            _ => {
                let reply = Reply::text(405, "only GET and HEAD are supported");
                return Ok(reply.header("Allow", "GET, HEAD"));
            }
        };
        let path = request.path();
        let reply = match self.site.files.find(path)? {
            Entry::Bytes(bytes) => Reply::file(path, Body::Bytes(bytes.into())),
            Entry::File(file, length) => Reply::file(path, Body::File(file.into(), length)),
            Entry::Folder(path) => Reply::text(301, "it is a folder").header("Location", &path),
            Entry::Missing => Reply::text(404, "no such file"),
            Entry::Forbidden => Reply::text(403, "this file may not be read"),
        };
        Ok(reply.framed(self.framing(request)).with_body(with_body))
    }

    /// Returns how the end of a body is marked, of which HTTP/1.0 knows no chunks.
    fn framing(&self, request: &Request) -> Framing {
        match self.site.framing {
            Framing::Chunked if request.minor == 0 => Framing::UntilClose,
            framing => framing,
        }
    }

    /// Lets a client finish, which would not see its answer if it were cut off while it sends.
    fn linger(&self) -> impl Delegate<yieldfrom::Request, (), Output = ()> {
        move |co: &Co| {
            self.outlet.writer.write_eof()?;
            let drained = co.yield_from(timeout(LINGER, |co| {
                while !co.yield_from(self.reader.read(CHUNK))?.is_empty() {}
                Ok(())
            }));
            match drained {
                Err(error) if error.is::<TimeoutError>() => Ok(()),
                drained => drained,
            }
        }
    }
}

/// Sleeps, but for no time not even for a turn of the loop.
fn sleep_if_long(delay: Duration) -> impl Delegate<yieldfrom::Request, (), Output = ()> {
    move |co: &Co| match delay {
        Duration::ZERO => Ok(()),
        _ => co.yield_from(sleep(delay)),
    }
}
