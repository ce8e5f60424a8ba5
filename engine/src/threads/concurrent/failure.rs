//! Why there is no result.

use std::fmt;

use crate::errors::panics::Payload;
use crate::errors::{Panicked, RuntimeError};
use yieldfrom_delegation::{Error, SendError};

/// Why there is no result of a [`ConcurrentFuture`](super::ConcurrentFuture).
///
/// The error of a task stays on the loop's thread; other threads get its texts and its traceback.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConcurrentError {
    /// The task or job was cancelled, or its loop or executor was closed.
    Cancelled,
    /// The result was not there in time. It may come later.
    TimeoutError,
    /// The result was taken before.
    InvalidState,
    /// The task failed with an error, of which this is left, or the job panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use yieldfrom::{Co, ConcurrentError, Error, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let future = event_loop.handle().run_coroutine_threadsafe(|_: &Co| -> yieldfrom::Result<()> {
    ///     Err(Error::msg("no fuel"))
    /// })?;
    /// future.add_done_callback(|| yieldfrom::get_running_loop().unwrap().stop());
    /// event_loop.run_forever()?;
    /// let Err(ConcurrentError::Failed(error)) = thread::spawn(move || future.result(None)).join().unwrap() else {
    ///     panic!("the task fails");
    /// };
    /// assert_eq!(error.to_string(), "no fuel");
    /// assert_eq!(error.traceback().len(), 1);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    Failed(SendError),
}

impl fmt::Display for ConcurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::TimeoutError => f.write_str("the result was not there in time"),
            Self::InvalidState => f.write_str("the result was taken before"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// Shows the traceback of a task's error as well, so that it is seen where `result` is unwrapped.
impl fmt::Debug for ConcurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("Cancelled"),
            Self::TimeoutError => f.write_str("TimeoutError"),
            Self::InvalidState => f.write_str("InvalidState"),
            Self::Failed(error) => fmt::Debug::fmt(error, f),
        }
    }
}

impl std::error::Error for ConcurrentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Cancelled | Self::TimeoutError | Self::InvalidState => None,
        }
    }
}

/// What crosses the threads in place of a result.
pub(crate) enum JobFailure {
    Cancelled,
    /// What is left of a task's error.
    Failed(SendError),
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
            Self::Failed(error.into_send())
        }
    }
}

/// For other threads.
impl From<JobFailure> for ConcurrentError {
    fn from(failure: JobFailure) -> Self {
        match failure {
            JobFailure::Cancelled => Self::Cancelled,
            JobFailure::Failed(error) => Self::Failed(error),
            failure => Self::Failed(Error::from(failure).into_send()),
        }
    }
}

/// For the loop.
impl From<JobFailure> for Error {
    fn from(failure: JobFailure) -> Self {
        match failure {
            JobFailure::Cancelled => Self::cancelled(),
            JobFailure::Failed(error) => {
                Self::new_after(&error.clone(), ConcurrentError::Failed(error))
            }
            JobFailure::Panicked(payload) => Panicked::new(payload).into(),
            JobFailure::Refused(why) => RuntimeError::new(why).into(),
        }
    }
}
