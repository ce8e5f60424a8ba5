//! The state that the two ends of a stream share, and the protocol that keeps it up to date.

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::rc::{Rc, Weak};

use super::reader_state::ReaderState;
use crate::combine::yield_now;
use crate::io::transport::{Protocol, Transport};
use crate::kernel::Co;
use crate::sync::Event;
use yieldfrom_delegation::{Delegate, Error, Result};

/// The reader and the writer of a connection keep this; when both are gone, it is closed.
pub(super) struct Connection {
    pub(super) transport: Transport,
    pub(super) protocol: Rc<StreamProtocol>,
}

impl Connection {
    pub(super) fn wait_for_room(&self, co: &Co) -> Result<()> {
        if self.transport.is_closing() {
            // A coroutine that only writes and drains learns of a loss in this turn.
            yield_now().delegate(co)?;
        }
        if self.protocol.closed.is_set() {
            let why = "drain: the connection is lost";
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, why).into());
        }
        self.protocol.writable.wait(co, "StreamWriter.drain")?;
        self.protocol.check()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.transport.close();
    }
}

/// Handles a new connection of a server.
pub(super) type Accept = Rc<dyn Fn(Rc<Connection>)>;

/// An event that is made when a task has to wait for it. Most connections are idle, and need none.
#[derive(Default)]
pub(super) struct Flag {
    set: Cell<bool>,
    event: OnceCell<Event>,
}

impl Flag {
    pub(super) fn is_set(&self) -> bool {
        self.set.get()
    }

    fn set(&self) {
        self.set.set(true);
        if let Some(event) = self.event.get() {
            event.set();
        }
    }

    fn clear(&self) {
        self.set.set(false);
        if let Some(event) = self.event.get() {
            event.clear();
        }
    }

    /// Waits until the flag is set. All waits for one flag are of one operation.
    pub(super) fn wait(&self, co: &Co, operation: &'static str) -> Result<()> {
        if self.is_set() {
            return Ok(());
        }
        let event = self.event.get_or_init(|| Event::for_operation(operation));
        event.wait().delegate(co)
    }
}

/// Passes events of the transport on to the two ends: asyncio's `StreamReaderProtocol`.
///
/// It keeps neither end, since both keep the transport, which keeps this.
pub(super) struct StreamProtocol {
    this: Weak<Self>,
    pub(super) reader: Rc<ReaderState>,
    /// The error with which the connection was lost.
    error: RefCell<Option<Error>>,
    /// Set unless the transport has too much to write.
    pub(super) writable: Flag,
    /// Set when the connection is lost.
    pub(super) closed: Flag,
    accept: Cell<Option<Accept>>,
}

impl StreamProtocol {
    pub(super) fn new(limit: usize, accept: Option<Accept>) -> Rc<Self> {
        let writable = Flag::default();
        writable.set();
        Rc::new_cyclic(|this| Self {
            this: this.clone(),
            reader: Rc::new(ReaderState::new(limit)),
            error: RefCell::default(),
            writable,
            closed: Flag::default(),
            accept: Cell::new(accept),
        })
    }

    /// Makes a connection of a transport, which `open` makes with this protocol.
    pub(super) fn open(
        limit: usize,
        open: impl FnOnce(Rc<dyn Protocol>) -> Result<Transport>,
    ) -> Result<Rc<Connection>> {
        let protocol = Self::new(limit, None);
        let transport = open(Rc::clone(&protocol) as Rc<dyn Protocol>)?;
        Ok(protocol.connection(transport))
    }

    fn connection(&self, transport: Transport) -> Rc<Connection> {
        let protocol = self.this.upgrade().expect("its caller has a reference");
        Rc::new(Connection {
            transport,
            protocol,
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        self.error.borrow().clone().map_or(Ok(()), Err)
    }
}

impl Protocol for StreamProtocol {
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        let weak = Rc::downgrade(&transport.0);
        self.reader.transport.replace(weak);
        if let Some(accept) = self.accept.take() {
            accept(self.connection(transport.clone()));
        }
        Ok(())
    }

    #[inline]
    fn data_received(&self, data: &[u8]) -> Result<()> {
        self.reader.feed_data(data)
    }

    fn eof_received(&self) -> Result<bool> {
        self.reader.feed_eof();
        Ok(true)
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        match error {
            None => self.reader.feed_eof(),
            Some(error) => self.reader.set_exception(error.clone()),
        }
        let before = self.error.replace(error.cloned());
        drop(before);
        self.writable.set();
        self.closed.set();
        Ok(())
    }

    fn pause_writing(&self) -> Result<()> {
        self.writable.clear();
        Ok(())
    }

    fn resume_writing(&self) -> Result<()> {
        self.writable.set();
        Ok(())
    }
}
