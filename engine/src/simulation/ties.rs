//! What may hold itself, and is separated when the environment ends.

use std::rc::{Rc, Weak};

use super::condition;
use super::node::{Kind, Node};

/// What may hold itself: a condition by its events, an event by a callback, a resource by what waits for it.
pub(super) trait Tied {
    /// Lets go of what it knows. It may run destructors of the program, which may panic.
    fn separate(&self);
}

impl Tied for Node {
    fn separate(&self) {
        if let Kind::Condition(_) = self.kind {
            condition::forget_events(self);
        }
        drop((
            self.callbacks().take_first(),
            self.callbacks().take_others(),
        ));
    }
}

/// All of an environment that may hold itself.
#[derive(Default)]
pub(super) struct Ties(Vec<Weak<dyn Tied>>);

impl Ties {
    /// Adds one. Those that are gone are taken out when there is no more room.
    pub(super) fn add(&mut self, tied: Weak<dyn Tied>) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|known| known.strong_count() > 0);
            let room = self.0.len().max(64);
            self.0.reserve(room);
        }
        self.0.push(tied);
    }

    /// Returns those that still exist.
    pub(super) fn into_all(self) -> impl Iterator<Item = Rc<dyn Tied>> {
        self.0.into_iter().filter_map(|tied| tied.upgrade())
    }
}
