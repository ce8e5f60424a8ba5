//! One end of a pipe as a transport.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};

use super::connect::open;
use super::handle::Transport;
use super::protocol::Protocol;
use super::socket::Socket;
use super::stream::{Stream, Work};
use crate::errors::describe;
use crate::errors::{RuntimeError, ValueError};
use crate::io::source::Source;
use crate::kernel::{Core, Request, caller, coroutine_operations};
use crate::{Co, Delegate, Error, Result};

/// Which end of a pipe a transport has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Reading,
    Writing,
}

/// Makes a transport and a protocol of what can be read from: a pipe, a socket, or a character
/// device such as a terminal.
///
/// asyncio's `connect_read_pipe`. The protocol is told as that of a connection, which is over at
/// the end of the file, whatever [`eof_received`](Protocol::eof_received) returns. The file does
/// not block from now on, and neither do others that share it: a terminal is shared with whoever
/// else has it open by inheritance.
///
/// A named pipe that was opened without blocking, before its first writer, waits for that writer.
/// It ends when its last writer has closed it; whoever wants to hear of later ones too opens it for
/// reading and writing, so that it never ends.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`ValueError`]: it is something else, such as a regular file, whose bytes are always there.
/// - What the system says; `is_cancelled`, and then the pipe is closed.
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
pub fn connect_read_pipe<F, P>(factory: F, pipe: impl Into<OwnedFd>) -> ConnectPipe<F>
where
    F: FnOnce() -> P,
    P: Protocol,
{
    ConnectPipe {
        factory,
        pipe: pipe.into(),
        end: End::Reading,
    }
}

/// Makes a transport and a protocol of what can be written to: a pipe, a socket, or a character
/// device.
///
/// asyncio's `connect_write_pipe`. The protocol is told that the connection is lost when nobody can
/// read any more: with an error if something was still to be written. The file does not block from
/// now on, see [`connect_read_pipe`].
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
pub fn connect_write_pipe<F, P>(factory: F, pipe: impl Into<OwnedFd>) -> ConnectPipe<F>
where
    F: FnOnce() -> P,
    P: Protocol,
{
    ConnectPipe {
        factory,
        pipe: pipe.into(),
        end: End::Writing,
    }
}

/// What [`connect_read_pipe`] and [`connect_write_pipe`] return: a delegate for `yield_from`.
#[must_use = "it makes a transport when a coroutine delegates to it by yield_from"]
pub struct ConnectPipe<F> {
    factory: F,
    pipe: OwnedFd,
    end: End,
}

impl<F, P> Delegate<Request, ()> for ConnectPipe<F>
where
    F: FnOnce() -> P,
    P: Protocol,
{
    type Output = (Transport, Rc<P>);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let socket = Socket::pipe(self.pipe, self.end)?;
        let protocol = Rc::new((self.factory)());
        let transport = open(co, socket, Rc::clone(&protocol) as Rc<dyn Protocol>)?;
        Ok((transport, protocol))
    }
}

coroutine_operations! {
    [P: Protocol, F: FnOnce() -> P + 'static] ConnectPipe<F> => (Transport, Rc<P>),
        "connect_pipe", |this| move |co: &Co| this.delegate(co);
}

impl<F> fmt::Debug for ConnectPipe<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ConnectPipe");
        shown.field("pipe", &self.pipe).field("end", &self.end);
        shown.finish_non_exhaustive()
    }
}

impl Socket {
    /// Makes one end of a pipe, which does not block from now on.
    ///
    /// # Errors
    ///
    /// `ValueError`: it is nothing that can be waited for.
    pub(crate) fn pipe(fd: OwnedFd, end: End) -> Result<Self> {
        let operation = match end {
            End::Reading => "connect_read_pipe",
            End::Writing => "connect_write_pipe",
        };
        let told = |error: rustix::io::Errno| Error::from(describe(error.into(), operation));
        let kind = file_type(&fd).map_err(told)?;
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
        let flags = fcntl_getfl(&fd).map_err(told)?;
        fcntl_setfl(&fd, flags | OFlags::NONBLOCK).map_err(told)?;
        Ok(Self::Pipe(Source::new(File::from(fd)), end))
    }

