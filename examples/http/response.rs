//! Responses, as a client receives them.

use super::body::BodyParser;
use super::error::{HttpError, Result};
use super::head::{HeadBuffer, Headers, Limits, headers};

/// What comes before the body of a response.
#[derive(Clone, Debug)]
pub struct ResponseHead {
    /// The status, such as 404.
    pub status: u16,
    /// The reason, such as "Not Found"; some servers leave it out.
    pub reason: String,
    /// The headers.
    pub headers: Headers,
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor: u8,
}

impl ResponseHead {
    /// Fails with the status unless that is a success.
    ///
    /// # Errors
    ///
    /// [`HttpError::Status`], see there.
    pub fn raise_for_status(&self) -> Result<()> {
        if (200..300).contains(&self.status) {
            return Ok(());
        }
        Err(HttpError::Status {
            code: self.status,
            reason: self.reason.clone(),
        })
    }

    /// Returns whether this is about a response that is to come, such as 100 Continue.
    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status)
    }
}

/// Takes a response out of what a connection delivers.
///
/// It knows no connection: whoever has one passes on what it receives, and asks whether the head,
/// or the body, is complete.
#[derive(Debug)]
pub struct ResponseParser {
    limits: Limits,
    /// The request was a HEAD: there is no body, whatever the headers say.
    without_body: bool,
    buffer: HeadBuffer,
    head: Option<ResponseHead>,
    body: Option<BodyParser>,
    keep_alive: bool,
}

impl ResponseParser {
    /// Makes a parser for the response to one request.
    pub fn new(method: &str, limits: Limits) -> Self {
        Self {
            limits,
            without_body: method == "HEAD",
            buffer: HeadBuffer::new(limits),
            head: None,
            body: None,
            keep_alive: false,
        }
    }

    /// Takes what has been received; nothing means that the peer has closed the connection.
    ///
    /// # Errors
    ///
    /// Fails if this is not HTTP, longer than allowed, or ends too early.
    pub fn receive(&mut self, data: &[u8]) -> Result<()> {
        match &mut self.body {
            Some(body) if data.is_empty() => body.receive_end(),
            Some(_) => self.receive_body(data),
            None if data.is_empty() => Err(self.buffer.incomplete()),
            None => {
                self.buffer.push(data);
                self.receive_head()
            }
        }
    }

    fn receive_body(&mut self, data: &[u8]) -> Result<()> {
        let body = self.body.as_mut().expect("the head is complete");
        if !body.receive(data)?.is_empty() {
            // Nothing more was asked for: a server that sends more is not to be trusted.
            self.keep_alive = false;
        }
        Ok(())
    }

    fn receive_head(&mut self) -> Result<()> {
        const START: &[u8] = b"HTTP/1.";
        let common = self.buffer.bytes().len().min(START.len());
        // Not only once the head is complete, which that of something else may never be.
        if self.buffer.bytes()[..common] != START[..common] {
            return Err(self.buffer.garbage("no HTTP version"));
        }
        while self.body.is_none() && self.buffer.is_complete()? {
            let (head, length) = self.buffer.parse(parse_head)?;
            let rest = self.buffer.take_rest(length);
            if head.status == 101 {
                return Err(HttpError::garbage(
                    "another protocol, which was not asked for",
                ));
            }
            if head.is_interim() {
                self.buffer.push(&rest);
                continue;
            }
            self.begin_body(&head)?;
            self.head = Some(head);
            self.receive_body(&rest)?;
        }
        Ok(())
    }

    /// Finds out where the body will end, as RFC 9112 6.3 has it.
    fn begin_body(&mut self, head: &ResponseHead) -> Result<()> {
        let (chunked, length) = (head.headers.is_chunked()?, head.headers.content_length()?);
        let encoding = head.headers.get("content-encoding").unwrap_or("identity");
        if !encoding.eq_ignore_ascii_case("identity") {
            let why = format!("a body encoded by {encoding:?}, which was not asked for");
            return Err(HttpError::garbage(why));
        }
        self.keep_alive = head.headers.keep_alive(head.minor);
        let body = if self.without_body || matches!(head.status, 204 | 304) {
            BodyParser::with_length(0, self.limits)?
        } else if chunked {
            // Two framings at once may be an attempt to smuggle a response in.
            self.keep_alive &= length.is_none();
            BodyParser::chunked(self.limits)
        } else if let Some(length) = length {
            BodyParser::with_length(length, self.limits)?
        } else {
            self.keep_alive = false;
            BodyParser::until_close(self.limits)
        };
        self.body = Some(body);
        Ok(())
    }

    /// Returns the head, once, when it is complete.
    pub fn take_head(&mut self) -> Option<ResponseHead> {
        self.head.take()
    }

    /// Returns the body, once, when it is complete.
    pub fn take_body(&mut self) -> Option<Vec<u8>> {
        let mut body = self.body.take_if(|body| body.is_complete())?;
        Some(body.take())
    }

    /// Returns whether the connection can be used for another request, as soon as the body is
    /// complete.
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }
}

fn parse_head(bytes: &[u8], most: usize) -> httparse::Result<(ResponseHead, usize)> {
    let mut found = vec![httparse::EMPTY_HEADER; most];
    let mut response = httparse::Response::new(&mut found);
    let httparse::Status::Complete(length) = response.parse(bytes)? else {
        return Ok(httparse::Status::Partial);
    };
    let head = ResponseHead {
        status: response.code.unwrap_or(0),
        reason: response.reason.unwrap_or("").to_owned(),
        headers: headers(response.headers),
        minor: response.version.unwrap_or(0),
    };
    Ok(httparse::Status::Complete((head, length)))
}
