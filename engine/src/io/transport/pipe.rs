//! One end of a pipe as a transport.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use rustix::event::PollFlags;
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl};

use super::carrier::{Carrier, TurnWork};
use super::connect::connected;
use super::pipe_end::{End, file_type, poll_now};
use super::protocol::{Protocol, Stream, Transport};
use super::socket::Socket;
use crate::errors::{RuntimeError, ValueError, describe};
use crate::io::source::Source;
use crate::kernel::{Co, Core, Operation, caller};
use yieldfrom_delegation::{Error, Result};

/// Makes a transport and a protocol of a file to read from: a pipe, a socket, or a character device
/// such as a terminal.
///
/// asyncio's `connect_read_pipe`. The protocol is called as that of a connection, which is over at
/// the end of the file, whatever [`eof_received`](Protocol::eof_received) returns. The file does
/// not block from now on, and neither do others that share it: for example, a terminal is shared
/// with all processes that have inherited it.
///
/// A named pipe that was opened without blocking, before its first writer, waits for that writer.
/// It ends when its last writer has closed it. Open it for reading and writing if it is never to
/// end, and you want the bytes of later writers too.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`ValueError`]: it is something else, such as a regular file, whose bytes are always there.
/// - [`std::io::Error`]: the system fails.
/// - `is_cancelled`; the pipe is closed then.
///
/// # Examples
///
/// ```
/// use std::cell::RefCell;
/// use std::io::Write;
/// use yieldfrom::{Co, Error, Event, Protocol, Result, connect_read_pipe, run_sync};
///
/// #[derive(Default)]
/// struct Collect(RefCell<Vec<u8>>, Event);
///
/// impl Protocol for Collect {
///     fn data_received(&self, data: &[u8]) -> Result<()> {
///         self.0.borrow_mut().extend_from_slice(data);
///         Ok(())
///     }
///
///     fn connection_lost(&self, _: Option<&Error>) -> Result<()> {
///         self.1.set();
///         Ok(())
///     }
/// }
///
/// let (reader, mut writer) = std::io::pipe()?;
/// writer.write_all(b"hello")?;
/// drop(writer);
/// run_sync(|co: &Co| {
///     let (_, collect) = co.yield_from(connect_read_pipe(Collect::default, reader))?;
///     co.yield_from(collect.1.wait())?;
///     assert_eq!(*collect.0.borrow(), b"hello");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
pub fn connect_read_pipe<P: Protocol>(
    factory: impl FnOnce() -> P,
    pipe: impl Into<OwnedFd>,
) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)>> {
    connect_pipe(factory, pipe, End::Reading)
}

/// Makes a transport and a protocol of a file to write to: a pipe, a socket, or a character device.
///
/// asyncio's `connect_write_pipe`. When no process can read from the pipe any more, the connection is
/// lost: with an error if bytes were still to be written. The file does not block from now on, see
/// [`connect_read_pipe`].
///
/// # Errors
///
/// As [`connect_read_pipe`].
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use yieldfrom::{Co, Protocol, connect_write_pipe, run};
///
/// struct Silent;
/// impl Protocol for Silent {}
///
/// let (mut reader, writer) = std::io::pipe()?;
/// run(|co: &Co| {
///     let (transport, _) = co.yield_from(connect_write_pipe(|| Silent, writer))?;
///     transport.write(b"hello")
/// })?;
/// let mut text = String::new();
/// reader.read_to_string(&mut text)?; // to the end of the loop, which closes the pipe
/// assert_eq!(text, "hello");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
pub fn connect_write_pipe<P: Protocol>(
    factory: impl FnOnce() -> P,
    pipe: impl Into<OwnedFd>,
) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)>> {
    connect_pipe(factory, pipe, End::Writing)
}

fn connect_pipe<P: Protocol>(
    factory: impl FnOnce() -> P,
    pipe: impl Into<OwnedFd>,
    end: End,
) -> Operation<impl FnOnce(&Co) -> Result<(Transport, Rc<P>)>> {
    let pipe = pipe.into();
    Operation::new("connect_pipe", move |co| {
        connected(co, Socket::pipe(pipe, end)?, factory, None)
    })
}

impl Socket {
    /// Makes one end of a pipe, which does not block from now on. A file that nothing can wait for
    /// is a `ValueError`.
    fn pipe(fd: OwnedFd, end: End) -> Result<Self> {
        let operation = match end {
            End::Reading => "connect_read_pipe",
            End::Writing => "connect_write_pipe",
        };
        let failed = |error: rustix::io::Errno| Error::from(describe(error.into(), operation));
        let kind = file_type(&fd).map_err(failed)?;
        if !matches!(
            kind,
            FileType::Fifo | FileType::Socket | FileType::CharacterDevice
        ) {
            let why = format!(
                "{operation}: this is neither a pipe nor a socket nor a character device, and \
                 cannot be waited for; use files by to_thread"
            );
            return Err(ValueError::new(why).into());
        }
        let flags = fcntl_getfl(&fd).map_err(failed)?;
        fcntl_setfl(&fd, flags | OFlags::NONBLOCK).map_err(failed)?;
        Ok(Self::Pipe(Source::new(File::from(fd)), end))
    }
}

/// Makes a transport of one end of a pipe, and tells its protocol in the next turn.
#[track_caller]
pub(crate) fn start_pipe(
    core: &Rc<Core>,
    fd: OwnedFd,
    end: End,
    protocol: Rc<dyn Protocol>,
) -> Result<Transport> {
    let socket = Socket::pipe(fd, end)?;
    let stream = Stream::start(caller(), core, socket, protocol, None, None);
    Ok(Transport(stream))
}

/// The parts of a stream that concern pipes.
impl Stream {
    #[cold]
    pub(super) fn refuse_write(&self, operation: &str) -> Error {
        let why = match self.end {
            Some(End::Reading) => "this is the reading end of a pipe",
            _ => "this half was ended by write_eof; write before that",
        };
        RuntimeError::new(format!("{operation}: {why}")).into()
    }

    /// Returns whether it is a device that is always ready, such as `/dev/null`. The poller refuses
    /// those with this error.
    #[cold]
    pub(super) fn is_always_ready(self: &Rc<Self>, socket: &Socket, error: &Error) -> bool {
        let error = error.downcast_ref::<io::Error>();
        let refused = error.is_some_and(|it| it.kind() == io::ErrorKind::PermissionDenied);
        let is_device = file_type(socket).is_ok_and(|kind| kind == FileType::CharacterDevice);
        if refused && is_device && self.end == Some(End::Reading) {
            self.schedule(TurnWork::Read);
        }
        refused && is_device && self.end.is_some()
    }

    /// Ends the transport if no process can read from the pipe any more.
    pub(super) fn close_without_reader(self: &Rc<Self>) {
        let Some(socket) = self.state.socket().filter(|_| !self.state.is_lost()) else {
            return;
        };
        #[cfg(target_os = "linux")]
        let hangup = PollFlags::RDHUP;
        #[cfg(not(target_os = "linux"))]
        let hangup = PollFlags::empty();
        let broken = PollFlags::ERR | PollFlags::HUP | hangup;
        if !poll_now(&socket, hangup).is_ok_and(|found| found.intersects(broken)) {
            return;
        }
        let unwritten = self.buffered() > 0;
        let why = "write: nobody reads from the pipe any more";
        let error = || io::Error::new(io::ErrorKind::BrokenPipe, why).into();
        self.abort(unwritten.then(error));
    }
}
