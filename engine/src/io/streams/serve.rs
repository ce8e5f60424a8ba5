//! Serving: a handler runs in a task for each connection.

use std::fmt;
use std::path::Path;
use std::rc::Rc;

use super::DEFAULT_LIMIT;
use super::connection::{Accept, StreamProtocol};
use super::operation::{StreamOperation, checked_limit, limit_option};
use super::reader::StreamReader;
use super::writer::StreamWriter;
use crate::io::net::ToSocketAddrs;
use crate::io::transport::{
    Factory, FilterFactory, Given, ListenerSocket, Listening, Protocol, Server, Transport,
    UnixListening, listening_options, unix_listening_options,
};
use crate::kernel::{
    Co, CoroutineBuilder, ErrorContext, EventLoop, Place, Request, Snapshot, Task, caller,
    coroutine_operations,
};
use yieldfrom_delegation::{Builder, Delegate, Result};

/// Listens for TCP connections, and runs a handler in a task of its own for each.
///
/// asyncio's `start_server`. The handler is a function or closure that gets both ends of the
/// connection; all connections share it. The parameters of a closure need no types, and an endless
/// `loop` needs nothing after it. If the handler fails, the error goes to the loop's exception handler,
/// and the connection is closed. The connection is also closed when both ends have been dropped.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: an address is in use, or not of this machine, or there is none.
/// - [`ValueError`](crate::ValueError): an address does not parse, or the limit is zero.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, open_connection, run_sync, start_server};
///
/// run_sync(|co: &Co| {
///     let echo = start_server(
///         |co, reader, writer| loop {
///             let data = co.yield_from(reader.read(1024))?;
///             if data.is_empty() {
///                 return Ok(());
///             }
///             writer.write(&data)?;
///             co.yield_from(writer.drain())?;
///         },
///         "127.0.0.1:0",
///     );
///     let server = co.yield_from(echo.backlog(10))?;
///     let (reader, writer) = co.yield_from(open_connection(server.local_addr()?))?;
///     writer.write(b"hello")?;
///     assert_eq!(co.yield_from(reader.readexactly(5))?, b"hello");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
///
/// What the connections have in common is captured by the closure:
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use yieldfrom::{Co, Result, StreamWriter, start_server};
///
/// fn greet(_: &Co, count: &Cell<u32>, writer: &StreamWriter) -> Result<()> {
///     count.set(count.get() + 1);
///     writer.write(format!("you are number {}\n", count.get()).as_bytes())
/// }
///
/// let count = Cell::new(0);
/// let server = start_server(move |co, _, writer| greet(co, &count, &writer), "127.0.0.1:0");
/// ```
pub fn start_server(
    handler: impl Fn(&Co, StreamReader, StreamWriter) -> Result<()> + 'static,
    target: impl ToSocketAddrs,
) -> StartServer {
    StartServer {
        handler: ClientHandler::new(handler),
        listening: Listening::new(target),
        filter: None,
        limit: DEFAULT_LIMIT,
    }
}

/// The operation of [`start_server`], and its options.
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct StartServer {
    handler: ClientHandler,
    listening: Listening,
    pub(crate) filter: Option<FilterFactory>,
    limit: usize,
}

impl StartServer {
    limit_option!();
    listening_options!("let server = yieldfrom::start_server(|_, _, _| Ok(()), \"127.0.0.1:0\")");
}

impl Delegate<Request, ()> for StartServer {
    type Output = Server;

    fn delegate(self, co: &Co) -> Result<Server> {
        let limit = checked_limit(self.limit)?;
        let mut factory = self.handler.factory(limit);
        factory.filter = self.filter;
        self.listening.listen(co, factory)
    }
}

impl fmt::Debug for StartServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartServer")
            .field("listening", &self.listening)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Listens on a path of Unix sockets; the rest is as for [`start_server`].
///
/// asyncio's `start_unix_server`. A socket that is there already is replaced. Any other file is
/// left alone, and is an error. The file stays when the server is closed.
///
/// # Errors
///
/// As [`start_server`].
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, open_unix_connection, run_sync, start_unix_server};
///
/// let path = std::env::temp_dir().join(format!("yieldfrom-doc-stream-{}", std::process::id()));
/// run_sync(move |co: &Co| {
///     let greeter = start_unix_server(|_, _, writer| writer.write(b"hello"), &path);
///     let server = co.yield_from(greeter)?;
///     let (reader, _writer) = co.yield_from(open_unix_connection(&path))?;
///     assert_eq!(co.yield_from(reader.read(None))?, b"hello");
///     server.close();
///     Ok(std::fs::remove_file(&path)?)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn start_unix_server(
    handler: impl Fn(&Co, StreamReader, StreamWriter) -> Result<()> + 'static,
    path: impl AsRef<Path>,
) -> StartUnixServer {
    StartUnixServer {
        handler: ClientHandler::new(handler),
        listening: UnixListening::new(path),
        limit: DEFAULT_LIMIT,
    }
}

