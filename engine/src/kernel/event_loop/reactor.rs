//! Waits for the outside world: descriptors that become ready, and other threads.
//!
//! The descriptors of the library's own sockets are registered once and edge-triggered, so that waiting
//! for one costs no system call of its own; those of `add_reader` and `sock_recv` are level-triggered,
//! while something waits for them. Each has a [`Watched`]: whether it may be ready, and its waiters. On Linux the wait is one `epoll_pwait2` on the poller's descriptor;
//! elsewhere, or if asked for, [`Poller::wait`].

#[cfg(target_os = "linux")]
mod epoll;
mod portable;
mod watched;

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use polling::Poller;

use crate::errors::describe;
use crate::kernel::nanos::Nanos;
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
pub(crate) struct Reactor {
    entries: RefCell<Vec<ReactorEntry>>,
    free: RefCell<Vec<usize>>,
    /// How many wait for a descriptor, and so for the poller.
    waits: Rc<Cell<usize>>,
    #[cfg(target_os = "linux")]
    epoll: Option<epoll::Epoll>,
    portable: portable::Portable,
}

/// A place for a registered descriptor. Its generation is part of the key, so that an event for
/// one that is gone is not taken for the next one's.
#[derive(Default)]
struct ReactorEntry {
    generation: u32,
    watched: Option<Rc<Watched>>,
}

impl Reactor {
    pub(crate) fn new(portable: bool) -> Self {
        #[cfg(not(target_os = "linux"))]
        let _ = portable;
        Self {
            entries: RefCell::default(),
            free: RefCell::default(),
            waits: Rc::default(),
            #[cfg(target_os = "linux")]
            epoll: if portable { None } else { epoll::Epoll::new() },
            portable: portable::Portable::default(),
        }
    }

    /// Returns whether a task or a callback waits for a descriptor.
    #[inline(always)]
    pub(crate) fn has_waits(&self) -> bool {
        self.waits.get() > 0
    }

    pub(crate) fn waits(&self) -> usize {
        self.waits.get()
    }

    /// Registers a descriptor, which must not be closed before it is removed.
    pub(crate) fn add(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        mode: Mode,
    ) -> io::Result<Rc<Watched>> {
        let (index, key) = self.place();
        let added = self.register(poller, fd, key, mode);
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
        // No index comes near 2^32 - 1, so that no key is the notifier's.
        (index, u64::from(generation) << 32 | index as u64)
    }

    fn register(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        key: u64,
        mode: Mode,
    ) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if self.epoll.is_some() {
            return epoll::add(poller, fd, key, mode);
        }
        portable::add(poller, fd, key, mode)
    }

    /// Changes what a registered descriptor is reported for.
    pub(crate) fn modify(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        watched: &Watched,
        mode: Mode,
    ) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if self.epoll.is_some() {
            return epoll::modify(poller, fd, watched.key(), mode);
        }
        portable::modify(poller, fd, watched.key(), mode)
    }

    /// Registers a descriptor under the key of one that had its number.
    pub(crate) fn renew(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        watched: &Watched,
        mode: Mode,
    ) -> io::Result<()> {
        self.register(poller, fd, watched.key(), mode)
    }

    /// Forgets a descriptor, which is about to be closed.
    pub(crate) fn remove(
        &self,
        poller: &Poller,
        fd: BorrowedFd<'_>,
        watched: &Watched,
    ) -> io::Result<()> {
        self.forget(watched);
        poller.delete(fd)
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
        let waited = self.wait_somehow(poller, timeout);
        waited.map_err(|error| describe(error, "wait for events"))
    }

    #[inline(always)]
    fn wait_somehow(&self, poller: &Poller, timeout: Option<Nanos>) -> io::Result<()> {
        let report = |event: IoEvent| self.report(event);
        #[cfg(target_os = "linux")]
        if let Some(epoll) = &self.epoll {
            let notified = epoll.wait(poller, timeout, report)?;
            // The notifier is armed anew by the poller itself, which may find other events.
            return match notified {
                true => self.portable.wait(poller, Some(0), report),
                false => Ok(()),
            };
        }
        self.portable.wait(poller, timeout, report)
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
