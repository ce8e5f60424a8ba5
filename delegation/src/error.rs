//! `Error`: the exceptions that are thrown into a body and come out of it.

mod predicates;

use std::fmt;
use std::rc::Rc;

/// A `Result` whose error is this crate's [`Error`], unless the second parameter names another.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = dyn std::error::Error + 'static;

/// An exception: an error that is thrown into a generator, or that its body fails with.
///
/// It is one pointer wide and cheap to clone. The operator `?` makes it from any `std::error::Error
/// + 'static`. The errors that PEP 342 and PEP 380 define have the predicates below, such as
/// [`is_finished`](Error::is_finished). For all other errors use [`is`](Error::is) and
/// [`downcast_ref`](Error::downcast_ref).
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Co, Generator, Result};
///
/// fn parse(co: &Co<i64, Option<&'static str>>) -> Result<()> {
///     let text = co.yield_(0)?.unwrap_or("");
///     co.yield_(text.parse()?)?; // a ParseIntError becomes an Error
///     Ok(())
/// }
///
/// let g = Generator::new(parse);
/// g.next()?;
/// let error = g.send(Some("twelve")).unwrap_err();
/// assert!(error.is::<std::num::ParseIntError>());
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Rc<Repr>);

#[derive(Debug)]
enum Repr {
    GeneratorExit(Option<Box<Source>>),
    Cancelled,
    AlreadyExecuting,
    JustStarted,
    IgnoredExit,
    Finished(Option<Box<Source>>),
    RaisedStopIteration(Error),
    NoSend,
    Panicking,
    NotRunning,
    Unwound,
    GivenUp,
    Stack(String),
    Other(Box<Source>),
}

thread_local! {
    // Programs throw these often. One of each is made for a thread, so that throwing it costs an
    // increment of a count instead of an allocation.
    static GENERATOR_EXIT: Error = Error(Rc::new(Repr::GeneratorExit(None)));
    static CANCELLED: Error = Error(Rc::new(Repr::Cancelled));
}

impl Error {
    /// Makes an exception of any error, as `?` does.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Error;
    ///
    /// let error = Error::new(std::fmt::Error);
    /// assert!(error.is::<std::fmt::Error>());
    /// ```
    pub fn new(error: impl std::error::Error + 'static) -> Self {
        Self(Rc::new(Repr::Other(Box::new(error))))
    }

    /// Makes an error that shows this message.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Error;
    ///
    /// assert_eq!(Error::msg("no more cards").to_string(), "no more cards");
    /// ```
    pub fn msg(message: impl Into<String>) -> Self {
        Self(Rc::new(Repr::Other(message.into().into())))
    }

    /// Returns the exception that [`close`](crate::Generator::close) throws into a body.
    ///
    /// It is PEP 342's `GeneratorExit`. A body that receives it should clean up and end: it
    /// returns, or passes the error on.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Error, Generator};
    ///
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// g.next()?;
    /// let error = g.throw(Error::generator_exit()).unwrap_err(); // the body passes it on
    /// assert!(error.is_generator_exit());
    /// # Ok::<(), Error>(())
    /// ```
    #[doc(alias = "GeneratorExit")]
    #[inline]
    pub fn generator_exit() -> Self {
        // The fallback is for destructors of other thread locals, which may run after this one.
        GENERATOR_EXIT
            .try_with(Error::clone)
            .unwrap_or_else(|_| Self(Rc::new(Repr::GeneratorExit(None))))
    }

    /// Makes a `GeneratorExit` that carries another error.
    ///
    /// Generators treat it like the `GeneratorExit` of a close. [`is`](Error::is) and
    /// [`downcast_ref`](Error::downcast_ref) find the error inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Error;
    ///
    /// let error = Error::generator_exit_with(std::fmt::Error);
    /// assert!(error.is_generator_exit() && error.is::<std::fmt::Error>());
    /// ```
    pub fn generator_exit_with(error: impl std::error::Error + 'static) -> Self {
        Self(Rc::new(Repr::GeneratorExit(Some(Box::new(error)))))
    }

    /// Returns the exception that cancels a task: asyncio's `CancelledError`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Error, Generator, GeneratorState::*};
    ///
    /// let g: Generator<&str> = Generator::new(|co| match co.yield_("working") {
    ///     Err(error) if error.is_cancelled() => co.yield_("cleaning up"),
    ///     other => other,
    /// });
    /// g.next()?;
    /// assert_eq!(g.throw(Error::cancelled())?, Yielded("cleaning up"));
    /// # Ok::<(), Error>(())
    /// ```
    #[doc(alias = "CancelledError")]
    #[inline]
    pub fn cancelled() -> Self {
        CANCELLED
            .try_with(Error::clone)
            .unwrap_or_else(|_| Self(Rc::new(Repr::Cancelled)))
    }

    /// Makes a `StopIteration` that carries another error.
    ///
    /// A body cannot fail with this error. As PEP 479 says, another error leaves the body in its
    /// place: [`is_raised_stop_iteration`](Error::is_raised_stop_iteration).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Error;
    ///
    /// let error = Error::stop_iteration(std::fmt::Error);
    /// assert!(error.is_finished() && error.is::<std::fmt::Error>());
    /// ```
    #[doc(alias = "StopIteration")]
    pub fn stop_iteration(error: impl std::error::Error + 'static) -> Self {
        Self(Rc::new(Repr::Finished(Some(Box::new(error)))))
    }

    pub(crate) fn finished() -> Self {
        Self(Rc::new(Repr::Finished(None)))
    }

