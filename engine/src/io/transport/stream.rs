//! The transport of a stream socket.
//!
//! It is kept alive by its callbacks: the one for reading is set from the beginning to the end, also
//! while reading is paused. A loop that is closed drops them, and they the socket.
//!
//! No cell is borrowed while a protocol's method runs. Any method may close the transport, so that
//! everything is looked at anew after it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;

use super::base::Base;
use super::buffer::Buffer;
use super::handle::Transport;
use super::pipe::End;
use super::protocol::{Protocol, guarded};
use super::scratch::Scratch;
use super::server::Membership;
use super::socket::Socket;
use crate::errors::describe;
use crate::io::net::Address;
use crate::kernel::{Core, Direction, Place, Ready, Waiter};
use crate::{Error, Result};

/// A connection, until it is lost.
pub(crate) struct Stream {
    pub(super) base: Base,
    /// None after the end, as the protocol.
    socket: RefCell<Option<Rc<Socket>>>,
    protocol: RefCell<Option<Rc<dyn Protocol>>>,
    /// What is to be written.
    buffer: RefCell<Buffer>,
    /// Whether the peer has ended its half.
    pub(super) ended: Cell<bool>,
    /// Whether a write has failed, and what had come before is still to be read.
    pub(super) unread: Cell<bool>,
    /// Whether this half is to be ended after what is buffered.
    finishing: Cell<bool>,
    /// Which end of a pipe it is; none for a socket.
    pub(super) end: Option<End>,
    names: [Option<Address>; 2],
    membership: Cell<Option<Membership>>,
}

/// What is to be done in a turn.
pub(super) enum Work {
    /// Tells the protocol, begins to read, and wakes whoever waits for that.
    Begin(Option<Rc<Waiter>>),
    Read,
    Write,
    /// Looks whether anybody reads the pipe.
    Watch,
    /// Tells the protocol, and closes the socket.
    Lose,
}

struct Step {
    stream: Rc<Stream>,
    work: Work,
}

impl Stream {
    /// Makes a transport, whose protocol is told in the next turn; then the waiter is woken.
    pub(super) fn start(
        made_at: Place,
        core: &Rc<Core>,
        socket: Socket,
        protocol: Rc<dyn Protocol>,
        waiter: Option<Rc<Waiter>>,
    ) -> Rc<Self> {
        socket.set_nodelay();
        let end = socket.end();
        let stream = Rc::new(Self {
            base: Base::new(made_at, core),
            end,
            names: [socket.sockname(), socket.peername()],
            socket: RefCell::new(Some(Rc::new(socket))),
            protocol: RefCell::new(Some(protocol)),
            buffer: RefCell::default(),
            ended: Cell::new(false),
            unread: Cell::new(false),
            finishing: Cell::new(end == Some(End::Reading)),
            membership: Cell::new(None),
        });
        stream.schedule(Work::Begin(waiter));
        stream
    }

    /// Makes it one of a server's connections.
    pub(super) fn join(&self, membership: Membership) {
        self.membership.set(Some(membership));
    }

    fn step(self: &Rc<Self>, work: Work) -> Rc<Step> {
        let stream = Rc::clone(self);
        Rc::new(Step { stream, work })
    }

    pub(super) fn schedule(self: &Rc<Self>, work: Work) {
        self.base.core.schedule(self.step(work));
    }

    pub(super) fn socket(&self) -> Option<Rc<Socket>> {
        self.socket.borrow().clone()
    }

    pub(super) fn protocol(&self) -> Option<Rc<dyn Protocol>> {
        self.protocol.borrow().clone()
    }

    pub(super) fn set_protocol(&self, protocol: Rc<dyn Protocol>) {
        if self.socket.borrow().is_some() {
            let before = self.protocol.replace(Some(protocol));
            drop(before);
        }
    }

    pub(super) fn names(&self) -> &[Option<Address>; 2] {
        &self.names
    }

    pub(super) fn buffered(&self) -> usize {
        self.buffer.borrow().len()
    }

    fn begin(self: &Rc<Self>, waiter: Option<&Rc<Waiter>>) {
        if let Some(protocol) = self.protocol() {
            let transport = Transport(Rc::clone(self));
            let made = || protocol.connection_made(&transport);
            let message = "protocol.connection_made() call failed.";
            self.base.call(message, self, made);
        }
        // Whoever made the connection goes on before there is data.
        if let Some(waiter) = waiter {
            waiter.wake();
        }
        self.begin_reading();
    }

