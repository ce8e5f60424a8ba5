//! The exceptions of asyncio, as error types.
//!
//! They travel inside an [`Error`](crate::Error). [`is`](crate::Error::is) tells them apart:
//! `error.is::<TimeoutError>()`. asyncio's `CancelledError` is not among them, as it is part of the
//! generators' protocol: [`is_cancelled`](crate::Error::is_cancelled).

mod describe;
pub(crate) mod panics;

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::Location;

use yieldfrom_delegation::{Error, Result, exception};

pub(crate) use describe::{describe, io_error, refused};
use panics::Payload;

/// Has tracebacks show no lines of the library: an error that it makes has the line of its user.
#[cfg(feature = "simulation")]
pub(crate) fn hide_own_lines() {
    if let Some(root) = file!().strip_suffix("errors.rs") {
        yieldfrom_delegation::hide_lines_of(root);
    }
}

/// The results of the library's functions.
pub(crate) trait AtCaller {
    /// Has the traceback of an error that the library has made begin at the caller's line, where the caller is
    /// `#[track_caller]`. It is for errors that are made in a closure, or further below.
    fn at_caller(self) -> Self;
}

impl<T> AtCaller for Result<T> {
    #[inline(always)]
    #[track_caller]
    fn at_caller(self) -> Self {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.made_for(Location::caller())),
        }
    }
}

macro_rules! plain_errors {
    ($($(#[$doc:meta])* $name:ident => $message:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name;

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($message)
            }
        }

        impl std::error::Error for $name {}
    )*};
}

plain_errors! {
    /// A wait took longer than its timeout.
    #[doc(alias = "Elapsed")]
    TimeoutError => "the timeout has passed";
    /// There was nothing to get from a queue at once.
    QueueEmpty => "the queue is empty";
    /// There was no room in a queue at once.
    QueueFull => "the queue is full";
    /// The queue was shut down.
    QueueShutDown => "the queue is shut down";
    /// The barrier was broken, by `abort` or `reset`.
    BrokenBarrierError => "the barrier is broken";
    /// Ctrl-C has ended a run. Needs the feature `signal`.
    #[doc(alias = "ctrl_c")]
    KeyboardInterrupt => "interrupted by Ctrl-C";
}

exception! {
    /// A future was asked for what its state does not allow, such as its result while pending.
    pub InvalidStateError,
    /// An operation was called at a time, or in a place, where it cannot work.
    pub RuntimeError,
    /// An argument has a value that makes no sense.
    ///
    /// # Examples
    ///
    /// `raise ValueError('no fuel')`:
    ///
    /// ```
    /// use yieldfrom::{Co, Result, ValueError, bail, run};
    ///
    /// fn drive(_: &Co) -> Result<()> {
    ///     bail!(ValueError::new("no fuel"))
    /// }
    ///
    /// let error = run(drive).unwrap_err();
    /// assert!(error.is::<ValueError>());
    /// assert_eq!(error.to_string(), "no fuel");
    /// ```
    pub ValueError,
    /// An argument has a type that the operation cannot take.
    ///
    /// The library itself never gives this error, because such a call does not compile.
    pub TypeError,
}

/// A stream ended before everything was read.
///
/// asyncio's `IncompleteReadError`. It has the data that was read so far, which the stream has no more.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, IncompleteReadError, StreamReader, run_sync};
///
/// let reader = StreamReader::new(1024)?;
/// reader.feed_data(b"abc")?;
/// reader.feed_eof();
/// let error = run_sync(move |co: &Co| co.yield_from(reader.readexactly(5))).unwrap_err();
/// let incomplete = error.downcast_ref::<IncompleteReadError>().unwrap();
/// assert_eq!((incomplete.partial(), incomplete.expected()), (&b"abc"[..], Some(5)));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncompleteReadError {
    partial: Vec<u8>,
    expected: Option<usize>,
}

impl IncompleteReadError {
    pub(crate) fn new(partial: Vec<u8>, expected: Option<usize>) -> Self {
        Self { partial, expected }
    }

    pub(crate) fn into_partial(self) -> Vec<u8> {
        self.partial
    }

    /// Returns the data that was read before the end.
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// Returns how many bytes the caller wanted; none if it wanted all up to a separator.
    pub fn expected(&self) -> Option<usize> {
        self.expected
    }
}

impl fmt::Display for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.partial.len();
        write!(f, "the stream ended after {read} ")?;
        match self.expected {
            Some(n) => write!(f, "of {n} bytes"),
            None => f.write_str("bytes, without a separator"),
        }
    }
}

impl std::error::Error for IncompleteReadError {}

