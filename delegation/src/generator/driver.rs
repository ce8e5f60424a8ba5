//! `Driver`: resumes a generator without its result type.

use std::fmt;

use super::{Generator, GeneratorState};
use crate::chain::{self, Unfinished};
use crate::coroutine::{End, Message, Node};
use crate::error::{Error, Result};
use crate::status::Status;

/// The part of a [`Generator`] that does not depend on its result type.
///
/// A scheduler resumes generators of all result types. With a driver, the resume is inlined at one
/// place of the scheduler. Otherwise it would stand in one function for each result type, behind a
/// call.
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
    /// Resumes the generator as [`Generator::next`] does, if the generator has started.
    ///
    /// # Errors
    ///
    /// If the generator does not yield, returns an [`Unresolved`] for [`Generator::resolve`], which
    /// knows the result type. Then the generator has not started and was not touched, or it has
    /// ended.
    #[inline(always)]
    pub fn step(self) -> Result<Y, Unresolved<'a, Y, S>> {
        self.resume(Message::Next(S::default()))
    }

    /// Raises an error in the generator as [`Generator::throw`] does.
    ///
    /// # Errors
    ///
    /// Returns an [`Unresolved`] if the generator does not yield, as [`step`](Driver::step) does.
    pub fn throw(self, error: impl Into<Error>) -> Result<Y, Unresolved<'a, Y, S>> {
        let (root, error) = (self.node, error.into());
        if error.is_generator_exit() && root.status() != Status::Created {
            let thrown = chain::throw_exit(root, error);
            return thrown.map_err(|end| Unresolved {
                root,
                why: NoYield::Ended(end),
            });
        }
        self.resume(Message::Throw(error))
    }

    #[inline(always)]
    fn resume(self, message: Message<S>) -> Result<Y, Unresolved<'a, Y, S>> {
        let root = self.node;
        match chain::resume(root, message) {
            Ok(value) => Ok(value),
            Err(unfinished) => finish(root, unfinished).map_err(|why| Unresolved { root, why }),
        }
    }
}

/// Completes a resume that did not yield at once.
#[inline(never)]
fn finish<Y: 'static, S: Default + 'static>(
    root: &Node<Y, S>,
    unfinished: Unfinished<'_, Y, S>,
) -> Result<Y, NoYield<S>> {
    let outcome = match unfinished {
        Unfinished::Start(message) if root.status() == Status::Created => {
            return Err(NoYield::NotStarted(message));
        }
        Unfinished::Start(message) => chain::begin(root, message),
        Unfinished::Resumed(leaf, resumed) => chain::go_on(root, leaf, resumed),
    };
    outcome.map_err(NoYield::Ended)
}

/// The reason why a step has not yielded. `Generator::resolve` does the rest.
enum NoYield<S> {
    /// The body has not started, so the whole resume is left to do.
    NotStarted(Message<S>),
    /// The body has ended, so its result is left to fetch, if it has one.
    Ended(End),
}

impl<Y: 'static, S: 'static> fmt::Debug for Driver<'_, Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

/// A resume that did not yield. [`Driver::step`] returns it, and [`Generator::resolve`] takes it.
///
/// The generator does not depend on it: other operations may come first. If it is dropped, only the
/// error or panic that it carries is lost. The result of the body stays with the generator.
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
    /// Returns the part of the generator that does not depend on the result type, for schedulers.
    #[inline(always)]
    pub fn driver(&self) -> Driver<'_, Y, S> {
        Driver {
            node: self.shared.node(),
        }
    }

    /// Completes a resume that [`Driver::step`] or [`Driver::throw`] has begun.
    ///
    /// If the generator has not started, this does what [`next`](Generator::next) or
    /// [`throw`](Generator::throw) does then.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`next`](Generator::next) and [`throw`](Generator::throw).
    ///
    /// # Panics
    ///
    /// Panics if the body panics, or if `unresolved` belongs to another generator.
    pub fn resolve(&self, unresolved: Unresolved<'_, Y, S>) -> Result<GeneratorState<Y, R>> {
        assert!(
            std::ptr::eq(unresolved.root, self.shared.node()),
            "resolve: the resume is one of another generator"
        );
        match unresolved.why {
            NoYield::NotStarted(message) => self.begin::<false>(message),
            NoYield::Ended(end) => self.outcome(Err(end)),
        }
    }
}
