//! The state of a server: its sockets and its connections.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::members::Members;
use crate::io::net::Address;
use crate::io::transport::filter::FilterFactory;
use crate::io::transport::protocol::{Protocol, Stream};
use crate::io::transport::socket::Socket;
use crate::io::transport::transport_state::{Acceptor, Membership};
use crate::kernel::{Core, Place, Waiter};
use crate::sync::Event;

/// Makes the protocol of a connection.
pub(crate) struct Factory {
    pub(super) protocol: Box<dyn Fn() -> Rc<dyn Protocol>>,
    pub(crate) filter: Option<FilterFactory>,
}

impl Factory {
    pub(crate) fn new(protocol: impl Fn() -> Rc<dyn Protocol> + 'static) -> Self {
        Self {
            protocol: Box::new(protocol),
            filter: None,
        }
    }
}

/// One of a server's sockets.
pub(super) struct Listener {
    /// None once it is closed.
    socket: RefCell<Option<Rc<Socket>>>,
    /// Whether accepting pauses.
    pub(super) resting: Cell<bool>,
}

impl Listener {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket: RefCell::new(Some(Rc::new(socket))),
            resting: Cell::new(false),
        }
    }

    pub(super) fn socket(&self) -> Option<Rc<Socket>> {
        self.socket.borrow().clone()
    }

    pub(super) fn address(&self) -> Option<Address> {
        self.socket()?.sockname()
    }

    pub(super) fn close(&self, core: &Rc<Core>) {
        let socket = self.socket.take();
        if let Some(socket) = socket {
            socket.clear_callbacks(core);
        }
    }
}

/// The state that the handles of a server and its connections share.
pub(super) struct ServerState {
    pub(super) core: Rc<Core>,
    /// The line of the program that has made it.
    pub(super) made_at: Place,
    pub(super) factory: Factory,
    /// How many connections are accepted at each event.
    pub(super) backlog: u32,
    pub(super) listeners: RefCell<Vec<Rc<Listener>>>,
    pub(super) serving: Cell<bool>,
    pub(super) closed: Cell<bool>,
    pub(super) members: Members,
    /// Set once it is closed and all its connections are lost.
    pub(super) over: Event,
    /// The wait of `serve_forever`, if a coroutine is in it.
    pub(super) forever: RefCell<Option<Rc<Waiter>>>,
}

impl ServerState {
    /// Makes a connection one of this server's, until it is lost.
    pub(super) fn add(self: &Rc<Self>, stream: &Rc<Stream>) {
        let membership = Membership {
            acceptor: Rc::clone(self) as Rc<dyn Acceptor>,
            number: self.members.add(stream),
        };
        stream.state.membership.set(Some(membership));
    }

    /// Returns the addresses on which it listens; none once it is closed.
    pub(super) fn addresses(&self) -> Vec<Address> {
        let listeners = self.listeners.borrow();
        listeners.iter().filter_map(|it| it.address()).collect()
    }

    pub(super) fn close(&self) {
        if self.closed.replace(true) {
            return;
        }
        self.serving.set(false);
        let listeners = self.listeners.take();
        listeners.iter().for_each(|it| it.close(&self.core));
        let forever = self.forever.take();
        if let Some(forever) = forever {
            forever.cancel();
        }
        self.note_end();
    }

    /// Wakes the tasks that wait for the end, if this is it.
    fn note_end(&self) {
        if self.closed.get() && self.members.len() == 0 {
            self.over.set();
        }
    }
}

impl Acceptor for ServerState {
    fn note_lost(&self, number: u64) {
        self.members.remove(number);
        self.note_end();
    }
}

/// Shows where it listens: `<Server sockets=[127.0.0.1:8000] connections=3>`.
impl fmt::Debug for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sockets: Vec<String> = self.addresses().iter().map(ToString::to_string).collect();
        let connections = self.members.len();
        let sockets = sockets.join(", ");
        write!(f, "<Server sockets=[{sockets}] connections={connections}>")
    }
}
