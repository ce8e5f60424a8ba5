//! Making servers.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::rc::Rc;

#[cfg(feature = "tls")]
use super::filter::FilterFactory;
use super::protocol::Protocol;
use super::server::{Factory, Server};
use super::socket::Socket;
use crate::combine::yield_now;
use crate::errors::describe;
use crate::io::net::{ListenOptions, Target, ToSocketAddrs, listen_on, resolve};
use crate::io::source::Source;
use crate::kernel::{Co, EventLoop, OnDrop, Request, coroutine_operations};
use yieldfrom_delegation::{Delegate, Result};

/// Listens for TCP connections, and makes a transport and a protocol of each.
///
/// asyncio's `create_server`. If a name has several addresses, the server listens on all of them,
/// each by its own socket. With port 0 the system chooses a port for each, see [`Server::sockets`].
/// asyncio's host `""` does not exist: use `"0.0.0.0:80"`, or `"[::]:80"`, or both, as addresses.
///
/// When the system has no descriptors left, the server reports that to the exception handler, and
/// tries again after a second.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: an address is in use, or not of this machine, or there is none.
/// - [`ValueError`](crate::ValueError): an address does not parse.
pub fn create_server<P: Protocol>(
    factory: impl Fn() -> P + 'static,
    target: impl ToSocketAddrs,
) -> CreateServer {
    CreateServer {
        factory: boxed(factory),
        listening: Listening::new(target),
    }
}

/// The result of [`create_server`]: options, and a delegate for `yield_from`.
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct CreateServer {
    factory: Factory,
    listening: Listening,
}

/// The addresses to listen on, and the options.
#[derive(Debug)]
pub(crate) struct Listening {
    target: Result<Target>,
    pub(crate) options: ListenOptions,
    pub(crate) start: bool,
}

impl Listening {
    pub(crate) fn new(target: impl ToSocketAddrs) -> Self {
        Self {
            target: target.target(),
            options: ListenOptions {
                v6_only: true,
                ..ListenOptions::default()
            },
            start: true,
        }
    }

    pub(crate) fn listen(self, co: &Co, factory: Factory) -> Result<Server> {
        let target = self.target?;
        let name = target.to_string();
        let mut addresses = resolve(co, target)?;
        addresses.sort_unstable();
        addresses.dedup();
        let sockets = listen_on_all(&name, &addresses, &self.options)?;
        serve(co, factory, self.options.backlog, sockets, self.start)
    }
}

fn listen_on_all(
    name: &str,
    addresses: &[SocketAddr],
    options: &ListenOptions,
) -> io::Result<Vec<Socket>> {
    let mut sockets = Vec::new();
    let none = "there is no address to listen on";
    let mut without = io::Error::new(io::ErrorKind::InvalidInput, none);
    for address in addresses {
        match listen_on(*address, options) {
            Ok(socket) => sockets.push(Socket::TcpListener(Source::new(socket))),
            Err(error) if address.is_ipv6() && may_be_unsupported(&error) => without = error,
            Err(error) => return Err(describe(error, format!("listen on {address}"))),
        }
    }
    if sockets.is_empty() {
        return Err(describe(without, format!("listen on {name}")));
    }
    Ok(sockets)
}

/// Returns whether an IPv6 address may have failed because this machine has no IPv6. Names have
/// such addresses nevertheless.
fn may_be_unsupported(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrInUse, PermissionDenied};
    !matches!(error.kind(), AddrInUse | PermissionDenied)
}

pub(super) fn serve(
    co: &Co,
    factory: Factory,
    backlog: u32,
    sockets: Vec<Socket>,
    start: bool,
) -> Result<Server> {
    let core = Rc::clone(EventLoop::current_or_closed().core());
    core.check_open("create_server")?;
    let server = Server::new(&core, factory, backlog, sockets);
    if !start {
        return Ok(server);
    }
    let starting = OnDrop::new(|| server.close());
    server.begin()?;
    yield_now().delegate(co)?;
    starting.defuse();
    Ok(server)
}

/// The options of all servers, also of those of streams. The type has a field `listening`.
macro_rules! unix_listening_options {
    () => {
        /// Sets how many connections may wait to be accepted: 1,024 by default. At most as many are
        /// accepted in one turn of the loop.
        pub fn backlog(mut self, connections: u32) -> Self {
            self.listening.options.backlog = connections.max(1);
            self
        }

        /// Sets whether connections are accepted at once: true by default. Otherwise they wait
        /// until [`Server::start_serving`](crate::Server::start_serving).
        pub fn start_serving(mut self, on: bool) -> Self {
            self.listening.start = on;
            self
        }
    };
}
pub(crate) use unix_listening_options;

