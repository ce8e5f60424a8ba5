//! Why there is no result.

use std::fmt;

use crate::errors::panics::Payload;
use crate::errors::{Panicked, RuntimeError};
use yieldfrom_delegation::Error;

/// Why there is no result of a [`ConcurrentFuture`](super::ConcurrentFuture).
///
/// The error of a task stays on the loop's thread; other threads get its description.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConcurrentError {
    /// The task or job was cancelled, or its loop or executor was closed.
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
        f.write_str(match self {
            Self::Cancelled => "the task was cancelled",
            Self::TimeoutError => "the result was not there in time",
            Self::InvalidState => "the result was taken before",
            Self::Failed(description) => description,
        })
    }
}

impl std::error::Error for ConcurrentError {}

/// What crosses the threads in place of a result.
pub(crate) enum JobFailure {
    Cancelled,
    /// A task's error, described.
    Failed(String),
    /// The payload of a job's panic.
    Panicked(Payload),
    /// The job was not accepted, for this reason.
    Refused(String),
}

impl From<Error> for JobFailure {
    fn from(error: Error) -> Self {
        if error.is_cancelled() {
            Self::Cancelled
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// For other threads.
impl From<JobFailure> for ConcurrentError {
    fn from(failure: JobFailure) -> Self {
        match failure {
            JobFailure::Cancelled => Self::Cancelled,
            JobFailure::Failed(text) | JobFailure::Refused(text) => Self::Failed(text),
            JobFailure::Panicked(payload) => Self::Failed(Panicked::new(payload).to_string()),
        }
    }
}

/// For the loop.
impl From<JobFailure> for Error {
    fn from(failure: JobFailure) -> Self {
        match failure {
            JobFailure::Cancelled => Self::cancelled(),
            JobFailure::Failed(text) => ConcurrentError::Failed(text).into(),
            JobFailure::Panicked(payload) => Panicked::new(payload).into(),
            JobFailure::Refused(why) => RuntimeError::new(why).into(),
        }
    }
}
