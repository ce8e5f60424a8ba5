//! Streams for async code, which polls them.

use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::bridge::Portable;
use crate::errors::io_error;

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
