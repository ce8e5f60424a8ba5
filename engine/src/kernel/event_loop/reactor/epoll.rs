//! The poller on Linux: an epoll, and an eventfd that wakes it (unsafe).
//!
//! A wait is one system call, and so is a wake-up. The crate `polling` makes three for a wait, to set
//! its timer, and six for a wait that another thread ends, to arm its notifier anew. It cannot ask for
//! `RDHUP` either, without which a short read might hide that the peer has closed.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::OnceLock;

use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{Errno, write};

use super::{IoEvent, Mode};
use crate::kernel::nanos::Nanos;

/// The key of the bell.
const BELL: u64 = u64::MAX;

/// How many events one wait takes; the others wait for the next.
const CAPACITY: usize = 1024;

/// Room for what a wait brings. It is filled by the system only, so memory that no event has needed
/// is never touched.
pub(super) type Events = Vec<libc::epoll_event>;

pub(crate) struct Epoll {
    epoll: OwnedFd,
    /// An eventfd. Whoever wakes the loop writes to it, and nobody reads it: it is registered
    /// edge-triggered, and so each write is an event of its own.
    bell: OwnedFd,
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
    pub(super) fn new() -> io::Result<Option<Self>> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        if !has_wait(epoll.as_fd()) {
            return Ok(None);
        }
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let key = EventData::new_u64(BELL);
        epoll::add(&epoll, &bell, key, EventFlags::IN | EventFlags::ET)?;
        Ok(Some(Self { epoll, bell }))
    }

    pub(super) fn wake(&self) -> io::Result<()> {
        // It adds one to a counter of 64 bits, which nobody lives to see full.
        write(&self.bell, &1_u64.to_ne_bytes())?;
        Ok(())
    }

    /// Waits, and reports what has happened, other than that another thread woke the loop.
    pub(super) fn wait(
        &self,
        events: &mut Events,
        timeout: Option<Nanos>,
        report: impl Fn(IoEvent),
    ) -> io::Result<()> {
        events.clear();
        events.reserve(CAPACITY);
        match wait(self.as_fd(), events, timeout) {
            Err(Errno::INTR) => {}
            waited => waited?,
        }
        for event in &*events {
            match event.u64 {
                BELL => {}
                key => report(convert(key, EventFlags::from_bits_retain(event.events))),
            }
        }
        Ok(())
    }

    pub(super) fn add(&self, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
        Ok(epoll::add(
            &self.epoll,
            fd,
            EventData::new_u64(key),
            flags(mode),
        )?)
    }

    pub(super) fn modify(&self, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
        Ok(epoll::modify(
            &self.epoll,
            fd,
            EventData::new_u64(key),
            flags(mode),
        )?)
    }

    pub(super) fn remove(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, fd)?)
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// Returns whether the system has `epoll_pwait2`; tried once, on an epoll without descriptors.
fn has_wait(epoll: BorrowedFd<'_>) -> bool {
    static SUPPORTED: OnceLock<bool> = OnceLock::new();
    *SUPPORTED.get_or_init(|| {
        let waited = wait(epoll, &mut Events::with_capacity(1), Some(0));
        !matches!(waited, Err(Errno::NOSYS | Errno::PERM))
    })
}

/// Waits by `epoll_pwait2`, whose timeout is as fine as the clock, for as many events as there is room
/// for in `events`, which is empty.
#[allow(unsafe_code)]
fn wait(fd: BorrowedFd<'_>, events: &mut Events, timeout: Option<Nanos>) -> Result<(), Errno> {
    let timeout = timeout.map(timespec);
    // SAFETY: the kernel writes at most `capacity` events to the memory of `events`, and reads one
    // timespec, or none where the pointer is null; there is no signal mask.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            fd.as_raw_fd(),
            events.as_mut_ptr(),
            events.capacity() as libc::c_int,
            timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            ptr::null::<libc::sigset_t>(),
            0,
        )
    };
    let count = usize::try_from(count).map_err(|_| last_error())?;
    // SAFETY: the kernel has written this many events, which is at most the capacity.
    unsafe { events.set_len(count) };
    Ok(())
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
