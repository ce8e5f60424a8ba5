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
        // Also after an error, of which the peer is told.
        self.write_bytes(&output);
        if let Err(error) = received {
            return self.fail_filter(error.into());
        }
        if !is_handshaking && !filtered.is_open.replace(true) {
            self.open_filtered(filtered);
        }
        if !plaintext.is_empty() && !self.is_closing() {
            self.deliver(&plaintext);
        }
        if has_ended && !self.is_closing() && !self.ended.get() {
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
        let Some(opening) = self.opening() else {
            return true;
        };
        if let Notice::ConnectionLost(error) = notice {
            let lost = || {
                io::Error::new(
                    io::ErrorKind::ConnectionReset,
                    "tls: the connection was lost in the handshake",
                )
                .into()
            };
            let none = opening.failure.borrow().is_none();
            if none {
                opening
                    .failure
                    .replace(Some(error.map_or_else(lost, |error| (*error).clone())));
            }
        }
        opening.settle();
        false
    }

    /// Fails as the handshake has failed.
    pub(super) fn check_handshake(&self) -> Result<()> {
        let failure = self
            .filtered
            .get()
            .and_then(|it| it.failure.borrow().clone());
        failure.map_or(Ok(()), Err)
    }

    #[cfg(feature = "tls")]
    /// Puts a filter on a connection that is open, and waits for the handshake.
    pub(crate) fn start_filter(self: &Rc<Self>, co: &Co, filter: Box<dyn Filter>) -> Result<()> {
        if self.is_closing() {
            return Err(RuntimeError::new("start_tls: the transport is closing").into());
        }
        let filtered = Filtered::new(filter);
        filtered.is_told.set(true);
        if self.filtered.set(Box::new(filtered)).is_err() {
            return Err(RuntimeError::new("start_tls: the transport has TLS already").into());
        }
        let opening = OnDrop::new(|| self.abort(None));
        let waiter = Waiter::new(Reason::io("start_tls"));
        self.begin_handshake(Some(&waiter));
        waiter.wait(co)?;
        opening.defuse();
        self.check_handshake()?;
        if !self.filtered.get().is_some_and(|it| it.is_open.get()) {
            let why = "start_tls: the connection was lost in the handshake";
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, why).into());
        }
        Ok(())
    }

    /// Works as `begin_reading` of a transport without a filter, after a filter has begun.
    pub(super) fn begin_filtered(self: &Rc<Self>, waiter: Option<&Rc<Waiter>>) {
        self.begin_handshake(waiter);
        self.begin_reading(TurnWork::Read);
    }
}
