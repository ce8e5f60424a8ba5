//! The answers to requests.

use std::fmt;
use std::str::FromStr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use yieldfrom::{Co, Error, Result, TimeoutError, from_std, timeout};

use crate::book::Book;
use crate::page;

/// In characters.
pub(crate) const MOST_OF_NAME: usize = 80;
pub(crate) const MOST_OF_MESSAGE: usize = 2000;
/// In bytes: each character of a message may take twelve in a form.
const MOST_OF_FORM: usize = 32 << 10;
/// How long a client may take to send a form, in seconds.
const PATIENCE: f64 = 20.0;

type Reply = Response<Full<Bytes>>;

/// What a visitor has typed.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) message: String,
}

/// An answer that is no success: an error, so that `?` passes it on.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    text: String,
    draft: Option<Draft>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.text)
    }
}

impl std::error::Error for Refusal {}

fn refuse(status: StatusCode, text: impl Into<String>, draft: Option<Draft>) -> Error {
    let text = text.into();
    Error::new(Refusal {
        status,
        text,
        draft,
    })
}

/// Answers a request. This runs in a coroutine of its own.
pub(crate) fn answer(co: &Co, book: &Book, request: Request<Incoming>) -> Result<Reply> {
    // Another error, such as a cancellation, goes on to hyper, which ends the connection.
    route(co, book, request).or_else(|error| {
        let refusal = error.downcast::<Refusal>()?;
        let title = refusal.status.canonical_reason().unwrap_or("Problem");
        let page = page::problem(title, &refusal.text, refusal.draft.as_ref());
        Ok(reply(refusal.status, HTML, page))
    })
}

fn route(co: &Co, book: &Book, request: Request<Incoming>) -> Result<Reply> {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    match (head.uri.path(), &head.method) {
        ("/", &Method::GET | &Method::HEAD) => show(co, book, query),
        ("/", &Method::POST) => sign(co, book, body),
        ("/entries.json", &Method::GET | &Method::HEAD) => list(co, book, query),
        ("/", _) => Ok(not_allowed("GET, HEAD, POST")),
        ("/entries.json", _) => Ok(not_allowed("GET, HEAD")),
        _ => Err(refuse(
            StatusCode::NOT_FOUND,
            "There is no such page.",
            None,
        )),
    }
}

/// The page with the newest entries, or with older ones.
fn show(co: &Co, book: &Book, query: &str) -> Result<Reply> {
    let before = parse_before(query)?;
    let page = book
        .read(co, before)
        .map_err(|error| unavailable(error, None))?;
    Ok(reply(
        StatusCode::OK,
        HTML,
        page::entries(&page, before.is_none()),
    ))
}

/// The same for programs.
fn list(co: &Co, book: &Book, query: &str) -> Result<Reply> {
    let before = parse_before(query)?;
    let page = book
        .read(co, before)
        .map_err(|error| unavailable(error, None))?;
    let json = serde_json::to_string(&page)?;
    Ok(reply(
        StatusCode::OK,
        (CONTENT_TYPE, "application/json"),
        json,
    ))
}

/// Adds an entry, and sends the browser back to the page: reloading that adds nothing.
fn sign(co: &Co, book: &Book, body: Incoming) -> Result<Reply> {
    let draft = Draft::parse(&receive(co, body)?);
    if let Some(complaint) = draft.complaint() {
        return Err(refuse(StatusCode::BAD_REQUEST, complaint, Some(draft)));
    }
    let written = book.write(co, &draft.name, &draft.message);
    written.map_err(|error| unavailable(error, Some(draft)))?;
    Ok(reply(StatusCode::SEE_OTHER, (LOCATION, "/"), ""))
}

/// Receives a form. It gets its pieces from hyper by futures, for each of which the coroutine waits.
fn receive(co: &Co, mut body: Incoming) -> Result<Vec<u8>> {
    let (mut form, mut size) = (Vec::new(), 0);
    let received = co.yield_from(timeout(PATIENCE, |co| {
        while let Some(frame) = co.yield_from(from_std(body.frame()))? {
            let data = frame?.into_data().unwrap_or_default();
            size += data.len();
            // What is too large is received all the same: a browser looks for the answer when it has sent all.
            if size <= MOST_OF_FORM {
                form.extend_from_slice(&data);
            }
        }
        Ok(())
    }));
    match received {
        Ok(()) if size <= MOST_OF_FORM => Ok(form),
        Ok(()) => Err(refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "A form has at most 32 KiB.",
            None,
        )),
        Err(error) if error.is::<hyper::Error>() => Err(refuse(
            StatusCode::BAD_REQUEST,
            "The form has not arrived whole.",
            None,
        )),
        Err(error) if error.is::<TimeoutError>() => Err(refuse(
            StatusCode::REQUEST_TIMEOUT,
            "The form took too long to arrive.",
            None,
        )),
        Err(error) => Err(error),
    }
}

impl Draft {
    fn parse(form: &[u8]) -> Self {
        let mut draft = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            // Browsers send line ends in the way of mail, and count them as one character.
            let value = value.replace("\r\n", "\n").trim().to_owned();
            match &*name {
                "name" => draft.name = value,
                "message" => draft.message = value,
                _ => {}
            }
        }
        draft
    }

    /// Returns what is wrong with it.
    fn complaint(&self) -> Option<String> {
        let fits = |text: &str, most| (1..=most).contains(&text.chars().count());
        if !fits(&self.name, MOST_OF_NAME) {
            return Some(format!("A name has 1 to {MOST_OF_NAME} characters."));
        }
        if !fits(&self.message, MOST_OF_MESSAGE) {
            return Some(format!("A message has 1 to {MOST_OF_MESSAGE} characters."));
        }
        let has_nul = self.name.contains('\0') || self.message.contains('\0');
        has_nul.then(|| "PostgreSQL cannot keep the character U+0000.".to_owned())
    }
}

/// Returns the number of `?before=NUMBER`.
fn parse_before(query: &str) -> Result<Option<i64>> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let before = pairs.find(|(name, _)| name == "before");
    let number = before.map(|(_, value)| i64::from_str(&value)).transpose();
    let why = "`before` is the number of an entry.";
    number.map_err(|_| refuse(StatusCode::BAD_REQUEST, why, None))
}

/// Makes a refusal of an error of the database; a cancellation goes on as it is.
fn unavailable(error: Error, draft: Option<Draft>) -> Error {
    if error.is_cancelled() {
        return error;
    }
    let text = "The database does not answer. Please try again in a moment.";
    refuse(StatusCode::SERVICE_UNAVAILABLE, text, draft)
}

fn not_allowed(methods: &'static str) -> Reply {
    reply(StatusCode::METHOD_NOT_ALLOWED, (ALLOW, methods), "")
}

const HTML: (HeaderName, &str) = (CONTENT_TYPE, "text/html; charset=utf-8");

fn reply(status: StatusCode, header: (HeaderName, &'static str), body: impl Into<String>) -> Reply {
    let body = Full::from(body.into());
    let reply = Response::builder()
        .status(status)
        .header(header.0, header.1)
        .body(body);
    reply.expect("a header of this program is valid")
}
