//! The poller of the crate `polling`, for other systems than Linux.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use polling::{Event as PolledEvent, PollMode, Poller};

use super::{IoEvent, Mode};
use crate::kernel::nanos::Nanos;

pub(crate) struct Portable {
    poller: Poller,
}

/// Room for what a wait brings; the first wait makes it.
#[derive(Default)]
pub(super) struct Events(Option<polling::Events>);

impl Events {
    fn room(&mut self) -> &mut polling::Events {
        self.0.get_or_insert_with(|| {
            let capacity = NonZeroUsize::new(1024).expect("not zero");
            polling::Events::with_capacity(capacity)
        })
    }
}

impl Portable {
    pub(super) fn new() -> io::Result<Self> {
        let poller = Poller::new()?;
        Ok(Self { poller })
    }

    pub(super) fn wake(&self) -> io::Result<()> {
        self.poller.notify()
    }

    /// Waits, and reports what has happened.
    pub(super) fn wait(
        &self,
        events: &mut Events,
        timeout: Option<Nanos>,
        report: impl Fn(IoEvent),
    ) -> io::Result<()> {
        let events = events.room();
        events.clear();
        match self.poller.wait(events, timeout.map(Duration::from_nanos)) {
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

    /// Registers a descriptor.
    #[allow(unsafe_code)]
    pub(super) fn add(&self, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
        if !self.poller.supports_edge() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this system has no edge-triggered events",
            ));
        }
        let (event, mode) = interest(key, mode)?;
        // SAFETY: the descriptor is open now, and a poller with edge-triggered events is an epoll or
        // a kqueue, which forgets by itself a descriptor that is closed without having been deleted.
        unsafe { self.poller.add_with_mode(fd.as_raw_fd(), event, mode) }
    }

    pub(super) fn modify(&self, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
        let (event, mode) = interest(key, mode)?;
        self.poller.modify_with_mode(fd, event, mode)
    }

    pub(super) fn remove(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.poller.delete(fd)
    }
}

impl AsFd for Portable {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poller.as_fd()
    }
}

fn interest(key: u64, mode: Mode) -> io::Result<(PolledEvent, PollMode)> {
    let key = usize::try_from(key).map_err(|_| io::ErrorKind::Unsupported)?;
    Ok(match mode {
        Mode::Edge => (PolledEvent::all(key), PollMode::Edge),
        Mode::Level(read, write) => (PolledEvent::new(key, read, write), PollMode::Level),
    })
}
