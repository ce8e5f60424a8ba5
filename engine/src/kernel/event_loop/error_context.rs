//! The context of an error, which an exception handler gets.

use std::fmt;

use yieldfrom_delegation::Error;

/// The context of an error that the program would not see otherwise, for [`call_exception_handler`].
///
/// asyncio's `context` dictionary.
///
/// [`call_exception_handler`]: crate::EventLoop::call_exception_handler
///
/// # Examples
///
/// ```
/// use yieldfrom::{ErrorContext, Error};
///
/// let context = ErrorContext::new("no answer").error(Error::msg("timed out")).source("<Handle at a.rs:3>");
/// let text = context.to_string(); // with the traceback between the two
/// assert!(text.starts_with("no answer: <Handle at a.rs:3>") && text.ends_with("timed out"));
/// ```
#[derive(Clone, Debug)]
pub struct ErrorContext {
    message: String,
    error: Option<Error>,
    source: Option<String>,
}

impl ErrorContext {
    /// Starts with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            error: None,
            source: None,
        }
    }

    /// Adds the error.
    #[must_use]
    pub fn error(mut self, error: Error) -> Self {
        self.error = Some(error);
        self
    }

    /// Adds what it comes from: a task, future or handle as it is shown, with its source line.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the message, such as `Task exception was never retrieved`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::ErrorContext;
    /// assert_eq!(ErrorContext::new("no answer").message(), "no answer");
    /// ```
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the error, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::ErrorContext;
    /// assert!(ErrorContext::new("no answer").get_error().is_none());
    /// ```
    pub fn get_error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Returns what it comes from, if that is known.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::ErrorContext;
    /// assert!(ErrorContext::new("no answer").get_source().is_none());
    /// ```
    pub fn get_source(&self) -> Option<&str> {
        self.source.as_deref()
    }
}

impl fmt::Display for ErrorContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        if let Some(error) = &self.error {
            let separator = if error.traceback().is_empty() {
                ": "
            } else {
                "\n"
            };
            write!(f, "{separator}{error:?}")?;
        }
        Ok(())
    }
}
