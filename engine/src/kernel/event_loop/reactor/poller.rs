//! The poller: what a loop waits at, and by which other threads wake it. It has one of two back ends.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

#[cfg(target_os = "linux")]
use super::epoll::{self, Epoll};
use super::portable::{self, Portable};
use super::{IoEvent, Mode};
use crate::kernel::nanos::Nanos;

/// What a loop waits at. All threads share it: any thread may wake the loop.
pub(crate) enum Poller {
    #[cfg(target_os = "linux")]
    Epoll(Epoll),
    Portable(Portable),
}

/// Room for what a wait brings, which the loop's thread keeps from wait to wait.
#[derive(Default)]
pub(super) struct Events {
    #[cfg(target_os = "linux")]
    epoll: epoll::Events,
    portable: portable::Events,
}

impl Poller {
    /// Makes a poller; if asked for, of nothing but the crate `polling`.
    pub(crate) fn new(portable: bool) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if !portable && let Some(epoll) = Epoll::new()? {
            return Ok(Self::Epoll(epoll));
        }
        #[cfg(not(target_os = "linux"))]
        let _ = portable;
        Portable::new().map(Self::Portable)
    }

    /// Ends the wait of the loop, or its next one.
    pub(crate) fn wake(&self) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.wake(),
            Self::Portable(portable) => portable.wake(),
        }
    }

    /// Waits, and reports what has happened.
    #[inline(always)]
    pub(super) fn wait(
        &self,
        events: &mut Events,
        timeout: Option<Nanos>,
        report: impl Fn(IoEvent),
    ) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.wait(&mut events.epoll, timeout, report),
            Self::Portable(portable) => portable.wait(&mut events.portable, timeout, report),
        }
    }

    /// Registers a descriptor.
    pub(super) fn add(&self, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.add(fd, key, mode),
            Self::Portable(portable) => portable.add(fd, key, mode),
        }
    }

    /// Changes what a registered descriptor is reported for.
    pub(super) fn modify(&self, fd: BorrowedFd<'_>, key: u64, mode: Mode) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.modify(fd, key, mode),
            Self::Portable(portable) => portable.modify(fd, key, mode),
        }
    }

    /// Forgets a registered descriptor.
    pub(super) fn remove(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.remove(fd),
            Self::Portable(portable) => portable.remove(fd),
        }
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.as_fd(),
            Self::Portable(portable) => portable.as_fd(),
        }
    }
}