/// The separator comes after more bytes than a stream may hold, or has not come within these.
///
/// asyncio's `LimitOverrunError`. The data stays in the stream.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, LimitOverrunError, StreamReader, run_sync};
///
/// let reader = StreamReader::new(4)?;
/// reader.feed_data(b"a long line\n")?;
/// let error = run_sync(move |co: &Co| co.yield_from(reader.readuntil(b"\n"))).unwrap_err();
/// assert_eq!(error.downcast_ref::<LimitOverrunError>().unwrap().consumed(), 11);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitOverrunError {
    found: bool,
    consumed: usize,
}

impl LimitOverrunError {
    pub(crate) fn new(found: bool, consumed: usize) -> Self {
        Self { found, consumed }
    }

    /// Returns how many bytes at the front are not part of a separator. You can read this many to get
    /// rid of them.
    pub fn consumed(&self) -> usize {
        self.consumed
    }
}

impl fmt::Display for LimitOverrunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.consumed;
        let what = match self.found {
            true => format!("the separator comes after {n} bytes"),
            false => format!("no separator in {n} bytes"),
        };
        write!(f, "{what}, which is over the stream's limit")
    }
}

impl std::error::Error for LimitOverrunError {}

/// A coroutine, a callback or a job panicked.
///
/// A panic ends the task in which it happens, with this error. The loop goes on.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Panicked, run_sync};
///
/// std::panic::set_hook(Box::new(|_| ())); // quiet
/// let error = run_sync(|_: &Co| -> yieldfrom::Result<()> { panic!("no fuel") }).unwrap_err();
/// assert_eq!(error.downcast_ref::<Panicked>().unwrap().message(), "no fuel");
/// ```
pub struct Panicked {
    message: String,
    payload: Cell<Option<Payload>>,
}

impl Panicked {
    pub(crate) fn new(payload: Payload) -> Self {
        let text = payload.get().and_then(|content| {
            let string = content.downcast_ref::<String>().map(String::as_str);
            string.or_else(|| content.downcast_ref::<&str>().copied())
        });
        let message = text.unwrap_or("a value that is not a message").to_owned();
        Self {
            message,
            payload: Cell::new(Some(payload)),
        }
    }

    /// Returns the panic's message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Takes the payload of the panic, for [`resume_unwind`](std::panic::resume_unwind). Returns none
    /// the second time.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Panicked, run_sync};
    ///
    /// std::panic::set_hook(Box::new(|_| ()));
    /// let error = run_sync(|_: &Co| -> yieldfrom::Result<()> { std::panic::panic_any(7) }).unwrap_err();
    /// let payload = error.downcast_ref::<Panicked>().unwrap().take_payload();
    /// assert_eq!(*payload.unwrap().downcast::<i32>().unwrap(), 7);
    /// ```
    pub fn take_payload(&self) -> Option<Box<dyn Any + Send>> {
        self.payload.take().map(Payload::into_inner)
    }
}

impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panicked").field(&self.message).finish()
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)
    }
}

impl std::error::Error for Panicked {}

/// Several errors at once: those of a [`TaskGroup`](crate::TaskGroup).
///
/// Python 3.11's `ExceptionGroup`.
pub struct ExceptionGroup {
    message: &'static str,
    errors: Vec<Error>,
}

impl ExceptionGroup {
    pub(crate) fn new(message: &'static str, errors: Vec<Error>) -> Self {
        Self { message, errors }
    }

    /// Returns the errors, in the order in which they happened.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Error, ExceptionGroup, run_sync, task_group};
    ///
    /// let error = run_sync(|co: &Co| {
    ///     co.yield_from(task_group(|_, group| {
    ///         group.create_task(|_: &Co| Err::<(), _>(Error::msg("no fuel")));
    ///         Ok(())
    ///     }))
    /// })
    /// .unwrap_err();
    /// let group = error.downcast_ref::<ExceptionGroup>().unwrap();
    /// assert_eq!(group.errors()[0].to_string(), "no fuel");
    /// ```
    pub fn errors(&self) -> &[Error] {
        &self.errors
    }
}

impl ExceptionGroup {
    fn show_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.errors.len();
        let plural = if n == 1 { "" } else { "s" };
        write!(f, "{} ({n} sub-exception{plural})", self.message)
    }
}

/// Shows the message and the errors below it, each with its traceback, as Python does.
impl fmt::Debug for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_head(f)?;
        for (number, error) in (1..).zip(&self.errors) {
            write!(f, "\n  +---------------- {number} ----------------")?;
            for line in format!("{error:?}").lines() {
                write!(f, "\n  | {line}")?;
            }
        }
        f.write_str("\n  +------------------------------------")
    }
}

impl fmt::Display for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_head(f)?;
        let mut separator = ": ";
        for error in &self.errors {
            write!(f, "{separator}{error}")?;
            separator = "; ";
        }
        Ok(())
    }
}

impl std::error::Error for ExceptionGroup {}
