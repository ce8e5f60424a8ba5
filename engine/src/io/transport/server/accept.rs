//! Accepting connections, by a callback.

use std::fmt;
use std::io;
use std::rc::Rc;

use super::server_state::{Listener, ServerState};
use crate::errors::{describe, panics};
use crate::io::net;
use crate::io::transport::protocol::{Stream, guarded};
use crate::io::transport::socket::Socket;
use crate::kernel::{Core, Direction, ErrorContext, EventLoop, Ready};
use yieldfrom_delegation::{Error, Result};

/// The callback of a socket that listens.
pub(super) struct Accepting {
    server: Rc<ServerState>,
    listener: Rc<Listener>,
}

impl Accepting {
    pub(super) fn start(server: &Rc<ServerState>, listener: &Rc<Listener>) -> Result<()> {
        let Some(socket) = listener.socket() else {
            return Ok(());
        };
        let accepting = Rc::new(Self {
            server: Rc::clone(server),
            listener: Rc::clone(listener),
        });
        socket.set_callback(&server.core, Direction::Read, Some(accepting))
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
        let make = || {
            let filter = server.factory.filter.as_ref().map(|filter| filter());
            Ok(((server.factory.protocol)(), filter.transpose()?))
        };
        match guarded(make) {
            Ok((protocol, filter)) => {
                let (made_at, core) = (server.made_at, &server.core);
                let stream = Stream::start(made_at, core, connection, protocol, None, filter);
                server.add(&stream);
            }
            Err(error) => {
                let message = "Error on transport creation for incoming connection";
                self.report(message, error);
            }
        }
    }

    /// Pauses, since another attempt now would fail in the same way.
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
        // The exception handler may have closed the loop.
        if !event_loop.is_closed() {
            event_loop.schedule_after(self.server.made_at, net::ACCEPT_PAUSE, Box::new(go_on));
        }
    }

    fn report(&self, message: &str, error: Error) {
        let context = ErrorContext::new(message).error(error).source(self.show());
        self.server.core.call_exception_handler(&context);
    }

    /// Shows the server with the line for which it was made.
    fn show(&self) -> String {
        let server = &self.server;
        format!("{server:?} created at {}", server.made_at)
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
        f.write_str(&self.show())
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
