//! The transport of a datagram socket.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::rc::Rc;

use super::carrier::{Carrier, Notice, Turn, TurnWork};
use super::protocol::{DatagramProtocol, DatagramTransport, Datagrams};
use super::socket::Socket;
use super::transport_state::TransportState;
use crate::errors::{ValueError, describe};
use crate::io::net::Address;
use crate::kernel::{Core, Place, Waiter};
use yieldfrom_delegation::{Error, Result};

/// The bytes that each buffered datagram counts for besides its own, as in CPython. So a queue of
/// empty datagrams fills as well.
const HEADER: usize = 8;

impl Datagrams {
    pub(super) fn start(
        made_at: Place,
        core: &Rc<Core>,
        socket: Socket,
        protocol: Rc<dyn DatagramProtocol>,
        remote: Option<Address>,
        waiter: &Rc<Waiter>,
    ) -> Rc<Self> {
        let state = TransportState::new(made_at, core, socket, protocol);
        let datagrams = Rc::new(Self {
            remote: remote.or_else(|| state.peername.clone()),
            state,
            queue: RefCell::default(),
            size: Cell::new(0),
        });
        datagrams.schedule(TurnWork::Begin(Some(Rc::clone(waiter))));
        datagrams
    }

    pub(super) fn fd(&self) -> Option<RawFd> {
        Some(self.state.socket()?.as_fd().as_raw_fd())
    }

    /// Tells the protocol of an error that does not end the endpoint.
    fn tell_error(&self, error: io::Error) {
        let error = Error::from(error);
        let message = "protocol.error_received() call failed.";
        self.tell(message, |it| it.error_received(&error));
    }

    pub(super) fn send(self: &Rc<Self>, data: &[u8], address: Option<Address>) -> Result<()> {
        let address = self.check(address)?;
        let Some(socket) = self.state.socket().filter(|_| !self.state.is_lost()) else {
            self.note_lost_write("sendto");
            return Ok(());
        };
        let idle = self.queue.borrow().is_empty();
        if idle && !self.send_now(&socket, data, address.as_ref()) {
            return Ok(());
        }
        self.size.set(self.size.get() + HEADER + data.len());
        self.queue.borrow_mut().push_back((data.to_vec(), address));
        if idle {
            self.watch_writing(&socket, true);
        }
        self.pause_if_high();
        Ok(())
    }

    /// Returns the address to give to the system: none if that knows it.
    fn check(&self, address: Option<Address>) -> Result<Option<Address>> {
        match (address, &self.remote) {
            (Some(given), Some(only)) if given != *only => {
                let why = format!(
                    "sendto: this endpoint sends to {only} only; give no address, or make one \
                     without a remote address"
                );
                Err(ValueError::new(why).into())
            }
            (None, None) => {
                let why = "sendto: give an address; this endpoint has no remote one";
                Err(ValueError::new(why).into())
            }
            _ if self.state.peername.is_some() => Ok(None),
            (None, Some(only)) => Ok(Some(only.clone())),
            (given, _) => Ok(given),
        }
    }

    /// Sends, and returns whether the datagram has to be sent again.
    fn send_now(&self, socket: &Socket, data: &[u8], address: Option<&Address>) -> bool {
        match socket.send_to(data, address) {
            Ok(_) => false,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => true,
                _ => {
                    self.tell_error(describe(error, "send"));
                    false
                }
            },
        }
    }

    fn flushed(self: &Rc<Self>, socket: &Socket) {
        self.watch_writing(socket, false);
        if self.state.closing.get() && self.state.lose(None) {
            self.finish();
        }
    }
}

impl Carrier for Datagrams {
    type Protocol = dyn DatagramProtocol;

    fn state(&self) -> &TransportState<dyn DatagramProtocol> {
        &self.state
    }

    fn notify(&self, notice: Notice<'_>) {
        let name = match notice {
            Notice::PauseWriting => "pause_writing",
            Notice::ResumeWriting => "resume_writing",
            Notice::ConnectionLost(_) => "connection_lost",
        };
        let message = format!("protocol.{name}() call failed.");
        self.tell(&message, |it| match notice {
            Notice::PauseWriting => it.pause_writing(),
            Notice::ResumeWriting => it.resume_writing(),
            Notice::ConnectionLost(error) => it.connection_lost(error),
        });
    }

    fn buffered(&self) -> usize {
        self.size.get()
    }

    fn clear(&self) {
        self.size.set(0);
        let queue = self.queue.take();
        drop(queue);
    }

    fn begin(self: &Rc<Self>, waiter: Option<&Rc<Waiter>>) {
        let transport = DatagramTransport(Rc::clone(self));
        let message = "protocol.connection_made() call failed.";
        self.tell(message, |it| it.connection_made(&transport));
        self.begin_reading(TurnWork::Read);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    fn takes_data(&self) -> bool {
        !self.state.closing.get()
    }

    fn receive(self: &Rc<Self>, socket: &Socket, buffer: &mut [u8]) -> bool {
        match socket.receive_from(buffer) {
            Ok((n, sender)) => {
                let message = "protocol.datagram_received() call failed.";
                let data = &buffer[..n];
                self.tell(message, |it| it.datagram_received(data, &sender));
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => return false,
                io::ErrorKind::Interrupted => {}
                _ => self.tell_error(describe(error, "receive")),
            },
        }
        true
    }

    /// Sends what is buffered, until the system takes no more.
    fn flush(self: &Rc<Self>, _turn: Rc<Turn<Self>>) {
        let Some(socket) = self.state.socket() else {
            return;
        };
        while !self.state.is_lost() {
            let Some((data, address)) = self.queue.borrow_mut().pop_front() else {
                return self.flushed(&socket);
            };
            if self.send_now(&socket, &data, address.as_ref()) {
                return self.queue.borrow_mut().push_front((data, address));
            }
            let sent = HEADER + data.len();
            self.size.set(self.size.get().saturating_sub(sent));
            self.resume_if_low();
        }
    }
}

/// Shows the state: `<DatagramTransport fd=7 bufsize=0>`.
impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fd() {
            None => f.write_str("<DatagramTransport closed")?,
            Some(fd) => write!(f, "<DatagramTransport fd={fd}")?,
        }
        if let Some(remote) = &self.remote {
            write!(f, " remote={remote}")?;
        }
        write!(f, " bufsize={}>", self.buffered())
    }
}
