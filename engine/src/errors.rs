//! The exceptions of asyncio, as error types.
//!
//! They travel inside an [`Error`](crate::Error), and are told apart by
//! [`is`](crate::Error::is): `error.is::<TimeoutError>()`. The remaining one, asyncio's
//! `CancelledError`, is part of the generators' protocol:
//! [`is_cancelled`](crate::Error::is_cancelled).

mod describe;
pub(crate) mod panics;

use std::any::Any;
use std::cell::Cell;
use std::fmt;

use yieldfrom_delegation::Error;

pub(crate) use describe::{describe, refused};
use panics::Payload;

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

macro_rules! told_errors {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            #[allow(dead_code, reason = "the library itself gives no TypeError")]
            pub(crate) fn new(message: impl Into<String>) -> Self {
                Self(message.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::error::Error for $name {}
    )*};
}

plain_errors! {
    /// A wait took longer than its timeout.
    TimeoutError => "the timeout has passed";
    /// There was nothing to get from a queue at once.
    QueueEmpty => "the queue is empty";
    /// There was no room in a queue at once.
    QueueFull => "the queue is full";
    /// The queue was shut down.
    QueueShutDown => "the queue is shut down";
    /// The barrier was broken, by `abort` or `reset`.
    BrokenBarrierError => "the barrier is broken";
    /// A run was ended by Ctrl-C, as the feature `signal` lets it.
    KeyboardInterrupt => "interrupted by Ctrl-C";
}

told_errors! {
    /// A future was asked for what its state does not allow, such as its result while pending.
    InvalidStateError;
    /// An operation was called at a time, or in a place, where it cannot work.
    RuntimeError;
    /// An argument has a value that makes no sense.
    ValueError;
    /// An argument is of a kind that cannot be taken.
    ///
    /// The library itself gives none, as such a call does not compile.
    TypeError;
}

/// A stream ended before all that was to be read.
///
/// asyncio's `IncompleteReadError`. What was read so far is in it, and not in the stream any more.
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

    /// Returns what was read before the end.
    ///
    /// # Examples
    ///
    /// See [`IncompleteReadError`].
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// Returns how many bytes were to be read; none if a separator was.
    ///
    /// # Examples
    ///
    /// See [`IncompleteReadError`].
    pub fn expected(&self) -> Option<usize> {
        self.expected
    }
}

impl fmt::Display for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = self.partial.len();
        match self.expected {
            Some(n) => write!(f, "the stream ended after {read} of {n} bytes"),
            None => write!(
                f,
                "the stream ended after {read} bytes, without a separator"
            ),
        }
    }
}

impl std::error::Error for IncompleteReadError {}

/// There is no separator in as many bytes as a stream may hold, or it comes too late.
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

    /// Returns how many bytes at the front are not part of a separator: as many can be read, to get
    /// rid of them.
    ///
    /// # Examples
    ///
    /// See [`LimitOverrunError`].
    pub fn consumed(&self) -> usize {
        self.consumed
    }
}

impl fmt::Display for LimitOverrunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.consumed;
        if self.found {
            write!(
                f,
                "the separator comes after {n} bytes, which is over the stream's limit"
            )
        } else {
            write!(
                f,
                "no separator in {n} bytes, which is over the stream's limit"
            )
        }
    }
}

impl std::error::Error for LimitOverrunError {}

/// A coroutine or callback panicked: what it panicked with.
///
/// A panic ends the task in which it happens, with this error; the loop goes on.
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
        let content = payload.get();
        let message = content
            .and_then(|content| content.downcast_ref::<&str>())
            .map(|text| (*text).to_owned())
            .or_else(|| content?.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is not a message".to_owned());
        Self {
            message,
            payload: Cell::new(Some(payload)),
        }
    }

    /// Returns the panic's message.
    ///
    /// # Examples
    ///
    /// See [`Panicked`].
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Takes what the panic carried, for [`resume_unwind`](std::panic::resume_unwind); none the
    /// second time.
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
///
/// # Examples
///
/// See [`errors`](ExceptionGroup::errors).
#[derive(Debug)]
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

impl fmt::Display for ExceptionGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.errors.len();
        write!(
            f,
            "{} ({n} sub-exception{})",
            self.message,
            if n == 1 { "" } else { "s" }
        )?;
        for (i, error) in self.errors.iter().enumerate() {
            write!(f, "{}{error}", if i == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for ExceptionGroup {}
