//! Transfers that do not wait for longer than some time.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::rc::Rc;
use std::time::Duration;

use super::{Source, list_waiter};
use crate::errors::describe;
use crate::kernel::{Co, Direction, EventLoop, OnDrop, Reason, Waiter};
use yieldfrom_delegation::Result;

impl<T: AsFd> Source<T> {
    /// Like [`transfer`](Source::transfer), but fails with `WouldBlock` when it has waited for `limit` in the loop's
    /// time.
    pub(crate) fn transfer_within(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        wanted: usize,
        limit: Duration,
        mut operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> Result<usize> {
        self.give_way(co)?;
        let mut deadline = None;
        loop {
            match self.attempt_transfer(direction, wanted, &mut operation) {
                Ok(n) => return Ok(n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Err(describe(error, name).into());
                }
                Err(_) => {}
            }
            let now = EventLoop::current_or_closed().time();
            let deadline = *deadline.get_or_insert(now.saturating_add(limit));
            if now >= deadline {
                return Err(timed_out(name, limit).into());
            }
            self.wait_until(co, direction, name, deadline)?;
        }
    }

    /// Returns the number of the descriptor.
    #[inline(always)]
    pub(super) fn number(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }

    /// Like [`wait`](Source::wait), but also ends at a time of the loop.
    fn wait_until(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        when: Duration,
    ) -> Result<()> {
        self.streak.set(0);
        let registration = self.registered(name)?;
        let reason = Reason::descriptor(name, self.number(), direction);
        let waiter = Waiter::new(reason);
        let woken = Rc::clone(&waiter);
        let timer = EventLoop::current_or_closed().call_at(when, move || _ = woken.wake())?;
        let _timer = OnDrop::new(move || timer.cancel());
        let _listed = list_waiter(&registration.watched, direction, &waiter);
        waiter.wait(co)
    }
}

/// Makes the error of a transfer that has waited for too long. It has the kind of std's sockets on Unix.
#[cold]
pub(crate) fn timed_out(operation: &str, limit: Duration) -> io::Error {
    let why = format!("{operation}: timed out after {limit:?}");
    io::Error::new(io::ErrorKind::WouldBlock, why)
}
