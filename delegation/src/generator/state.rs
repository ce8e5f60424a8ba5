//! What a generator has come to, and where it is in its life.

/// What a resumed generator has come to.
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
    /// The body has yielded this value.
    Yielded(Y),
    /// The body has returned this value, and the generator is closed.
    Complete(R),
}

impl<Y, R> GeneratorState<Y, R> {
    /// Returns the value that was yielded, if one was.
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

    /// Returns the value that the body returned, if it did.
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

/// Where a generator is in its life: `inspect.getgeneratorstate` of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Not started: it has neither run nor taken a stack.
    Created,
    /// Being resumed, also while a generator it delegates to or operates on runs.
    Running,
    /// Waiting at a yield, its own or a delegate's.
    Suspended,
    /// Ended: by returning, by an error, or by being closed.
    Closed,
}
