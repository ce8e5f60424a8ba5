//! Servers on sockets that listen already.

use super::given::{ListenerSocket, into_socket};
use super::listen::{boxed, serve};
use super::protocol::Protocol;
use super::server::{Factory, Server};
use super::socket::Socket;
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::Result;

/// How many connections are accepted in one turn.
const AT_ONCE: u32 = 100;

/// Serves the connections of a socket that listens already; the rest is as
/// [`create_server`](super::create_server()).
///
/// asyncio's `create_server(factory, sock=socket)`. The socket does not block from now on, and is
/// closed with the server.
///
/// # Errors
///
/// `yield_from` gives an [`std::io::Error`] for a socket that does not listen.
///
/// # Examples
///
/// ```
/// use std::net::TcpListener;
/// use yieldfrom::{Co, Protocol, create_connection, create_server_on, run_sync};
///
/// struct Silent;
/// impl Protocol for Silent {}
///
/// run_sync(|co: &Co| {
///     let listener = TcpListener::bind("127.0.0.1:0")?; // or one of another process
///     let address = listener.local_addr()?;
///     let server = co.yield_from(create_server_on(|| Silent, listener))?;
///     let (transport, _) = co.yield_from(create_connection(|| Silent, address))?;
///     transport.close();
///     server.close();
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it serves when a coroutine delegates to it by yield_from"]
pub fn create_server_on<P: Protocol>(
    factory: impl Fn() -> P + 'static,
    socket: impl ListenerSocket,
) -> Operation<impl FnOnce(&Co) -> Result<Server>> {
    let listener = Given::new(socket);
    Operation::new("create_server", move |co| {
        listener.serve(co, boxed(factory))
    })
}

/// A listening socket that the program has made.
#[derive(Debug)]
pub(crate) struct Given(Result<Socket>);

impl Given {
    pub(crate) fn new(socket: impl ListenerSocket) -> Self {
        Self(into_socket(socket))
    }

    pub(crate) fn serve(self, co: &Co, factory: Factory) -> Result<Server> {
        serve(co, factory, AT_ONCE, vec![self.0?], true)
    }
}
