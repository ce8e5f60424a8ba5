//! The values that cross in a switch, and the results of a resume.

use std::any::Any;
use std::panic;
use std::ptr::NonNull;

use super::Node;
use crate::error::{Error, Result};

/// The payload of a panic. It is boxed once more, so that the types that contain it are two words
/// wide and travel in registers.
type Payload = Box<Box<dyn Any + Send>>;

/// The reason why a suspended body goes on.
pub(crate) enum Message<S> {
    /// `next` was called: the value is `S::default()`, Python's `None`.
    Next(S),
    /// `send` was called.
    Send(S),
    /// `throw` or `close` was called, or the delegate has failed.
    Throw(Error),
    /// The delegate has returned. Its result waits in its generator.
    Returned,
    /// The delegate had ended before.
    Finished,
    /// The delegate panicked.
    Panic(Payload),
    /// The body must unwind. This is the last resort of a drop.
    Unwind,
}

// The variants repeat those of `End`. With one variant that contains an `End`, each yield would
// take eight instructions more.
impl<S> From<End> for Message<S> {
    fn from(end: End) -> Self {
        match end {
            End::Returned => Self::Returned,
            End::Raised(error) => Self::Throw(error),
            End::Panicked(payload) => Self::Panic(payload),
            End::Finished => Self::Finished,
        }
    }
}

/// The end of a body, and with it of an operation that does not yield.
pub(crate) enum End {
    /// The body has returned. Its result waits in its generator.
    Returned,
    Raised(Error),
    Panicked(Payload),
    /// The body had ended before.
    Finished,
}

impl End {
    /// Raises the error or panic of a body, for callers that do not use its result.
    #[cold]
    pub(crate) fn raise<R>(self) -> Result<R> {
        match self {
            Self::Raised(error) => Err(error),
            Self::Panicked(payload) => panic::resume_unwind(*payload),
            Self::Returned | Self::Finished => Err(Error::finished()),
        }
    }
}

/// The reason why a body suspends.
pub(super) enum Suspension<Y, S> {
    /// The body yields this value.
    Value(Y),
    /// The body delegates to another generator, which is resumed with this `S::default()`. The body
    /// makes that value, so that the body runs while `default` panics or uses this generator.
    Delegate(NonNull<Node<Y, S>>, S),
    /// The body is given up.
    GiveUp,
}

/// The result of a switch to a body.
pub(crate) enum Resumed<'a, Y, S> {
    /// The body yields this value.
    Value(Y),
    /// The body delegates to this node, which is resumed with this value. The status of the body is
    /// still Running.
    Delegate(&'a Node<Y, S>, S),
    Ended(End),
}
