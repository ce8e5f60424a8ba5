//! What a datagram transport does in its turns.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::{DatagramTransport, Socket};
use crate::errors::ValueError;
use crate::errors::describe;
use crate::io::net::Address;
use crate::io::transport::base::Base;
use crate::io::transport::protocol::DatagramProtocol;
use crate::io::transport::scratch::Scratch;
use crate::kernel::{Core, Direction, Place, Ready, Waiter};
use crate::{Error, Result};

/// What each datagram counts for besides its bytes, as in CPython: a queue of empty ones fills, too.
const HEADER: usize = 8;

/// An endpoint, until it is closed.
pub(in crate::io::transport) struct Datagrams {
    pub(super) base: Base,
    /// None after the end, as the protocol.
    socket: RefCell<Option<Rc<Socket>>>,
    protocol: RefCell<Option<Rc<dyn DatagramProtocol>>>,
    /// What is to be sent, and where to.
    queue: RefCell<VecDeque<(Vec<u8>, Option<Address>)>>,
    /// How many bytes that is, with the headers.
    size: Cell<usize>,
    /// The only address to send to.
    remote: Option<Address>,
    /// Of this end, and of the one to which the socket is connected.
    names: [Option<Address>; 2],
}

/// What is to be done in a turn.
enum Work {
    Begin(Rc<Waiter>),
    Read,
    Write,
    Lose,
}

struct Step {
    datagrams: Rc<Datagrams>,
    work: Work,
}

impl Datagrams {
    pub(in crate::io::transport) fn start(
        made_at: Place,
        core: &Rc<Core>,
        socket: Socket,
        protocol: Rc<dyn DatagramProtocol>,
        remote: Option<Address>,
        waiter: &Rc<Waiter>,
    ) -> Rc<Self> {
        let peer = socket.peername();
        let datagrams = Rc::new(Self {
            base: Base::new(made_at, core),
            remote: remote.or_else(|| peer.clone()),
            names: [socket.sockname(), peer],
            socket: RefCell::new(Some(Rc::new(socket))),
            protocol: RefCell::new(Some(protocol)),
            queue: RefCell::default(),
            size: Cell::new(0),
        });
        datagrams.schedule(Work::Begin(Rc::clone(waiter)));
        datagrams
    }

    fn step(self: &Rc<Self>, work: Work) -> Rc<Step> {
        let datagrams = Rc::clone(self);
        Rc::new(Step { datagrams, work })
    }

    fn schedule(self: &Rc<Self>, work: Work) {
        self.base.core.schedule(self.step(work));
    }

    fn socket(&self) -> Option<Rc<Socket>> {
        self.socket.borrow().clone()
    }

    pub(super) fn protocol(&self) -> Option<Rc<dyn DatagramProtocol>> {
        self.protocol.borrow().clone()
    }

    pub(super) fn sockname(&self) -> Option<&Address> {
        self.names[0].as_ref()
    }

    pub(super) fn peername(&self) -> Option<&Address> {
        self.names[1].as_ref()
    }

    pub(super) fn number(&self) -> Option<RawFd> {
        Some(self.socket()?.number())
    }

    pub(super) fn buffered(&self) -> usize {
        self.size.get()
    }

    /// Calls a method of the protocol, while there is one.
    fn tell(&self, name: &str, method: impl FnOnce(&dyn DatagramProtocol) -> Result<()>) {
        if let Some(protocol) = self.protocol() {
            let message = format!("protocol.{name}() call failed.");
            self.base.call(&message, self, || method(&*protocol));
        }
    }

    fn begin(self: &Rc<Self>, waiter: &Rc<Waiter>) {
        let transport = DatagramTransport(Rc::clone(self));
        self.tell("connection_made", |it| it.connection_made(&transport));
        let socket = self.socket().filter(|_| !self.base.closing.get());
        if let Some(socket) = socket {
            let callback = self.step(Work::Read);
            let set = socket.set_callback(&self.base.core, Direction::Read, Some(callback));
            if let Err(error) = set {
                self.fail("Fatal error: the transport cannot read.", error);
            }
        }
        waiter.wake();
    }

    fn read(self: &Rc<Self>, step: Rc<Step>) {
        let socket = self.socket().filter(|_| !self.base.closing.get());
        let Some(socket) = socket else { return };
        let mut scratch = Scratch::new();
        match socket.receive(&mut scratch) {
            Ok((n, sender)) => {
                let data = &scratch[..n];
                self.tell("datagram_received", |it| {
                    it.datagram_received(data, &sender)
                });
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => return,
                io::ErrorKind::Interrupted => {}
                _ => self.report(describe(error, "receive")),
            },
        }
        // The others have a turn before this goes on.
        if socket.may_be_ready(Direction::Read) {
            self.base.core.schedule(step);
        }
    }

