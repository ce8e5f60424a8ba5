//! Requests: as a client sends them, and as a server receives them.

#[path = "request/check.rs"]
mod check;

use url::Url;

use super::error::{HttpError, Result};
use super::head::{HeadBuffer, Headers, Limits, headers, shortened};

/// Who the client says it is.
const USER_AGENT: &str = concat!("yieldfrom-examples/", env!("CARGO_PKG_VERSION"));

/// Returns the bytes of a request for a URL.
pub(crate) fn request_bytes(method: &str, url: &Url, keep_alive: bool) -> Vec<u8> {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n\
         Accept: */*\r\nAccept-Encoding: identity\r\nConnection: {connection}\r\n\r\n"
    );
    request.into_bytes()
}

/// A request, without its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, such as GET.
    pub method: String,
    /// The path with its query, such as `/us/us.gif`, still with its percent signs.
    pub target: String,
    /// The headers.
    pub headers: Headers,
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor: u8,
    /// Whether the client wants to use the connection for another request.
    pub keep_alive: bool,
    /// Whether a body follows.
    pub has_body: bool,
}

impl Request {
    /// Returns the path without its query.
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or("")
    }
}

/// Takes requests out of what a connection delivers, one after the other.
#[derive(Debug)]
pub struct RequestParser {
    buffer: HeadBuffer,
}

impl RequestParser {
    /// Makes a parser for one connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            buffer: HeadBuffer::new(limits),
        }
    }

    /// Takes what has been received.
    pub fn receive(&mut self, data: &[u8]) {
        self.buffer.push(data);
        self.buffer.skip_empty_lines();
    }

    /// Returns whether nothing of a request is there: a connection may end here.
    pub fn is_idle(&self) -> bool {
        self.buffer.bytes().is_empty()
    }

    /// Returns the next request, if it is complete.
    ///
    /// # Errors
    ///
    /// Fails if what came is not a request, or one that is longer than allowed.
    pub fn take_request(&mut self) -> Result<Option<Request>> {
        self.check_first_byte()?;
        if !self.buffer.is_complete()? {
            return Ok(None);
        }
        let (mut request, length) = self.buffer.parse(parse_request)?;
        check::host(&request)?;
        request.has_body = check::has_body(&request)?;
        request.target = origin_form(&request.target)?;
        let rest = self.buffer.take_rest(length);
        self.receive(&rest);
        Ok(Some(request))
    }

    /// Sees at once that somebody speaks TLS, say, in which no line might ever end.
    fn check_first_byte(&self) -> Result<()> {
        match self.buffer.bytes().first() {
            Some(byte) if !byte.is_ascii_alphabetic() => Err(self.buffer.garbage("no method")),
            _ => Ok(()),
        }
    }
}

fn parse_request(bytes: &[u8], most: usize) -> httparse::Result<(Request, usize)> {
    let mut found = vec![httparse::EMPTY_HEADER; most];
    let mut request = httparse::Request::new(&mut found);
    let httparse::Status::Complete(length) = request.parse(bytes)? else {
        return Ok(httparse::Status::Partial);
    };
    let headers = headers(request.headers);
    let minor = request.version.unwrap_or(0);
    let request = Request {
        method: request.method.unwrap_or("").to_owned(),
        target: request.path.unwrap_or("").to_owned(),
        minor,
        keep_alive: headers.keep_alive(minor),
        headers,
        has_body: false,
    };
    Ok(httparse::Status::Complete((request, length)))
}

/// Returns the path of what is asked for, which may be a whole URL, as for a proxy.
fn origin_form(target: &str) -> Result<String> {
    if target.starts_with('/') {
        return Ok(target.to_owned());
    }
    let refuse = |why: &str| {
        let target = shortened(target);
        HttpError::garbage(format!("a request for {target:?}: {why}"))
    };
    let url = Url::parse(target).map_err(|error| refuse(&error.to_string()))?;
    if url.scheme() != "http" || url.password().is_some() || !url.username().is_empty() {
        return Err(refuse("this is neither a path nor an http URL"));
    }
    Ok(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}
