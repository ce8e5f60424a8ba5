//! A stream together with a coroutine: what synchronous code that only needs a borrow can use.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::AsFd;

use super::Stream;
use crate::io::source::Source;
use crate::kernel::{AnyTask, Co, Direction, current_task};
use yieldfrom_delegation::{Error, Result};

impl<S: AsFd> Stream<S> {
    /// Returns the stream as std's `Read` and `Write`, for synchronous code to which you can lend it: its waits suspend
    /// the coroutine of `co`.
    ///
    /// Code that wants a stream of its own runs in a region, see [`blocking`](mod@crate::blocking).
    ///
    /// A cancellation comes as an [`io::Error`] of kind `ConnectionAborted`, and each later operation fails. At the end call
    /// [`With::finish`], which gives the cancellation itself. If you do not, the cancellation comes again at the next wait of the task.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{BufRead, BufReader, Write};
    /// use yieldfrom::net::UnixStream;
    /// use yieldfrom::{Co, create_task, run_sync};
    ///
    /// let (one, other) = UnixStream::pair()?;
    /// run_sync(move |co: &Co| {
    ///     create_task(move |co: &Co| {
    ///         let mut writer = other.with(co);
    ///         writeln!(writer, "hello, {}", "world")?;
    ///         writer.finish()
    ///     });
    ///     let mut line = String::new();
    ///     BufReader::new(one.with(co)).read_line(&mut line)?;
    ///     assert_eq!(line, "hello, world\n");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn with<'a>(&'a self, co: &'a Co) -> With<'a, S> {
        With {
            source: &self.source,
            co,
            interruption: None,
        }
    }
}

/// A stream that is lent to synchronous code: see [`Stream::with`].
pub struct With<'a, S: AsFd> {
    source: &'a Source<S>,
    co: &'a Co,
    /// The error that was thrown in while it waited.
    interruption: Option<Error>,
}

impl<S: AsFd> With<'_, S> {
    /// Fails with the error that was thrown in while an operation waited, such as a cancellation.
    ///
    /// # Errors
    ///
    /// The error that was thrown in.
    pub fn finish(mut self) -> Result<()> {
        self.interruption.take().map_or(Ok(()), Err)
    }

    #[inline]
    fn transfer(
        &mut self,
        direction: Direction,
        name: &'static str,
        wanted: usize,
        operation: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if self.interruption.is_some() {
            return Err(interrupted(name));
        }
        let transferred = self
            .source
            .transfer(self.co, direction, name, wanted, operation);
        transferred.map_err(|error| self.failed(name, error))
    }

    #[cold]
    fn failed(&mut self, name: &str, error: Error) -> io::Error {
        if error.is_cancelled() || error.is_generator_exit() {
            self.interruption = Some(error);
            return interrupted(name);
        }
        match error.downcast::<io::Error>() {
            Ok(error) => error,
            Err(error) => io::Error::other(error.into_send()),
        }
    }
}

#[cold]
fn interrupted(operation: &str) -> io::Error {
    let why = format!("{operation}: the task was cancelled, or its coroutine is being closed");
    io::Error::new(io::ErrorKind::ConnectionAborted, why)
}

/// A cancellation that nobody has taken by `finish` comes again.
impl<S: AsFd> Drop for With<'_, S> {
    fn drop(&mut self) {
        if self.interruption.as_ref().is_some_and(Error::is_cancelled) {
            current_task().iter().for_each(AnyTask::renew_cancellation);
        }
    }
}

impl<S> Read for With<'_, S>
where
    S: AsFd,
    for<'s> &'s S: Read,
{
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len();
        self.transfer(Direction::Read, "read", wanted, |mut io| io.read(buffer))
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
        self.transfer(Direction::Read, "read", wanted, |mut io| {
            io.read_vectored(buffers)
        })
    }
}

impl<S> Write for With<'_, S>
where
    S: AsFd,
    for<'s> &'s S: Write,
{
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.transfer(Direction::Write, "write", bytes.len(), |mut io| {
            io.write(bytes)
        })
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
        self.transfer(Direction::Write, "write", wanted, |mut io| {
            io.write_vectored(buffers)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: AsFd + fmt::Debug> fmt::Debug for With<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("With").field(self.source).finish()
    }
}
