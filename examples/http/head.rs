//! What the heads of requests and responses have in common.

use super::error::{HEAD, HttpError, Result};

/// How long a message may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a head, and of the lines around chunks: 64 KiB by default.
    pub head: usize,
    /// Number of headers: 100 by default.
    pub headers: usize,
    /// Bytes of a body: 64 MiB by default.
    pub body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 << 10,
            headers: 100,
            body: 64 << 20,
        }
    }
}

/// The headers of a message, in their order.
#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Returns the first header of this name, of which the case does not matter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Returns all headers of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = move |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.0.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// Returns whether a list, such as `Connection: close, te`, has this element.
    pub fn lists(&self, name: &str, element: &str) -> bool {
        self.elements(name)
            .any(|other| other.eq_ignore_ascii_case(element))
    }

    fn elements(&self, name: &str) -> impl Iterator<Item = &str> {
        let elements = self.all(name).flat_map(|value| value.split(','));
        elements.map(trim).filter(|element| !element.is_empty())
    }

    /// Returns the only header of this name, if there is one.
    ///
    /// # Errors
    ///
    /// Fails if there are several, of which two programs might take different ones.
    pub(crate) fn single(&self, name: &str) -> Result<Option<&str>> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(HttpError::garbage(format!("more than one {name}"))),
        }
    }

    /// Returns how long the body is, if a header says so.
    ///
    /// # Errors
    ///
    /// Fails if what it says is not a number, or if two headers differ.
    pub(crate) fn content_length(&self) -> Result<Option<u64>> {
        let mut length = None;
        for text in self.elements("content-length") {
            let number = parse_length(text)?;
            if length.is_some_and(|other| other != number) {
                return Err(HttpError::garbage("two lengths that differ"));
            }
            length = Some(number);
        }
        Ok(length)
    }

    /// Returns whether the body comes in chunks.
    ///
    /// # Errors
    ///
    /// Fails if it is encoded in any other way.
    pub(crate) fn is_chunked(&self) -> Result<bool> {
        let mut codings = self.elements("transfer-encoding");
        match (codings.next(), codings.next()) {
            (None, _) => Ok(false),
            (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => Ok(true),
            (Some(coding), _) => Err(HttpError::garbage(format!(
                "a transfer encoding that was not asked for, {:?}",
                shortened(coding)
            ))),
        }
    }

    /// Returns whether the connection lives on after a message of this version, `1.minor`.
    pub(crate) fn keep_alive(&self, minor: u8) -> bool {
        match minor {
            0 => self.lists("connection", "keep-alive"),
            _ => !self.lists("connection", "close"),
        }
    }
}

/// Collects the bytes of a head until it is complete.
#[derive(Debug)]
pub(crate) struct HeadBuffer {
    bytes: Vec<u8>,
    /// How many bytes have been searched for the end of the head.
    searched: usize,
    limits: Limits,
}

impl HeadBuffer {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            bytes: Vec::new(),
            searched: 0,
            limits,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn push(&mut self, data: &[u8]) {
        self.bytes.extend_from_slice(data);
    }

    /// Removes the empty lines that may come before a request.
    pub(crate) fn skip_empty_lines(&mut self) {
        if self.searched == 0 {
            let is_text = |byte: &u8| !matches!(byte, b'\r' | b'\n');
            let start = self.bytes.iter().position(is_text);
            self.bytes.drain(..start.unwrap_or(self.bytes.len()));
        }
    }

    /// Returns whether it is worth parsing what is there: a head may be complete.
    ///
    /// Each byte is searched once, however small the pieces are in which they come.
    ///
    /// # Errors
    ///
    /// Fails if it is longer than allowed.
    pub(crate) fn is_complete(&mut self) -> Result<bool> {
        // The end may have begun with the last three bytes of what came before.
        let start = self.searched.saturating_sub(3);
        let mut lines = memchr::memchr_iter(b'\n', &self.bytes[start..]).map(|at| start + at + 1);
        let end = lines.find(|&end| {
            let rest = &self.bytes[end..];
            rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
        });
        drop(lines);
        self.searched = self.bytes.len();
        if end.unwrap_or(self.bytes.len()) > self.limits.head {
            let limit = self.limits.head;
            return Err(HttpError::HeadTooLong(format!("more than {limit} bytes")));
        }
        Ok(end.is_some())
    }

    /// Removes the head and returns what came after it.
    pub(crate) fn take_rest(&mut self, head: usize) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        self.searched = 0;
        bytes.drain(..head);
        bytes
    }

    /// Returns the error of a connection that ended here.
    pub(crate) fn incomplete(&self) -> HttpError {
        HttpError::IncompleteRead {
            part: HEAD,
            partial: self.bytes.len() as u64,
            expected: None,
        }
    }

    /// Parses with a function that takes the bytes and the number of headers allowed.
    pub(crate) fn parse<T>(&self, parse: fn(&[u8], usize) -> httparse::Result<T>) -> Result<T> {
        match parse(&self.bytes, self.limits.headers) {
            Ok(httparse::Status::Complete(parsed)) => Ok(parsed),
            // It was complete: an empty line where there may be none.
            Ok(httparse::Status::Partial) => Err(self.garbage("a head that breaks off")),
            Err(httparse::Error::TooManyHeaders) => {
                let limit = self.limits.headers;
                Err(HttpError::HeadTooLong(format!("more than {limit} headers")))
            }
            Err(error) => Err(self.garbage(error)),
        }
    }

    /// Returns the error of what is no head, with how it begins.
    pub(crate) fn garbage(&self, why: impl std::fmt::Display) -> HttpError {
        let begin = String::from_utf8_lossy(&self.bytes[..self.bytes.len().min(40)]);
        HttpError::garbage(format!("{why}, in {:?}", shortened(&begin)))
    }
}

/// Copies the headers that the parser found. What is not UTF-8 in them is replaced.
pub(crate) fn headers(parsed: &[httparse::Header<'_>]) -> Headers {
    let pair = |header: &httparse::Header<'_>| {
        let value = String::from_utf8_lossy(header.value);
        (header.name.to_owned(), trim(&value).to_owned())
    };
    Headers(parsed.iter().map(pair).collect())
}

/// Removes what may stand around a value: spaces and tabs, and no other blanks.
fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// Parses the length of a body, which has no sign.
pub(crate) fn parse_length(text: &str) -> Result<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = text.parse().ok().filter(|_| digits);
    parsed.ok_or_else(|| HttpError::garbage(format!("a length of {:?}", shortened(text))))
}

/// Returns the beginning of a text that somebody else has written, for a message.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(30).collect()
}