/// The options of TCP servers, also of those of streams. `$server` is an example of one.
macro_rules! listening_options {
    ($server:expr) => {
        $crate::io::transport::unix_listening_options!();

        /// Sets whether the address can be used again at once after the server has ended
        /// (`SO_REUSEADDR`): true by default.
        pub fn reuse_address(mut self, on: bool) -> Self {
            self.listening.options.reuse_address = on;
            self
        }

        /// Sets whether several sockets may listen on the address, and share its connections
        /// (`SO_REUSEPORT`): false by default.
        ///
        /// # Examples
        ///
        /// ```
        #[doc = $server]
        ///     .backlog(10)
        ///     .reuse_address(true)
        ///     .reuse_port(false)
        ///     .start_serving(false);
        /// ```
        pub fn reuse_port(mut self, on: bool) -> Self {
            self.listening.options.reuse_port = on;
            self
        }
    };
}
pub(crate) use listening_options;

impl CreateServer {
    #[cfg(feature = "tls")]
    pub(crate) fn set_filter(&mut self, filter: FilterFactory) {
        self.factory.filter = Some(filter);
    }

    listening_options!(
        "# struct Silent;\n# impl yieldfrom::Protocol for Silent {}\n\
         let server = yieldfrom::create_server(|| Silent, \"127.0.0.1:0\")"
    );
}

impl Delegate<Request, ()> for CreateServer {
    type Output = Server;

    fn delegate(self, co: &Co) -> Result<Server> {
        self.listening.listen(co, self.factory)
    }
}

pub(super) fn boxed<P: Protocol>(factory: impl Fn() -> P + 'static) -> Factory {
    Factory::new(move || Rc::new(factory()) as Rc<dyn Protocol>)
}

/// Listens on a path of Unix sockets; the rest is as [`create_server`].
///
/// asyncio's `create_unix_server`. A socket that is there already is replaced. Any other file is
/// left alone, and is an error. The file stays when the server is closed.
///
/// # Errors
///
/// As [`create_server`].
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Protocol, create_unix_connection, create_unix_server, run_sync};
///
/// struct Silent;
/// impl Protocol for Silent {}
///
/// let path = std::env::temp_dir().join(format!("yieldfrom-doc-server-{}", std::process::id()));
/// run_sync(move |co: &Co| {
///     let server = co.yield_from(create_unix_server(|| Silent, &path))?;
///     let (transport, _) = co.yield_from(create_unix_connection(|| Silent, &path))?;
///     assert_eq!(transport.peername().unwrap().path(), Some(&*path));
///     server.close();
///     Ok(std::fs::remove_file(&path)?)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn create_unix_server<P: Protocol>(
    factory: impl Fn() -> P + 'static,
    path: impl AsRef<Path>,
) -> CreateUnixServer {
    CreateUnixServer {
        factory: boxed(factory),
        listening: UnixListening::new(path),
    }
}

/// The result of [`create_unix_server`]: options, and a delegate for `yield_from`.
#[must_use = "it listens when a coroutine delegates to it by yield_from"]
pub struct CreateUnixServer {
    factory: Factory,
    listening: UnixListening,
}

/// The path to listen on, and the options.
#[derive(Debug)]
pub(crate) struct UnixListening {
    path: PathBuf,
    pub(crate) options: ListenOptions,
    pub(crate) start: bool,
}

impl UnixListening {
    pub(crate) fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            options: ListenOptions::default(),
            start: true,
        }
    }

    pub(crate) fn listen(self, co: &Co, factory: Factory) -> Result<Server> {
        let failed = |error| describe(error, format!("listen on {}", self.path.display()));
        let socket = Socket::UnixListener(Source::new(self.bind().map_err(failed)?));
        serve(co, factory, self.options.backlog, vec![socket], self.start)
    }

    fn bind(&self) -> io::Result<UnixListener> {
        if fs::symlink_metadata(&self.path).is_ok_and(|file| file.file_type().is_socket()) {
            fs::remove_file(&self.path)?;
        }
        let socket = UnixListener::bind(&self.path)?;
        socket.set_nonblocking(true)?;
        self.options.listen(&socket)?;
        Ok(socket)
    }
}

impl CreateUnixServer {
    unix_listening_options!();
}

impl Delegate<Request, ()> for CreateUnixServer {
    type Output = Server;

    fn delegate(self, co: &Co) -> Result<Server> {
        self.listening.listen(co, self.factory)
    }
}

coroutine_operations! {
    [] CreateServer => Server, "create_server";
    [] CreateUnixServer => Server, "create_unix_server";
}

impl fmt::Debug for CreateServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("CreateServer");
        tuple.field(&self.listening).finish()
    }
}

impl fmt::Debug for CreateUnixServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple("CreateUnixServer");
        tuple.field(&self.listening).finish()
    }
}
