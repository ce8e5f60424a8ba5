//! Coroutines: what a task drives.

use std::borrow::Cow;
use std::fmt;

use yieldfrom_delegation::{Builder, Delegate, Generator, Link, Result, State, report};

use super::event_loop::{Place, default_stack_size, is_ours};
use super::request::{Co, Request};
use crate::errors::panics::Panics;

/// Makes a coroutine out of a body. It does not start it.
///
/// The counterpart of asyncio's `@coroutine` decorator: a *coroutine function* is a function that
/// returns `coroutine(move |co| ...)`. It is named after that function. Its stack has the size
/// that the thread's current loop gives to coroutines, see
/// [`LoopBuilder::stack_size`](crate::LoopBuilder::stack_size).
///
/// # Examples
///
/// ```
/// use yieldfrom::{Coroutine, coroutine, run_sync};
///
/// fn greet(name: &'static str) -> Coroutine<String> {
///     coroutine(move |_co| Ok(format!("hello, {name}")))
/// }
///
/// assert_eq!(run_sync(greet("world"))?, "hello, world");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "async")]
#[inline]
#[track_caller]
pub fn coroutine<T, F>(body: F) -> Coroutine<T>
where
    T: 'static,
    F: FnOnce(&Co) -> Result<T> + 'static,
{
    CoroutineBuilder::new().build(body)
}

/// Makes a coroutine out of a body that was given to the library, where `coroutine` makes that of a coroutine
/// function. A closure is shown as one.
#[inline]
#[track_caller]
pub(super) fn given<T, F>(body: F) -> Coroutine<T>
where
    T: 'static,
    F: FnOnce(&Co) -> Result<T> + 'static,
{
    let builder = Builder::new().stack_size(default_stack_size());
    CoroutineBuilder(builder.named_as_given::<F>()).build(body)
}

/// Settings for a coroutine: its name and the size of its stack.
///
/// # Examples
///
/// ```
/// use yieldfrom::{CoroutineBuilder, run_sync};
///
/// let deep = CoroutineBuilder::new().name("deep").stack_size(8 << 20).build(|_co| Ok(42));
/// assert_eq!(run_sync(deep)?, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CoroutineBuilder(Builder);

impl Default for CoroutineBuilder {
    fn default() -> Self {
        Self(Builder::new().stack_size(default_stack_size()))
    }
}

impl CoroutineBuilder {
    /// Starts from the defaults: the body's own name, and the stack size of the current loop.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name that reports use, instead of the function's.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self(self.0.name(name))
    }

    /// Sets the stack's size in bytes, see [`Builder::stack_size`].
    pub fn stack_size(self, bytes: usize) -> Self {
        Self(self.0.stack_size(bytes))
    }

    /// Makes a coroutine with these settings.
    #[inline]
    #[track_caller]
    pub fn build<T, F>(self, body: F) -> Coroutine<T>
    where
        T: 'static,
        F: FnOnce(&Co) -> Result<T> + 'static,
    {
        Coroutine(Some(self.0.build(body)))
    }
}

/// A coroutine object: a body that a task, or another coroutine, is going to drive.
///
/// asyncio's generator-based coroutine. It runs nothing until another coroutine awaits it by
/// [`co.yield_from(coroutine)`](yieldfrom_delegation::Co::yield_from), or until it becomes a task. A
/// coroutine that is dropped without either is an error of the program, and is logged as one.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Coroutine, coroutine, run_sync};
///
/// fn double(x: i32) -> Coroutine<i32> {
///     coroutine(move |_co| Ok(2 * x))
/// }
///
/// let sum = run_sync(|co: &Co| Ok(co.yield_from(double(1))? + co.yield_from(double(20))?))?;
/// assert_eq!(sum, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "a coroutine does nothing until it is awaited or made a task"]
pub struct Coroutine<T: 'static>(Option<Generator<Request, (), T>>);

impl<T: 'static> Coroutine<T> {
    /// Returns the name of the body.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Result, coroutine};
    ///
    /// fn spin(_: &Co) -> Result<()> { Ok(()) }
    ///
    /// let coroutine = coroutine(spin);
    /// assert_eq!(coroutine.name(), "spin");
    /// coroutine.ignore();
    /// ```
    pub fn name(&self) -> Cow<'_, str> {
        self.0.as_ref().map_or("".into(), Generator::name)
    }

    /// Drops the coroutine on purpose, without the error that it was never driven.
    ///
    /// Python's `coroutine.close()`.
    pub fn ignore(mut self) {
        drop(self.0.take());
    }

    /// Makes reports show this line, if the library made the coroutine on behalf of it.
    pub(crate) fn stands_for(&self, place: Place) {
        if let Some(generator) = &self.0
            && is_ours(generator.origin().location())
        {
            generator.set_origin(place);
        }
    }

    #[inline(always)]
    pub(crate) fn into_generator(mut self) -> Generator<Request, (), T> {
        self.0
            .take()
            .expect("only the methods that consume it empty it")
    }
}

/// A generator that makes only requests is a coroutine.
impl<T: 'static> From<Generator<Request, (), T>> for Coroutine<T> {
    fn from(generator: Generator<Request, (), T>) -> Self {
        Self(Some(generator))
    }
}

impl<T: 'static> Drop for Coroutine<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(generator) = &self.0
            && generator.state() == State::Created
        {
            let origin = generator.origin();
            never_driven(&origin, self.0.take());
        }
    }
}

#[cold]
fn never_driven(origin: &Link, body: impl Sized) {
    let mut panics = Panics::default();
    panics.catch(|| {
        report!(
            target: "yieldfrom::coroutine", Error,
            "coroutine {} was never awaited (created at {}:{})",
            origin.call(), origin.file(), origin.line()
        );
    });
    // Not while the first panic unwinds.
    panics.catch(|| drop(body));
    panics.resume();
}

impl<T: 'static> fmt::Debug for Coroutine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<Coroutine {}>",
            self.0
                .as_ref()
                .map_or_else(String::new, |it| it.origin().call())
        )
    }
}

impl<T: 'static> Delegate<Request, ()> for Coroutine<T> {
    type Output = T;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.into_generator().delegate(co)
    }

    #[inline(always)]
    #[track_caller]
    fn delegate_traced(self, co: &Co) -> Result<T> {
        self.into_generator().delegate_traced(co)
    }
}
