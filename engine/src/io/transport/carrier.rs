//! The part that the transports of streams and of datagrams share.
//!
//! A transport is kept alive by its turns: the callback of its socket is one, and others are in the
//! ready queue. A loop that is closed drops them, and each of them then releases its transport.
//!
//! No cell is borrowed while a method of a protocol runs. Any method may close the transport, so the
//! code after such a call looks at the state anew.

use std::fmt;
use std::io;
use std::rc::Rc;

use super::protocol::guarded;
use super::scratch::with_scratch;
use super::socket::Socket;
use super::transport_state::TransportState;
use crate::errors::panics;
use crate::kernel::{Co, Core, Direction, ErrorContext, OnDrop, Ready, Waiter};
use yieldfrom_delegation::{Error, Result, report};

/// From this write on after the loss of a connection, each is logged.
const LOGGED_LOST_WRITE: usize = 5;

/// A message that both kinds of protocols understand.
pub(super) enum Notice<'a> {
    PauseWriting,
    ResumeWriting,
    ConnectionLost(Option<&'a Error>),
}

/// A transport below its handles: a stream, or an endpoint for datagrams.
pub(super) trait Carrier: fmt::Debug + Sized + 'static {
    type Protocol: ?Sized;

    fn state(&self) -> &TransportState<Self::Protocol>;

    fn notify(&self, notice: Notice<'_>);

    /// Returns how many bytes wait to be written.
    fn buffered(&self) -> usize;

    /// Drops the bytes that wait to be written.
    fn clear(&self);

    /// Calls `connection_made`, begins to read, and wakes the task that waits for that.
    fn begin(self: &Rc<Self>, waiter: Option<&Rc<Waiter>>);

    /// Returns whether the protocol takes data now.
    fn takes_data(&self) -> bool;

    /// Reads once into a buffer, and gives the protocol the data. Returns whether there may be more.
    fn receive(self: &Rc<Self>, socket: &Socket, buffer: &mut [u8]) -> bool;

    /// Writes some of the buffered bytes. Schedules the turn again if the system may take more.
    fn flush(self: &Rc<Self>, turn: Rc<Turn<Self>>);

    /// Ends the transport if no process can read from its pipe any more.
    fn watch_reader(self: &Rc<Self>) {}

    /// Returns whether it can do without the poller, which has refused it with this error.
    fn works_without_poller(self: &Rc<Self>, _socket: &Socket, _error: &Error) -> bool {
        false
    }

    /// Gives the protocol what came while it did not read.
    fn deliver_late(self: &Rc<Self>) {}

    /// Reads the bytes that the system still has after a failed write.
    fn read_rest(self: &Rc<Self>) {}

    /// Makes `read_rest` do nothing, or stop.
    fn discard_rest(&self) {}

    fn turn(self: &Rc<Self>, work: TurnWork) -> Rc<Turn<Self>> {
        let carrier = Rc::clone(self);
        Rc::new(Turn { carrier, work })
    }

    fn schedule(self: &Rc<Self>, work: TurnWork) {
        self.state().core.schedule(self.turn(work));
    }

    /// Calls a method of the protocol, while there is one. If it fails, that is only reported.
    #[inline]
    fn tell(&self, message: &str, method: impl FnOnce(&Self::Protocol) -> Result<()>) {
        if let Some(protocol) = self.state().protocol()
            && let Err(error) = guarded(|| method(&protocol))
        {
            self.report(message, error);
        }
    }

    /// Sets the callback that does this work whenever there may be something to read.
    fn begin_reading(self: &Rc<Self>, work: TurnWork) {
        let state = self.state();
        let Some(socket) = state.socket().filter(|_| !state.closing.get()) else {
            return;
        };
        let callback = self.turn(work);
        let set = socket.set_callback(&state.core, Direction::Read, Some(callback));
        if let Err(error) = set
            && !self.works_without_poller(&socket, &error)
        {
            self.fail("Fatal error: the transport cannot read.", error);
        }
    }

    /// Reads once. Schedules the turn again if there may be more.
    fn read(self: &Rc<Self>, turn: Rc<Turn<Self>>) {
        let state = self.state();
        let Some(socket) = state.socket().filter(|_| self.takes_data()) else {
            return;
        };
        let goes_on = with_scratch(|buffer| self.receive(&socket, buffer));
        // Other entries of the loop have a turn first.
        if goes_on && socket.may_be_ready(Direction::Read) {
            state.core.schedule(turn);
        }
    }

    fn watch_writing(self: &Rc<Self>, socket: &Socket, on: bool) {
        let callback = on.then(|| self.turn(TurnWork::Write) as Rc<dyn Ready>);
        if let Err(error) = socket.set_callback(&self.state().core, Direction::Write, callback) {
            self.fail("Fatal error: the transport cannot wait to write.", error);
        }
    }

    #[inline]
    fn pause_if_high(&self) {
        if self.state().flow.pauses(self.buffered()) {
            self.notify(Notice::PauseWriting);
        }
    }

    #[inline]
    fn resume_if_low(&self) {
        if self.state().flow.resumes(self.buffered()) {
            self.notify(Notice::ResumeWriting);
        }
    }

    fn set_limits(&self, high: Option<usize>, low: Option<usize>) -> Result<()> {
        self.state().flow.set_limits(high, low)?;
        self.pause_if_high();
        self.resume_if_low();
        Ok(())
    }

    /// Says goodbye to the peer, before the transport is closed in order.
    fn before_close(self: &Rc<Self>) {}

    /// Closes it when what is buffered has been written.
    fn close(self: &Rc<Self>) {
        self.discard_rest();
        let state = self.state();
        if !state.closing.get() {
            self.before_close();
        }
        if !state.closing.replace(true) && self.buffered() == 0 && state.lose(None) {
            self.schedule(TurnWork::Lose);
        }
    }

    /// Ends it at once, by an error if there is one; what is buffered is lost.
    fn abort(self: &Rc<Self>, error: Option<Error>) {
        self.discard_rest();
        if self.state().lose(error) {
            self.clear();
            self.schedule(TurnWork::Lose);
        }
    }

    #[cold]
    fn fail(self: &Rc<Self>, message: &str, error: Error) {
        self.report_fatal(message, &error);
        self.abort(Some(error));
    }

    /// Tells the protocol that the connection is lost, and closes the socket.
    fn finish(self: &Rc<Self>) {
        self.read_rest();
        let error = self.state().failure.take();
        self.notify(Notice::ConnectionLost(error.as_ref()));
        self.release();
    }

    fn release(&self) {
        self.clear();
        self.state().release();
    }

    /// Notes a write though the connection is lost.
    #[cold]
    fn note_lost_write(&self, operation: &str) {
        let lost = &self.state().lost;
        let count = lost.get();
        if count >= LOGGED_LOST_WRITE {
            panics::contain(|| {
                report!(
                    target: "yieldfrom::transport", Warn,
                    "{operation}: the connection is lost, and the data is dropped: {self:?}"
                );
            });
        }
        lost.set(count + 1);
    }

    /// Shows the transport with the line for which it was made.
    #[cold]
    fn show(&self) -> String {
        format!("{self:?} created at {}", self.state().made_at)
    }

    #[cold]
    fn report(&self, message: &str, error: Error) {
        let context = ErrorContext::new(message).error(error).source(self.show());
        self.state().core.call_exception_handler(&context);
    }

    /// Reports what ends a connection. That a peer just goes away is only logged.
    #[cold]
    fn report_fatal(&self, message: &str, error: &Error) {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let kind = error.downcast_ref().map(io::Error::kind);
        if let Some(BrokenPipe | ConnectionReset | ConnectionAborted) = kind {
            panics::contain(|| {
                log::debug!(target: "yieldfrom::transport", "{message} {self:?}: {error}");
            });
        } else {
            self.report(message, error.clone());
        }
    }
}