    pub(super) fn end(&self) -> Option<End> {
        match self {
            Self::Pipe(_, end) => Some(*end),
            Self::Tcp(_) | Self::Unix(_) => None,
        }
    }
}

/// Reads from a pipe. The end of a named one is no end before its first writer has come: then it
/// would block.
#[inline]
pub(super) fn read_from(mut pipe: &File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match pipe.read(buffer)? {
            0 => match look_at_end(pipe)? {
                Looks::Ended => return Ok(0),
                Looks::Early => return Err(io::ErrorKind::WouldBlock.into()),
                Looks::Readable => {}
            },
            n => return Ok(n),
        }
    }
}

/// How it is with a pipe that gave no bytes.
enum Looks {
    Ended,
    /// No writer has come since it was opened.
    Early,
    /// Somebody has written meanwhile.
    Readable,
}

/// Asks whether it is the end: reading gives the same without any writer yet, polling does not.
#[cold]
fn look_at_end(pipe: &File) -> io::Result<Looks> {
    // A terminal whose user has typed the end does not tell by polling.
    if file_type(pipe)? != FileType::Fifo {
        return Ok(Looks::Ended);
    }
    let mut polled = [PollFd::new(pipe, PollFlags::IN)];
    rustix::event::poll(&mut polled, Some(&Timespec::default()))?;
    let found = polled[0].revents();
    Ok(if found.contains(PollFlags::IN) {
        Looks::Readable
    } else if found.is_empty() {
        Looks::Early
    } else {
        Looks::Ended
    })
}

fn file_type(fd: &impl AsFd) -> rustix::io::Result<FileType> {
    Ok(FileType::from_raw_mode(fstat(fd)?.st_mode))
}

/// Makes a transport of one end of a pipe, whose protocol is told in the next turn.
#[track_caller]
pub(crate) fn start_pipe(
    core: &Rc<Core>,
    fd: OwnedFd,
    end: End,
    protocol: Rc<dyn Protocol>,
) -> Result<Transport> {
    let socket = Socket::pipe(fd, end)?;
    Ok(Transport(Stream::start(
        caller(),
        core,
        socket,
        protocol,
        None,
    )))
}

/// What is different for pipes.
impl Stream {
    #[cold]
    pub(super) fn refuse_write(&self, operation: &str) -> Error {
        let why = match self.end {
            Some(End::Reading) => "this is the reading end of a pipe",
            _ => "this half was ended by write_eof; write before that",
        };
        RuntimeError::new(format!("{operation}: {why}")).into()
    }

    /// Returns whether it works without being told by the poller, as some devices have to:
    /// `/dev/null` is always ready.
    #[cold]
    pub(super) fn goes_without(self: &Rc<Self>, socket: &Socket, error: &Error) -> bool {
        let error = error.downcast_ref::<io::Error>();
        let refused = error.is_some_and(|it| it.kind() == io::ErrorKind::PermissionDenied);
        let is_device = file_type(socket).is_ok_and(|kind| kind == FileType::CharacterDevice);
        if refused && is_device && self.end == Some(End::Reading) {
            self.schedule(Work::Read);
        }
        refused && is_device && self.end.is_some()
    }

    /// Ends the transport if nobody can read from the pipe any more.
    pub(super) fn watch_reader(self: &Rc<Self>) {
        let Some(socket) = self.socket().filter(|_| !self.base.is_lost()) else {
            return;
        };
        #[cfg(target_os = "linux")]
        let hangup = PollFlags::RDHUP;
        #[cfg(not(target_os = "linux"))]
        let hangup = PollFlags::empty();
        let broken = PollFlags::ERR | PollFlags::HUP | hangup;
        let mut polled = [PollFd::new(&socket, hangup)];
        let found = rustix::event::poll(&mut polled, Some(&Timespec::default()));
        if found.is_err() || !polled[0].revents().intersects(broken) {
            return;
        }
        let unwritten = self.buffered() > 0;
        let why = "write: nobody reads from the pipe any more";
        let error = || io::Error::new(io::ErrorKind::BrokenPipe, why).into();
        self.abort(unwritten.then(error));
    }
}
