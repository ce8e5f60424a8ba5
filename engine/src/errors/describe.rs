//! Errors that say what failed.

use std::error::Error;
use std::fmt;
use std::io;

use super::TimeoutError;

/// An error of the system, with the operation that failed.
#[derive(Debug)]
struct IoFailure {
    operation: String,
    source: io::Error,
}

impl fmt::Display for IoFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.source)
    }
}

/// The original error is part of the text. As a source, reports would show it twice.
impl Error for IoFailure {}

/// Puts the operation in front of an error. The kind of the error stays the same.
#[cold]
pub(crate) fn describe(error: io::Error, operation: impl fmt::Display) -> io::Error {
    let described = IoFailure {
        operation: operation.to_string(),
        source: error,
    };
    io::Error::new(described.source.kind(), described)
}

/// Makes the error that synchronous code gets of an error that an operation has failed with.
#[cold]
pub(crate) fn io_error(error: yieldfrom_delegation::Error) -> io::Error {
    let error = match error.downcast::<io::Error>() {
        Ok(error) => return error,
        Err(error) => error,
    };
    let kind = match error.is::<TimeoutError>() {
        true => io::ErrorKind::TimedOut,
        false => io::ErrorKind::Other,
    };
    io::Error::new(kind, error.into_send())
}

/// Describes why the poller does not take a descriptor. `taken` is the text for one that it has
/// already.
#[cold]
pub(crate) fn refused(error: io::Error, operation: &str, taken: &str) -> io::Error {
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "a regular file cannot be waited for, as it is always ready; read it by to_thread"
        }
        io::ErrorKind::AlreadyExists => taken,
        _ => return describe(error, operation),
    };
    describe(error, format!("{operation}: {why}"))
}
