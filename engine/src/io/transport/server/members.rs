//! The connections of a server.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use super::ServerState;
use crate::io::transport::stream::Stream;

/// The connections that are not lost yet, in the order in which they came.
#[derive(Default)]
pub(super) struct Members {
    streams: RefCell<BTreeMap<u64, Weak<Stream>>>,
    last: Cell<u64>,
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.streams.borrow().len()
    }

    pub(super) fn all(&self) -> Vec<Rc<Stream>> {
        let streams = self.streams.borrow();
        streams.values().filter_map(Weak::upgrade).collect()
    }

    fn add(&self, stream: &Rc<Stream>) -> u64 {
        let number = self.last.get() + 1;
        self.last.set(number);
        let mut streams = self.streams.borrow_mut();
        streams.insert(number, Rc::downgrade(stream));
        number
    }
}

/// Makes a connection one of a server's, until this is dropped.
pub(in crate::io::transport) struct Membership {
    server: Rc<ServerState>,
    number: u64,
}

impl Membership {
    /// Makes a connection one of a server's.
    pub(super) fn begin(server: &Rc<ServerState>, stream: &Rc<Stream>) {
        let membership = Self {
            number: server.members.add(stream),
            server: Rc::clone(server),
        };
        stream.state.membership.set(Some(membership));
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let streams = &self.server.members.streams;
        let gone = streams.borrow_mut().remove(&self.number);
        drop(gone);
        self.server.note_end();
    }
}
