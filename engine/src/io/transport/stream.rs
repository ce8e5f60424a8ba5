//! The transport of a stream: of a connected socket, or of one end of a pipe.
//!
//! The callback for reading is set from the beginning to the end, also while reading is paused: it
//! keeps the transport alive, see [`carrier`](super::carrier).

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;

use super::carrier::{Carrier, Notice, Turn, TurnWork};
use super::filter::{Filter, Filtered};
use super::pipe_end::End;
use super::protocol::{Protocol, Stream, Transport, guarded};
use super::socket::Socket;
use super::transport_state::TransportState;
use crate::kernel::{Core, Direction, Place, Waiter};
use yieldfrom_delegation::Error;

impl Stream {
    /// Makes a transport, and tells its protocol in the next turn; then wakes the waiter.
    pub(super) fn start(
        made_at: Place,
        core: &Rc<Core>,
        socket: Socket,
        protocol: Rc<dyn Protocol>,
        waiter: Option<Rc<Waiter>>,
        filter: Option<Box<dyn Filter>>,
    ) -> Rc<Self> {
        socket.set_nodelay();
        let end = socket.end();
        let stream = Rc::new(Self {
            state: TransportState::new(made_at, core, socket, protocol),
            end,
            buffer: RefCell::default(),
            paused: Cell::new(false),
            ended: Cell::new(false),
            unread: Cell::new(false),
            finishing: Cell::new(end == Some(End::Reading)),
            draining: Cell::new(None),
            filtered: OnceCell::new(),
        });
        if let Some(filter) = filter {
            let _ = stream.filtered.set(Box::new(Filtered::new(filter)));
        }
        stream.schedule(TurnWork::Begin(waiter));
        stream
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.state.closing.get()
    }

    #[inline]
    pub(super) fn is_reading(&self) -> bool {
        !self.is_closing() && !self.paused.get()
    }

    pub(crate) fn pause_reading(&self) {
        if self.is_reading() {
            self.paused.set(true);
        }
    }

    pub(crate) fn resume_reading(self: &Rc<Self>) {
        let was_paused = self.paused.replace(false);
        if was_paused && !self.is_closing() && self.end != Some(End::Writing) {
            if self.filtered.get().is_some() {
                self.schedule(TurnWork::Deliver);
            }
            self.schedule(TurnWork::Read);
        }
    }

    /// Takes bytes of the socket.
    #[inline]
    pub(super) fn take_bytes(self: &Rc<Self>, bytes: &[u8]) {
        match self.filtered.get() {
            None => self.deliver(bytes),
            Some(filtered) => self.receive_filtered(filtered, bytes),
        }
    }

    #[inline]
    pub(super) fn deliver(self: &Rc<Self>, data: &[u8]) {
        let Some(protocol) = self.state.protocol() else {
            return;
        };
        if let Err(error) = guarded(|| protocol.data_received(data)) {
            self.fail("Fatal error: protocol.data_received() call failed.", error);
        }
    }

    pub(super) fn end_reading(self: &Rc<Self>) {
        self.ended.set(true);
        let Some(protocol) = self.state.protocol() else {
            return;
        };
        match guarded(|| protocol.eof_received()) {
            Ok(true) if self.end.is_none() => {}
            Ok(_) => self.close(),
            Err(error) => self.fail("Fatal error: protocol.eof_received() call failed.", error),
        }
    }
}

impl Carrier for Stream {
    type Protocol = dyn Protocol;

    #[inline]
    fn state(&self) -> &TransportState<dyn Protocol> {
        &self.state
    }

    fn notify(&self, notice: Notice<'_>) {
        if !self.may_tell(&notice) {
            return;
        }
        match notice {
            Notice::PauseWriting => {
                self.tell("protocol.pause_writing() failed", |it| it.pause_writing());
            }
            Notice::ResumeWriting => {
                self.tell("protocol.resume_writing() failed", |it| it.resume_writing());
            }
            Notice::ConnectionLost(error) => {
                let message = "protocol.connection_lost() call failed.";
                self.tell(message, |it| it.connection_lost(error));
            }
        }
    }

    #[inline]
    fn buffered(&self) -> usize {
        self.buffer.borrow().len()
    }

    /// A peer that sees TLS end without a word would have to think that something is missing.
    fn before_close(self: &Rc<Self>) {
        if let Some(filtered) = self.filtered.get().filter(|_| self.opening().is_none()) {
            let _ = self.write_filtered(filtered, |filter| filter.end());
        }
    }

    fn clear(&self) {
        self.buffer.borrow_mut().clear();
        self.wake_draining();
    }

    fn begin(self: &Rc<Self>, waiter: Option<&Rc<Waiter>>) {
        if self.opening().is_some() {
            return self.begin_filtered(waiter);
        }
        let transport = Transport(Rc::clone(self));
        let message = "protocol.connection_made() call failed.";
        self.tell(message, |it| it.connection_made(&transport));
        // The task that made the connection goes on before there is data.
        if let Some(waiter) = waiter {
            waiter.wake();
        }
        self.begin_reading(match self.end {
            None | Some(End::Reading) => TurnWork::Read,
            Some(End::Writing) => TurnWork::WatchReader,
        });
    }

    #[inline]
    fn takes_data(&self) -> bool {
        self.is_reading() && !self.ended.get()
    }

    #[inline]
    fn receive(self: &Rc<Self>, socket: &Socket, buffer: &mut [u8]) -> bool {
        match socket.receive(buffer) {
            Ok(0) => match self.filtered.get() {
                None => self.end_reading(),
                Some(filtered) => self.end_filtered(filtered),
            },
            Ok(n) => {
                self.take_bytes(&buffer[..n]);
                return true;
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => {}
                io::ErrorKind::Interrupted => return true,
                _ => self.fail_to_read(error),
            },
        }
        false
    }

    fn flush(self: &Rc<Self>, turn: Rc<Turn<Self>>) {
        let Some(socket) = self.state.socket() else {
            return;
        };
        if self.state.is_lost() || self.buffered() == 0 {
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
        if self.state.is_lost() {
            return;
        }
        if self.buffered() == 0 {
            self.flushed(&socket);
        } else if socket.may_be_ready(Direction::Write) {
            self.state.core.schedule(turn);
        }
    }

    fn watch_reader(self: &Rc<Self>) {
        self.close_without_reader();
    }

    fn works_without_poller(self: &Rc<Self>, socket: &Socket, error: &Error) -> bool {
        self.is_always_ready(socket, error)
    }

    fn deliver_late(self: &Rc<Self>) {
        if let Some(filtered) = self.filtered.get() {
            self.deliver_held(filtered);
        }
    }

    fn read_rest(self: &Rc<Self>) {
        if self.unread.get() {
            self.deliver_rest();
        }
    }

    fn discard_rest(&self) {
        self.unread.set(false);
    }
}

/// Shows the state as asyncio does: `<Transport fd=7 read=polling write=<idle, bufsize=0>>`.
impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |polling| if polling { "polling" } else { "idle" };
        let reading = shown(self.takes_data());
        let n = self.buffered();
        let writing = shown(n > 0);
        match self.state.socket().map(|it| it.as_fd().as_raw_fd()) {
            None => f.write_str("<Transport closed")?,
            Some(fd) if self.is_closing() => write!(f, "<Transport closing fd={fd}")?,
            Some(fd) => write!(f, "<Transport fd={fd}")?,
        }
        if let Some(peer) = &self.state.peername {
            write!(f, " peer={peer}")?;
        }
        write!(f, " read={reading} write=<{writing}, bufsize={n}>>")
    }
}
