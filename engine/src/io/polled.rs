//! Streams for async code, which polls them.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use rustix::net::Shutdown;

use super::source::{Source, certain_bytes};
use crate::bridge::Portable;
use crate::errors::{describe, io_error, panics};
use crate::kernel::{Core, Direction, Ready, Reason, Waitable, Waiter, Watched};

/// Something that async code reads bytes from: [`Read`](crate::streams::Read), with a context in place of the `Co`.
///
/// The crate's sockets have it, and [`Duplex`](crate::streams::Duplex);
/// [`pollable`](crate::streams::pollable()) gives it to any other stream. Adapters for the traits of other crates are
/// made of it; the package `yieldfrom-adapters` has those for hyper, tokio and futures.
///
/// # Examples
///
/// ```
/// use std::future::poll_fn;
/// use yieldfrom::streams::{PollRead, PollWrite, duplex};
/// use yieldfrom::{Co, from_std, run_sync};
///
/// let read = run_sync(|co: &Co| {
///     let (near, far) = duplex(64);
///     let echo = async {
///         let mut buffer = [0; 8];
///         poll_fn(|cx| near.poll_write(cx, b"taxi")).await?;
///         let n = poll_fn(|cx| far.poll_read(cx, &mut buffer)).await?;
///         std::io::Result::Ok(buffer[..n].to_vec())
///     };
///     Ok(co.yield_from(from_std(echo))??)
/// })?;
/// assert_eq!(read, b"taxi");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "AsyncRead")]
pub trait PollRead {
    /// Reads the bytes that are there, up to the length of the buffer; zero at the end of the stream.
    ///
    /// If there are none, the context's waker is woken when there may be some. Of several wakers for one direction, that of
    /// the last poll is woken.
    fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// Something that async code writes bytes to: [`Write`](crate::streams::Write), with a context in place of the `Co`.
///
/// [`PollRead`] has an example.
#[doc(alias = "AsyncWrite")]
pub trait PollWrite {
    /// Writes the bytes for which there is room, and returns their number.
    fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Writes from several buffers at once; by default from the first one that is not empty.
    fn poll_write_vectored(
        &self,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = buffers.iter().find(|buffer| !buffer.is_empty());
        self.poll_write(context, first.map_or(&[], |buffer| &**buffer))
    }

    /// Returns whether [`poll_write_vectored`](Self::poll_write_vectored) takes more than one buffer: false by default.
    fn is_write_vectored(&self) -> bool {
        false
    }

    /// Waits until what was written is on its way. A stream without a buffer of its own has nothing to do.
    fn poll_flush(&self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Has the peer see the end of the stream. The other direction goes on.
    fn poll_close_writing(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Who polls the two directions of a source.
#[derive(Default)]
pub(super) struct Pollers([OnceCell<Rc<PollSlot>>; 2]);

/// The one who polls one direction. It is woken by an entry in the ready queue, as its waker is other people's code, and
/// the reactor is not to be in use then.
struct PollSlot {
    core: Rc<Core>,
    waiter: Rc<Waiter>,
    waker: Cell<Option<Waker>>,
}

impl Ready for PollSlot {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        if let Some(waker) = self.waker.take() {
            panics::contain(|| waker.wake());
        }
    }

    fn schedule(self: Rc<Self>) {
        Rc::clone(&self.core).schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<poll of a stream>")
    }
}

impl PollSlot {
    fn set_waker(&self, context: &Context<'_>) {
        let before = self.waker.take();
        let waker = match before {
            Some(waker) if waker.will_wake(context.waker()) => waker,
            _ => context.waker().clone(),
        };
        self.waker.set(Some(waker));
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
                waker: Cell::new(None),
            })
        });
        slot.set_waker(context);
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
                drop(slot.waker.take());
            }
        }
    }
}

impl<T: AsFd> Source<T> {
    /// Tries a transfer. If it would block, the context's waker is woken when it may succeed.
    #[inline]
    pub(super) fn poll_transfer(
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
        let registered = self.registered_for_polls(name);
        let (core, watched, pollers) = registered.map_err(io_error)?;
        let reason = Reason::descriptor(name, self.get().as_fd().as_raw_fd());
        pollers.listen(core, watched, direction, reason, context);
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
        let ended = rustix::net::shutdown(self.get(), Shutdown::Write);
        Poll::Ready(ended.map_err(|error| describe(error.into(), "close_writing")))
    }
}

/// Implements the traits for what has a stream inside.
macro_rules! polled_by {
    (@read [$($generics:tt)*] $type:ty, |$this:ident| $inner:expr $(, where $($bounds:tt)*)?) => {
        impl<$($generics)*> $crate::io::polled::PollRead for $type $(where $($bounds)*)? {
            fn poll_read(
                &self,
                context: &mut std::task::Context<'_>,
                buffer: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let $this = self;
                $inner.poll_read(context, buffer)
            }
        }
    };
    (@write [$($generics:tt)*] $type:ty, |$this:ident| $inner:expr $(, where $($bounds:tt)*)?) => {
        impl<$($generics)*> $crate::io::polled::PollWrite for $type $(where $($bounds)*)? {
            fn poll_write(
                &self,
                context: &mut std::task::Context<'_>,
                bytes: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let $this = self;
                $inner.poll_write(context, bytes)
            }

            fn poll_write_vectored(
                &self,
                context: &mut std::task::Context<'_>,
                buffers: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let $this = self;
                $inner.poll_write_vectored(context, buffers)
            }

            fn is_write_vectored(&self) -> bool {
                let $this = self;
                $inner.is_write_vectored()
            }

            fn poll_flush(
                &self,
                context: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let $this = self;
                $inner.poll_flush(context)
            }

            fn poll_close_writing(
                &self,
                context: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let $this = self;
                $inner.poll_close_writing(context)
            }
        }
    };
}

pub(super) use polled_by;

polled_by!(@read [S: PollRead + ?Sized] &S, |this| (**this));
polled_by!(@write [S: PollWrite + ?Sized] &S, |this| (**this));
polled_by!(@read [S: PollRead + ?Sized] Box<S>, |this| (**this));
polled_by!(@write [S: PollWrite + ?Sized] Box<S>, |this| (**this));
polled_by!(@read [S: PollRead + ?Sized] Rc<S>, |this| (**this));
polled_by!(@write [S: PollWrite + ?Sized] Rc<S>, |this| (**this));

impl<S: PollRead> PollRead for Portable<S> {
    fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_read(context, buffer))
            .map_err(io_error)?
    }
}

impl<S: PollWrite> PollWrite for Portable<S> {
    fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(context, bytes))
            .map_err(io_error)?
    }

    fn poll_write_vectored(
        &self,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write_vectored(context, buffers))
            .map_err(io_error)?
    }

    fn is_write_vectored(&self) -> bool {
        self.with(|stream| stream.is_write_vectored())
            .unwrap_or(false)
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
            .map_err(io_error)?
    }

    fn poll_close_writing(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_close_writing(context))
            .map_err(io_error)?
    }
}
