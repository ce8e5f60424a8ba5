//! How an `Error` is shown, and how it becomes an error of other kinds.

use std::fmt;

use super::traceback::{HEADING, show_traceback};
use super::{Error, Repr, SendError};

/// The error that has only a message.
#[derive(Debug)]
pub(super) struct Message(pub(super) String);

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Message {}

impl Repr {
    /// Returns the message of an error that is not the program's.
    fn text(&self) -> &str {
        match self {
            Self::GeneratorExit(_) => "generator exit",
            Self::Cancelled => "cancelled",
            Self::AlreadyExecuting => "generator already executing",
            Self::JustStarted => "can't send a value to a just-started generator: call next first",
            Self::IgnoredExit => "generator ignored GeneratorExit: it yielded instead of ending",
            Self::Finished(_) => "generator already finished",
            Self::RaisedStopIteration(_) => "generator raised StopIteration",
            Self::NoSend => "iterator has no send: delegate to a generator to receive values",
            Self::Panicking => "can't suspend a generator while a panic unwinds its thread",
            Self::NotRunning => {
                "can't suspend a body by a `Co` while that body does not run: \
                 use the `Co` of the body that runs"
            }
            Self::Unwound => {
                "the body was ended by a forced unwinding, whose payload must not be kept or \
                 thrown elsewhere"
            }
            Self::GivenUp => {
                "can't resume a generator whose stack was given up: its thread destroys its thread \
                 locals, or its body did not end while a panic unwound the thread"
            }
            Self::Stack(why) => why,
            Self::Other(_) | Self::Given(_) => unreachable!("shown by its own Display"),
        }
    }
}

/// Shows the message.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.custom() {
            Some(error) => fmt::Display::fmt(error, f),
            None => f.write_str(self.repr().text()),
        }
    }
}

/// Shows the traceback, the error and its causes, so that `main` can return this error.
///
/// The error is shown by the name of its type, its message, and its `Debug` unless that says no more. An
/// error that has no traceback is shown without.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.0.fmt(f);
        }
        show_traceback(&self.traceback(), f)?;
        fmt::Display::fmt(&Untraced(self), f)
    }
}

/// Shows an error and its causes, without the traceback.
pub(super) struct Untraced<'a>(pub(super) &'a Error);

impl fmt::Display for Untraced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sent) = self.0.downcast_ref::<SendError>() {
            return f.write_str(sent.shown());
        }
        let payload = self.0.shown_payload();
        f.write_str(&payload)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            let cause = format!("\nCaused by: {error}");
            // The payload may be made of an error of another thread, and show its causes itself.
            if !payload.contains(&cause) {
                f.write_str(&cause)?;
            }
            source = error.source();
        }
        Ok(())
    }
}

impl Error {
    fn shown_payload(&self) -> String {
        let Some(payload) = self.payload().filter(|_| !self.is::<Message>()) else {
            return self.to_string();
        };
        let (name, message) = (payload.type_name(), self.to_string());
        let debug = format!("{payload:?}");
        let debug = without_traceback(&debug);
        match debug.split_once('\n') {
            // Such as that of a group of errors.
            Some((head, _)) if message.starts_with(head) => format!("{name}: {debug}"),
            _ if says_no_more(name, &message, debug) => format!("{name}: {message}"),
            None => format!("{name}: {message} ({})", shortened(debug)),
            Some(_) => format!("{name}: {message}\n{debug}"),
        }
    }
}

/// Returns what a `Debug` that begins with a traceback shows below it. The error that is shown has its frames.
fn without_traceback(mut debug: &str) -> &str {
    if debug.starts_with(HEADING) {
        while let Some((_, rest)) = debug.split_once('\n') {
            debug = rest;
            if !debug.starts_with("  ") {
                break;
            }
        }
    }
    debug
}

/// Returns whether `Debug` says no more than the message of an error: that of a derive does so where there are
/// no fields, or only the message. A message of several lines says all there is.
fn says_no_more(name: &str, message: &str, debug: &str) -> bool {
    let short = name.rsplit("::").next().unwrap_or(name);
    debug == short
        || debug == message
        || debug == format!("{short}({message:?})")
        || message.contains('\n')
}

/// Returns what is shown of a `Debug` that may contain much data.
fn shortened(debug: &str) -> String {
    const MOST: usize = 500;
    match debug.char_indices().nth(MOST) {
        None => debug.to_owned(),
        Some((end, _)) => format!("{}...", &debug[..end]),
    }
}

/// An [`Error`] as a `std::error::Error`. `Error` itself cannot implement that trait, or `?` could
/// not convert every error into it.
struct Wrapped(Error);

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<Error> for Box<dyn std::error::Error> {
    fn from(error: Error) -> Self {
        Box::new(Wrapped(error))
    }
}
