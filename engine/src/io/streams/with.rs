//! A stream together with a coroutine: what synchronous code that only needs a borrow can use.

use std::fmt;
use std::io;

use crate::errors::io_error;
use crate::io::traits::{Read, Write};
use crate::kernel::{AnyTask, Co, current_task};
use yieldfrom_delegation::{Error, Result};

/// Lends a stream as std's `Read` and `Write` to synchronous code: its waits suspend the coroutine of `co`.
///
/// The stream may be any that is [`Read`] or [`Write`], such as one of TLS. Code that wants a stream of its own runs
/// in a region, see [`blocking`](mod@crate::blocking). This is no region: [`blocking::wait`](crate::blocking::wait())
/// does not work in it.
///
/// A cancellation comes as an [`io::Error`] of kind `ConnectionAborted`, and each later operation fails. At the end
/// call [`With::finish`], which gives the cancellation itself. If you do not, the cancellation comes again at the
/// next wait of the task, or ends the task when its body has returned.
///
/// # Examples
///
/// ```
/// use std::io::{BufRead, BufReader, Write};
/// use yieldfrom::streams::{duplex, with};
/// use yieldfrom::{Co, create_task, run_sync};
///
/// run_sync(|co: &Co| {
///     let (one, other) = duplex(64);
///     create_task(move |co: &Co| {
///         let mut writer = with(&other, co);
///         writeln!(writer, "hello, {}", "world")?;
///         writer.finish()
///     });
///     let mut line = String::new();
///     BufReader::new(with(&one, co)).read_line(&mut line)?;
///     assert_eq!(line, "hello, world\n");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn with<'a, S: ?Sized>(stream: &'a S, co: &'a Co) -> With<'a, S> {
    With {
        stream,
        co,
        interruption: None,
    }
}

/// A stream that is lent to synchronous code: see [`with`].
pub struct With<'a, S: ?Sized> {
    stream: &'a S,
    co: &'a Co,
    /// The error that was thrown in while it waited.
    interruption: Option<Error>,
}

impl<S: ?Sized> With<'_, S> {
    /// Fails with the error that was thrown in while an operation waited, such as a cancellation.
    ///
    /// # Errors
    ///
    /// The error that was thrown in.
    pub fn finish(mut self) -> Result<()> {
        self.interruption.take().map_or(Ok(()), Err)
    }

    #[inline]
    fn run<T>(
        &mut self,
        name: &str,
        operation: impl FnOnce(&S, &Co) -> Result<T>,
    ) -> io::Result<T> {
        if self.interruption.is_some() {
            return Err(interrupted(name));
        }
        operation(self.stream, self.co).map_err(|error| self.failed(name, error))
    }

    #[cold]
    fn failed(&mut self, name: &str, error: Error) -> io::Error {
        if error.is_cancelled() || error.is_generator_exit() {
            self.interruption = Some(error);
            return interrupted(name);
        }
        io_error(error)
    }
}

#[cold]
fn interrupted(operation: &str) -> io::Error {
    let why = format!("{operation}: the task was cancelled, or its coroutine is being closed");
    io::Error::new(io::ErrorKind::ConnectionAborted, why)
}

/// A cancellation that nobody has taken by `finish` comes again.
impl<S: ?Sized> Drop for With<'_, S> {
    fn drop(&mut self) {
        if self.interruption.as_ref().is_some_and(Error::is_cancelled) {
            current_task().iter().for_each(AnyTask::renew_cancellation);
        }
    }
}

impl<S: Read + ?Sized> io::Read for With<'_, S> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.run("read", |stream, co| stream.read_with(co, buffer))
    }
}

impl<S: Write + ?Sized> io::Write for With<'_, S> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.run("write", |stream, co| stream.write_with(co, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.run("flush", |stream, co| stream.flush_with(co))
    }
}

impl<S: fmt::Debug + ?Sized> fmt::Debug for With<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("With").field(&self.stream).finish()
    }
}
