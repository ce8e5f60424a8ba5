//! Streams for the traits of futures.
//!
//! [`Io`] is a stream for crates that ask for the `AsyncRead` and `AsyncWrite` of futures.
//!
//! # Examples
//!
//! ```
//! use smol::io::{AsyncReadExt, AsyncWriteExt};
//! use yieldfrom::net::UnixStream;
//! use yieldfrom::{Co, from_std, run_sync};
//! use yieldfrom_adapters::futures_io::Io;
//!
//! let read = run_sync(|co: &Co| {
//!     let (near, far) = UnixStream::pair()?;
//!     let (mut near, mut far) = (Io::new(near), Io::new(far));
//!     let exchange = async {
//!         near.write_all(b"BR").await?;
//!         let mut buffer = [0; 2];
//!         far.read_exact(&mut buffer).await?;
//!         std::io::Result::Ok(buffer)
//!     };
//!     Ok(co.yield_from(from_std(exchange))??)
//! })?;
//! assert_eq!(&read, b"BR");
//! # Ok::<(), yieldfrom::Error>(())
//! ```

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use yieldfrom::streams::{PollRead, PollWrite};

pub use crate::io::Io;

impl<S: PollRead> AsyncRead for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_read(context, buffer)
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

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_close_writing(context)
    }
}