    /// Tells the protocol of an error that does not end the endpoint.
    fn report(&self, error: io::Error) {
        let error = Error::from(error);
        self.tell("error_received", |it| it.error_received(&error));
    }

    pub(super) fn send(self: &Rc<Self>, data: &[u8], address: Option<Address>) -> Result<()> {
        let address = self.check(address)?;
        let Some(socket) = self.socket().filter(|_| !self.base.is_lost()) else {
            self.base.note_lost_write("sendto", self);
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
            _ if self.peername().is_some() => Ok(None),
            (None, Some(only)) => Ok(Some(only.clone())),
            (given, _) => Ok(given),
        }
    }

    /// Sends, and returns whether the datagram has to be sent again.
    fn send_now(&self, socket: &Socket, data: &[u8], address: Option<&Address>) -> bool {
        match socket.send(data, address) {
            Ok(_) => false,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => true,
                _ => {
                    self.report(describe(error, "send"));
                    false
                }
            },
        }
    }

    fn watch_writing(self: &Rc<Self>, socket: &Socket, on: bool) {
        let callback = on.then(|| self.step(Work::Write) as Rc<dyn Ready>);
        if let Err(error) = socket.set_callback(&self.base.core, Direction::Write, callback) {
            self.fail("Fatal error: the transport cannot wait to send.", error);
        }
    }

    /// Sends what is buffered, until the system takes no more.
    fn flush(self: &Rc<Self>) {
        let Some(socket) = self.socket() else { return };
        while !self.base.is_lost() {
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

    fn flushed(self: &Rc<Self>, socket: &Socket) {
        self.watch_writing(socket, false);
        if self.base.closing.get() && self.base.lose(None) {
            self.finish();
        }
    }

    pub(super) fn pause_if_high(&self) {
        if self.base.flow.pauses(self.buffered()) {
            self.tell("pause_writing", |it| it.pause_writing());
        }
    }

    pub(super) fn resume_if_low(&self) {
        if self.base.flow.resumes(self.buffered()) {
            self.tell("resume_writing", |it| it.resume_writing());
        }
    }

    pub(in crate::io::transport) fn close(self: &Rc<Self>) {
        if !self.base.closing.replace(true) && self.buffered() == 0 && self.base.lose(None) {
            self.schedule(Work::Lose);
        }
    }

    pub(super) fn abort(self: &Rc<Self>, error: Option<Error>) {
        if self.base.lose(error) {
            self.clear();
            self.schedule(Work::Lose);
        }
    }

    fn clear(&self) {
        self.size.set(0);
        let queue = self.queue.take();
        drop(queue);
    }

    #[cold]
    fn fail(self: &Rc<Self>, message: &str, error: Error) {
        self.base.report_fatal(message, &error, self);
        self.abort(Some(error));
    }

    fn finish(&self) {
        let error = self.base.take_failure();
        self.tell("connection_lost", |it| it.connection_lost(error.as_ref()));
        self.release();
    }

    fn release(&self) {
        self.base.lose(None);
        self.clear();
        let (socket, protocol) = (self.socket.take(), self.protocol.take());
        if let Some(socket) = &socket {
            for direction in [Direction::Read, Direction::Write] {
                // Taking a callback away fails only where there is none.
                let _ = socket.set_callback(&self.base.core, direction, None);
            }
        }
        drop((socket, protocol));
    }
}

impl Ready for Step {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let datagrams = Rc::clone(&self.datagrams);
        core.ended.keep(Rc::clone(&self) as Rc<dyn Ready>);
        match &self.work {
            Work::Read => datagrams.read(self),
            Work::Write => datagrams.flush(),
            Work::Begin(waiter) => datagrams.begin(waiter),
            Work::Lose => datagrams.finish(),
        }
    }

    fn schedule(self: Rc<Self>) {
        let datagrams = Rc::clone(&self.datagrams);
        datagrams.base.core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.datagrams.base.show(&self.datagrams))
    }
}

/// With the loop, its transports end.
impl Drop for Step {
    fn drop(&mut self) {
        if self.datagrams.base.core.is_closed() {
            self.datagrams.release();
        }
    }
}

impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            None => f.write_str("<DatagramTransport closed")?,
            Some(fd) => write!(f, "<DatagramTransport fd={fd}")?,
        }
        if let Some(remote) = &self.remote {
            write!(f, " remote={remote}")?;
        }
        write!(f, " bufsize={}>", self.buffered())
    }
}
