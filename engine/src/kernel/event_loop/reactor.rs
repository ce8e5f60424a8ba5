//! Waits for the outside world: descriptors that become ready, and other threads.
//!
//! The descriptors of the library's own sockets are registered once and edge-triggered, so that waiting
//! for one costs no system call of its own; those of `add_reader` and `sock_recv` are level-triggered,
//! while something waits for them. Each has a [`Watched`]: whether it may be ready, and its waiters.
//! On Linux the wait is one `epoll_pwait2`; elsewhere, or if asked for, it is that of the crate `polling`.

#[cfg(target_os = "linux")]
mod epoll;
mod poller;
mod portable;
mod watched;

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use crate::errors::describe;
use crate::kernel::nanos::Nanos;
use poller::Events;
pub(crate) use poller::Poller;
pub(crate) use watched::{Direction, Readiness, Watched};

/// How a descriptor is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For both directions, reported when that changes.
    Edge,
    /// Reported as long as it is ready, for reading and for writing.
    Level(bool, bool),
}

/// A descriptor that became ready.
#[derive(Clone, Copy)]
struct IoEvent {
    key: u64,
    readable: bool,
    writable: bool,
    /// Whether a short transfer shows that the descriptor is not ready any more.
    exact: bool,
}

/// The loop's end of the poller.
#[derive(Default)]
pub(crate) struct Reactor {
    entries: RefCell<Vec<ReactorEntry>>,
    free: RefCell<Vec<usize>>,
    /// How many wait for a descriptor, and so for the poller.
    waits: Rc<Cell<usize>>,
    events: RefCell<Events>,
    /// How often the poller was asked.
    polls: Cell<u64>,
}

/// A place for a registered descriptor. Its generation is part of the key, so that an event for
/// one that is gone is not taken for the next one's.
#[derive(Default)]
struct ReactorEntry {
    generation: u32,
    watched: Option<Rc<Watched>>,
}

impl Reactor {
    /// Returns whether a task or a callback waits for a descriptor.
    #[inline(always)]
    pub(crate) fn has_waits(&self) -> bool {
        self.waits.get() > 0
    }

    pub(crate) fn waits(&self) -> usize {
        self.waits.get()
    }

    /// Returns how many descriptors are registered.
    pub(crate) fn descriptors(&self) -> usize {
        self.entries.borrow().len() - self.free.borrow().len()
    }

    pub(crate) fn polls(&self) -> u64 {
        self.polls.get()
    }

    /// Registers a descriptor, which must not be closed before it is removed.
    pub(crate) fn add(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        mode: Mode,
    ) -> io::Result<Rc<Watched>> {
        let (index, key) = self.place();
        let added = poller.add(fd, key, mode);
        let watched = Rc::new(Watched::new(key, Rc::clone(&self.waits)));
        match added {
            Ok(()) => self.entries.borrow_mut()[index].watched = Some(Rc::clone(&watched)),
            Err(error) => {
                self.free.borrow_mut().push(index);
                return Err(error);
            }
        }
        Ok(watched)
    }

    /// Finds a place, and makes a key that was not used before.
    fn place(&self) -> (usize, u64) {
        let mut entries = self.entries.borrow_mut();
        let index = self.free.borrow_mut().pop().unwrap_or_else(|| {
            entries.push(ReactorEntry::default());
            entries.len() - 1
        });
        let generation = entries[index].generation.wrapping_add(1);
        entries[index].generation = generation;
        // No index comes near 2^32 - 1, so that no key is that of the bell in `epoll.rs`.
        (index, u64::from(generation) << 32 | index as u64)
    }

    /// Changes what a registered descriptor is reported for.
    pub(crate) fn modify(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        watched: &Watched,
        mode: Mode,
    ) -> io::Result<()> {
        poller.modify(fd, watched.key(), mode)
    }

    /// Registers a descriptor under the key of one that had its number.
    pub(crate) fn renew(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        watched: &Watched,
        mode: Mode,
    ) -> io::Result<()> {
        poller.add(fd, watched.key(), mode)
    }

    /// Forgets a descriptor, which is about to be closed.
    pub(crate) fn remove(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        watched: &Watched,
    ) -> io::Result<()> {
        self.forget(watched);
        poller.remove(fd)
    }

    fn forget(&self, watched: &Watched) {
        let index = (watched.key() & u64::from(u32::MAX)) as usize;
        let generation = (watched.key() >> 32) as u32;
        let mut entries = self.entries.borrow_mut();
        let gone = match entries.get_mut(index) {
            Some(entry) if entry.generation == generation => entry.watched.take(),
            _ => None,
        };
        drop(entries);
        if gone.is_some() {
            self.free.borrow_mut().push(index);
        }
    }

    /// Waits until another thread wakes the loop, a descriptor is ready, or this long; without
    /// limit if none is given.
    ///
    /// # Errors
    ///
    /// What the system reports, other than an interruption by a signal, with the operation.
    pub(crate) fn wait(&self, poller: &Poller, timeout: Option<Nanos>) -> io::Result<()> {
        self.polls.set(self.polls.get() + 1);
        let report = |event: IoEvent| self.report(event);
        let waited = poller.wait(&mut self.events.borrow_mut(), timeout, report);
        waited.map_err(|error| describe(error, "wait for events"))
    }

    /// Reports an event to the descriptor's `Watched`, if it still exists.
    fn report(&self, event: IoEvent) {
        let index = (event.key & u64::from(u32::MAX)) as usize;
        // Telling only appends to the ready queue: nothing comes back here.
        if let Some(entry) = self.entries.borrow().get(index)
            && u64::from(entry.generation) == event.key >> 32
            && let Some(watched) = &entry.watched
        {
            watched.report(event.readable, event.writable, event.exact);
        }
    }

    /// Takes out all waiters of a loop that is closed, for the caller to drop.
    pub(crate) fn take(&self) -> Vec<impl Sized + use<>> {
        let entries = self.entries.take();
        let watched = entries.iter().filter_map(|entry| entry.watched.as_ref());
        watched.flat_map(|watched| watched.take()).collect()
    }
}
