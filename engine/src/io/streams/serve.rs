//! Serving: a coroutine runs as a task for each connection.

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
    Factory, Given, ListenerSocket, Listening, Protocol, Server, Transport, UnixListening,
    listening_options, unix_listening_options,
};
use crate::kernel::{
    Co, Coroutine, ErrorContext, EventLoop, IntoCoroutine, Place, Request, Task, caller,
    coroutine_operations,
};
use yieldfrom_delegation::{Delegate, Result};

/// Listens for TCP connections, and runs a coroutine as a task for each.
///
/// asyncio's `start_server`. The callback gets both ends of the connection, and returns the
/// coroutine. If the coroutine fails, the error goes to the loop's exception handler, and the
/// connection is closed. The connection is also closed when both ends have been dropped.
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
/// use yieldfrom::{Co, StreamReader, StreamWriter, open_connection, run_sync, start_server};
///
/// run_sync(|co: &Co| {
///     let echo = |reader: StreamReader, writer: StreamWriter| {
///         move |co: &Co| loop {
///             let data = co.yield_from(reader.read(1024))?;
///             if data.is_empty() {
///                 return Ok(());
///             }
///             writer.write(&data)?;
///             co.yield_from(writer.drain())?;
///         }
///     };
///     let server = co.yield_from(start_server(echo, "127.0.0.1:0").backlog(10))?;
///     let (reader, writer) = co.yield_from(open_connection(server.sockets()[0].ip().unwrap()))?;
///     writer.write(b"hello")?;
///     assert_eq!(co.yield_from(reader.readexactly(5))?, b"hello");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn start_server<C: IntoCoroutine<Output = ()>>(
    callback: impl Fn(StreamReader, StreamWriter) -> C + 'static,
    target: impl ToSocketAddrs,
) -> StartServer {
    StartServer {
        callback: ClientCallback::new(callback),
        listening: Listening::new(target),
        limit: DEFAULT_LIMIT,
    }
}

/// The operation of [`start_server`], and its options.
#[derive(Debug)]
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct StartServer {
    callback: ClientCallback,
    listening: Listening,
    limit: usize,
}

impl StartServer {
    limit_option!();
    listening_options!(
        "# use yieldfrom::{Co, StreamReader, StreamWriter};\n\
         # fn echo(_: StreamReader, _: StreamWriter) -> impl FnOnce(&Co) -> yieldfrom::Result<()> {\n\
         #     |_: &Co| Ok(())\n\
         # }\n\
         let server = yieldfrom::start_server(echo, \"127.0.0.1:0\")"
    );
}

impl Delegate<Request, ()> for StartServer {
    type Output = Server;

    fn delegate(self, co: &Co) -> Result<Server> {
        let limit = checked_limit(self.limit)?;
        self.listening.listen(co, self.callback.factory(limit))
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
/// use yieldfrom::{Co, StreamReader, StreamWriter};
/// use yieldfrom::{open_unix_connection, run_sync, start_unix_server};
///
/// let path = std::env::temp_dir().join(format!("yieldfrom-doc-stream-{}", std::process::id()));
/// run_sync(move |co: &Co| {
///     let greet = |_: StreamReader, writer: StreamWriter| move |_: &Co| writer.write(b"hello");
///     let server = co.yield_from(start_unix_server(greet, &path))?;
///     let (reader, _writer) = co.yield_from(open_unix_connection(&path))?;
///     assert_eq!(co.yield_from(reader.read(None))?, b"hello");
///     server.close();
///     Ok(std::fs::remove_file(&path)?)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn start_unix_server<C: IntoCoroutine<Output = ()>>(
    callback: impl Fn(StreamReader, StreamWriter) -> C + 'static,
    path: impl AsRef<Path>,
) -> StartUnixServer {
    StartUnixServer {
        callback: ClientCallback::new(callback),
        listening: UnixListening::new(path),
        limit: DEFAULT_LIMIT,
    }
}

/// The operation of [`start_unix_server`], and its options.
#[derive(Debug)]
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct StartUnixServer {
    callback: ClientCallback,
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
        self.listening.listen(co, self.callback.factory(limit))
    }
}

coroutine_operations! {
    [] StartServer => Server, "start_server";
    [] StartUnixServer => Server, "start_unix_server";
}

/// Serves the connections of a socket that listens already; the rest is as for [`start_server`].
///
/// asyncio's `start_server(callback, sock=socket)`. The socket does not block from now on, and is
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
/// use yieldfrom::{Co, StreamReader, StreamWriter, open_connection, run_sync, start_server_on};
///
/// run_sync(|co: &Co| {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let address = listener.local_addr()?;
///     let greet = |_: StreamReader, writer: StreamWriter| move |_: &Co| writer.write(b"hello");
///     let server = co.yield_from(start_server_on(greet, listener))?;
///     let (reader, _writer) = co.yield_from(open_connection(address))?;
///     assert_eq!(co.yield_from(reader.read(None))?, b"hello");
///     server.close();
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it serves when a coroutine delegates to it by yield_from"]
pub fn start_server_on<C: IntoCoroutine<Output = ()>>(
    callback: impl Fn(StreamReader, StreamWriter) -> C + 'static,
    socket: impl ListenerSocket,
) -> StreamOperation<Server> {
    let callback = ClientCallback::new(callback);
    let listener = Given::new(socket);
    StreamOperation::new("start_server", move |co, limit| {
        listener.serve(co, callback.factory(limit))
    })
}

/// Makes the coroutine for a connection of a server.
struct ClientCallback(Box<dyn Fn(StreamReader, StreamWriter) -> Coroutine<()>>);

impl ClientCallback {
    fn new<C: IntoCoroutine<Output = ()>>(
        callback: impl Fn(StreamReader, StreamWriter) -> C + 'static,
    ) -> Self {
        let coroutine = move |reader, writer| callback(reader, writer).into_coroutine();
        Self(Box::new(coroutine))
    }

    /// Returns the function that makes the protocol of a connection.
    fn factory(self, limit: usize) -> Factory {
        let made_at = caller();
        let accept: Accept = Rc::new(move |connection| {
            let transport = connection.transport.clone();
            let event_loop = EventLoop::of(transport.core());
            let reader = StreamReader::connected(&connection);
            let coroutine = self.0(reader, StreamWriter(connection));
            let task = event_loop.create_task_for(made_at, coroutine);
            close_after_failure(made_at, &task, transport);
        });
        Box::new(move || {
            let accept = Rc::clone(&accept);
            StreamProtocol::new(limit, Some(accept)) as Rc<dyn Protocol>
        })
    }
}

impl fmt::Debug for ClientCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCallback")
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
