//! `Error`: the exceptions that are thrown into a body and come out of it.

mod macros;
mod predicates;
mod send;
mod show;
mod traceback;

use std::any::{Any, type_name};
use std::panic::Location;
use std::ptr;
use std::rc::Rc;

pub use send::SendError;
pub use traceback::FrameSummary;
use traceback::Trace;
pub use traceback::hide_lines_of;

/// A `Result` whose error is this crate's [`Error`], unless the second parameter names another.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = dyn std::error::Error + 'static;

/// The program's error in an [`Error`], with the name of its type.
trait Payload: std::error::Error + 'static {
    fn type_name(&self) -> &'static str;
}

impl<E: std::error::Error + 'static> Payload for E {
    fn type_name(&self) -> &'static str {
        type_name::<E>()
    }
}

/// An exception: an error that is thrown into a generator, or that its body fails with.
///
/// It is one pointer wide and cheap to clone. The operator `?` makes it from any `std::error::Error
/// + 'static`. The errors that PEP 342 and PEP 380 define have the predicates below, such as
/// [`is_finished`](Error::is_finished). For all other errors use [`is`](Error::is) and
/// [`downcast_ref`](Error::downcast_ref).
///
/// It has a [`traceback`](Error::traceback): the line that made it, and the delegations that it has left
/// since. `{error}` shows the message, and `{error:?}` the traceback as well, as Python does:
///
/// ```text
/// Traceback (most recent call last):
///   File "src/main.rs", line 20, in download
///   File "src/main.rs", line 14, in fetch
/// core::num::error::ParseIntError: invalid digit found in string (ParseIntError { kind: InvalidDigit })
/// ```
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
pub struct Error(Rc<Raised>);

/// An exception, and where it was.
#[derive(Debug)]
struct Raised {
    repr: Repr,
    trace: Trace,
}

#[derive(Debug)]
enum Repr {
    // These two come first: one comparison tells them from all others, which have tracebacks.
    GeneratorExit(Option<Box<dyn Payload>>),
    Cancelled,
    AlreadyExecuting,
    JustStarted,
    IgnoredExit,
    Finished(Option<Box<dyn Payload>>),
    RaisedStopIteration(Error),
    NoSend,
    Panicking,
    NotRunning,
    Unwound,
    GivenUp,
    Stack(String),
    Other(Box<dyn Payload>),
    /// The same error as this one, which another holder has as well, with a traceback of its own.
    Given(Error),
}

thread_local! {
    // Programs throw these often. One of each is made for a thread, so that throwing it costs an
    // increment of a count instead of an allocation.
    static GENERATOR_EXIT: Error = Error::of(Repr::GeneratorExit(None));
    static CANCELLED: Error = Error::of(Repr::Cancelled);
}

impl Error {
    /// Makes an error of the library's own, or one without a traceback.
    fn of(repr: Repr) -> Self {
        let trace = Trace::default();
        Self(Rc::new(Raised { repr, trace }))
    }

    /// Makes an error at a line of the program.
    fn made_at(repr: Repr, line: &'static Location<'static>) -> Self {
        let trace = Trace::begin(line);
        Self(Rc::new(Raised { repr, trace }))
    }

    /// Makes an exception of any error, as `?` does. Its traceback begins at the line of the call.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Error;
    ///
    /// let error = Error::new(std::fmt::Error);
    /// assert!(error.is::<std::fmt::Error>());
    /// ```
    #[track_caller]
    pub fn new(error: impl std::error::Error + 'static) -> Self {
        let line = Location::caller();
        let sent = (&error as &dyn Any).downcast_ref::<SendError>();
        let trace = sent.map_or_else(|| Trace::begin(line), |sent| sent.trace(line));
        let repr = Repr::Other(Box::new(error));
        Self(Rc::new(Raised { repr, trace }))
    }

    /// Makes an error that shows this message. Its traceback begins at the line of the call.
    ///
    /// [`bail!`](crate::bail) and [`ensure!`](crate::ensure) make such errors and return them.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Error;
    ///
    /// assert_eq!(Error::msg("no more cards").to_string(), "no more cards");
    /// ```
    #[track_caller]
    pub fn msg(message: impl Into<String>) -> Self {
        let message = show::Message(message.into());
        Self::made_at(Repr::Other(Box::new(message)), Location::caller())
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
            .unwrap_or_else(|_| Self::of(Repr::GeneratorExit(None)))
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
        Self::of(Repr::GeneratorExit(Some(Box::new(error))))
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
            .unwrap_or_else(|_| Self::of(Repr::Cancelled))
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
    #[track_caller]
    pub fn stop_iteration(error: impl std::error::Error + 'static) -> Self {
        Self::made_at(Repr::Finished(Some(Box::new(error))), Location::caller())
    }

    pub(crate) fn finished() -> Self {
        Self::of(Repr::Finished(None))
    }

    pub(crate) fn already_executing() -> Self {
        Self::of(Repr::AlreadyExecuting)
    }

    pub(crate) fn just_started() -> Self {
        Self::of(Repr::JustStarted)
    }

    pub(crate) fn ignored_exit() -> Self {
        Self::of(Repr::IgnoredExit)
    }

    pub(crate) fn no_send() -> Self {
        Self::of(Repr::NoSend)
    }

    pub(crate) fn panicking() -> Self {
        Self::of(Repr::Panicking)
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn not_running() -> Self {
        Self::of(Repr::NotRunning)
    }

    pub(crate) fn unwound() -> Self {
        Self::of(Repr::Unwound)
    }

    pub(crate) fn given_up() -> Self {
        Self::of(Repr::GivenUp)
    }

    pub(crate) fn stack(why: String) -> Self {
        Self::of(Repr::Stack(why))
    }

    /// Applies PEP 479 to an error that is about to leave a body: a `StopIteration` gets wrapped.
    pub(crate) fn leaving_body(self) -> Self {
        if !self.is_finished() {
            return self;
        }
        let trace = self.0.trace.clone();
        let repr = Repr::RaisedStopIteration(self);
        Self(Rc::new(Raised { repr, trace }))
    }

    /// Returns what the error is, also if it is a copy.
    fn repr(&self) -> &Repr {
        match &self.0.repr {
            Repr::Given(original) => &original.0.repr,
            repr => repr,
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
            Ok(Raised { repr, trace }) => repr
                .downcast()
                .map_err(|repr| Self(Rc::new(Raised { repr, trace }))),
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
        ptr::eq(self.repr(), other.repr())
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
        match self.repr() {
            Repr::RaisedStopIteration(inner) => inner.custom(),
            _ => self.payload()?.source(),
        }
    }

    fn custom(&self) -> Option<&Source> {
        self.payload().map(|payload| payload as &Source)
    }

    fn payload(&self) -> Option<&dyn Payload> {
        match self.repr() {
            Repr::Other(error) | Repr::Finished(Some(error)) | Repr::GeneratorExit(Some(error)) => {
                Some(&**error)
            }
            _ => None,
        }
    }
}

impl Repr {
    /// Takes the program's error out, which is an `E`.
    fn downcast<E: std::error::Error + 'static>(self) -> Result<E, Self> {
        match self {
            Self::Other(error) | Self::Finished(Some(error)) | Self::GeneratorExit(Some(error)) => {
                let error: Box<Source> = error;
                Ok(*error.downcast().expect("asked before"))
            }
            Self::Given(original) => original.downcast().map_err(Self::Given),
            other => Err(other),
        }
    }
}

impl<E: std::error::Error + 'static> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Self {
        Self::new(error)
    }
}