    fn begin_reading(self: &Rc<Self>) {
        let Some(socket) = self.socket() else { return };
        if self.base.closing.get() {
            return;
        }
        let work = match self.end {
            None | Some(End::Reading) => Work::Read,
            Some(End::Writing) => Work::Watch,
        };
        let callback = self.step(work);
        let set = socket.set_callback(&self.base.core, Direction::Read, Some(callback));
        if let Err(error) = set
            && !self.goes_without(&socket, &error)
        {
            self.fail("Fatal error: the transport cannot read.", error);
        }
    }

    pub(crate) fn pause_reading(&self) {
        if self.base.is_reading() {
            self.base.paused.set(true);
        }
    }

    pub(crate) fn resume_reading(self: &Rc<Self>) {
        let was_paused = self.base.paused.replace(false);
        if was_paused && !self.base.closing.get() && self.end != Some(End::Writing) {
            self.schedule(Work::Read);
        }
    }

    fn read(self: &Rc<Self>, step: Rc<Step>) {
        if !self.base.is_reading() || self.ended.get() {
            return;
        }
        let Some(socket) = self.socket() else { return };
        let mut scratch = Scratch::new();
        match socket.receive(&mut scratch) {
            Ok(0) => return self.end_reading(),
            Ok(n) => self.deliver(&scratch[..n]),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => return,
                io::ErrorKind::Interrupted => {}
                _ => return self.fail_to_read(error),
            },
        }
        // The others have a turn before this goes on.
        if socket.may_be_ready(Direction::Read) {
            self.base.core.schedule(step);
        }
    }

    #[inline]
    pub(super) fn deliver(self: &Rc<Self>, data: &[u8]) {
        let Some(protocol) = self.protocol() else {
            return;
        };
        if let Err(error) = guarded(|| protocol.data_received(data)) {
            self.fail("Fatal error: protocol.data_received() call failed.", error);
        }
    }

    fn end_reading(self: &Rc<Self>) {
        self.ended.set(true);
        let Some(protocol) = self.protocol() else {
            return;
        };
        match guarded(|| protocol.eof_received()) {
            Ok(true) if self.end.is_none() => {}
            Ok(_) => self.close(),
            Err(error) => self.fail("Fatal error: protocol.eof_received() call failed.", error),
        }
    }

    pub(super) fn write(self: &Rc<Self>, data: &[u8]) -> Result<()> {
        if self.finishing.get() {
            return Err(self.refuse_write("write"));
        }
        if data.is_empty() {
            return Ok(());
        }
        let Some(socket) = self.socket().filter(|_| !self.base.is_lost()) else {
            self.base.note_lost_write("write", self);
            return Ok(());
        };
        let idle = self.buffer.borrow().is_empty();
        let rest = if idle { self.send(&socket, data) } else { data };
        if rest.is_empty() {
            return Ok(());
        }
        self.buffer.borrow_mut().extend(rest);
        if idle {
            self.watch_writing(&socket, true);
        }
        self.pause_if_high();
        Ok(())
    }

    /// Writes at once what the system takes, and returns the rest.
    #[inline]
    fn send<'a>(self: &Rc<Self>, socket: &Socket, data: &'a [u8]) -> &'a [u8] {
        match socket.send(data) {
            Ok(n) => &data[n..],
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => data,
                _ => {
                    self.fail_to_write(error);
                    &[]
                }
            },
        }
    }

    fn watch_writing(self: &Rc<Self>, socket: &Socket, on: bool) {
        let callback = on.then(|| self.step(Work::Write) as Rc<dyn Ready>);
        if let Err(error) = socket.set_callback(&self.base.core, Direction::Write, callback) {
            self.fail("Fatal error: the transport cannot wait to write.", error);
        }
    }

    /// Writes some of what is buffered.
    fn flush(self: &Rc<Self>, step: Rc<Step>) {
        let Some(socket) = self.socket() else { return };
        if self.base.is_lost() || self.buffered() == 0 {
            return;
        }
        let sent = socket.send(self.buffer.borrow().as_slice());
        match sent {
            Ok(n) => self.buffer.borrow_mut().consume(n),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => return,
                io::ErrorKind::Interrupted => {}
                _ => return self.fail_to_write(error),
            },
        }
        self.resume_if_low();
        if self.base.is_lost() {
            return;
        }
        if self.buffered() == 0 {
            self.flushed(&socket);
        } else if socket.may_be_ready(Direction::Write) {
            self.base.core.schedule(step);
        }
    }

    /// Does what had to wait until all was written.
    fn flushed(self: &Rc<Self>, socket: &Socket) {
        self.watch_writing(socket, false);
        if self.base.closing.get() {
            if self.base.lose(None) {
                self.finish();
            }
        } else if self.finishing.get()
            && let Err(error) = socket.end_writing()
        {
            self.fail_to_write(error);
        }
    }

    pub(super) fn write_eof(self: &Rc<Self>) -> Result<()> {
        match self.end {
            None => {}
            Some(End::Reading) => return Err(self.refuse_write("write_eof")),
            Some(End::Writing) => {
                self.close();
                self.finishing.set(true);
                return Ok(());
            }
        }
        if self.base.closing.get() || self.finishing.replace(true) {
            return Ok(());
        }
        match self.socket() {
            Some(socket) if self.buffered() == 0 => socket
                .end_writing()
                .map_err(|error| describe(error, "write_eof").into()),
            _ => Ok(()),
        }
    }

    pub(super) fn pause_if_high(&self) {
        if self.base.flow.pauses(self.buffered())
            && let Some(protocol) = self.protocol()
        {
            let message = "protocol.pause_writing() failed";
            self.base.call(message, self, || protocol.pause_writing());
        }
    }

    pub(super) fn resume_if_low(&self) {
        if self.base.flow.resumes(self.buffered())
            && let Some(protocol) = self.protocol()
        {
            let message = "protocol.resume_writing() failed";
            self.base.call(message, self, || protocol.resume_writing());
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.base.closing.get()
    }

    /// Closes it when what is buffered has been written.
    pub(crate) fn close(self: &Rc<Self>) {
        self.unread.set(false);
        if !self.base.closing.replace(true) && self.buffered() == 0 && self.base.lose(None) {
            self.schedule(Work::Lose);
        }
    }

    /// Ends it at once, by an error if there is one; what is buffered is lost.
    pub(super) fn abort(self: &Rc<Self>, error: Option<Error>) {
        self.unread.set(false);
        if self.base.lose(error) {
            self.buffer.borrow_mut().clear();
            self.schedule(Work::Lose);
        }
    }

    #[cold]
    pub(super) fn fail(self: &Rc<Self>, message: &str, error: Error) {
        self.base.report_fatal(message, &error, self);
        self.abort(Some(error));
    }

    /// Tells the protocol that it is over, and closes the socket.
    fn finish(self: &Rc<Self>) {
        if self.unread.get() {
            self.read_rest();
        }
        let error = self.base.take_failure();
        if let Some(protocol) = self.protocol() {
            let message = "protocol.connection_lost() call failed.";
            let lost = || protocol.connection_lost(error.as_ref());
            self.base.call(message, self, lost);
        }
        self.release();
    }

    /// Gives everything up: the protocol, whose cycle of references ends here, and the socket.
    fn release(&self) {
        self.base.lose(None);
        self.buffer.borrow_mut().clear();
        let (socket, protocol) = (self.socket.take(), self.protocol.take());
        if let Some(socket) = &socket {
            for direction in [Direction::Read, Direction::Write] {
                // Without a callback, this fails for nothing.
                let _ = socket.set_callback(&self.base.core, direction, None);
            }
        }
        drop((socket, protocol, self.membership.take()));
    }
}

