//! A descriptor as the library's operations use it: they try first, and wait if they would block.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::rc::Rc;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{AddressFamily, sockopt};

use crate::errors::RuntimeError;
use crate::errors::describe;
use crate::kernel::{
    Core, Direction, EventLoop, Readiness, Ready, Reason, Request, Waiter, Wake, Watched,
};
use crate::{Co, Result};

/// A descriptor that does not block, with what the loop knows of it.
///
/// It belongs to no loop until an operation first has to wait; then it is registered, for good and
/// for both directions, and removed again before it is closed.
pub(crate) struct Source<T: AsFd> {
    registration: OnceCell<Registration>,
    /// None only once it has been moved out.
    io: Option<T>,
    /// How many operations have ended without a wait since the last one that had to.
    streak: Cell<u32>,
}

struct Registration {
    core: Rc<Core>,
    watched: Rc<Watched>,
    /// Whether a transfer that falls short shows that the next one would block.
    short_is_last: bool,
    /// The waiter of the last wait, for the next.
    spare: Cell<Option<Rc<Waiter>>>,
}

impl Registration {
    #[inline(always)]
    fn waiter(&self) -> Rc<Waiter> {
        match self.spare.take() {
            Some(waiter) if Rc::strong_count(&waiter) == 1 => {
                waiter.reset();
                waiter
            }
            _ => Waiter::new(Reason::default()),
        }
    }
}

/// So many operations in a row may end at once, before the others have a turn.
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

    /// Tries an operation, and again each time that the descriptor is ready, until it does not
    /// block.
    ///
    /// # Errors
    ///
    /// - What the operation fails with, together with its name.
    /// - `is_cancelled`, or what else is thrown in while it waits. The operation did not happen
    ///   then.
    /// - [`RuntimeError`]: it has to wait, and there is no loop, or another one than before.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn run<R>(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Result<R> {
        self.give_way(co)?;
        loop {
            match self.attempt(direction, &mut operation) {
                Ok(result) => return Ok(result),
                Err(error) => self.wait_after(co, direction, name, error)?,
            }
        }
    }

    /// Like [`run`](Source::run), for bytes of a stream: a transfer of fewer than `wanted` shows
    /// that the next one would block.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn transfer(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        wanted: usize,
        mut operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> Result<usize> {
        self.give_way(co)?;
        loop {
            match self.attempt_transfer(direction, wanted, &mut operation) {
                Ok(n) => return Ok(n),
                Err(error) => self.wait_after(co, direction, name, error)?,
            }
        }
    }

    /// Lets the others have a turn, if this has gone on for long without a wait.
    #[inline(always)]
    #[track_caller]
    fn give_way(&self, co: &Co) -> Result<()> {
        let streak = self.streak.get() + 1;
        self.streak.set(streak);
        if streak > LONGEST_STREAK {
            self.streak.set(0);
            co.yield_through(Request::turn())?;
        }
        Ok(())
    }

    /// Waits after an operation that would block; passes other errors on.
    #[inline(always)]
    #[track_caller]
    fn wait_after(
        &self,
        co: &Co,
        direction: Direction,
        name: &'static str,
        error: io::Error,
    ) -> Result<()> {
        match error.kind() {
            io::ErrorKind::WouldBlock => self.wait(co, direction, name),
            io::ErrorKind::Interrupted => Ok(()),
            _ => Err(describe(error, name).into()),
        }
    }

    /// Waits until the descriptor may be ready, at least until the next event.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn wait(&self, co: &Co, direction: Direction, name: &'static str) -> Result<()> {
        self.streak.set(0);
        let registration = self.registered(name)?;
        let waiter = registration.waiter();
        waiter.set_reason(Reason::descriptor(name, self.get().as_fd().as_raw_fd()));
        let listed = Rc::clone(&waiter) as Rc<dyn Wake>;
        let waiting = Waiting::new(&registration.watched, direction, listed);
        let waited = waiter.wait(co);
        drop(waiting);
        registration.spare.set(Some(waiter));
        waited
    }

    /// Waits until the descriptor is ready, without an operation.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn ready(&self, co: &Co, direction: Direction, name: &'static str) -> Result<()> {
        self.give_way(co)?;
        while self.attempt(direction, |io| poll(io, direction)).is_err() {
            self.wait(co, direction, name)?;
        }
        Ok(())
    }

    /// Returns what the running loop knows of it.
    pub(crate) fn watched(&self, name: &str) -> Result<&Watched> {
        Ok(&self.registered(name)?.watched)
    }

    /// Returns the registration with the running loop.
    fn registered(&self, name: &str) -> Result<&Registration> {
        let misused = |why: &str| RuntimeError::new(format!("{name}: {why}"));
        let running = EventLoop::running().ok_or_else(|| {
            misused("it has to wait, which works inside a running event loop only")
        })?;
        let registration = self.register(running.core(), name)?;
        if !Rc::ptr_eq(&registration.core, running.core()) {
            return Err(misused("the socket belongs to another event loop").into());
        }
        Ok(registration)
    }

    #[inline(always)]
    fn register(&self, core: &Rc<Core>, name: &str) -> Result<&Registration> {
        match self.registration.get() {
            Some(registration) => Ok(registration),
            None => self.first_register(core, name),
        }
    }

    #[cold]
    fn first_register(&self, core: &Rc<Core>, name: &str) -> Result<&Registration> {
        // A read from a Unix socket ends after bytes that came with descriptors, though there may be
        // more.
        let domain = sockopt::socket_domain(self.get());
        let registration = Registration {
            short_is_last: domain.is_ok_and(|domain| domain != AddressFamily::UNIX),
            watched: core.watch(self.get().as_fd(), name)?,
            core: Rc::clone(core),
            spare: Cell::new(None),
        };
        Ok(self.registration.get_or_init(|| registration))
    }

    /// Tries an operation once; fails with `WouldBlock`, and without trying, if it is known that
    /// it would.
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

    /// Sets what becomes ready at each event of a direction, from the next turn on if it may be
    /// ready now; with none, nothing does any more.
    ///
    /// # Errors
    ///
    /// What registering fails with; [`RuntimeError`] for another loop than before.
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
        drop(watched.set_callback(direction, callback));
        Ok(())
    }

    fn deregister(&mut self) {
        if let (Some(registration), Some(io)) = (self.registration.take(), &self.io) {
            registration.core.unwatch(io.as_fd(), &registration.watched);
        }
    }
}

/// Asks the system whether a descriptor is ready, or else fails with `WouldBlock`.
pub(crate) fn poll(io: &impl AsFd, direction: Direction) -> io::Result<()> {
    let flags = match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    match rustix::event::poll(&mut [PollFd::new(io, flags)], Some(&Timespec::default()))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

/// A task in the list of those who wait for a descriptor, until it is woken or this is dropped.
pub(crate) struct Waiting<'a> {
    watched: &'a Watched,
    direction: Direction,
    waiter: Rc<dyn Wake>,
}

impl<'a> Waiting<'a> {
    #[inline(always)]
    pub(crate) fn new(watched: &'a Watched, direction: Direction, waiter: Rc<dyn Wake>) -> Self {
        watched.add_waiter(direction, Rc::clone(&waiter));
        Self {
            watched,
            direction,
            waiter,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.watched.remove_waiter(self.direction, &self.waiter);
    }
}

impl Wake for Waiter {
    fn wake(&self) {
        Waiter::wake(self);
    }
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
