//! The state that the transports of streams and of datagrams share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::flow::Flow;
use super::socket::Socket;
use crate::io::net::Address;
use crate::kernel::{Core, Place};
use yieldfrom_delegation::Error;

/// The state that every transport has. `P` is the trait of its protocol.
pub(super) struct TransportState<P: ?Sized> {
    pub(super) core: Rc<Core>,
    /// The line of the program that made the transport, or the server that accepted it.
    pub(super) made_at: Place,
    pub(super) flow: Flow,
    /// Whether it was closed, or has failed.
    pub(super) closing: Cell<bool>,
    /// Zero until `connection_lost` is due; then one, and one more for each write since.
    pub(super) lost: Cell<usize>,
    /// The error that `connection_lost` is going to get.
    pub(super) failure: RefCell<Option<Error>>,
    /// None after the end, like the protocol.
    socket: RefCell<Option<Rc<Socket>>>,
    protocol: RefCell<Option<Rc<P>>>,
    pub(super) membership: Cell<Option<Membership>>,
    /// The address of this end.
    pub(super) sockname: Option<Address>,
    pub(super) peername: Option<Address>,
}

impl<P: ?Sized> TransportState<P> {
    pub(super) fn new(made_at: Place, core: &Rc<Core>, socket: Socket, protocol: Rc<P>) -> Self {
        Self {
            core: Rc::clone(core),
            made_at,
            flow: Flow::default(),
            closing: Cell::new(false),
            lost: Cell::new(0),
            failure: RefCell::default(),
            sockname: socket.sockname(),
            peername: socket.peername(),
            socket: RefCell::new(Some(Rc::new(socket))),
            protocol: RefCell::new(Some(protocol)),
            membership: Cell::new(None),
        }
    }

    #[inline]
    pub(super) fn socket(&self) -> Option<Rc<Socket>> {
        self.socket.borrow().clone()
    }

    #[inline]
    pub(super) fn protocol(&self) -> Option<Rc<P>> {
        self.protocol.borrow().clone()
    }

    /// Replaces the protocol, except after the end.
    pub(super) fn set_protocol(&self, protocol: Rc<P>) {
        if self.socket.borrow().is_some() {
            let before = self.protocol.replace(Some(protocol));
            drop(before);
        }
    }

    #[inline]
    pub(super) fn is_lost(&self) -> bool {
        self.lost.get() > 0
    }

    /// Notes that `connection_lost` is due now; returns false if it was before.
    pub(super) fn lose(&self, error: Option<Error>) -> bool {
        if self.is_lost() {
            return false;
        }
        self.closing.set(true);
        self.lost.set(1);
        let none = self.failure.replace(error);
        drop(none);
        true
    }

    /// Gives up the socket, and the protocol, whose cycle of references ends here.
    pub(super) fn release(&self) {
        self.lose(None);
        let (socket, protocol) = (self.socket.take(), self.protocol.take());
        if let Some(socket) = &socket {
            socket.clear_callbacks(&self.core);
        }
        drop((socket, protocol, self.membership.take()));
    }
}

/// A server, as the connections that it has accepted know it.
pub(super) trait Acceptor {
    /// Takes note that the connection with this number is lost.
    fn note_lost(&self, number: u64);
}

/// Makes a connection one of a server's, until this is dropped.
pub(super) struct Membership {
    pub(super) acceptor: Rc<dyn Acceptor>,
    pub(super) number: u64,
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.acceptor.note_lost(self.number);
    }
}
