//! Callbacks for any descriptor: asyncio's `add_reader` and `add_writer`.
//!
//! Unlike the sockets of [`net`](crate::net), whose operations go on until they would block, a
//! callback may leave something unread. So these are registered level-triggered: a callback is
//! called in each turn for as long as its descriptor is ready.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;

use super::reactor::{Direction, Mode, Watched};
use super::{Core, Ready};
use crate::errors::{describe, panics, refused};
use crate::kernel::future::Waiter;
use crate::kernel::handle::Repeating;
use yieldfrom_delegation::{Result, report};

/// The registered descriptors, by number.
#[derive(Default)]
pub(super) struct Descriptors(RefCell<HashMap<RawFd, Rc<Watched>>>);

impl Descriptors {
    pub(super) fn take(&self) -> impl Iterator<Item = Rc<Watched>> + use<> {
        self.0.take().into_values()
    }

    fn get(&self, fd: BorrowedFd<'_>) -> Option<Rc<Watched>> {
        self.0.borrow().get(&fd.as_raw_fd()).cloned()
    }
}

/// A callback that is called at each event.
struct Repeated {
    callback: Repeating,
    core: Rc<Core>,
    /// Whether it is in the ready queue: one wait may report an event twice.
    queued: Cell<bool>,
}

impl Ready for Repeated {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        self.queued.set(false);
        self.callback.call(core);
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        if !self.queued.replace(true) {
            let core = Rc::clone(&self.core);
            core.schedule(self);
        }
    }

    fn cancel(&self) {
        self.callback.cancel();
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.callback.describe(f)
    }
}

fn mode(watched: &Watched) -> Mode {
    let wanted = |direction| watched.has_callback(direction) || watched.has_waiters(direction);
    Mode::Level(wanted(Direction::Read), wanted(Direction::Write))
}

impl Core {
    /// Registers a descriptor, or finds that it is.
    fn descriptor(&self, fd: BorrowedFd<'_>, operation: &str) -> Result<Rc<Watched>> {
        const TAKEN: &str = "a socket of yieldfrom::net, or a transport, has this descriptor; use \
                             its own operations, or its try_clone";
        let inbox = self.inbox(operation)?;
        if let Some(watched) = self.descriptors.get(fd) {
            return Ok(watched);
        }
        let mode = Mode::Level(false, false);
        let added = self.reactor.add(&inbox.poller, fd, mode);
        let watched = added.map_err(|error| refused(error, operation, TAKEN))?;
        let mut descriptors = self.descriptors.0.borrow_mut();
        descriptors.insert(fd.as_raw_fd(), Rc::clone(&watched));
        Ok(watched)
    }

    /// Registers a descriptor for the waiters and callbacks that it has now; forgets it if it has none.
    fn update(&self, fd: BorrowedFd<'_>, watched: &Watched) -> io::Result<()> {
        let Some(inbox) = &self.inbox else {
            return Ok(());
        };
        let mode = mode(watched);
        if mode == Mode::Level(false, false) {
            let gone = self.descriptors.0.borrow_mut().remove(&fd.as_raw_fd());
            drop(gone);
            // It may be closed already, as asyncio allows.
            let _ = self.reactor.remove(&inbox.poller, fd, watched);
            return Ok(());
        }
        match self.reactor.modify(&inbox.poller, fd, watched, mode) {
            // The number stands for another file by now: the one before was closed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.reactor.renew(&inbox.poller, fd, watched, mode)
            }
            result => result,
        }
    }

    /// Adds a waiter for one event of a descriptor of the program.
    ///
    /// [`Source`]: crate::source::Source
    pub(crate) fn add_waiter(
        &self,
        fd: BorrowedFd<'_>,
        direction: Direction,
        waiter: &Rc<Waiter>,
        operation: &str,
    ) -> Result<()> {
        let watched = self.descriptor(fd, operation)?;
        watched.add_waiter(direction, Rc::clone(waiter));
        let updated = self.update(fd, &watched);
        if let Err(error) = updated {
            self.remove_waiter(fd, direction, waiter);
            return Err(describe(error, operation).into());
        }
        Ok(())
    }

    /// Removes a waiter that was woken or waits no longer.
    pub(crate) fn remove_waiter(
        &self,
        fd: BorrowedFd<'_>,
        direction: Direction,
        waiter: &Rc<Waiter>,
    ) {
        if let Some(watched) = self.descriptors.get(fd) {
            watched.remove_waiter(direction, waiter);
            if let Err(error) = self.update(fd, &watched) {
                cannot_change(&error);
            }
        }
    }

    #[track_caller]
    pub(super) fn add_callback(
        self: &Rc<Self>,
        fd: BorrowedFd<'_>,
        direction: Direction,
        callback: Box<dyn FnMut()>,
    ) -> Result<()> {
        let operation = match direction {
            Direction::Read => "add_reader",
            Direction::Write => "add_writer",
        };
        let watched = self.descriptor(fd, operation)?;
        let repeated = Rc::new(Repeated {
            callback: Repeating::new(callback),
            core: Rc::clone(self),
            queued: Cell::new(false),
        });
        let repeated: Rc<dyn Ready> = repeated;
        self.tell_watched(Some(&repeated), fd.as_raw_fd(), direction);
        cancel(watched.set_callback(direction, Some(repeated)));
        if let Err(error) = self.update(fd, &watched) {
            self.remove_callback(fd, direction);
            return Err(describe(error, operation).into());
        }
        Ok(())
    }

    pub(super) fn remove_callback(&self, fd: BorrowedFd<'_>, direction: Direction) -> bool {
        let Some(watched) = self.descriptors.get(fd) else {
            return false;
        };
        let before = watched.set_callback(direction, None);
        let found = before.is_some();
        if found {
            self.tell_watched(None, fd.as_raw_fd(), direction);
        }
        cancel(before);
        if let Err(error) = self.update(fd, &watched) {
            cannot_change(&error);
        }
        found
    }
}

#[cold]
fn cannot_change(error: &io::Error) {
    panics::contain(|| report!(Error, "cannot change what the poller reports: {error}"));
}

/// Makes sure that a callback does not run any more, even if it is in the ready queue.
fn cancel(callback: Option<Rc<dyn Ready>>) {
    if let Some(callback) = callback {
        callback.cancel();
    }
}
