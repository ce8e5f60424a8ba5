//! What is downloaded, and the little of HTTP that this takes.

use std::fs;
use std::io::{Error, Result};

use anyhow::Context;
use httparse::{EMPTY_HEADER, Status};

/// Those of the example.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/flags/gifs");

/// The twenty most populous countries, as in the book.
const CODES: [&str; 20] = [
    "cn", "in", "us", "id", "br", "pk", "ng", "bd", "ru", "jp", //
    "mx", "ph", "vn", "et", "eg", "de", "ir", "tr", "cd", "fr",
];

/// More than the server sends.
const MOST_HEADERS: usize = 16;

/// A flag, and how to ask for it.
#[derive(Debug)]
pub(crate) struct Flag {
    pub(crate) path: String,
    pub(crate) request: String,
    pub(crate) gif: Vec<u8>,
}

impl Flag {
    /// Reads all flags, which stay until the process ends.
    pub(crate) fn all() -> anyhow::Result<&'static [Self]> {
        let flags: anyhow::Result<Vec<_>> = CODES.into_iter().map(Self::read).collect();
        Ok(flags?.leak())
    }

    fn read(code: &str) -> anyhow::Result<Self> {
        let file = format!("{FOLDER}/{code}/{code}.gif");
        let path = format!("/{code}/{code}.gif");
        Ok(Self {
            gif: fs::read(&file).with_context(|| format!("can't read {file}"))?,
            request: format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
            path,
        })
    }
}

/// A response that arrives in pieces.
#[derive(Debug, Default)]
pub(crate) struct Response {
    received: Vec<u8>,
    /// Where its body begins and ends, once its head is there.
    body: Option<(usize, usize)>,
}

impl Response {
    /// Takes the next piece; returns whether the response is complete, and then it is that flag.
    pub(crate) fn receive(&mut self, piece: &[u8], flag: &Flag) -> Result<bool> {
        if piece.is_empty() {
            return Err(Error::other("the server closes the connection too early"));
        }
        self.received.extend_from_slice(piece);
        if self.body.is_none() {
            self.body = body(&self.received)?;
        }
        match self.body {
            Some((begin, end)) if self.received.len() >= end => {
                let expected = self.received[begin..] == flag.gif;
                expected
                    .then_some(true)
                    .ok_or_else(|| Error::other(format!("{} is not what it should be", flag.path)))
            }
            _ => Ok(false),
        }
    }
}

/// Returns where a response's body begins and ends, if its head is complete.
fn body(received: &[u8]) -> Result<Option<(usize, usize)>> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let Status::Complete(begin) = head.parse(received).map_err(Error::other)? else {
        return Ok(None);
    };
    if head.code != Some(200) {
        return Err(Error::other(format!("the status is {:?}", head.code)));
    }
    let mut headers = head.headers.iter();
    headers
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| str::from_utf8(header.value).ok()?.parse().ok())
        .map(|length: usize| Some((begin, begin + length)))
        .ok_or_else(|| Error::other("the length is missing"))
}
