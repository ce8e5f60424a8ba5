//! A descriptor for the operations of the library: each one is tried first, and waits only if it
//! would block.

mod poll;
#[cfg(feature = "futures")]
mod polls;
mod timed;

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;

use rustix::net::{AddressFamily, Shutdown, sockopt};

use super::traits::{Read, Write};
use crate::errors::{RuntimeError, describe};
use crate::kernel::{
    Co, Core, Direction, EventLoop, OnDrop, Operation, Readiness, Ready, Reason, Request,
    SpareWaiter, Waiter, Watched,
};
use yieldfrom_delegation::Result;

pub(crate) use poll::{poll, poll_within};
#[cfg(feature = "futures")]
use polls::Pollers;
pub(crate) use timed::timed_out;

/// A descriptor that does not block, and its registration with a loop.
///
/// It belongs to no loop until an operation has to wait for the first time. Then it is registered
/// for both directions, and stays registered until it is about to be closed.
pub(crate) struct Source<T: AsFd> {
    registration: OnceCell<SourceRegistration>,
    /// `None` only once it has been moved out.
    io: Option<T>,
    /// The number of operations that have ended without a wait since the last one that waited.
    streak: Cell<u32>,
}

struct SourceRegistration {
    core: Rc<Core>,
    watched: Rc<Watched>,
    /// Whether a transfer that falls short shows that the next one would block.
    short_is_last: bool,
    spare: SpareWaiter,
    #[cfg(feature = "futures")]
    pollers: Pollers,
}

/// How many buffers every system takes at once: the least `IOV_MAX` of POSIX. Linux takes 1024.
const CERTAIN_BUFFERS: usize = 16;

/// Returns how many bytes a transfer with several buffers moves for certain, if nothing is missing: the system leaves
/// out buffers beyond its limit, and that does not show that the next transfer would block.
pub(crate) fn certain_bytes(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.take(CERTAIN_BUFFERS).sum()
}

/// After this number of operations in a row that did not wait, the other tasks get a turn.
const LONGEST_STREAK: u32 = 64;

