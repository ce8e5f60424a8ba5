//! What the two ends of a stream have together.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use super::state::State;
use crate::io::transport::Transport;
use crate::sync::Event;
use crate::{Co, Error, Result};

/// What readers and writers of a connection keep; without any, it is closed.
pub(super) struct Connection {
    pub(super) transport: Transport,
    pub(super) reader: Rc<State>,
    pub(super) link: Rc<Link>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.transport.close();
    }
}

/// How it is with a connection, as far as the protocol has been told.
pub(super) struct Link {
    lost: Cell<bool>,
    error: RefCell<Option<Error>>,
    /// Set unless the protocol is paused.
    writable: Event,
    /// Set when the connection is lost.
    closed: Event,
}

impl Link {
    pub(super) fn new() -> Rc<Self> {
        let writable = Event::for_operation("StreamWriter.drain");
        writable.set();
        Rc::new(Self {
            lost: Cell::new(false),
            error: RefCell::default(),
            writable,
            closed: Event::for_operation("StreamWriter.wait_closed"),
        })
    }

    pub(super) fn pause(&self) {
        self.writable.clear();
    }

    pub(super) fn resume(&self) {
        self.writable.set();
    }

    pub(super) fn lose(&self, error: Option<&Error>) {
        let before = self.error.replace(error.cloned());
        drop(before);
        self.lost.set(true);
        self.writable.set();
        self.closed.set();
    }

    fn check(&self) -> Result<()> {
        match &*self.error.borrow() {
            None => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }

    /// Waits until there is room.
    #[inline(always)]
    #[track_caller]
    pub(super) fn drain(&self, co: &Co) -> Result<()> {
        if self.lost.get() {
            let why = "drain: the connection is lost";
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, why).into());
        }
        if self.writable.is_set() {
            return Ok(());
        }
        co.yield_from(self.writable.wait())?;
        self.check()
    }

    #[track_caller]
    pub(super) fn wait_closed(&self, co: &Co) -> Result<()> {
        co.yield_from(self.closed.wait())?;
        self.check()
    }
}
