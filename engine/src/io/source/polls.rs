//! A source for async code, which polls it.

use std::cell::OnceCell;
use std::fmt;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::task::{Context, Poll};

use rustix::io::Errno;
use rustix::net::Shutdown;

use super::{Source, certain_bytes};
use crate::bridge::WakerCell;
use crate::errors::{describe, io_error};
use crate::io::polled::{PollRead, PollWrite};
use crate::kernel::{Core, Direction, EventLoop, Ready, Reason, Waitable, Waiter, Watched};

/// Who polls the two directions of a source.
#[derive(Default)]
pub(super) struct Pollers([OnceCell<Rc<PollSlot>>; 2]);

/// The one who polls one direction. A waker of other people is woken by an entry in the ready queue, as the reactor is
/// not to be in use while their code runs.
struct PollSlot {
    core: Rc<Core>,
    waiter: Rc<Waiter>,
    waker: WakerCell,
}

impl Ready for PollSlot {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        self.waker.wake();
    }

    /// The reactor is in use meanwhile. What is woken is in the queue at once if it is a task of the loop.
    fn schedule(self: Rc<Self>) {
        if !self.waker.wake_own(&self.core) {
            Rc::clone(&self.core).schedule(self);
        }
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<poll of a stream>")
    }
}

impl Pollers {
    /// Has the context's waker woken at the next event.
    fn listen(
        &self,
        core: &Rc<Core>,
        watched: &Watched,
        direction: Direction,
        reason: Reason,
        context: &Context<'_>,
    ) {
        let slot = self.0[direction as usize].get_or_init(|| {
            let waiter = Waiter::new(reason);
            // As if the wait before were over.
            waiter.wake();
            Rc::new(PollSlot {
                core: Rc::clone(core),
                waiter,
                waker: WakerCell::default(),
            })
        });
        slot.waker.set(context);
        if slot.waiter.is_done() {
            slot.waiter.reset();
            Rc::clone(&slot.waiter).subscribe(Rc::clone(slot) as Rc<dyn Ready>);
            watched.add_waiter(direction, Rc::clone(&slot.waiter));
        }
    }

    /// Forgets who polls, before the descriptor is closed.
    pub(super) fn leave(&self, watched: &Watched) {
        for direction in [Direction::Read, Direction::Write] {
            if let Some(slot) = self.0[direction as usize].get() {
                watched.remove_waiter(direction, &slot.waiter);
                // The waiter and the slot have each other while they wait.
                slot.waiter.reset();
                slot.waker.clear();
            }
        }
    }
}

impl<T: AsFd> Source<T> {
    /// Tries a transfer. If it would block, the context's waker is woken when it may succeed.
    #[inline]
    fn poll_transfer(
        &self,
        context: &mut Context<'_>,
        direction: Direction,
        name: &'static str,
        wanted: usize,
        mut operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        if self.is_greedy() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            match self.attempt_transfer(direction, wanted, &mut operation) {
                Ok(n) => return Poll::Ready(Ok(n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(describe(error, name))),
            }
        }
        self.listen(context, direction, name)
    }

    fn listen(
        &self,
        context: &Context<'_>,
        direction: Direction,
        name: &'static str,
    ) -> Poll<io::Result<usize>> {
        self.streak.set(0);
        // A host polls outside of the loop's runs.
        let event_loop = EventLoop::known(name).map_err(io_error)?;
        let known = self.registered_with(&event_loop, name);
        let known = known.map_err(io_error)?;
        // A loop that is closed wakes nobody.
        known.core.check_open(name).map_err(io_error)?;
        let reason = Reason::descriptor(name, self.number(), direction);
        known
            .pollers
            .listen(&known.core, &known.watched, direction, reason, context);
        Poll::Pending
    }
}

impl<T> PollRead for Source<T>
where
    T: AsFd,
    for<'s> &'s T: io::Read,
{
    fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let wanted = buffer.len();
        self.poll_transfer(context, Direction::Read, "read", wanted, |mut io| {
            io::Read::read(&mut io, buffer)
        })
    }
}

impl<T> PollWrite for Source<T>
where
    T: AsFd,
    for<'s> &'s T: io::Write,
{
    fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_transfer(context, Direction::Write, "write", bytes.len(), |mut io| {
            io::Write::write(&mut io, bytes)
        })
    }

    fn poll_write_vectored(
        &self,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = certain_bytes(buffers.iter().map(|buffer| buffer.len()));
        self.poll_transfer(context, Direction::Write, "write", wanted, |mut io| {
            io::Write::write_vectored(&mut io, buffers)
        })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_close_writing(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match rustix::net::shutdown(self.get(), Shutdown::Write) {
            // A peer that is gone already need not be told.
            Ok(()) | Err(Errno::NOTCONN) => Ok(()),
            Err(error) => Err(describe(error.into(), "close_writing")),
        })
    }
}