impl<T: AsFd> Source<T> {
    pub(crate) fn new(io: T) -> Self {
        Self {
            registration: OnceCell::new(),
            io: Some(io),
            streak: Cell::new(0),
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> &T {
        self.io
            .as_ref()
            .expect("only what consumes it moves it out")
    }

    /// Removes the descriptor from its loop, and returns it.
    pub(crate) fn into_inner(mut self) -> T {
        self.deregister();
        self.io.take().expect("only what consumes it moves it out")
    }

    /// Returns [`run`](Source::run) as an operation for users.
    #[inline(always)]
    pub(crate) fn operation<R>(
        &self,
        direction: Direction,
        name: &'static str,
        operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Operation<impl FnOnce(&Co) -> Result<R>> {
        Operation::new(name, move |co| self.run(co, direction, name, operation))
    }

    /// Tries an operation, and tries it again each time that the descriptor is ready, until it does
    /// not block.
    ///
    /// # Errors
    ///
    /// - The error of the operation, together with its name.
    /// - `is_cancelled`, or another error that is thrown in while it waits. The operation did not
    ///   happen then.
    /// - [`RuntimeError`]: it has to wait, and there is no loop, or another one than before.
    #[inline(always)]
    pub(crate) fn run<R>(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Result<R> {
        self.retry(co, direction, name, || {
            self.attempt(direction, &mut operation)
        })
    }

    /// Like [`run`](Source::run), for bytes of a stream: a transfer of fewer than `wanted` shows
    /// that the next one would block.
    #[inline(always)]
    pub(crate) fn transfer(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        wanted: usize,
        mut operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> Result<usize> {
        self.retry(co, direction, name, || {
            self.attempt_transfer(direction, wanted, &mut operation)
        })
    }

    #[inline(always)]
    fn retry<R>(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        mut attempt: impl FnMut() -> io::Result<R>,
    ) -> Result<R> {
        self.give_way(co)?;
        loop {
            match attempt() {
                Ok(result) => return Ok(result),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => self.wait(co, direction, name)?,
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(describe(error, name).into()),
                },
            }
        }
    }

    /// Lets the other tasks have a turn, if this one has not waited for long.
    #[inline(always)]
    fn give_way(&self, co: &Co) -> Result<()> {
        if self.is_greedy() {
            co.yield_through(Request::turn())?;
        }
        Ok(())
    }

    /// Counts an operation, and returns whether too many in a row have not waited.
    #[inline(always)]
    fn is_greedy(&self) -> bool {
        let streak = self.streak.get() + 1;
        let is_greedy = streak > LONGEST_STREAK;
        self.streak.set(if is_greedy { 0 } else { streak });
        is_greedy
    }

    /// Waits until the next event, after which the descriptor may be ready.
    #[inline(always)]
    fn wait(&self, co: &Co, direction: Direction, name: &'static str) -> Result<()> {
        self.streak.set(0);
        let registration = self.registered(name)?;
        let waiter = registration.spare.take_or_new(Reason::default);
        waiter.set_reason(Reason::descriptor(name, self.number(), direction));
        let listed = list_waiter(&registration.watched, direction, &waiter);
        let waited = waiter.wait(co);
        drop(listed);
        registration.spare.keep(waiter);
        waited
    }

    /// Returns its registration with the running loop, for a wait for several descriptors.
    pub(crate) fn watched(&self, name: &str) -> Result<&Watched> {
        Ok(&self.registered(name)?.watched)
    }

    fn registered(&self, name: &str) -> Result<&SourceRegistration> {
        let running = EventLoop::running().ok_or_else(|| {
            let why = "it has to wait, which works inside a running event loop only";
            RuntimeError::new(format!("{name}: {why}"))
        })?;
        self.registered_with(&running, name)
    }

    fn registered_with(&self, event_loop: &EventLoop, name: &str) -> Result<&SourceRegistration> {
        let registration = self.register(event_loop.core(), name)?;
        if !Rc::ptr_eq(&registration.core, event_loop.core()) {
            let why = format!("{name}: the socket belongs to another event loop");
            return Err(RuntimeError::new(why).into());
        }
        Ok(registration)
    }

    #[inline(always)]
    fn register(&self, core: &Rc<Core>, name: &str) -> Result<&SourceRegistration> {
        match self.registration.get() {
            Some(registration) => Ok(registration),
            None => self.first_register(core, name),
        }
    }

    #[cold]
    fn first_register(&self, core: &Rc<Core>, name: &str) -> Result<&SourceRegistration> {
        // A read from a Unix socket stops after bytes that came with descriptors, even if more bytes
        // are there.
        let domain = sockopt::socket_domain(self.get());
        let registration = SourceRegistration {
            short_is_last: domain.is_ok_and(|domain| domain != AddressFamily::UNIX),
            watched: core.watch(self.get().as_fd(), name)?,
            core: Rc::clone(core),
            spare: SpareWaiter::default(),
            #[cfg(feature = "futures")]
            pollers: Pollers::default(),
        };
        Ok(self.registration.get_or_init(|| registration))
    }

    /// Tries an operation once. If it is known that it would block, it fails with `WouldBlock`
    /// without being tried.
    #[inline(always)]
    pub(crate) fn attempt<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let watched = self.registration.get().map(|known| &known.watched);
        if watched.is_some_and(|watched| watched.readiness(direction) == Readiness::No) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = operation(self.get());
        if let (Some(watched), Err(error)) = (watched, &result)
            && error.kind() == io::ErrorKind::WouldBlock
        {
            watched.blocked(direction);
        }
        result
    }

    /// Returns whether an operation would be tried.
    #[inline(always)]
    pub(crate) fn may_be_ready(&self, direction: Direction) -> bool {
        let known = self.registration.get();
        known.is_none_or(|known| known.watched.readiness(direction) != Readiness::No)
    }

    /// Like [`attempt`](Source::attempt), for a stream.
    #[inline(always)]
    pub(crate) fn attempt_transfer(
        &self,
        direction: Direction,
        wanted: usize,
        operation: impl FnOnce(&T) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let result = self.attempt(direction, operation);
        if let (Some(known), Ok(n)) = (self.registration.get(), &result)
            && 0 < *n
            && *n < wanted
            && known.short_is_last
        {
            known.watched.fell_short(direction);
        }
        result
    }

    /// Sets the callback that is scheduled at each event of a direction, or removes it. If the
    /// descriptor may be ready now, the callback is scheduled at once.
    ///
    /// # Errors
    ///
    /// The error of the registration; [`RuntimeError`] for another loop than before.
    pub(crate) fn set_callback(
        &self,
        core: &Rc<Core>,
        direction: Direction,
        callback: Option<Rc<dyn Ready>>,
    ) -> Result<()> {
        if callback.is_none() && self.registration.get().is_none() {
            return Ok(());
        }
        let registration = self.register(core, "wait for the socket")?;
        if !Rc::ptr_eq(&registration.core, core) {
            return Err(RuntimeError::new("the socket belongs to another event loop").into());
        }
        let watched = &registration.watched;
        if let Some(callback) = &callback
            && watched.readiness(direction) != Readiness::No
        {
            core.schedule(Rc::clone(callback));
        }
        core.tell_watched(callback.as_ref(), self.number(), direction);
        drop(watched.set_callback(direction, callback));
        Ok(())
    }

    fn deregister(&mut self) {
        if let (Some(registration), Some(io)) = (self.registration.take(), &self.io) {
            #[cfg(feature = "futures")]
            registration.pollers.leave(&registration.watched);
            registration.core.unwatch(io.as_fd(), &registration.watched);
        }
    }
}

impl<T> Read for Source<T>
where
    T: AsFd,
    for<'s> &'s T: io::Read,
{
    #[inline(always)]
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        self.transfer(co, Direction::Read, "read", buffer.len(), |mut io| {
            io::Read::read(&mut io, buffer)
        })
    }
}

impl<T> Write for Source<T>
where
    T: AsFd,
    for<'s> &'s T: io::Write,
{
    #[inline(always)]
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        self.transfer(co, Direction::Write, "write", bytes.len(), |mut io| {
            io::Write::write(&mut io, bytes)
        })
    }

    fn close_writing_with(&self, _: &Co) -> Result<()> {
        let ended = rustix::net::shutdown(self.get(), Shutdown::Write);
        Ok(ended.map_err(|error| describe(error.into(), "close_writing"))?)
    }
}

/// Puts a waiter in the list of those that wait for a descriptor; dropping the guard takes it out.
#[inline(always)]
pub(crate) fn list_waiter<'a>(
    watched: &'a Watched,
    direction: Direction,
    waiter: &Rc<Waiter>,
) -> OnDrop<impl FnOnce() + use<'a>> {
    let listed = Rc::clone(waiter);
    watched.add_waiter(direction, Rc::clone(&listed));
    OnDrop::new(move || watched.remove_waiter(direction, &listed))
}

impl<T: AsFd> AsFd for Source<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get().as_fd()
    }
}

/// The poller forgets the descriptor before it is closed.
impl<T: AsFd> Drop for Source<T> {
    fn drop(&mut self) {
        self.deregister();
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
