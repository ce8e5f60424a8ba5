//! `SendError`: what is left of an error that goes to another thread, or into another library's error.

use std::fmt;
use std::panic::Location;
use std::rc::Rc;

use super::show::Untraced;
use super::traceback::{Trace, show_traceback};
use super::{Error, FrameSummary, Raised, Repr};

/// The texts and the traceback of an [`Error`]: an error that can go to other threads.
///
/// [`into_send`](Error::into_send) makes it. The type of the original is lost, as that may belong to its
/// thread. It is a `std::error::Error`, so `?` takes it into the errors of `anyhow` and `eyre`, and into an
/// [`Error`] of the other thread, which goes on with the traceback.
#[derive(Clone, PartialEq, Eq)]
pub struct SendError {
    message: String,
    traceback: Vec<FrameSummary>,
    /// What `{error:?}` has shown below the traceback.
    shown: String,
    source: Option<Box<SendError>>,
}

impl SendError {
    /// Returns the traceback that the original had.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Error;
    ///
    /// let error = Error::msg("no fuel");
    /// assert_eq!(error.clone().into_send().traceback(), error.traceback());
    /// ```
    pub fn traceback(&self) -> &[FrameSummary] {
        &self.traceback
    }

    /// Returns the traceback of an error that is made of this one at a line.
    pub(super) fn trace(&self, line: &'static Location<'static>) -> Trace {
        Trace::of(self.traceback.clone(), line)
    }

    /// Returns what the original has shown below its traceback.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Makes the causes of an error, of which only the texts are known.
    fn of_source(error: Option<&dyn std::error::Error>) -> Option<Box<Self>> {
        let error = error?;
        Some(Box::new(Self {
            message: error.to_string(),
            shown: format!("{error:?}"),
            traceback: Vec::new(),
            source: Self::of_source(error.source()),
        }))
    }
}

/// Shows the message.
impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Shows what the original has shown, with its traceback.
impl fmt::Debug for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_traceback(&self.traceback, f)?;
        f.write_str(&self.shown)
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl Error {
    /// Makes an exception of an error that holds what is left of another one, and goes on with the traceback of
    /// that. A library needs it for an error type of its own that crosses threads.
    #[doc(hidden)]
    #[track_caller]
    pub fn new_after(before: &SendError, error: impl std::error::Error + 'static) -> Self {
        let trace = before.trace(Location::caller());
        let repr = Repr::Other(Box::new(error));
        Self(Rc::new(Raised { repr, trace }))
    }

    /// Makes an error that can go to other threads, and into the errors of other libraries.
    ///
    /// It keeps what is shown: the message, the traceback, and those of the causes. The types are lost:
    /// nothing finds the original error in it by [`downcast_ref`](Error::downcast_ref).
    ///
    /// `Box<dyn Error + Send + Sync>` takes an `Error` by `?` alone, which calls this.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use yieldfrom_delegation::{Error, Generator, SendError};
    ///
    /// fn job() -> Result<(), SendError> {
    ///     let g: Generator<i32> = Generator::new(|_| Err(Error::msg("no fuel")));
    ///     g.next().map_err(Error::into_send)?;
    ///     Ok(())
    /// }
    ///
    /// let error = thread::spawn(job).join().unwrap().unwrap_err();
    /// assert_eq!(error.to_string(), "no fuel");
    /// assert_eq!(error.traceback().len(), 1);
    /// ```
    pub fn into_send(self) -> SendError {
        SendError {
            message: self.to_string(),
            shown: Untraced(&self).to_string(),
            traceback: self.traceback(),
            source: SendError::of_source(self.source()),
        }
    }
}

impl From<Error> for Box<dyn std::error::Error + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(error.into_send())
    }
}
