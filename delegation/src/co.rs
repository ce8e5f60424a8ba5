//! `Co`: the argument of a body, by which the body suspends. `Delegate`: what the body can delegate
//! to, which is given the `Co`. So the two name each other, and stand in one file.

use std::fmt;
use std::panic::Location;

use crate::coroutine::{Message, Suspender};
use crate::error::{Error, Result};

/// The handle by which a body yields and delegates.
///
/// A body gets `&Co` as its argument and passes it on to the functions that it calls. Each of them
/// can then suspend the whole generator. `Y` is the type of the yielded values. `S` is the type of
/// the values that are sent in.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Co, Generator, GeneratorState::*, Result};
///
/// fn ask(co: &Co<String, i32>, what: &str) -> Result<i32> {
///     co.yield_(format!("{what}?"))
/// }
///
/// let g = Generator::new(|co| Ok(ask(co, "width")? * ask(co, "height")?));
/// assert_eq!(g.next()?, Yielded("width?".to_string()));
/// assert_eq!(g.send(6)?, Yielded("height?".to_string()));
/// assert_eq!(g.send(7)?, Complete(42));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
///
/// A `Co` belongs to its body and its thread. This does not compile:
///
/// ```compile_fail
/// use yieldfrom_delegation::{Co, Generator};
///
/// Generator::<i32>::new(|co| {
///     std::thread::scope(|s| { s.spawn(|| co.yield_(1)); });
///     Ok(())
/// });
/// ```
pub struct Co<Y, S = ()> {
    pub(crate) suspender: Suspender<Y, S>,
}

impl<Y: 'static, S: 'static> Co<Y, S> {
    /// Suspends the generator with a value, and returns the value that is sent in.
    ///
    /// This is PEP 342's yield expression. After [`next`](crate::Generator::next), the value sent
    /// is `S::default()`, which stands for Python's `None`.
    ///
    /// # Errors
    ///
    /// - The error that [`throw`](crate::Generator::throw) has thrown in.
    /// - [`is_generator_exit`](Error::is_generator_exit): the generator is being closed or dropped.
    ///   The body should end.
    /// - [`is_panicking`](Error::is_panicking): a panic unwinds the thread, so this body cannot
    ///   suspend. `value` is dropped.
    /// - [`is_not_running`](Error::is_not_running): the body of this `Co` does not run. `value` is
    ///   dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Generator, GeneratorState::*};
    ///
    /// let g: Generator<_, i32, _> = Generator::new(|co| {
    ///     let a = co.yield_("first")?;
    ///     let b = co.yield_("second")?;
    ///     Ok(a + b)
    /// });
    /// assert_eq!(g.next()?, Yielded("first"));
    /// assert_eq!(g.send(1)?, Yielded("second"));
    /// assert_eq!(g.send(2)?, Complete(3));
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[doc(alias = "yield")]
    #[inline(always)]
    #[track_caller]
    pub fn yield_(&self, value: Y) -> Result<S> {
        self.suspender.set_location(Location::caller());
        self.yield_through(value)
    }

    /// Yields a value on behalf of the `yield_from` that is under way.
    ///
    /// It does the same as [`yield_`](Co::yield_), but reports still show the line of the last
    /// `yield_from`. So when a library waits in its own code, reports show the line of its user.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`yield_`](Co::yield_).
    #[inline(always)]
    pub fn yield_through(&self, value: Y) -> Result<S> {
        match self.suspender.suspend(value) {
            Message::Next(value) | Message::Send(value) => Ok(value),
            Message::Throw(error) => Err(error),
            message => interrupted(message),
        }
    }

    /// Runs a part of a delegation that may delegate itself. Afterwards, chains and reports show the line
    /// from before again.
    ///
    /// A library needs it if it calls its user's code and then waits by
    /// [`yield_through`](Co::yield_through).
    pub fn keep_line<R>(&self, part: impl FnOnce() -> R) -> R {
        let line = self.suspender.location();
        let result = part();
        self.suspender.set_location(line);
        result
    }

    /// Returns whether the body of this `Co` runs: its code, or what it has called or resumed, is what calls this.
    ///
    /// A body that does not run cannot suspend. Code that got the `Co` by other means than as its body's argument asks this.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let g: Generator<i32> = Generator::new(|co| {
    ///     assert!(co.is_running());
    ///     co.yield_(1)
    /// });
    /// g.next()?;
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn is_running(&self) -> bool {
        self.suspender.is_running()
    }

    /// Returns the [address](crate::Generator::address) of the generator whose body has this `Co`.
    ///
    /// So a library that is given a `Co` knows whether it drives the generator itself.
    #[inline(always)]
    pub fn generator_address(&self) -> *const () {
        self.suspender.generator_address()
    }

