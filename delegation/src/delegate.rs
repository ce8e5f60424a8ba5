//! `Delegate`: the types that a body can delegate to.

use std::any::type_name;

use crate::co::{Co, interrupted};
use crate::coroutine::Message;
use crate::error::{Error, Result};
use crate::generator::Generator;
use crate::status::Status;

/// A type that [`Co::yield_from`] can delegate to: it yields `Y`, is sent `S`, and ends with a
/// result.
///
/// | delegate | runs on | accepts |
/// | --- | --- | --- |
/// | a closure or function `FnOnce(&Co<Y, S>) -> Result<R>` | the delegator's stack | values and errors |
/// | a [`Generator`], or a reference to one | its own stack | values and errors |
/// | an iterator, through [`iter`] | the delegator's stack | only `next` |
/// | another type that implements this trait | depends on the type | depends on the type |
///
/// A generator may be new, started, shared by several delegators, or finished. If it has started,
/// the delegation first sends it `S::default()`, as PEP 380 demands.
///
/// # Examples
///
/// A type of your own becomes a delegate:
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
    /// The type of the delegate's result, which `yield_from` returns.
    type Output;

    /// Runs the delegate to its end on behalf of the body of `co`.
    ///
    /// Bodies call [`Co::yield_from`] instead, which also notes their line for reports. A library
    /// may call this directly, so that reports show the line of its user.
    ///
    /// # Errors
    ///
    /// Returns the error that the delegate fails with, or an error that is thrown in and that the
    /// delegate does not handle.
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
        // This comes first: `default` is user code, which may drive the delegate.
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

/// A plain iterator as a delegate. [`iter`] makes it.
#[derive(Clone, Debug)]
pub struct Iter<I>(I);

/// Makes a delegate of an iterator, or of a value that can be iterated over.
///
/// As PEP 380 says for a plain iterable, the delegation yields the items, and ends with them. An
/// iterator has only `next`. So if a value is sent or an error is thrown, the delegation fails, and
/// the iterator does not advance.
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
            // An explicit drop: if the end of the scope dropped it and its destructor panicked, the
            // result that is on its way out would leak (rust-lang/rust#47949).
            drop(items);
            end
        })
    }
}
