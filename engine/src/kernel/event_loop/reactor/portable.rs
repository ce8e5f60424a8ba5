//! The wait by the poller alone, as other systems than Linux do it.

use std::cell::RefCell;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use polling::{Event as PolledEvent, Events, PollMode, Poller};

use super::{IoEvent, Mode};
use crate::kernel::nanos::Nanos;

pub(super) struct Portable {
    events: RefCell<Events>,
}

impl Default for Portable {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(1024).expect("not zero");
        Self {
            events: RefCell::new(Events::with_capacity(capacity)),
        }
    }
}

impl Portable {
    /// Waits, and reports what has happened.
    pub(super) fn wait(
        &self,
        poller: &Poller,
        timeout: Option<Nanos>,
        report: impl Fn(IoEvent),
    ) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        events.clear();
        match poller.wait(&mut events, timeout.map(Duration::from_nanos)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in events.iter() {
            report(IoEvent {
                key: event.key as u64,
                readable: event.readable,
                writable: event.writable,
                // The poller does not tell whether the peer has closed.
                exact: false,
            });
        }
        Ok(())
    }
}

fn interest(key: u64, mode: Mode) -> io::Result<(PolledEvent, PollMode)> {
    let key = usize::try_from(key).map_err(|_| io::ErrorKind::Unsupported)?;
    Ok(match mode {
        Mode::Edge => (PolledEvent::all(key), PollMode::Edge),
        Mode::Level(read, write) => (PolledEvent::new(key, read, write), PollMode::Level),
    })
}

/// Registers a descriptor.
#[allow(unsafe_code)]
pub(super) fn add(poller: &Poller, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
    if !poller.supports_edge() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this system has no edge-triggered events",
        ));
    }
    let (event, mode) = interest(key, mode)?;
    // SAFETY: the descriptor is open now, and a poller with edge-triggered events is an epoll or a
    // kqueue, which forgets by itself a descriptor that is closed without having been deleted.
    unsafe { poller.add_with_mode(fd.as_raw_fd(), event, mode) }
}

pub(super) fn modify(poller: &Poller, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
    let (event, mode) = interest(key, mode)?;
    poller.modify_with_mode(fd, event, mode)
}
