//! Servers on sockets that listen already.

use std::fmt;
use std::io;
use std::os::fd::AsFd;

use rustix::net::sockopt;

use super::Factory;
use super::listen::{boxed, serve};
use super::protocol::Protocol;
use super::server::{ListeningSocket, Server};
use crate::errors::describe;
use crate::io::net;
use crate::io::source::Source;
use crate::kernel::{Request, coroutine_operations};
use crate::{Co, Delegate, Result};

/// How many connections are accepted in one turn.
const AT_ONCE: u32 = 100;

/// A socket that listens: a [`net::TcpListener`], a [`net::UnixListener`], or std's. Nobody else can
/// implement it.
///
/// # Examples
///
/// See [`create_server_on`].
pub trait ListenerSocket: sealed::Sealed {}

mod sealed {
    pub trait Sealed {
        #[doc(hidden)]
        fn listening(self) -> crate::Result<Wrapped>;
    }

    /// Hides what a socket is.
    pub struct Wrapped(pub(super) super::ListeningSocket);

    impl std::fmt::Debug for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("ListeningSocket")
        }
    }
}

macro_rules! listener_sockets {
    ($($type:ty => $kind:ident: |$socket:ident| $std:expr;)*) => {$(
        impl ListenerSocket for $type {}

        impl sealed::Sealed for $type {
            fn listening(self) -> Result<sealed::Wrapped> {
                let $socket = self;
                let socket = $std;
                check(&socket).and_then(|()| socket.set_nonblocking(true)).map_err(refused)?;
                Ok(sealed::Wrapped(ListeningSocket::$kind(Source::new(socket))))
            }
        }
    )*};
}

listener_sockets! {
    std::net::TcpListener => Tcp: |socket| socket;
    std::os::unix::net::UnixListener => Unix: |socket| socket;
    net::TcpListener => Tcp: |socket| socket.into_std()?;
    net::UnixListener => Unix: |socket| socket.into_std()?;
}

/// Refuses what does not listen: accepting there would fail for ever.
fn check(socket: &impl AsFd) -> io::Result<()> {
    if sockopt::socket_acceptconn(socket)? {
        return Ok(());
    }
    let why = "the socket does not listen; call listen(2) on it first";
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

fn refused(error: io::Error) -> io::Error {
    describe(error, "serve a given socket")
}

/// Serves the connections of a socket that listens already; the rest is as
/// [`create_server`](super::create_server()).
///
/// asyncio's `create_server(factory, sock=socket)`. The socket does not block from now on, and is
/// closed with the server.
///
/// # Errors
///
/// `yield_from` gives an [`io::Error`] for a socket that does not listen.
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
pub fn create_server_on<F, P>(factory: F, socket: impl ListenerSocket) -> CreateServerOn<F>
where
    F: Fn() -> P + 'static,
    P: Protocol,
{
    let listener = Given::new(socket);
    CreateServerOn { factory, listener }
}

/// What [`create_server_on`] returns: a delegate for `yield_from`.
#[must_use = "it serves when a coroutine delegates to it by yield_from"]
pub struct CreateServerOn<F> {
    factory: F,
    listener: Given,
}

/// A socket that somebody else has made.
pub(crate) struct Given(Result<ListeningSocket>);

impl Given {
    pub(crate) fn new(socket: impl ListenerSocket) -> Self {
        Self(socket.listening().map(|wrapped| wrapped.0))
    }

    #[track_caller]
    pub(crate) fn serve(self, co: &Co, factory: Factory) -> Result<Server> {
        serve(co, factory, AT_ONCE, vec![self.0?], true)
    }
}

impl<F, P> Delegate<Request, ()> for CreateServerOn<F>
where
    F: Fn() -> P + 'static,
    P: Protocol,
{
    type Output = Server;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Server> {
        self.listener.serve(co, boxed(self.factory))
    }
}

coroutine_operations! {
    [F: Fn() -> P + 'static, P: Protocol]
        CreateServerOn<F> => Server, "create_server", |this| move |co: &Co| this.delegate(co);
}

impl<F> fmt::Debug for CreateServerOn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CreateServerOn")
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given")
    }
}
