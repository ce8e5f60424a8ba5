//! The wait on Linux: one system call, on the descriptor of the poller.
//!
//! [`Poller::wait`] makes five, to set its timer and to arm its notifier. Registering goes past the
//! poller as well, as that one cannot ask for `RDHUP`, without which a short read might hide
//! that the peer has closed.

use std::cell::RefCell;
use std::io;
use std::os::fd::BorrowedFd;

use polling::Poller;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};

use super::{Event, Mode};
use crate::event_loop::clock::Nanos;

/// The key of the poller's notifier.
const NOTIFY_KEY: u64 = usize::MAX as u64;

/// How many events one wait takes; the others wait for the next.
const CAPACITY: usize = 1024;

#[derive(Default)]
pub(super) struct Epoll {
    events: RefCell<Vec<epoll::Event>>,
}

impl Epoll {
    /// Waits, and reports what has happened; returns whether another thread woke the loop.
    pub(super) fn wait(
        &self,
        poller: &Poller,
        timeout: Option<Nanos>,
        report: impl Fn(Event),
    ) -> io::Result<bool> {
        let mut events = self.events.borrow_mut();
        events.clear();
        events.reserve(CAPACITY);
        let timeout = timeout.and_then(timespec);
        match epoll::wait(poller, spare_capacity(&mut events), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut notified = false;
        for event in events.iter() {
            match event.data.u64() {
                NOTIFY_KEY => notified = true,
                key => report(convert(key, event.flags)),
            }
        }
        Ok(notified)
    }
}

/// Converts a timeout; one that the system cannot express is as good as none.
fn timespec(nanos: Nanos) -> Option<Timespec> {
    Some(Timespec {
        tv_sec: i64::try_from(nanos / 1_000_000_000).ok()?,
        tv_nsec: (nanos % 1_000_000_000) as _,
    })
}

fn convert(key: u64, flags: EventFlags) -> Event {
    let broken = EventFlags::HUP | EventFlags::ERR;
    Event {
        key,
        readable: flags.intersects(EventFlags::IN | EventFlags::RDHUP | EventFlags::PRI | broken),
        writable: flags.intersects(EventFlags::OUT | broken),
        // When the peer has closed, the end comes right after the data, without another event; and
        // a read ends before urgent data, though there may be more.
        exact: !flags.intersects(EventFlags::RDHUP | EventFlags::PRI | broken),
    }
}

fn flags(mode: Mode) -> EventFlags {
    match mode {
        Mode::Edge => {
            EventFlags::IN | EventFlags::PRI | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET
        }
        Mode::Level(read, write) => {
            let mut flags = EventFlags::empty();
            flags.set(EventFlags::IN, read);
            flags.set(EventFlags::OUT, write);
            flags
        }
    }
}

pub(super) fn add(poller: &Poller, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
    Ok(epoll::add(
        poller,
        fd,
        EventData::new_u64(key),
        flags(mode),
    )?)
}

pub(super) fn modify(poller: &Poller, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
    Ok(epoll::modify(
        poller,
        fd,
        EventData::new_u64(key),
        flags(mode),
    )?)
}
