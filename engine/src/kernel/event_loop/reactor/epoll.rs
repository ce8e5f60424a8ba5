//! The wait on Linux: one system call, on the descriptor of the poller (unsafe).
//!
//! [`Poller::wait`] makes five, to set its timer and to arm its notifier. Registering goes past the
//! poller as well, as that one cannot ask for `RDHUP`, without which a short read might hide
//! that the peer has closed.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::OnceLock;

use polling::Poller;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;

use super::{IoEvent, Mode};
use crate::kernel::nanos::Nanos;

/// The key of the poller's notifier.
const NOTIFY_KEY: u64 = usize::MAX as u64;

/// How many events one wait takes; the others wait for the next.
const CAPACITY: usize = 1024;

const NO_EVENT: libc::epoll_event = libc::epoll_event { events: 0, u64: 0 };

pub(super) struct Epoll {
    /// Room for what a wait brings.
    events: RefCell<Vec<libc::epoll_event>>,
}

/// The kernel's `__kernel_timespec`, the same on all processors.
#[repr(C)]
struct Timespec {
    tv_sec: i64,
    tv_nsec: i64,
}

impl Epoll {
    /// Returns None where the system has no `epoll_pwait2`: before Linux 5.11, and in containers
    /// that forbid what they do not know.
    pub(super) fn new() -> Option<Self> {
        static SUPPORTED: OnceLock<bool> = OnceLock::new();
        let supported = *SUPPORTED.get_or_init(|| {
            let attempt = || {
                let nothing = epoll::create(epoll::CreateFlags::CLOEXEC)?;
                wait(nothing.as_fd(), &mut [NO_EVENT], Some(0))
            };
            !matches!(attempt(), Err(Errno::NOSYS | Errno::PERM))
        });
        supported.then(|| Self {
            events: RefCell::new(vec![NO_EVENT; CAPACITY]),
        })
    }

    /// Waits, and reports what has happened; returns whether another thread woke the loop.
    pub(super) fn wait(
        &self,
        poller: &Poller,
        timeout: Option<Nanos>,
        report: impl Fn(IoEvent),
    ) -> io::Result<bool> {
        let mut events = self.events.borrow_mut();
        let count = match wait(poller.as_fd(), &mut events, timeout) {
            Err(Errno::INTR) => 0,
            count => count?,
        };
        let mut notified = false;
        for event in &events[..count] {
            match event.u64 {
                NOTIFY_KEY => notified = true,
                key => report(convert(key, EventFlags::from_bits_retain(event.events))),
            }
        }
        Ok(notified)
    }
}

/// Waits by `epoll_pwait2`, whose timeout is as fine as the clock; returns how many events came.
#[allow(unsafe_code)]
fn wait(
    fd: BorrowedFd<'_>,
    events: &mut [libc::epoll_event],
    timeout: Option<Nanos>,
) -> Result<usize, Errno> {
    let timeout = timeout.map(timespec);
    // SAFETY: the kernel writes at most `events.len()` events to `events`, whatever bytes they are
    // made of, and reads one timespec, or none where the pointer is null; there is no signal mask.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            fd.as_raw_fd(),
            events.as_mut_ptr(),
            events.len() as libc::c_int,
            timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            ptr::null::<libc::sigset_t>(),
            0,
        )
    };
    usize::try_from(count).map_err(|_| last_error())
}

#[cold]
fn last_error() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

fn timespec(nanos: Nanos) -> Timespec {
    Timespec {
        tv_sec: (nanos / 1_000_000_000) as i64,
        tv_nsec: (nanos % 1_000_000_000) as i64,
    }
}

fn convert(key: u64, flags: EventFlags) -> IoEvent {
    let broken = EventFlags::HUP | EventFlags::ERR;
    IoEvent {
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
