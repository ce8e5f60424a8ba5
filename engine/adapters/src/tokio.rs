//! Streams for tokio's traits, and tokio as the host of a loop.
//!
//! [`Io`] is a stream for crates that ask for tokio's `AsyncRead` and `AsyncWrite`.
//!
//! It needs no runtime of tokio: the loop wakes those who wait for it.
//!
//! # Examples
//!
//! ```
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//! use yieldfrom::net::UnixStream;
//! use yieldfrom::{Co, from_std, run_sync};
//! use yieldfrom_adapters::tokio::Io;
//!
//! let line = run_sync(|co: &Co| {
//!     let (near, far) = UnixStream::pair()?;
//!     let (mut near, mut far) = (Io::new(near), BufReader::new(Io::new(far)));
//!     let exchange = async {
//!         near.write_all(b"BR\n").await?;
//!         let mut line = String::new();
//!         far.read_line(&mut line).await?;
//!         std::io::Result::Ok(line)
//!     };
//!     Ok(co.yield_from(from_std(exchange))??)
//! })?;
//! assert_eq!(line, "BR\n");
//! # Ok::<(), yieldfrom::Error>(())
//! ```

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use yieldfrom::streams::{PollRead, PollWrite};

pub use crate::io::Io;

#[cfg(feature = "tokio-host")]
mod host;

#[cfg(feature = "tokio-host")]
pub use host::TokioHost;

impl<S: PollRead> AsyncRead for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let n = ready!(self.0.poll_read(context, buffer.initialize_unfilled()))?;
        buffer.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl<S: PollWrite> AsyncWrite for Io<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_close_writing(context)
    }
}
