//! The connections of a server.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use crate::io::transport::carrier::Carrier;
use crate::io::transport::protocol::Stream;

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

    /// Adds a connection, and returns its number.
    pub(super) fn add(&self, stream: &Rc<Stream>) -> u64 {
        let number = self.last.get() + 1;
        self.last.set(number);
        let mut streams = self.streams.borrow_mut();
        streams.insert(number, Rc::downgrade(stream));
        number
    }

    /// Returns how many bytes wait to be sent to each, by number.
    pub(super) fn unsent(&self) -> BTreeMap<u64, usize> {
        let streams = self.streams.borrow();
        let unsent = |(number, stream): (&u64, &Weak<Stream>)| {
            let stream = stream.upgrade()?;
            Some((*number, stream.buffered()))
        };
        streams.iter().filter_map(unsent).collect()
    }

    /// Aborts those to which as much is unsent as before.
    pub(super) fn abort_stuck(&self, before: &BTreeMap<u64, usize>) {
        for (number, unsent) in self.unsent() {
            if before.get(&number) == Some(&unsent) {
                let stream = self.streams.borrow().get(&number).and_then(Weak::upgrade);
                if let Some(stream) = stream {
                    stream.abort(None);
                }
            }
        }
    }

    pub(super) fn remove(&self, number: u64) {
        let gone = self.streams.borrow_mut().remove(&number);
        drop(gone);
    }
}
