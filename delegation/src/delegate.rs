//! What a body can delegate to.

use std::any::type_name;
use std::fmt;

use crate::co::{Co, interrupted};
use crate::coroutine::Message;
use crate::error::{Error, Result};
use crate::generator::{Generator, State};

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
        if self.state() == State::Created {
            self.shared.start()?;
        }
        match co.suspender.delegate(&self.shared) {
            Message::Returned => Ok(self.shared.take_result().expect("the delegate has returned")),
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
            for item in self.0 {
                match co.suspender.suspend(item) {
                    Message::Next(_) => {}
                    Message::Send(_) => return Err(Error::no_send()),
                    message => return interrupted(message),
                }
            }
            Ok(())
        })
    }
}

/// One delegation of a suspended chain: a body and where it stands.
///
/// See [`Generator::delegation_chain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub(crate) name: String,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl Link {
    pub(crate) fn new(name: &str, at: &'static std::panic::Location<'static>) -> Self {
        Self { name: short_name(name).to_owned(), file: at.file(), line: at.line() }
    }

    /// Returns the body's name: its function's, or the one given by [`Builder::name`](crate::Builder::name).
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Co, Generator, Result};
    /// fn spin(co: &Co<i32>) -> Result<()> { co.yield_(1) }
    ///
    /// assert_eq!(Generator::new(spin).delegation_chain()[0].name(), "spin");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the source file of the line where the body is suspended.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// g.next()?;
    /// assert_eq!(g.delegation_chain()[0].file(), file!());
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line where the body is suspended, or where it was made if it has not started.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1)); let here = line!();
    /// assert_eq!(g.delegation_chain()[0].line(), here);
    /// ```
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}() at {}:{}", self.name, self.file, self.line)
    }
}

/// Cuts a type's name down to what a person calls it: the function's name, without path, closures and parameters.
pub(crate) fn short_name(name: &str) -> &str {
    let mut name = name;
    while let Some(outer) = name.strip_suffix("::{{closure}}") {
        name = outer;
    }
    let mut depth = 0usize;
    let mut start = 0;
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    let last = &name[start..];
    match last.find('<') {
        Some(at) if at > 0 => &last[..at],
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn short_names_are_what_a_person_says() {
        let cases = [
            ("taxi_sim::taxi_process::{{closure}}", "taxi_process"),
            ("a::main::{{closure}}::{{closure}}", "main"),
            ("<a::Fleet as b::Model>::drive::{{closure}}", "drive"),
            ("a::walk<alloc::vec::Vec<i32>>", "walk"),
            ("core::str::iter::Chars", "Chars"),
            ("alloc::vec::into_iter::IntoIter<u8>", "IntoIter"),
            ("a::f<g::{{closure}}>::{{closure}}", "f"),
            ("a name with spaces", "a name with spaces"),
            ("", ""),
        ];
        for (name, short) in cases {
            assert_eq!(short_name(name), short, "{name}");
        }
    }
}
