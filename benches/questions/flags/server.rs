//! The server that all download from: a delay before each response stands for the Internet's.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use httparse::{EMPTY_HEADER, Status};

use super::flag::Flag;
use crate::questions::number;
use crate::servers::announce;

/// More than are downloaded at once. They are there before, so that none is awaited.
const THREADS: usize = 32;
const MOST_HEADERS: usize = 16;

/// Serves for ever; an error says why it can't.
pub(super) fn serve(case: &str) -> anyhow::Result<()> {
    let delay = Duration::from_millis(number(case) as u64);
    let flags = Flag::all()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    announce(listener.local_addr()?.port());
    let serve = || {
        loop {
            // A client that goes away harms the others as little as one that does not come.
            _ = listener
                .accept()
                .and_then(|(stream, _)| respond(stream, flags, delay));
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(serve);
        }
    });
    Ok(())
}

fn respond(mut stream: TcpStream, flags: &[Flag], delay: Duration) -> io::Result<()> {
    let path = requested(&mut stream)?;
    if !delay.is_zero() {
        thread::sleep(delay);
    }
    let Some(flag) = flags.iter().find(|flag| flag.path == path) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let length = flag.gif.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), &flag.gif].concat())
}

/// Returns the path that a request asks for.
fn requested(stream: &mut TcpStream) -> io::Result<String> {
    let mut received = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let size = stream.read(&mut buffer)?;
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&buffer[..size]);
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        if let Status::Complete(_) = request.parse(&received).map_err(io::Error::other)? {
            return Ok(request.path.unwrap_or_default().to_owned());
        }
    }
}
