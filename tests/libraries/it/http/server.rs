//! A small server of HTTP/1.1, which keeps its connections.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Answers the requests of one connection. `number` is the connection's.
pub(crate) fn serve(stream: impl Read + Write, number: usize) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some((path, length)) = read_head(&mut stream)? {
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        answer(stream.get_mut(), &path, body, number)?;
        stream.get_mut().flush()?;
    }
    Ok(())
}

/// Numbers connections.
#[derive(Default)]
pub(super) struct Numbers(AtomicUsize);

impl Numbers {
    pub(super) fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Reads a request line and its headers. Returns the path and the length of the body; none at the end.
fn read_head(stream: &mut impl BufRead) -> io::Result<Option<(String, usize)>> {
    let (mut path, mut length) = (String::new(), 0);
    for (n, line) in stream.lines().enumerate() {
        let line = line?.to_ascii_lowercase();
        if n == 0 {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().map_err(io::Error::other)?;
        } else if line.is_empty() {
            return Ok(Some((path, length)));
        }
    }
    Ok(None)
}

fn answer(
    to: &mut (impl Read + Write),
    path: &str,
    body: Vec<u8>,
    number: usize,
) -> io::Result<()> {
    match path {
        "/hello" => whole(to, "", b"hello"),
        "/number" => whole(to, "", number.to_string().as_bytes()),
        "/large" => whole(to, "", &[b'x'; 1_000_000]),
        "/echo" => whole(to, "", &body),
        "/gzip" => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::default());
            packed.write_all(b"hello")?;
            whole(to, "content-encoding: gzip\r\n", &packed.finish()?)
        }
        "/redirect" => {
            to.write_all(b"HTTP/1.1 302 Found\r\nlocation: /hello\r\ncontent-length: 0\r\n\r\n")
        }
        "/chunked" => {
            to.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            for chunk in ["3\r\nhel\r\n", "2\r\nlo\r\n", "0\r\n\r\n"] {
                to.write_all(chunk.as_bytes())?;
                to.flush()?;
            }
            Ok(())
        }
        "/half" => {
            to.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")?;
            to.flush()?;
            until_closed(to)
        }
        "/broken" => {
            to.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")?;
            to.flush()?;
            Err(io::ErrorKind::Other.into())
        }
        "/never" => until_closed(to),
        _ => to.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
    }
}

fn whole(to: &mut impl Write, headers: &str, body: &[u8]) -> io::Result<()> {
    write!(
        to,
        "HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )?;
    to.write_all(body)
}

/// Never answers.
fn until_closed(stream: &mut impl Read) -> io::Result<()> {
    io::copy(stream, &mut io::sink())?;
    Err(io::ErrorKind::ConnectionReset.into())
}
