//! Reading from streams of bytes, and from their halves.

use std::io::{self, IoSliceMut};
use std::os::fd::AsFd;

use rustix::net::RecvFlags;

use super::{OwnedReadHalf, ReadHalf, Stream};
use crate::io::source::{certain_bytes, poll};
use crate::io::traits::{Read, read_exact, read_to_end};
use crate::kernel::{Co, Direction, Operation};
use yieldfrom_delegation::Result;

macro_rules! reading_methods {
    ($($type:ty,)*) => {$(
        impl<S> $type
        where
            S: AsFd,
            for<'s> &'s S: io::Read,
        {
            /// Waits for some bytes, and reads those that are there, at most to the end of the
            /// buffer; returns their number, which is zero at the end of the stream.
            ///
            /// # Errors
            ///
            /// `yield_from` returns the error of the system, for instance if the peer has reset the
            /// connection.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            #[inline]
            pub fn read(&self, buffer: &mut [u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                let source = &*self.source;
                Operation::new("read", move |co| source.read_with(co, buffer))
            }

            /// Reads as [`read`](Stream::read) does, into several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn read_vectored(
                &self,
                buffers: &mut [IoSliceMut<'_>],
            ) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                let source = &*self.source;
                let wanted = certain_bytes(buffers.iter().map(|buffer| buffer.len()));
                Operation::new("read_vectored", move |co| {
                    source.transfer(co, Direction::Read, "read_vectored", wanted, |mut io| {
                        io::Read::read_vectored(&mut io, buffers)
                    })
                })
            }

            /// Reads as [`read`](Stream::read) does, but leaves the bytes there.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn peek(&self, buffer: &mut [u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                // This is no `transfer`: the bytes stay, so that the next read does not block.
                self.source.operation(Direction::Read, "peek", move |io| {
                    Ok(rustix::net::recv(io, &mut *buffer, RecvFlags::PEEK)?.0)
                })
            }

            /// Fills a buffer.
            ///
            /// If it is cancelled, the bytes that it has read are in the buffer, but you do not
            /// learn their number. To go on after a cancellation, call [`read`](Stream::read) until
            /// you have enough, or [`read_to_end`](Stream::read_to_end).
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read); `UnexpectedEof` if the stream ends before.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn read_exact(
                &self,
                buffer: &mut [u8],
            ) -> Operation<impl FnOnce(&Co) -> Result<()>> {
                let source = &*self.source;
                Operation::new("read_exact", move |co| read_exact(co, source, buffer))
            }

            /// Appends all bytes up to the end of the stream to a buffer, and returns their number.
            ///
            /// If it fails or is cancelled, the bytes that it has read are in the buffer.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn read_to_end(
                &self,
                buffer: &mut Vec<u8>,
            ) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                let source = &*self.source;
                Operation::new("read_to_end", move |co| read_to_end(co, source, buffer))
            }

            /// Waits until there is something to read, or the stream has ended or failed.
            ///
            /// A task that waits like this needs no buffer meanwhile.
            ///
            /// # Errors
            ///
            /// `yield_from` returns an error that is thrown in, such as a cancellation.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn readable(&self) -> Operation<impl FnOnce(&Co) -> Result<()>> {
                self.source.operation(Direction::Read, "readable", |io| poll(io, Direction::Read))
            }
        }
    )*};
}

reading_methods! {
    Stream<S>,
    ReadHalf<'_, S>,
    OwnedReadHalf<S>,
}

/// Implements the trait for what has a source.
macro_rules! reads_by_source {
    ($($type:ty,)*) => {$(
        impl<S> Read for $type
        where
            S: AsFd,
            for<'s> &'s S: io::Read,
        {
            #[inline]
            fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
                self.source.read_with(co, buffer)
            }
        }
    )*};
}

reads_by_source! {
    Stream<S>,
    ReadHalf<'_, S>,
    OwnedReadHalf<S>,
}

#[cfg(feature = "futures")]
crate::io::polled::polled_by!(@read [S] Stream<S>, |this| this.source, where S: AsFd, for<'s> &'s S: io::Read);
#[cfg(feature = "futures")]
crate::io::polled::polled_by!(@read ['h, S] ReadHalf<'h, S>, |this| this.source, where S: AsFd, for<'s> &'s S: io::Read);
#[cfg(feature = "futures")]
crate::io::polled::polled_by!(@read [S] OwnedReadHalf<S>, |this| this.source, where S: AsFd, for<'s> &'s S: io::Read);
