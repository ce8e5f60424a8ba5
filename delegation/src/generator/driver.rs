//! Driving a generator without knowing its result type.

use std::fmt;

use super::{Generator, GeneratorState};
use crate::chain::{self, Unfinished};
use crate::coroutine::{Message, Node};
use crate::error::Result;

/// The part of a [`Generator`] that does not depend on what it returns.
///
/// For schedulers, which resume generators of all result types: it lets the resume be inlined in one
/// place of theirs, instead of once for each type behind a call.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Generator, GeneratorState::*};
///
/// let g: Generator<i32, (), &str> = Generator::new(|co| {
///     co.yield_(1)?;
///     co.yield_(2)?;
///     Ok("done")
/// });
/// let mut yielded = Vec::new();
/// let result = loop {
///     match g.driver().next() {
///         Ok(value) => yielded.push(value),
///         Err(unresolved) => match g.resolve(unresolved)? {
///             Yielded(value) => yielded.push(value),
///             Complete(result) => break result,
///         },
///     }
/// };
/// assert_eq!((yielded, result), (vec![1, 2], "done"));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
pub struct Driver<'a, Y: 'static, S: 'static> {
    node: &'a Node<Y, S>,
}

impl<'a, Y: 'static, S: Default + 'static> Driver<'a, Y, S> {
    /// Resumes the generator as [`Generator::next`], as long as that is plain.
    ///
    /// # Errors
    ///
    /// Returns what is left to be done, if the generator did not yield at once: it has not started,
    /// delegates to another one, or has ended. [`Generator::resolve`] does that.
    ///
    /// # Examples
    ///
    /// See [`Driver`].
    #[inline(always)]
    #[allow(clippy::should_implement_trait, reason = "Python's name")]
    pub fn next(self) -> Result<Y, Unresolved<'a, Y, S>> {
        let root = self.node;
        chain::resume(root, Message::Next(S::default()))
            .map_err(|unfinished| Unresolved { root, unfinished })
    }
}

impl<Y: 'static, S: 'static> fmt::Debug for Driver<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

/// A resume that is not over: see [`Driver::next`].
///
/// Dropping it leaves the generator as if it was running for ever.
#[must_use = "the generator counts as running until it is resolved"]
pub struct Unresolved<'a, Y: 'static, S: 'static> {
    root: &'a Node<Y, S>,
    unfinished: Unfinished<'a, Y, S>,
}

impl<Y: 'static, S: 'static> fmt::Debug for Unresolved<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unresolved").finish_non_exhaustive()
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Generator<Y, S, R> {
    /// Returns the part of the generator that does not depend on what it returns.
    ///
    /// # Examples
    ///
    /// See [`Driver`].
    #[inline(always)]
    pub fn driver(&self) -> Driver<'_, Y, S> {
        Driver {
            node: self.shared.node(),
        }
    }

    /// Brings a resume to its end that [`Driver::next`] has begun.
    ///
    /// # Errors
    ///
    /// As [`next`](Generator::next).
    ///
    /// # Panics
    ///
    /// Panics if the body does, or if the resume is of another generator.
    ///
    /// # Examples
    ///
    /// See [`Driver`].
    pub fn resolve(&self, unresolved: Unresolved<'_, Y, S>) -> Result<GeneratorState<Y, R>> {
        assert!(
            std::ptr::eq(unresolved.root, self.shared.node()),
            "resolve: the resume is one of another generator"
        );
        self.finish(unresolved.unfinished)
    }
}
