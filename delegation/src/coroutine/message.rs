//! What crosses in a switch, and what comes of it.

use std::any::Any;
use std::panic;
use std::ptr::NonNull;

use super::Node;
use crate::error::{Error, Result};

/// What a panic carries. Boxed once more, so that what contains it is two words wide and travels in
/// registers.
type Payload = Box<Box<dyn Any + Send>>;

/// What is brought into a suspended body.
pub(crate) enum Message<S> {
    /// `next`: the value is `S::default()`, Python's `None`.
    Next(S),
    /// `send`.
    Send(S),
    /// `throw`, `close`, or an error out of the delegate.
    Throw(Error),
    /// The delegate has returned; its result waits in its generator.
    Returned,
    /// The delegate had ended before.
    Finished,
    /// The delegate panicked.
    Panic(Payload),
    /// The body is to be unwound: the last resort of a drop.
    Unwind,
}

// Not one variant that has an `End` inside: reading that took eight instructions more, at each yield.
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

/// How a body has ended, and with it an operation that does not come to a yield.
pub(crate) enum End {
    /// It has returned; its result waits in its generator.
    Returned,
    Raised(Error),
    Panicked(Payload),
    /// It had ended before.
    Finished,
}

impl End {
    /// Raises what a body has ended with, where its result is of no use.
    #[cold]
    pub(crate) fn raise<R>(self) -> Result<R> {
        match self {
            Self::Raised(error) => Err(error),
            Self::Panicked(payload) => panic::resume_unwind(*payload),
            Self::Returned | Self::Finished => Err(Error::finished()),
        }
    }
}

/// What a body suspends with.
pub(super) enum Suspension<Y, S> {
    /// A yield.
    Value(Y),
    /// A delegation to another generator, and `S::default()` to enter it with. The body makes
    /// that value, so that a `default` which panics or comes back in meets a body that runs.
    Delegate(NonNull<Node<Y, S>>, S),
    /// Nothing: the body is lost.
    GiveUp,
}

/// What came of resuming a body.
pub(crate) enum Resumed<'a, Y, S> {
    /// It yields.
    Value(Y),
    /// It delegates, and enters the delegate with this value. Its status is still Running.
    Delegate(&'a Node<Y, S>, S),
    Ended(End),
}
