//! The requests that wait on one side of a resource.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::base::Next;
use crate::simulation::node::Node;
use crate::simulation::process::ProcessCell;

/// A request that was made.
pub(super) struct Pending<D> {
    pub(super) node: Rc<Node>,
    pub(super) process: Option<Rc<ProcessCell>>,
    /// When it was made.
    pub(super) made: f64,
    pub(super) detail: D,
}

/// The requests of one side, in the order in which they are looked at.
pub(super) struct Waiting<D> {
    requests: RefCell<VecDeque<Rc<Pending<D>>>>,
    /// So many of them were cancelled.
    cancelled: Cell<usize>,
}

impl<D> Default for Waiting<D> {
    fn default() -> Self {
        Self {
            requests: RefCell::default(),
            cancelled: Cell::new(0),
        }
    }
}

impl<D> Waiting<D> {
    /// Returns whether there is nothing, not even a cancelled request.
    pub(super) fn holds_nothing(&self) -> bool {
        self.requests.borrow().is_empty()
    }

    /// Returns whether no request waits. Cancelled ones may still be there.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.requests.borrow().len() - self.cancelled.get()
    }

    pub(super) fn at(&self, index: usize) -> Option<Rc<Pending<D>>> {
        self.requests.borrow().get(index).cloned()
    }

    /// Takes all requests out.
    pub(super) fn take_all(&self) -> VecDeque<Rc<Pending<D>>> {
        self.cancelled.set(0);
        self.requests.take()
    }

    pub(super) fn list(&self) -> Vec<Rc<Pending<D>>> {
        let requests = self.requests.borrow();
        let waiting = requests
            .iter()
            .filter(|pending| !pending.node.is_cancelled());
        waiting.cloned().collect()
    }

    /// Returns where a request is, if it is there, which is mostly at `guess`.
    pub(super) fn place_of(&self, pending: &Rc<Pending<D>>, guess: usize) -> Option<usize> {
        let requests = self.requests.borrow();
        let is_it = |other: &Rc<Pending<D>>| Rc::ptr_eq(other, pending);
        match requests.get(guess).is_some_and(is_it) {
            true => Some(guess),
            false => requests.iter().position(is_it),
        }
    }

    pub(super) fn insert(&self, pending: Pending<D>, goes_before: impl Fn(&D, &D) -> bool) {
        let pending = Rc::new(pending);
        let mut requests = self.requests.borrow_mut();
        let after = requests.partition_point(|other| !goes_before(&pending.detail, &other.detail));
        requests.insert(after, pending);
    }

    pub(super) fn remove(&self, index: usize) {
        let removed = self.requests.borrow_mut().remove(index);
        if let Some(pending) = removed
            && pending.node.is_cancelled()
        {
            self.cancelled.set(self.cancelled.get() - 1);
        }
    }

    /// Notes that one was cancelled. They are taken out when they are half of all: so a million requests that are cancelled
    /// do not search the queue a million times.
    pub(super) fn note_cancelled(&self) {
        self.cancelled.set(self.cancelled.get() + 1);
        let requests = self.requests.take();
        if self.cancelled.get() * 2 < requests.len() {
            self.requests.replace(requests);
            return;
        }
        self.cancelled.set(0);
        let (cancelled, kept): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .partition(|pending| pending.node.is_cancelled());
        self.requests.replace(kept.into());
        drop(cancelled);
    }
}

/// Has `try_to` look at the requests of a queue, and takes out those that it triggers.
pub(super) fn grant<D>(waiting: &Waiting<D>, try_to: impl Fn(&Pending<D>) -> Next) {
    let mut index = 0;
    while let Some(pending) = waiting.at(index) {
        if pending.node.is_cancelled() {
            waiting.remove(index);
            continue;
        }
        let next = try_to(&pending);
        // A filter of the program may have cancelled requests, so that it has moved.
        let here = waiting.place_of(&pending, index);
        match (here, pending.node.is_triggered()) {
            (Some(here), true) => {
                waiting.remove(here);
                index = here;
            }
            (Some(here), false) => index = here + 1,
            (None, _) => {}
        }
        if next == Next::Leave {
            break;
        }
    }
}
