//! A transport whose bytes go through a filter.
//!
//! It tells its protocol of the connection when both sides have agreed: after the handshake.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::carrier::{Carrier, Notice, TurnWork};
use super::filter::{Filter, Filtered};
use super::protocol::{Stream, Transport};
#[cfg(feature = "tls")]
use crate::errors::RuntimeError;
use crate::errors::panics;
#[cfg(feature = "tls")]
use crate::kernel::{Co, OnDrop, Reason};
use crate::kernel::{EventLoop, Waiter};
use yieldfrom_delegation::{Error, Result};

/// How long both sides may take to agree: asyncio's `ssl_handshake_timeout`.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(60);

impl Stream {
    /// Returns the filter, if the protocol does not know of the connection yet.
    pub(super) fn opening(&self) -> Option<&Filtered> {
        self.filtered
            .get()
            .map(|it| &**it)
            .filter(|it| !it.is_told.get())
    }

    /// Begins the handshake; `waiter` is woken at its end.
    pub(super) fn begin_handshake(self: &Rc<Self>, waiter: Option<&Rc<Waiter>>) {
        let Some(filtered) = self.filtered.get() else {
            return;
        };
        filtered.waiting.set(waiter.cloned());
        let weak = Rc::downgrade(self);
        let late = Box::new(move || {
            if let Some(stream) = weak.upgrade() {
                let why = format!("tls: the handshake has taken more than {HANDSHAKE_LIMIT:?}");
                stream.fail_filter(io::Error::new(io::ErrorKind::TimedOut, why).into());
            }
        });
        let event_loop = EventLoop::of(&self.state.core);
        let alarm = event_loop.schedule_after(self.state.made_at, HANDSHAKE_LIMIT, late);
        filtered.alarm.set(Some(alarm));
        match filtered.call(|_| ()) {
            Ok(((), output)) => self.write_bytes(&output),
            Err(error) => self.fail_filter(error),
        }
    }

    /// Takes bytes of the socket through the filter.
    #[cold]
    pub(super) fn receive_filtered(self: &Rc<Self>, filtered: &Filtered, bytes: &[u8]) {
        let mut plaintext = Vec::new();
        let received = filtered.call(|filter| {
            let received = filter.receive(bytes, &mut plaintext);
            (received, filter.is_handshaking(), filter.has_ended())
        });
        let ((received, is_handshaking, has_ended), output) = match received {
            Ok(received) => received,
            Err(error) => return self.fail_filter(error),
        };
        // Also after an error, of which the peer is told. Nothing follows the end of this half.
        if !self.finishing.get() {
            self.write_bytes(&output);
        }
        if received.is_ok() && !is_handshaking && !filtered.is_open.replace(true) {
            self.open_filtered(filtered);
        }
        filtered.hold(plaintext);
        filtered.has_ended.set(has_ended);
        self.deliver_held(filtered);
        if let Err(error) = received {
            self.fail_filter(error.into());
        }
    }

    /// Gives the protocol what was decrypted, and the end, unless it has paused the transport.
    pub(super) fn deliver_held(self: &Rc<Self>, filtered: &Filtered) {
        // After a failed write, what is left is delivered though the transport is closing.
        let goes_on = || filtered.is_open.get() && (self.is_reading() || self.unread.get());
        if goes_on() {
            let plaintext = filtered.held.take();
            if !plaintext.is_empty() {
                self.deliver(&plaintext);
            }
        }
        if goes_on() && filtered.has_ended.get() && !self.is_closing() && !self.ended.get() {
            self.end_reading();
        }
    }

    /// Tells the protocol of the connection, and the task that waits for that.
    fn open_filtered(self: &Rc<Self>, filtered: &Filtered) {
        if !filtered.is_told.replace(true) {
            let transport = Transport(Rc::clone(self));
            let message = "protocol.connection_made() call failed.";
            self.tell(message, |it| it.connection_made(&transport));
        }
        filtered.settle();
    }

    /// Takes the end of what the socket has.
    #[cold]
    pub(super) fn end_filtered(self: &Rc<Self>, filtered: &Filtered) {
        match filtered.call(|filter| filter.receive_end()) {
            Ok((Ok(()), _)) if self.ended.get() => {}
            Ok((Ok(()), _)) => self.end_reading(),
            Ok((Err(error), _)) => self.fail_filter(error.into()),
            Err(error) => self.fail_filter(error),
        }
    }

