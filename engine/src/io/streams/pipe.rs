//! Streams over the ends of pipes.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use super::DEFAULT_LIMIT;
use super::open::limit_option;
use super::protocol::StreamProtocol;
use super::reader::{StreamReader, checked_limit};
use super::writer::StreamWriter;
use crate::io::transport::{End, Protocol, start_pipe};
use crate::kernel::{Core, EventLoop, Request, coroutine_operations};
use crate::{Co, Delegate, Result};

/// Makes a reader of what can be read from: a pipe, a socket, or a character device such as a
/// terminal. It is closed when the reader is dropped.
///
/// asyncio's `connect_read_pipe` with a `StreamReaderProtocol`. The file does not block from now on,
/// and a named pipe waits for its first writer, see
/// [`connect_read_pipe`](crate::connect_read_pipe()).
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`ValueError`](crate::ValueError): it is something else, such as a regular file; or the limit
///   is zero.
/// - What the system says.
///
/// # Examples
///
/// Standard input goes by `open_read_pipe(std::io::stdin().as_fd().try_clone_to_owned()?)`.
///
/// ```
/// use yieldfrom::streams::{open_read_pipe, open_write_pipe};
/// use yieldfrom::{Co, run};
///
/// let (reader, writer) = std::io::pipe()?;
/// run(|co: &Co| {
///     let reader = co.yield_from(open_read_pipe(reader))?;
///     let writer = co.yield_from(open_write_pipe(writer))?;
///     writer.write(b"one\ntwo\n")?;
///     drop(writer);
///     assert_eq!(co.yield_from(reader.readline())?, b"one\n");
///     assert_eq!(co.yield_from(reader.read(None))?, b"two\n");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn open_read_pipe(pipe: impl Into<OwnedFd>) -> OpenReadPipe {
    OpenReadPipe {
        pipe: pipe.into(),
        limit: DEFAULT_LIMIT,
    }
}

/// What [`open_read_pipe`] returns: an option, and a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it makes a reader when a coroutine delegates to it by yield_from"]
pub struct OpenReadPipe {
    pipe: OwnedFd,
    limit: usize,
}

impl OpenReadPipe {
    limit_option!();
}

impl Delegate<Request, ()> for OpenReadPipe {
    type Output = StreamReader;

    #[track_caller]
    fn delegate(self, _: &Co) -> Result<StreamReader> {
        let core = Rc::clone(EventLoop::current_or_closed().core());
        core.check_open("open_read_pipe")?;
        reading_end(&core, self.pipe, checked_limit(self.limit)?)
    }
}

/// Makes a writer of what can be written to: a pipe, a socket, or a character device. It is closed
/// when the writer is dropped, after what is still to be written.
///
/// asyncio's `connect_write_pipe` with a `StreamWriter`.
///
/// # Errors
///
/// As [`open_read_pipe`].
///
/// # Examples
///
/// See [`open_read_pipe`].
pub fn open_write_pipe(pipe: impl Into<OwnedFd>) -> OpenWritePipe {
    OpenWritePipe { pipe: pipe.into() }
}

/// What [`open_write_pipe`] returns: a delegate for `yield_from`.
#[derive(Debug)]
#[must_use = "it makes a writer when a coroutine delegates to it by yield_from"]
pub struct OpenWritePipe {
    pipe: OwnedFd,
}

impl Delegate<Request, ()> for OpenWritePipe {
    type Output = StreamWriter;

    #[track_caller]
    fn delegate(self, _: &Co) -> Result<StreamWriter> {
        let core = Rc::clone(EventLoop::current_or_closed().core());
        core.check_open("open_write_pipe")?;
        writing_end(&core, self.pipe)
    }
}

coroutine_operations! {
    [] OpenReadPipe => StreamReader, "open_read_pipe", |this| move |co: &Co| this.delegate(co);
    [] OpenWritePipe => StreamWriter, "open_write_pipe", |this| move |co: &Co| this.delegate(co);
}

#[track_caller]
pub(crate) fn reading_end(core: &Rc<Core>, fd: OwnedFd, limit: usize) -> Result<StreamReader> {
    Ok(ends(core, fd, End::Reading, limit)?.0)
}

#[track_caller]
pub(crate) fn writing_end(core: &Rc<Core>, fd: OwnedFd) -> Result<StreamWriter> {
    Ok(ends(core, fd, End::Writing, DEFAULT_LIMIT)?.1)
}

#[track_caller]
fn ends(
    core: &Rc<Core>,
    fd: OwnedFd,
    end: End,
    limit: usize,
) -> Result<(StreamReader, StreamWriter)> {
    let protocol = Rc::new(StreamProtocol::new(limit, None));
    let told = Rc::clone(&protocol) as Rc<dyn Protocol>;
    Ok(protocol.ends(start_pipe(core, fd, end, told)?))
}
