//! Replies, and how they are sent.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use yieldfrom::{Co, Delegate, Request as Yielded, to_thread};

use super::outlet::Outlet;
use crate::http::{Framing, HttpError};

/// Files up to this size are read at once: they are in the system's memory, most of the time.
/// Longer ones are read piece by piece, off the loop's thread.
const PIECE: usize = 64 << 10;

/// The body of a reply.
#[derive(Debug)]
pub(super) enum Body {
    Bytes(Cow<'static, [u8]>),
    /// A file and its length.
    File(Source, u64),
}

/// A file that is read on other threads, one read at a time.
#[derive(Clone, Debug)]
pub(super) struct Source(Arc<Mutex<File>>);

impl From<File> for Source {
    fn from(file: File) -> Self {
        Self(Arc::new(Mutex::new(file)))
    }
}

impl Source {
    /// Reads up to so many bytes; fewer only at the end.
    fn read(&self, most: u64) -> io::Result<Vec<u8>> {
        let mut piece = Vec::new();
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (&*file).take(most).read_to_end(&mut piece)?;
        Ok(piece)
    }
}

impl Body {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }

    /// Returns a short body as a whole.
    pub(super) fn short(&self) -> io::Result<Option<Cow<'_, [u8]>>> {
        match self {
            Self::Bytes(bytes) => Ok(Some(Cow::Borrowed(bytes))),
            Self::File(source, length) if *length <= PIECE as u64 => {
                let bytes = source.read(*length)?;
                check_length(bytes.len() as u64, *length)?;
                Ok(Some(Cow::Owned(bytes)))
            }
            Self::File(..) => Ok(None),
        }
    }
}

fn check_length(length: u64, announced: u64) -> io::Result<()> {
    if length == announced {
        return Ok(());
    }
    let why = "serve a file: it has become shorter meanwhile";
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, why))
}

/// A reply to a request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: String,
    pub(super) body: Body,
    framing: Framing,
    with_body: bool,
}

impl Reply {
    fn new(status: u16, content_type: &str, body: Body) -> Self {
        Self {
            status,
            headers: format!("Content-Type: {content_type}\r\n"),
            body,
            framing: Framing::Length,
            with_body: true,
        }
    }

    /// Makes a reply of one line of text.
    pub(super) fn text(status: u16, text: &str) -> Self {
        let body = format!("{status} {}: {text}\n", reason(status)).into_bytes();
        Self::new(
            status,
            "text/plain; charset=utf-8",
            Body::Bytes(body.into()),
        )
    }

    /// Makes the reply to what could not be understood.
    pub(super) fn refusal(error: &HttpError) -> Self {
        let status = match error {
            HttpError::HeadTooLong(_) => 431,
            _ => 400,
        };
        Self::text(status, &error.to_string())
    }

    pub(super) fn file(path: &str, body: Body) -> Self {
        Self::new(200, content_type(path), body)
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        // What ends a line comes only with percent signs; better safe.
        let value = value.replace(char::is_control, "");
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(super) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Sets whether the body is sent, or only the headers that tell about it.
    pub(super) fn with_body(mut self, with_body: bool) -> Self {
        self.with_body = with_body;
        self
    }

    /// Returns the head, as it is sent.
    pub(super) fn head(&self, keep_alive: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let date = httpdate::fmt_http_date(SystemTime::now());
        let framing = match self.framing {
            Framing::Length => format!("Content-Length: {}\r\n", self.body.len()),
            Framing::Chunked => "Transfer-Encoding: chunked\r\n".to_owned(),
            Framing::UntilClose => String::new(),
        };
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let _ = write!(
            head,
            "Date: {date}\r\n{}{framing}Connection: {connection}\r\n\r\n",
            self.headers
        );
        head.into_bytes()
    }

    /// Sends the reply, and returns whether the connection lives on.
    pub(super) fn send(
        &self,
        outlet: &Outlet,
        keep_alive: bool,
    ) -> impl Delegate<Yielded, (), Output = bool> {
        move |co: &Co| {
            let keep_alive = keep_alive && self.framing != Framing::UntilClose;
            let mut message = self.head(keep_alive);
            if !self.with_body {
                outlet.write(&message)?;
            } else if let Some(body) = self.body.short()? {
                self.push(&mut message, &body);
                self.push_end(&mut message);
                outlet.write(&message)?; // in one piece: in one packet, if it is short
            } else {
                outlet.write(&message)?;
                co.yield_from(self.send_file(outlet))?;
            }
            co.yield_from(outlet.drain())?;
            Ok(keep_alive)
        }
    }

    /// Sends a file piece by piece, no faster than the client takes it.
    fn send_file(&self, outlet: &Outlet) -> impl Delegate<Yielded, (), Output = ()> {
        move |co: &Co| {
            let Body::File(source, length) = &self.body else {
                return Ok(());
            };
            let mut left = *length;
            while left > 0 {
                let (source, most) = (source.clone(), left.min(PIECE as u64));
                let piece = co.yield_from(to_thread(move || source.read(most)))??;
                check_length(piece.len() as u64, most)?;
                left -= most;
                let mut framed = Vec::with_capacity(piece.len() + 16);
                self.push(&mut framed, &piece);
                outlet.write(&framed)?;
                co.yield_from(outlet.drain())?;
            }
            let mut end = Vec::new();
            self.push_end(&mut end);
            outlet.write(&end)
        }
    }

    /// Adds a piece of the body to a message.
    fn push(&self, message: &mut Vec<u8>, piece: &[u8]) {
        if self.framing != Framing::Chunked {
            message.extend_from_slice(piece);
        } else if !piece.is_empty() {
            message.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            message.extend_from_slice(piece);
            message.extend_from_slice(b"\r\n");
        }
    }

    fn push_end(&self, message: &mut Vec<u8>) {
        if self.framing == Framing::Chunked {
            message.extend_from_slice(b"0\r\n\r\n");
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        431 => "Request Header Fields Too Large",
        _ => "Internal Server Error",
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "gif" => "image/gif",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "txt" | "md" => "text/plain; charset=utf-8",
        "html" | "" => "text/html; charset=utf-8",
        _ if path.ends_with('/') => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}
