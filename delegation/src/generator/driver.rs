//! Driving a generator without knowing its result type.

use std::fmt;

use super::{Generator, GeneratorState};
use crate::chain::{self, Unfinished};
use crate::coroutine::{End, Message, Node};
use crate::error::Result;
use crate::status::Status;

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
///     match g.driver().step() {
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
    /// Resumes the generator as [`Generator::next`], unless it has not started.
    ///
    /// # Errors
    ///
    /// Returns what [`Generator::resolve`] has to do, which knows the result's type, if the
    /// generator did not yield: it has not started, and was left alone; or it has ended.
    #[inline(always)]
    pub fn step(self) -> Result<Y, Unresolved<'a, Y, S>> {
        let root = self.node;
        match chain::resume(root, Message::Next(S::default())) {
            Ok(value) => Ok(value),
            Err(unfinished) => finish(root, unfinished).map_err(|why| Unresolved { root, why }),
        }
    }
}

/// Does what there is to do when a resume does not come to a yield at once.
#[inline(never)]
fn finish<Y: 'static, S: Default + 'static>(
    root: &Node<Y, S>,
    unfinished: Unfinished<'_, Y, S>,
) -> Result<Y, NoYield<S>> {
    match unfinished {
        Unfinished::Start(message) if root.status() == Status::Created => {
            Err(NoYield::NotStarted(message))
        }
        unfinished => chain::finish(root, unfinished).map_err(NoYield::Ended),
    }
}

/// What is left of a resume for those who know the result's type.
enum NoYield<S> {
    /// To do all of it: the generator was left alone.
    NotStarted(Message<S>),
    /// To fetch the body's result, if there is one.
    Ended(End),
}

impl<Y: 'static, S: 'static> fmt::Debug for Driver<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

/// A resume that did not come to a yield: see [`Driver::step`].
///
/// The generator does not depend on it: other operations may come first, and dropping it loses
/// only the error or panic that it carries. What the body returned stays with the generator.
#[must_use = "it carries the error or the panic that the body ended with"]
pub struct Unresolved<'a, Y: 'static, S: 'static> {
    root: &'a Node<Y, S>,
    why: NoYield<S>,
}

impl<Y: 'static, S: 'static> fmt::Debug for Unresolved<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unresolved").finish_non_exhaustive()
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Generator<Y, S, R> {
    /// Returns the part of the generator that does not depend on what it returns.
    #[inline(always)]
    pub fn driver(&self) -> Driver<'_, Y, S> {
        Driver {
            node: self.shared.node(),
        }
    }

    /// Brings a resume to its end that [`Driver::step`] has begun.
    ///
    /// One that has not started is resumed by [`next`](Generator::next).
    ///
    /// # Errors
    ///
    /// As [`next`](Generator::next).
    ///
    /// # Panics
    ///
    /// Panics if the body does, or if the resume is of another generator.
    pub fn resolve(&self, unresolved: Unresolved<'_, Y, S>) -> Result<GeneratorState<Y, R>> {
        assert!(
            std::ptr::eq(unresolved.root, self.shared.node()),
            "resolve: the resume is one of another generator"
        );
        match unresolved.why {
            NoYield::NotStarted(message) => self.finish(Unfinished::Start(message)),
            NoYield::Ended(end) => self.outcome(Err(end)),
        }
    }
}
