//! `GeneratorState`, the result of a resume, and `State`, the phase of a generator's life.

use crate::chain;
use crate::coroutine::Node;
use crate::status::Status;

/// The result of a resume: a yielded value, or the result of the body.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Generator, GeneratorState};
///
/// let g: Generator<i32, (), &str> = Generator::new(|co| {
///     co.yield_(1)?;
///     Ok("done")
/// });
/// assert_eq!(g.next()?, GeneratorState::Yielded(1));
/// assert_eq!(g.next()?, GeneratorState::Complete("done"));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratorState<Y, R> {
    /// The body has yielded this value, and the generator is suspended.
    Yielded(Y),
    /// The body has returned this value, and the generator is closed.
    #[doc(alias = "StopIteration")]
    Complete(R),
}

impl<Y, R> GeneratorState<Y, R> {
    /// Returns the yielded value, or `None` if the body has returned.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// assert_eq!(g.next()?.yielded(), Some(1));
    /// assert_eq!(g.next()?.yielded(), None);
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn yielded(self) -> Option<Y> {
        match self {
            Self::Yielded(value) => Some(value),
            Self::Complete(_) => None,
        }
    }

    /// Returns the result of the body, or `None` if the body has yielded.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32, (), &str> = Generator::new(|_| Ok("done"));
    /// assert_eq!(g.next()?.complete(), Some("done"));
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn complete(self) -> Option<R> {
        match self {
            Self::Yielded(_) => None,
            Self::Complete(value) => Some(value),
        }
    }
}

/// The phase of a generator's life, as in Python's `inspect.getgeneratorstate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The generator has not started. It has no stack yet.
    Created,
    /// The body runs, or another generator runs that the body delegates to or operates on.
    Running,
    /// The generator waits at a yield, its own or that of a delegate.
    Suspended,
    /// The generator has ended: it has returned, failed, or been closed.
    Closed,
}

impl State {
    pub(super) fn of<Y: 'static, S: 'static>(node: &Node<Y, S>) -> Self {
        match node.status() {
            Status::Created => Self::Created,
            Status::Closed => Self::Closed,
            _ if chain::is_running(node) => Self::Running,
            _ => Self::Suspended,
        }
    }
}