/// The operation of [`start_unix_server`], and its options.
#[derive(Debug)]
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct StartUnixServer {
    handler: ClientHandler,
    listening: UnixListening,
    limit: usize,
}

impl StartUnixServer {
    limit_option!();
    unix_listening_options!();
}

impl Delegate<Request, ()> for StartUnixServer {
    type Output = Server;

    fn delegate(self, co: &Co) -> Result<Server> {
        let limit = checked_limit(self.limit)?;
        self.listening.listen(co, self.handler.factory(limit))
    }
}

coroutine_operations! {
    [] StartServer => Server, "start_server";
    [] StartUnixServer => Server, "start_unix_server";
}

/// Serves the connections of a socket that listens already; the rest is as for [`start_server`].
///
/// asyncio's `start_server(handler, sock=socket)`. The socket does not block from now on, and is
/// closed with the server.
///
/// # Errors
///
/// `yield_from` gives an [`std::io::Error`] for a socket that does not listen, and a
/// [`ValueError`](crate::ValueError) for a limit of zero.
///
/// # Examples
///
/// ```
/// use std::net::TcpListener;
/// use yieldfrom::{Co, open_connection, run_sync, start_server_on};
///
/// run_sync(|co: &Co| {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let address = listener.local_addr()?;
///     let greeter = start_server_on(|_, _, writer| writer.write(b"hello"), listener);
///     let server = co.yield_from(greeter)?;
///     let (reader, _writer) = co.yield_from(open_connection(address))?;
///     assert_eq!(co.yield_from(reader.read(None))?, b"hello");
///     server.close();
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it serves when a coroutine delegates to it by yield_from"]
pub fn start_server_on(
    handler: impl Fn(&Co, StreamReader, StreamWriter) -> Result<()> + 'static,
    socket: impl ListenerSocket,
) -> StreamOperation<Server> {
    let handler = ClientHandler::new(handler);
    let listener = Given::new(socket);
    StreamOperation::new("start_server", move |co, limit| {
        listener.serve(co, handler.factory(limit))
    })
}

type HandlerFn = dyn Fn(&Co, StreamReader, StreamWriter) -> Result<()>;

/// Handles the connections of a server.
struct ClientHandler {
    handle: Rc<HandlerFn>,
    /// What reports call the tasks.
    name: &'static str,
}

impl ClientHandler {
    fn new<F>(handle: F) -> Self
    where
        F: Fn(&Co, StreamReader, StreamWriter) -> Result<()> + 'static,
    {
        Self {
            handle: Rc::new(handle),
            name: Builder::name_as_given::<F>(),
        }
    }

    /// Returns the function that makes the protocol of a connection.
    fn factory(self, limit: usize) -> Factory {
        let (made_at, context) = (caller(), Snapshot::take());
        let accept: Accept = Rc::new(move |connection| {
            let transport = connection.transport.clone();
            let event_loop = EventLoop::of(transport.core());
            let reader = StreamReader::connected(&connection);
            let (handle, writer) = (Rc::clone(&self.handle), StreamWriter(connection));
            let named = CoroutineBuilder::new().name(self.name);
            let coroutine = named.build(move |co| handle(co, reader, writer));
            let create = || event_loop.create_task_for(made_at, coroutine);
            let task = context.call_in_copy(create);
            close_after_failure(made_at, &task, transport);
        });
        Factory::new(move || {
            let accept = Rc::clone(&accept);
            StreamProtocol::new(limit, Some(accept)) as Rc<dyn Protocol>
        })
    }
}

impl fmt::Debug for ClientHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientHandler")
    }
}

fn close_after_failure(made_at: Place, task: &Task<()>, transport: Transport) {
    task.add_done_callback_at(made_at, move |task| {
        let Ok(failure) = task.exception() else {
            return transport.close();
        };
        if let Some(error) = failure {
            let context = ErrorContext::new("Unhandled exception in client_connected_cb")
                .error(error)
                .source(format!("{transport:?}"));
            transport.core().call_exception_handler(&context);
            transport.close();
        }
    });
}
