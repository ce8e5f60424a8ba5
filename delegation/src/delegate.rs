//! What a body can delegate to.

use std::any::type_name;

use crate::co::{Co, interrupted};
use crate::coroutine::Message;
use crate::error::{Error, Result};
use crate::generator::Generator;
use crate::status::Status;

/// What [`Co::yield_from`] takes: something that yields `Y`, takes `S`, and ends with a result.
///
/// | delegate | runs on | takes |
/// | --- | --- | --- |
/// | a closure or function `FnOnce(&Co<Y, S>) -> Result<R>` | the delegator's stack | all |
/// | a [`Generator`], or a reference to one | its own stack | all |
/// | an iterator, through [`iter`] | the delegator's stack | only *next* |
/// | a type that implements this trait | what it delegates to | |
///
/// A generator may be fresh, started, shared by several delegators, or finished.
/// Delegating to a started one first sends it `S::default()`, as PEP 380 has it.
///
/// # Examples
///
/// Another crate's type delegates in terms of what there is:
///
/// ```
/// use yieldfrom_delegation::{Co, Delegate, Generator, Result};
///
/// struct Countdown(u32);
///
/// impl<S: 'static> Delegate<u32, S> for Countdown {
///     type Output = &'static str;
///
///     fn delegate(self, co: &Co<u32, S>) -> Result<Self::Output> {
///         for n in (1..=self.0).rev() {
///             co.yield_(n)?;
///         }
///         Ok("liftoff")
///     }
/// }
///
/// let g: Generator<u32> = Generator::new(|co| {
///     assert_eq!(co.yield_from(Countdown(3))?, "liftoff");
///     Ok(())
/// });
/// assert_eq!(g.collect::<Result<Vec<_>>>()?, [3, 2, 1]);
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
pub trait Delegate<Y, S> {
    /// The delegate's return value, which `yield_from` returns.
    type Output;

    /// Runs the delegate to its end on behalf of the body that `co` belongs to.
    ///
    /// Called by [`Co::yield_from`], not directly.
    ///
    /// # Errors
    ///
    /// What the delegate fails with, or what is thrown in and not handled.
    fn delegate(self, co: &Co<Y, S>) -> Result<Self::Output>;
}

impl<Y, S, R, F> Delegate<Y, S> for F
where
    Y: 'static,
    S: 'static,
    F: FnOnce(&Co<Y, S>) -> Result<R>,
{
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        co.suspender.on_same_stack(type_name::<F>(), || self(co))
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Delegate<Y, S> for &Generator<Y, S, R> {
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        // First, as it is anybody's code, which may drive the delegate.
        let none = S::default();
        if self.shared.node().status() == Status::Created {
            self.shared.start()?;
        }
        match co.suspender.delegate(&self.shared, none) {
            Message::Returned => Ok(self
                .shared
                .take_result()
                .expect("the delegate has returned")),
            Message::Throw(error) => Err(error),
            message => interrupted(message),
        }
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Delegate<Y, S> for Generator<Y, S, R> {
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        (&self).delegate(co)
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Delegate<Y, S> for &mut Generator<Y, S, R> {
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        (&*self).delegate(co)
    }
}

/// A plain iterator as a delegate, see [`iter`].
#[derive(Clone, Debug)]
pub struct Iter<I>(I);

/// Makes a delegate out of anything that can be iterated over.
///
/// PEP 380 for a plain iterable: its items are yielded, its end is the end of the
/// delegation. Having only *next*, it cannot take what is sent or thrown: both
/// become errors in the delegator and do not advance the iterator.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{iter, Generator, Result};
///
/// let chain: Generator<u32> = Generator::new(|co| {
///     co.yield_from(iter([1, 2]))?;
///     co.yield_from(iter(10..12))
/// });
/// assert_eq!(chain.collect::<Result<Vec<_>>>()?, [1, 2, 10, 11]);
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
pub fn iter<I: IntoIterator>(iterable: I) -> Iter<I::IntoIter> {
    Iter(iterable.into_iter())
}

impl<Y, S, I> Delegate<Y, S> for Iter<I>
where
    Y: 'static,
    S: 'static,
    I: Iterator<Item = Y>,
{
    type Output = ();

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<()> {
        co.suspender.on_same_stack(type_name::<I>(), || {
            let mut items = self.0;
            let end = loop {
                let Some(item) = items.next() else {
                    break Ok(());
                };
                match co.suspender.suspend(item) {
                    Message::Next(_) => {}
                    Message::Send(_) => break Err(Error::no_send()),
                    message => break interrupted(message),
                }
            };
            // Not left to the end of the scope: a panic of its destructor would leak the result
            // that is on its way out (rust-lang/rust#47949).
            drop(items);
            end
        })
    }
}
