//! Opening streams: connecting, and taking over sockets and pipes.

use std::fmt;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::rc::Rc;

use super::DEFAULT_LIMIT;
use super::connection::StreamProtocol;
use super::operation::{StreamOperation, checked_limit, limit_option};
use super::reader::StreamReader;
use super::writer::StreamWriter;
use crate::io::net::{Dial, ToSocketAddrs, connect_tcp, connect_unix};
use crate::io::transport::{
    End, Filter, FilterFor, StreamSocket, connecting_options, filtered, into_socket, open,
    start_pipe,
};
use crate::kernel::{Co, Core, EventLoop, Operation, Request, coroutine_operations};
use yieldfrom_delegation::{Delegate, Result};

/// Connects over TCP.
///
/// asyncio's `open_connection`. It tries all addresses of a name, see
/// [`TcpStream::connect`](crate::net::Stream::connect). The connection is closed when both ends
/// have been dropped. The [module](super) has an example.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: no address answers, or there is none of that name.
/// - [`ValueError`](crate::ValueError): an address does not parse, or the limit is zero.
/// - `is_cancelled`; the connection is closed then.
pub fn open_connection(target: impl ToSocketAddrs) -> OpenConnection {
    OpenConnection {
        dial: target.target().map(Dial::to),
        filter: None,
        limit: DEFAULT_LIMIT,
    }
}

/// The operation of [`open_connection`], and its options.
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
pub struct OpenConnection {
    dial: Result<Dial>,
    pub(crate) filter: Option<FilterFor>,
    limit: usize,
}

impl OpenConnection {
    limit_option!();
    connecting_options!("let connection = yieldfrom::open_connection(\"example.org:80\")");
}

impl Delegate<Request, ()> for OpenConnection {
    type Output = (StreamReader, StreamWriter);

    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let limit = checked_limit(self.limit)?;
        let (dial, filter) = filtered(self.dial?, self.filter)?;
        let socket = connect_tcp(co, dial)?;
        connected(co, socket, limit, filter)
    }
}

impl fmt::Debug for OpenConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenConnection")
            .field("dial", &self.dial)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

coroutine_operations! {
    [] OpenConnection => (StreamReader, StreamWriter), "open_connection";
}

/// Connects to a Unix socket; the rest is as for [`open_connection`].
///
/// # Errors
///
/// As [`open_connection`].
#[must_use = "it connects when a coroutine delegates to it by yield_from"]
pub fn open_unix_connection(
    path: impl AsRef<Path>,
) -> StreamOperation<(StreamReader, StreamWriter)> {
    let path = path.as_ref().to_owned();
    StreamOperation::new("open_unix_connection", move |co, limit| {
        connected(co, connect_unix(co, &path)?, limit, None)
    })
}

/// Makes a stream of a socket that is connected already.
///
/// asyncio's `open_connection(sock=socket)`. The socket does not block from now on.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - The error of the system.
/// - [`ValueError`](crate::ValueError): the limit is zero.
/// - `is_cancelled`; the socket is closed then.
///
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use yieldfrom::{Co, open_connection_on, run_sync};
///
/// let (one, other) = UnixStream::pair()?;
/// run_sync(move |co: &Co| {
///     let (_, writer) = co.yield_from(open_connection_on(one))?;
///     let (reader, _) = co.yield_from(open_connection_on(other))?;
///     writer.write(b"hello")?;
///     assert_eq!(co.yield_from(reader.readexactly(5))?, b"hello");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it makes a stream when a coroutine delegates to it by yield_from"]
pub fn open_connection_on(
    socket: impl StreamSocket + 'static,
) -> StreamOperation<(StreamReader, StreamWriter)> {
    StreamOperation::new("open_connection_on", |co, limit| {
        connected(co, socket, limit, None)
    })
}

fn connected(
    co: &Co,
    socket: impl StreamSocket,
    limit: usize,
    filter: Option<Box<dyn Filter>>,
) -> Result<(StreamReader, StreamWriter)> {
    let open = |protocol| open(co, into_socket(socket)?, protocol, filter);
    let connection = StreamProtocol::open(limit, open)?;
    let reader = StreamReader::connected(&connection);
    Ok((reader, StreamWriter(connection)))
}

/// Makes a reader of anything that can be read from: a pipe, a socket, or a character device such
/// as a terminal. It is closed when the reader is dropped.
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
/// - The error of the system.
///
/// # Examples
///
/// For standard input: `open_read_pipe(std::io::stdin().as_fd().try_clone_to_owned()?)`.
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
#[must_use = "it makes a reader when a coroutine delegates to it by yield_from"]
pub fn open_read_pipe(pipe: impl Into<OwnedFd>) -> StreamOperation<StreamReader> {
    let pipe = pipe.into();
    StreamOperation::new("open_read_pipe", move |_, limit| {
        let event_loop = EventLoop::current_or_closed();
        event_loop.core().check_open("open_read_pipe")?;
        reading_end(event_loop.core(), pipe, limit)
    })
}

/// Makes a writer of anything that can be written to: a pipe, a socket, or a character device. It
/// is closed when the writer is dropped, after the data that is still to be written.
///
/// asyncio's `connect_write_pipe` with a `StreamWriter`. [`open_read_pipe`] has an example.
///
/// # Errors
///
/// As [`open_read_pipe`].
#[must_use = "it makes a writer when a coroutine delegates to it by yield_from"]
pub fn open_write_pipe<P: Into<OwnedFd>>(
    pipe: P,
) -> Operation<impl FnOnce(&Co) -> Result<StreamWriter> + use<P>> {
    let pipe = pipe.into();
    Operation::new("open_write_pipe", move |_| {
        let event_loop = EventLoop::current_or_closed();
        event_loop.core().check_open("open_write_pipe")?;
        writing_end(event_loop.core(), pipe)
    })
}

pub(crate) fn reading_end(core: &Rc<Core>, fd: OwnedFd, limit: usize) -> Result<StreamReader> {
    let open = |protocol| start_pipe(core, fd, End::Reading, protocol);
    StreamProtocol::open(limit, open).map(|it| StreamReader::connected(&it))
}

pub(crate) fn writing_end(core: &Rc<Core>, fd: OwnedFd) -> Result<StreamWriter> {
    let open = |protocol| start_pipe(core, fd, End::Writing, protocol);
    StreamProtocol::open(DEFAULT_LIMIT, open).map(StreamWriter)
}