impl Ready for Step {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let stream = Rc::clone(&self.stream);
        core.ended.keep(Rc::clone(&self) as Rc<dyn Ready>);
        match &self.work {
            Work::Read => stream.read(self),
            Work::Write => stream.flush(self),
            Work::Watch => stream.watch_reader(),
            Work::Begin(waiter) => stream.begin(waiter.as_ref()),
            Work::Lose => stream.finish(),
        }
    }

    fn schedule(self: Rc<Self>) {
        let stream = Rc::clone(&self.stream);
        stream.base.core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stream.base.show(&self.stream))
    }
}

/// With the loop, its transports end. Nothing can be told to protocols any more.
impl Drop for Step {
    #[inline]
    fn drop(&mut self) {
        if self.stream.base.core.is_closed() {
            self.stream.release();
        }
    }
}

/// Shows the state as asyncio does: `<Transport fd=7 read=polling write=<idle, bufsize=0>>`.
impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |polling| if polling { "polling" } else { "idle" };
        let reading = shown(self.base.is_reading() && !self.ended.get());
        let n = self.buffered();
        let writing = shown(n > 0);
        match self.socket().map(|socket| socket.as_fd().as_raw_fd()) {
            None => f.write_str("<Transport closed")?,
            Some(fd) if self.is_closing() => write!(f, "<Transport closing fd={fd}")?,
            Some(fd) => write!(f, "<Transport fd={fd}")?,
        }
        if let [_, Some(peer)] = &self.names {
            write!(f, " peer={peer}")?;
        }
        write!(f, " read={reading} write=<{writing}, bufsize={n}>>")
    }
}