    /// Writes bytes of the protocol through the filter.
    #[cold]
    pub(super) fn write_filtered(
        self: &Rc<Self>,
        filtered: &Filtered,
        act: impl FnOnce(&mut dyn Filter) -> io::Result<()>,
    ) -> Result<()> {
        let (result, output) = filtered.call(act)?;
        self.write_bytes(&output);
        Ok(result?)
    }

    /// Ends the connection by an error of the filter. That is the peer's matter as a rule, so it is only logged.
    #[cold]
    fn fail_filter(self: &Rc<Self>, error: Error) {
        panics::contain(|| log::debug!(target: "yieldfrom::transport", "{self:?}: {error}"));
        if let Some(filtered) = self.filtered.get().filter(|it| !it.is_open.get()) {
            let before = filtered.failure.replace(Some(error.clone()));
            drop(before);
        }
        self.abort(Some(error));
        if let Some(filtered) = self.filtered.get() {
            filtered.settle();
        }
    }

    /// Returns whether the protocol may be told of this; ends the wait for a handshake that will not come to its end.
    pub(super) fn may_tell(&self, notice: &Notice<'_>) -> bool {
        let Some(filtered) = self.filtered.get() else {
            return true;
        };
        if let Notice::ConnectionLost(error) = notice
            && !filtered.is_open.get()
        {
            let none = filtered.failure.borrow().is_none();
            if none {
                let error = error.map_or_else(lost_in_the_handshake, |error| (*error).clone());
                filtered.failure.replace(Some(error));
            }
            filtered.settle();
        }
        filtered.is_told.get()
    }

    /// Fails as the handshake has failed.
    pub(super) fn check_handshake(&self) -> Result<()> {
        let failure = self
            .filtered
            .get()
            .and_then(|it| it.failure.borrow().clone());
        failure.map_or(Ok(()), Err)
    }

    /// Puts a filter on a connection that is open, and waits for the handshake.
    #[cfg(feature = "tls")]
    pub(crate) fn start_filter(
        self: &Rc<Self>,
        co: &Co,
        operation: &'static str,
        filter: Box<dyn Filter>,
    ) -> Result<()> {
        self.check_can_start(operation)?;
        let filtered = Filtered::new(filter);
        filtered.is_told.set(true);
        if self.filtered.set(Box::new(filtered)).is_err() {
            return Err(
                RuntimeError::new(format!("{operation}: the transport has TLS already")).into(),
            );
        }
        let opening = OnDrop::new(|| self.abort(None));
        // It may have been paused, so that nothing was read too early.
        self.resume_reading();
        let waiter = Waiter::new(Reason::io(operation));
        self.begin_handshake(Some(&waiter));
        waiter.wait(co)?;
        opening.defuse();
        self.check_handshake()?;
        if !self.filtered.get().is_some_and(|it| it.is_open.get()) {
            return Err(lost_in_the_handshake());
        }
        Ok(())
    }

    /// Refuses a connection on which a handshake cannot come to its end.
    #[cfg(feature = "tls")]
    fn check_can_start(&self, operation: &str) -> Result<()> {
        if self.is_closing() {
            return Err(RuntimeError::new(format!("{operation}: the transport is closing")).into());
        }
        if self.finishing.get() {
            let why = format!("{operation}: this half of the connection was ended by write_eof");
            return Err(RuntimeError::new(why).into());
        }
        if self.ended.get() {
            let why = format!("{operation}: the peer has ended its half of the connection");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why).into());
        }
        Ok(())
    }

    /// Works as `begin_reading` of a transport without a filter, after a filter has begun.
    pub(super) fn begin_filtered(self: &Rc<Self>, waiter: Option<&Rc<Waiter>>) {
        self.begin_handshake(waiter);
        self.begin_reading(TurnWork::Read);
    }
}

#[cold]
fn lost_in_the_handshake() -> Error {
    let why = "tls: the connection was lost in the handshake";
    io::Error::new(io::ErrorKind::ConnectionReset, why).into()
}