    /// Delegates to another generator, closure or iterator until it ends, and returns its result.
    ///
    /// This is PEP 380's `yield from`. The caller that drives this generator gets the values that
    /// the delegate yields. The delegate gets the values and errors that the caller sends and
    /// throws. See [`Delegate`] for the types that can be delegated to.
    ///
    /// # Errors
    ///
    /// - The error that the delegate fails with.
    /// - [`is_finished`](Error::is_finished): the delegate is a generator that had ended before, or
    ///   that other code has driven to its end meanwhile.
    /// - [`is_already_executing`](Error::is_already_executing): the delegate is a generator that is
    ///   running, for example this one.
    /// - [`is_no_send`](Error::is_no_send): a value was sent to an iterator.
    /// - [`is_stack`](Error::is_stack): there is no stack for the delegate.
    /// - [`is_panicking`](Error::is_panicking): the delegate is a generator, and a panic unwinds
    ///   the thread.
    /// - [`is_not_running`](Error::is_not_running): the body of this `Co` does not run.
    /// - The error that is thrown in, if the delegate is an iterator or has ended: neither can take
    ///   it.
    ///
    /// # Panics
    ///
    /// Panics if the delegate panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{iter, Co, Generator, Result};
    ///
    /// fn letters(co: &Co<char>) -> Result<usize> {
    ///     co.yield_from(iter("ab".chars()))?;
    ///     Ok(2)
    /// }
    ///
    /// let g = Generator::new(|co| {
    ///     let n = co.yield_from(letters)?; // on the same stack
    ///     let digits = Generator::new(|co| co.yield_from(iter("12".chars())));
    ///     co.yield_from(digits)?; // on a stack of its own
    ///     assert_eq!(n, 2);
    ///     Ok(())
    /// });
    /// assert_eq!(g.collect::<Result<String>>()?, "ab12");
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[doc(alias = "await")]
    #[inline(always)]
    #[track_caller]
    pub fn yield_from<D: Delegate<Y, S>>(&self, delegate: D) -> Result<D::Output> {
        self.suspender.set_location(Location::caller());
        delegate.delegate_traced(self)
    }
}

/// A type that [`Co::yield_from`] can delegate to: it yields `Y`, is sent `S`, and ends with a
/// result.
///
/// | delegate | runs on | accepts |
/// | --- | --- | --- |
/// | a closure or function `FnOnce(&Co<Y, S>) -> Result<R>` | the delegator's stack | values and errors |
/// | a [`Generator`](crate::Generator), or a reference to one | its own stack | values and errors |
/// | an iterator, through [`iter`](crate::iter()) | the delegator's stack | only `next` |
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be delegated to by a body that yields `{Y}` and is sent `{S}`",
    label = "`yield_from` cannot take this",
    note = "`yield_from` takes a function or a closure `|co| ...` that returns a `Result`, a `Generator` whose \
            values have the same types, and an iterator by `iter(...)`",
    note = "by a reference to it, what keeps its result gives a clone: the type of the result needs `Clone`",
    note = "a future of async/await is delegated to by `from_std(future)`, of the feature `futures` of `yieldfrom`"
)]
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

    /// Does the same for a `yield_from`, whose line is added to the traceback of an error.
    #[doc(hidden)]
    #[inline(always)]
    #[track_caller]
    fn delegate_traced(self, co: &Co<Y, S>) -> Result<Self::Output>
    where
        Self: Sized,
    {
        let mut result = self.delegate(co);
        // A result is not moved for this, as a match of it would.
        if matches!(&result, Err(error) if error.is_traced()) {
            let line = Location::caller();
            result = result.map_err(|error| come_to(error, line));
        }
        result
    }
}

#[cold]
#[inline(never)]
fn come_to(mut error: Error, line: &'static Location<'static>) -> Error {
    error.come_to(Some(line));
    error
}

/// Handles the messages that are neither values nor errors. Only slow paths call this.
#[cold]
pub(crate) fn interrupted<S, R>(message: Message<S>) -> Result<R> {
    match message {
        Message::Unwind => crate::coroutine::unwind(),
        Message::Throw(error) => Err(error),
        Message::Panic(payload) => std::panic::resume_unwind(*payload),
        Message::Finished => Err(Error::finished()),
        Message::Next(_) | Message::Send(_) | Message::Returned => {
            unreachable!("values go to yields, results to delegations")
        }
    }
}

impl<Y, S> fmt::Debug for Co<Y, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Co").finish_non_exhaustive()
    }
}
