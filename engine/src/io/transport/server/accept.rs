//! Accepting connections, by a callback.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::rc::Rc;

use super::State;
use super::members::Membership;
use crate::errors::{describe, panics};
use crate::io::net::{self, Address};
use crate::io::source::Source;
use crate::io::transport::Stream;
use crate::io::transport::protocol::guarded;
use crate::io::transport::socket::Socket;
use crate::kernel::{Core, Direction, ErrorContext, EventLoop, Ready};
use crate::{Error, Result};

/// A socket that listens, and does not block.
pub(in crate::io::transport) enum ListeningSocket {
    Tcp(Source<TcpListener>),
    Unix(Source<UnixListener>),
}

impl ListeningSocket {
    fn accept(&self) -> io::Result<Socket> {
        const READ: Direction = Direction::Read;
        Ok(match self {
            Self::Tcp(source) => {
                let socket = source.attempt(READ, net::accept)?;
                Socket::Tcp(Source::new(TcpStream::from(socket)))
            }
            Self::Unix(source) => {
                let socket = source.attempt(READ, net::accept)?;
                Socket::Unix(Source::new(UnixStream::from(socket)))
            }
        })
    }

    fn set_callback(&self, core: &Rc<Core>, callback: Option<Rc<dyn Ready>>) -> Result<()> {
        match self {
            Self::Tcp(source) => source.set_callback(core, Direction::Read, callback),
            Self::Unix(source) => source.set_callback(core, Direction::Read, callback),
        }
    }

    fn address(&self) -> Option<Address> {
        Some(match self {
            Self::Tcp(source) => source.get().local_addr().ok()?.into(),
            Self::Unix(source) => source.get().local_addr().ok()?.into(),
        })
    }
}

impl AsFd for ListeningSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(source) => source.as_fd(),
            Self::Unix(source) => source.as_fd(),
        }
    }
}

/// One of a server's sockets.
pub(super) struct Listener {
    /// None once it is closed.
    socket: RefCell<Option<Rc<ListeningSocket>>>,
    /// Whether accepting pauses.
    resting: Cell<bool>,
}

impl Listener {
    pub(super) fn new(socket: ListeningSocket) -> Self {
        Self {
            socket: RefCell::new(Some(Rc::new(socket))),
            resting: Cell::new(false),
        }
    }

    fn socket(&self) -> Option<Rc<ListeningSocket>> {
        self.socket.borrow().clone()
    }

    pub(super) fn address(&self) -> Option<Address> {
        self.socket()?.address()
    }

    pub(super) fn close(&self, core: &Rc<Core>) {
        let socket = self.socket.take();
        if let Some(socket) = socket {
            // Taking a callback away fails only where there is none.
            let _ = socket.set_callback(core, None);
        }
    }
}

/// What runs when a socket has connections.
pub(super) struct Accepting {
    server: Rc<State>,
    listener: Rc<Listener>,
}

impl Accepting {
    pub(super) fn start(server: &Rc<State>, listener: &Rc<Listener>) -> Result<()> {
        let Some(socket) = listener.socket() else {
            return Ok(());
        };
        let accepting = Rc::new(Self {
            server: Rc::clone(server),
            listener: Rc::clone(listener),
        });
        socket.set_callback(&server.core, Some(accepting))
    }

    /// Accepts what is there, up to the backlog; then the others have a turn.
    fn accept(self: &Rc<Self>) {
        for _ in 0..self.server.backlog {
            // The server may have been closed by the protocol's factory.
            let Some(socket) = self.listener.socket() else {
                return;
            };
            match socket.accept() {
                Ok(connection) => self.connect(connection),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if net::was_lost(&error, &*socket) => {
                    panics::contain(|| {
                        log::debug!(target: "yieldfrom::transport", "accept: {error}");
                    });
                }
                Err(error) => return self.rest(error),
            }
        }
        self.server.core.schedule(Rc::clone(self) as Rc<dyn Ready>);
    }

    fn connect(&self, connection: Socket) {
        let server = &self.server;
        match guarded(|| Ok((server.factory)())) {
            Ok(protocol) => {
                let stream =
                    Stream::start(server.made_at, &server.core, connection, protocol, None);
                Membership::begin(server, &stream);
            }
            Err(error) => {
                let message = "Error on transport creation for incoming connection";
                self.report(message, error);
            }
        }
    }

    /// Pauses: to go on at once would fail again, and again.
    #[cold]
    fn rest(self: &Rc<Self>, error: io::Error) {
        let message = if net::out_of_descriptors(&error) {
            "accept: out of descriptors or memory; trying again in 1 s"
        } else {
            "accept: the system refuses; trying again in 1 s"
        };
        self.report(message, describe(error, "accept").into());
        self.listener.resting.set(true);
        let accepting = Rc::clone(self);
        let go_on = move || {
            accepting.listener.resting.set(false);
            accepting.schedule();
        };
        let event_loop = EventLoop::of(&self.server.core);
        // A loop that the exception handler has closed needs nothing more.
        if !event_loop.is_closed() {
            event_loop.schedule_after(self.server.made_at, net::ACCEPT_PAUSE, Box::new(go_on));
        }
    }

    fn report(&self, message: &str, error: Error) {
        let source = super::Server(Rc::clone(&self.server));
        let context = ErrorContext::new(message)
            .error(error)
            .source(format!("{source:?} created at {}", self.server.made_at));
        self.server.core.call_exception_handler(&context);
    }
}

impl Ready for Accepting {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        if !self.listener.resting.get() {
            self.accept();
        }
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        let server = Rc::clone(&self.server);
        server.core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = super::Server(Rc::clone(&self.server));
        write!(f, "{server:?} created at {}", self.server.made_at)
    }
}

/// With the loop, its servers end.
impl Drop for Accepting {
    fn drop(&mut self) {
        if self.server.core.is_closed() {
            self.server.close();
        }
    }
}
