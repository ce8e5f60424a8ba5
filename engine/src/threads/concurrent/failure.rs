//! Why there is no result.

use std::fmt;

use crate::Error;
use crate::errors::panics::Payload;
use crate::errors::{Panicked, RuntimeError};

/// Why there is no result of a [`ConcurrentFuture`](super::ConcurrentFuture).
///
/// The error of a task stays on the loop's thread; what crosses is its description.
///
/// # Examples
///
/// See [`ConcurrentFuture`](super::ConcurrentFuture).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConcurrentError {
    /// The task or job was cancelled, or its loop or executor is closed.
    Cancelled,
    /// The result was not there in time. It may come later.
    TimeoutError,
    /// The result was taken before.
    InvalidState,
    /// The task failed, with an error of this description, or the job panicked.
    Failed(String),
}

impl fmt::Display for ConcurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::TimeoutError => f.write_str("the result was not there in time"),
            Self::InvalidState => f.write_str("the result was taken before"),
            Self::Failed(description) => f.write_str(description),
        }
    }
}

impl std::error::Error for ConcurrentError {}

/// What crosses the threads in place of a result.
pub(crate) enum Failure {
    Cancelled,
    /// A task's error, described.
    Failed(String),
    /// What a job panicked with.
    Panicked(Payload),
    /// The job was not accepted, for this reason.
    Refused(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.is_cancelled() {
            Self::Cancelled
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// For other threads.
impl From<Failure> for ConcurrentError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cancelled => Self::Cancelled,
            Failure::Failed(description) | Failure::Refused(description) => {
                Self::Failed(description)
            }
            Failure::Panicked(payload) => Self::Failed(Panicked::new(payload).to_string()),
        }
    }
}

/// For the loop.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cancelled => Self::cancelled(),
            Failure::Failed(description) => ConcurrentError::Failed(description).into(),
            Failure::Panicked(payload) => Panicked::new(payload).into(),
            Failure::Refused(why) => RuntimeError::new(why).into(),
        }
    }
}
