//! The types that a body can delegate to: closures, generators and iterators.

use std::any::type_name;
use std::mem;

use crate::co::{Co, Delegate, interrupted};
use crate::coroutine::Message;
use crate::error::{Error, Result};
use crate::generator::Generator;
use crate::label::AsGiven;
use crate::status::Status;

impl<Y, S, R, F> Delegate<Y, S> for F
where
    Y: 'static,
    S: 'static,
    F: FnOnce(&Co<Y, S>) -> Result<R>,
{
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        co.suspender
            .on_same_stack(type_name::<AsGiven<F>>(), || self(co))
    }

    #[inline(always)]
    #[track_caller]
    fn delegate_traced(self, co: &Co<Y, S>) -> Result<R> {
        self.delegate(co) // which notes the line
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Delegate<Y, S> for &Generator<Y, S, R> {
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        // This comes first: `default` is user code, which may drive the delegate.
        let none = S::default();
        let is_fresh = self.shared.node().status() == Status::Created;
        if is_fresh {
            self.shared.start()?;
        }
        let message = co.suspender.delegate(&self.shared, none, is_fresh);
        match message {
            Message::Returned => {
                // There is nothing to drop in it, which the compiler does not see: 20 instructions.
                mem::forget(message);
                let result = self.shared.take_result();
                Ok(result.expect("the delegate has returned"))
            }
            Message::Throw(error) => Err(error),
            message => interrupted(message),
        }
    }

    #[inline(always)]
    #[track_caller]
    fn delegate_traced(self, co: &Co<Y, S>) -> Result<R> {
        self.delegate(co) // the end of its body notes the line
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Delegate<Y, S> for Generator<Y, S, R> {
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        (&self).delegate(co)
    }

    #[inline(always)]
    #[track_caller]
    fn delegate_traced(self, co: &Co<Y, S>) -> Result<R> {
        (&self).delegate_traced(co)
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Delegate<Y, S> for &mut Generator<Y, S, R> {
    type Output = R;

    #[inline(always)]
    fn delegate(self, co: &Co<Y, S>) -> Result<R> {
        (&*self).delegate(co)
    }

    #[inline(always)]
    #[track_caller]
    fn delegate_traced(self, co: &Co<Y, S>) -> Result<R> {
        (&*self).delegate_traced(co)
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