/// Waits until the protocol of a new transport has been told of it. If that fails, it is closed.
pub(super) fn wait_for_begin<C: Carrier>(
    co: &Co,
    carrier: Rc<C>,
    waiter: &Rc<Waiter>,
) -> Result<Rc<C>> {
    let opening = OnDrop::new(|| carrier.close());
    waiter.wait(co)?;
    opening.defuse();
    Ok(carrier)
}

/// The work of a transport in one turn of its loop: each names a method of [`Carrier`].
pub(super) enum TurnWork {
    Begin(Option<Rc<Waiter>>),
    Deliver,
    Read,
    Write,
    WatchReader,
    Lose,
}

/// An entry of the ready queue, and a callback of a socket.
pub(super) struct Turn<C: Carrier> {
    carrier: Rc<C>,
    work: TurnWork,
}

impl<C: Carrier> Ready for Turn<C> {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let carrier = Rc::clone(&self.carrier);
        core.ended.keep(Rc::clone(&self) as Rc<dyn Ready>);
        match &self.work {
            TurnWork::Read => carrier.read(self),
            TurnWork::Deliver => carrier.deliver_late(),
            TurnWork::Write => carrier.flush(self),
            TurnWork::WatchReader => carrier.watch_reader(),
            TurnWork::Begin(waiter) => carrier.begin(waiter.as_ref()),
            TurnWork::Lose => carrier.finish(),
        }
    }

    fn schedule(self: Rc<Self>) {
        let carrier = Rc::clone(&self.carrier);
        carrier.state().core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.carrier.show())
    }
}

/// With the loop, its transports end. Protocols are not told any more.
impl<C: Carrier> Drop for Turn<C> {
    #[inline]
    fn drop(&mut self) {
        if self.carrier.state().core.is_closed() {
            self.carrier.release();
        }
    }
}