    pub(crate) fn already_executing() -> Self {
        Self(Rc::new(Repr::AlreadyExecuting))
    }

    pub(crate) fn just_started() -> Self {
        Self(Rc::new(Repr::JustStarted))
    }

    pub(crate) fn ignored_exit() -> Self {
        Self(Rc::new(Repr::IgnoredExit))
    }

    pub(crate) fn no_send() -> Self {
        Self(Rc::new(Repr::NoSend))
    }

    pub(crate) fn panicking() -> Self {
        Self(Rc::new(Repr::Panicking))
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn not_running() -> Self {
        Self(Rc::new(Repr::NotRunning))
    }

    pub(crate) fn unwound() -> Self {
        Self(Rc::new(Repr::Unwound))
    }

    pub(crate) fn given_up() -> Self {
        Self(Rc::new(Repr::GivenUp))
    }

    pub(crate) fn stack(why: String) -> Self {
        Self(Rc::new(Repr::Stack(why)))
    }

    /// Applies PEP 479 to an error that is about to leave a body: a `StopIteration` gets wrapped.
    pub(crate) fn leaving_body(self) -> Self {
        if self.is_finished() {
            Self(Rc::new(Repr::RaisedStopIteration(self)))
        } else {
            self
        }
    }

    /// Returns whether this error contains an `E`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Error;
    /// assert!(Error::new(std::fmt::Error).is::<std::fmt::Error>());
    /// ```
    pub fn is<E: std::error::Error + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Returns the `E` that this error contains, if it contains one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Error;
    /// let error: Error = "x".parse::<i32>().unwrap_err().into();
    /// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    /// ```
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.custom()?.downcast_ref()
    }

    /// Takes out the `E` that this error contains, if this is the only reference to it.
    ///
    /// # Errors
    ///
    /// Returns this error unchanged if it contains no `E`, or if a clone of it exists.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Error;
    /// let error = Error::new(std::fmt::Error);
    /// assert_eq!(error.downcast::<std::fmt::Error>().unwrap(), std::fmt::Error);
    /// ```
    pub fn downcast<E: std::error::Error + 'static>(self) -> Result<E, Self> {
        if !self.is::<E>() {
            return Err(self);
        }
        match Rc::try_unwrap(self.0) {
            Ok(
                Repr::Other(error) | Repr::Finished(Some(error)) | Repr::GeneratorExit(Some(error)),
            ) => Ok(*error.downcast().expect("asked before")),
            Ok(repr) => Err(Self(Rc::new(repr))),
            Err(shared) => Err(Self(shared)),
        }
    }

    /// Returns whether both are the same error, as Python's `is` does. A clone is the same error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Error;
    /// let error = Error::msg("x");
    /// assert!(error.ptr_eq(&error.clone()) && !error.ptr_eq(&Error::msg("x")));
    /// ```
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Returns the error that caused this one, as `std::error::Error::source` does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Error, Generator};
    /// let g: Generator<i32> = Generator::new(|_| Err(Error::stop_iteration(std::fmt::Error)));
    /// let raised = g.next().unwrap_err(); // PEP 479 wraps the `StopIteration`
    /// assert!(raised.source().is_some_and(|inner| inner.is::<std::fmt::Error>()));
    /// ```
    pub fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Repr::RaisedStopIteration(inner) => inner.custom(),
            _ => self.custom()?.source(),
        }
    }

    fn custom(&self) -> Option<&Source> {
        match &*self.0 {
            Repr::Other(error) | Repr::Finished(Some(error)) | Repr::GeneratorExit(Some(error)) => {
                Some(&**error)
            }
            _ => None,
        }
    }

    fn text(&self) -> &str {
        match &*self.0 {
            Repr::GeneratorExit(_) => "generator exit",
            Repr::Cancelled => "cancelled",
            Repr::AlreadyExecuting => "generator already executing",
            Repr::JustStarted => "can't send a value to a just-started generator: call next first",
            Repr::IgnoredExit => "generator ignored GeneratorExit: it yielded instead of ending",
            Repr::Finished(_) => "generator already finished",
            Repr::RaisedStopIteration(_) => "generator raised StopIteration",
            Repr::NoSend => "iterator has no send: delegate to a generator to receive values",
            Repr::Panicking => "can't suspend a generator while a panic unwinds its thread",
            Repr::NotRunning => {
                "can't suspend a body by a `Co` while that body does not run: \
                 use the `Co` of the body that runs"
            }
            Repr::Unwound => {
                "the body was ended by a forced unwinding, whose payload must not be kept or \
                 thrown elsewhere"
            }
            Repr::GivenUp => {
                "can't resume a generator whose stack was given up: its thread destroys its thread \
                 locals, or its body did not end while a panic unwound the thread"
            }
            Repr::Stack(why) => why,
            Repr::Other(_) => unreachable!("shown by its own Display"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.custom() {
            Some(error) => fmt::Display::fmt(error, f),
            None => f.write_str(self.text()),
        }
    }
}

/// Shows the message and the chain of sources, so that `main` can return this error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.0.fmt(f);
        }
        write!(f, "{self}")?;
        let mut source = self.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl<E: std::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// An [`Error`] as a `std::error::Error`. `Error` itself cannot implement that trait, or `?` could
/// not convert every error into it.
#[derive(Debug)]
struct Wrapped(Error);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<Error> for Box<dyn std::error::Error> {
    fn from(error: Error) -> Self {
        Box::new(Wrapped(error))
    }
}
