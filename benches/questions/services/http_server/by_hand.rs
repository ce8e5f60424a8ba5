//! Synchronous code that has not heard of coroutines, by httparse.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::thread;

use ::yieldfrom::blocking::{TcpStream, blocking};
use ::yieldfrom::net::TcpListener;
use ::yieldfrom::{Co, EventLoop, create_task};
use httparse::{EMPTY_HEADER, Request, Status};

use crate::peers::runtimes::May;
use crate::servers::announce;
use crate::servers::http::{body, item};

const ADDRESS: &str = "127.0.0.1:0";
const BUFFER: usize = 4096;
const MOST_HEADERS: usize = 16;

/// Answers requests to the end of a connection.
pub(crate) fn serve(mut stream: impl Read + Write) -> io::Result<()> {
    let mut received = Vec::new();
    let mut buffer = [0; BUFFER];
    loop {
        while let Some((length, answer)) = answer(&received)? {
            received.drain(..length);
            stream.write_all(answer.as_bytes())?;
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            size => received.extend_from_slice(&buffer[..size]),
        }
    }
}

/// Returns how long the first request is, and its answer, if all of it is there.
fn answer(bytes: &[u8]) -> io::Result<Option<(usize, String)>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    let parsed = request.parse(bytes);
    let Status::Complete(length) =
        parsed.map_err(|error| Error::new(ErrorKind::InvalidData, error))?
    else {
        return Ok(None);
    };
    let answer = match request.path.and_then(item) {
        Some(item) => response("200 OK", &body(item)),
        None => response("404 Not Found", "null"),
    };
    Ok(Some((length, answer)))
}

fn response(status: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Each connection has a region.
pub(super) fn yieldfrom() {
    let server = |co: &Co| -> ::yieldfrom::Result<()> {
        let listener = co.yield_from(TcpListener::bind(ADDRESS))?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = co.yield_from(listener.accept())?;
            stream.set_nodelay(true)?;
            let stream = TcpStream::try_from(stream)?;
            create_task(blocking(move || serve(stream)));
        }
    };
    let event_loop = EventLoop::new().expect("the loop starts");
    event_loop.run_until_complete(server).expect("it accepts");
}

/// Each connection has a coroutine.
pub(super) fn may() {
    let server = || {
        let listener = ::may::net::TcpListener::bind(ADDRESS)?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            ::may::go!(move || serve(stream));
        }
    };
    let end: io::Result<()> = May::start().run(server);
    end.expect("it accepts");
}

/// Each connection has a thread.
pub(super) fn threads() {
    let server = || -> io::Result<()> {
        let listener = std::net::TcpListener::bind(ADDRESS)?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            thread::Builder::new().spawn(|| serve(stream))?;
        }
    };
    server().expect("it accepts");
}
