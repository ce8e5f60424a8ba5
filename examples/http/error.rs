//! What can go wrong.

use std::fmt;
use std::io;
use std::time::Duration;

/// A result whose error is an [`HttpError`].
pub type Result<T> = std::result::Result<T, HttpError>;

/// Why a request, or a response, has failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpError {
    /// A URL that cannot be asked for.
    BadUrl {
        /// The URL, as it was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// What came is not HTTP.
    Garbage(String),
    /// The head of a message exceeds a limit.
    HeadTooLong(String),
    /// The body of a message exceeds the limit, in bytes.
    BodyTooLong(u64),
    /// The peer has closed the connection before the end of a message.
    IncompleteRead {
        /// What ended early: the head or the body.
        part: &'static str,
        /// How many bytes of it have come.
        partial: u64,
        /// How many had been announced, if that is known.
        expected: Option<u64>,
    },
    /// More redirects than allowed.
    TooManyRedirects(usize),
    /// A redirect to where the request has been already.
    RedirectLoop(String),
    /// The server's answer is not the file, but this.
    Status {
        /// The status, such as 404.
        code: u16,
        /// The reason, such as "Not Found".
        reason: String,
    },
    /// It takes longer than allowed.
    Timeout {
        /// What takes so long.
        operation: String,
        /// How long it was allowed to take.
        limit: Duration,
    },
    /// The system's error.
    Io {
        /// What was being done.
        operation: String,
        /// What the system said.
        error: io::Error,
    },
}

impl HttpError {
    pub(crate) fn garbage(what: impl Into<String>) -> Self {
        Self::Garbage(what.into())
    }

    /// Makes an error of the system's, naming what was being done.
    pub fn io(operation: impl fmt::Display, error: io::Error) -> Self {
        let operation = operation.to_string();
        Self::Io { operation, error }
    }

    /// Returns whether the server answered that it has no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { code: 404, .. })
    }

    /// Returns whether something took longer than allowed.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Returns whether the connection ended before any part of a response had come.
    ///
    /// On a connection that has been used before, the server may just have closed it: the request
    /// can be made again on a new one.
    pub(crate) fn is_stale_connection(&self) -> bool {
        match self {
            Self::IncompleteRead { part, partial, .. } => *part == HEAD && *partial == 0,
            Self::Io { error, .. } => is_disconnect(error.kind()),
            _ => false,
        }
    }
}

/// Returns whether this is how the end of a connection shows.
pub(crate) fn is_disconnect(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
    )
}

/// The part of a message before its body.
pub(crate) const HEAD: &str = "head";
/// The part after it.
pub(crate) const BODY: &str = "body";

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUrl { url, why } => write!(f, "bad URL '{url}': {why}"),
            Self::Garbage(what) => write!(f, "this is not HTTP: {what}"),
            Self::HeadTooLong(what) => write!(f, "the head is too long: {what}"),
            Self::BodyTooLong(limit) => write!(f, "the body has more than {limit} bytes"),
            Self::IncompleteRead {
                part,
                partial,
                expected,
            } => {
                write!(f, "the connection ended in the {part}, after {partial}")?;
                match expected {
                    Some(expected) => write!(f, " of {expected} bytes"),
                    None => write!(f, " bytes"),
                }
            }
            Self::TooManyRedirects(limit) => write!(f, "more than {limit} redirects"),
            Self::RedirectLoop(url) => write!(f, "redirected in a circle, to '{url}' again"),
            Self::Status { code, reason } => write!(f, "HTTP {code} {reason}"),
            Self::Timeout { operation, limit } => {
                write!(f, "{operation}: not done within {limit:?}")
            }
            Self::Io { operation, error } => write!(f, "{operation}: {error}"),
        }
    }
}

impl std::error::Error for HttpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
