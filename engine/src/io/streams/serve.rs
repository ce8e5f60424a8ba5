//! Serving.

use std::fmt;
use std::path::Path;
use std::rc::Rc;

use super::DEFAULT_LIMIT;
use super::open::limit_option;
use super::protocol::{Accept, StreamProtocol};
use super::reader::{StreamReader, checked_limit};
use super::writer::StreamWriter;
use crate::io::net::ToSocketAddrs;
use crate::io::transport::{
    Factory, Given, ListenerSocket, Listening, Protocol, Server, Transport, UnixListening,
    listening_options, unix_listening_options,
};
use crate::kernel::{
    ErrorContext, EventLoop, IntoCoroutine, Place, Request, Task, caller, coroutine_operations,
};
use crate::{Co, Delegate, Result};

/// Listens for TCP connections, and runs a coroutine as a task for each.
///
/// asyncio's `start_server`. The callback gets both ends of the connection, and returns the
/// coroutine. If that fails, the error goes to the loop's exception handler, and the connection is
/// closed; it is also closed when the coroutine has dropped both ends.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: an address is in use, or not this machine's, or there is none.
/// - [`ValueError`](crate::ValueError): an address that does not parse, or a limit of zero.
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
pub fn start_server<F, C>(callback: F, target: impl ToSocketAddrs) -> StartServer<F>
where
    F: Fn(StreamReader, StreamWriter) -> C + 'static,
    C: IntoCoroutine<Output = ()>,
{
    StartServer {
        callback,
        listening: Listening::new(target),
        limit: DEFAULT_LIMIT,
    }
}

/// What [`start_server`] returns: options, and a delegate for `yield_from`.
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct StartServer<F> {
    callback: F,
    listening: Listening,
    limit: usize,
}

impl<F> StartServer<F> {
    limit_option!();
    listening_options!(
        "# use yieldfrom::{Co, StreamReader, StreamWriter};\n\
         # fn echo(_: StreamReader, _: StreamWriter) -> impl FnOnce(&Co) -> yieldfrom::Result<()> {\n\
         #     |_: &Co| Ok(())\n\
         # }\n\
         let server = yieldfrom::start_server(echo, \"127.0.0.1:0\")"
    );
}

impl<F, C> Delegate<Request, ()> for StartServer<F>
where
    F: Fn(StreamReader, StreamWriter) -> C + 'static,
    C: IntoCoroutine<Output = ()>,
{
    type Output = Server;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Server> {
        let factory = factory(self.callback, self.limit)?;
        self.listening.listen(co, factory)
    }
}

/// Listens on a path of Unix sockets; the rest is as [`start_server`].
///
/// asyncio's `start_unix_server`. A socket that stands there already is replaced; any other file is
/// left alone, and an error. The file stays when the server is closed.
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
pub fn start_unix_server<F, C>(callback: F, path: impl AsRef<Path>) -> StartUnixServer<F>
where
    F: Fn(StreamReader, StreamWriter) -> C + 'static,
    C: IntoCoroutine<Output = ()>,
{
    StartUnixServer {
        callback,
        listening: UnixListening::new(path),
        limit: DEFAULT_LIMIT,
    }
}

/// What [`start_unix_server`] returns: options, and a delegate for `yield_from`.
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct StartUnixServer<F> {
    callback: F,
    listening: UnixListening,
    limit: usize,
}

impl<F> StartUnixServer<F> {
    limit_option!();
    unix_listening_options!();
}

impl<F, C> Delegate<Request, ()> for StartUnixServer<F>
where
    F: Fn(StreamReader, StreamWriter) -> C + 'static,
    C: IntoCoroutine<Output = ()>,
{
    type Output = Server;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Server> {
        let factory = factory(self.callback, self.limit)?;
        self.listening.listen(co, factory)
    }
}

/// Serves the connections of a socket that listens already; the rest is as [`start_server`].
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
pub fn start_server_on<F, C>(callback: F, socket: impl ListenerSocket) -> StartServerOn<F>
where
    F: Fn(StreamReader, StreamWriter) -> C + 'static,
    C: IntoCoroutine<Output = ()>,
{
    StartServerOn {
        callback,
        listener: Given::new(socket),
        limit: DEFAULT_LIMIT,
    }
}

/// What [`start_server_on`] returns: options, and a delegate for `yield_from`.
#[must_use = "it serves when a coroutine delegates to it by yield_from"]
pub struct StartServerOn<F> {
    callback: F,
    listener: Given,
    limit: usize,
}

impl<F> StartServerOn<F> {
    limit_option!();
}

impl<F, C> Delegate<Request, ()> for StartServerOn<F>
where
    F: Fn(StreamReader, StreamWriter) -> C + 'static,
    C: IntoCoroutine<Output = ()>,
{
    type Output = Server;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Server> {
        let factory = factory(self.callback, self.limit)?;
        self.listener.serve(co, factory)
    }
}

/// Makes what makes the protocols of a server's connections.
#[track_caller]
fn factory<F, C>(callback: F, limit: usize) -> Result<Factory>
where
    F: Fn(StreamReader, StreamWriter) -> C + 'static,
    C: IntoCoroutine<Output = ()>,
{
    let limit = checked_limit(limit)?;
    let made_at = caller();
    let accept: Accept = Rc::new(move |reader, writer: StreamWriter| {
        let transport = writer.transport().clone();
        let event_loop = EventLoop::of(transport.core());
        let task = event_loop.create_task_for(made_at, callback(reader, writer));
        watch(made_at, &task, transport);
    });
    Ok(Box::new(move || {
        let protocol = StreamProtocol::new(limit, Some(Rc::clone(&accept)));
        Rc::new(protocol) as Rc<dyn Protocol>
    }))
}

/// Closes the connection of a task that fails.
fn watch(made_at: Place, task: &Task<()>, transport: Transport) {
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

coroutine_operations! {
    [F: Fn(StreamReader, StreamWriter) -> C + 'static, C: IntoCoroutine<Output = ()> + 'static]
        StartServer<F> => Server, "start_server", |this| move |co: &Co| this.delegate(co);
    [F: Fn(StreamReader, StreamWriter) -> C + 'static, C: IntoCoroutine<Output = ()> + 'static]
        StartUnixServer<F> => Server, "start_unix_server", |this| move |co: &Co| this.delegate(co);
    [F: Fn(StreamReader, StreamWriter) -> C + 'static, C: IntoCoroutine<Output = ()> + 'static]
        StartServerOn<F> => Server, "start_server", |this| move |co: &Co| this.delegate(co);
}

impl<F> fmt::Debug for StartServerOn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StartServerOn")
            .field(&self.listener)
            .finish()
    }
}

impl<F> fmt::Debug for StartServer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StartServer").field(&self.listening).finish()
    }
}

impl<F> fmt::Debug for StartUnixServer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("StartUnixServer");
        tuple.field(&self.listening).finish()
    }
}
