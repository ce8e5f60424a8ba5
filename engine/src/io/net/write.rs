//! Writing to streams of bytes, and to their halves.

use std::io::{self, IoSlice};
use std::os::fd::AsFd;

use super::{OwnedWriteHalf, Stream, WriteHalf};
use crate::io::source::{certain_bytes, poll};
use crate::io::traits::{Write, write_all};
use crate::kernel::{Co, Direction, Operation};
use yieldfrom_delegation::Result;

macro_rules! writing_methods {
    ($($type:ty,)*) => {$(
        impl<S> $type
        where
            S: AsFd,
            for<'s> &'s S: io::Write,
        {
            /// Waits for room, and writes the bytes for which there is room; returns their number.
            ///
            /// # Errors
            ///
            /// `yield_from` returns the error of the system, for instance if the peer has closed the
            /// connection.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            #[inline]
            pub fn write(&self, bytes: &[u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                let source = &*self.source;
                Operation::new("write", move |co| source.write_with(co, bytes))
            }

            /// Writes as [`write`](Stream::write) does, from several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`write`](Stream::write).
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn write_vectored(
                &self,
                buffers: &[IoSlice<'_>],
            ) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
                let source = &*self.source;
                let wanted = certain_bytes(buffers.iter().map(|buffer| buffer.len()));
                Operation::new("write_vectored", move |co| {
                    source.transfer(co, Direction::Write, "write_vectored", wanted, |mut io| {
                        io::Write::write_vectored(&mut io, buffers)
                    })
                })
            }

            /// Writes all bytes. If it is cancelled, some of them may have been written.
            ///
            /// # Errors
            ///
            /// As [`write`](Stream::write).
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            #[inline]
            pub fn write_all(&self, bytes: &[u8]) -> Operation<impl FnOnce(&Co) -> Result<()>> {
                let source = &*self.source;
                Operation::new("write_all", move |co| write_all(co, source, bytes))
            }

            /// Waits until there is room to write, or the peer has closed the connection.
            ///
            /// # Errors
            ///
            /// `yield_from` returns an error that is thrown in, such as a cancellation.
            #[must_use = "it happens when a coroutine delegates to it by yield_from"]
            pub fn writable(&self) -> Operation<impl FnOnce(&Co) -> Result<()>> {
                self.source.operation(Direction::Write, "writable", |io| poll(io, Direction::Write))
            }
        }
    )*};
}

writing_methods! {
    Stream<S>,
    WriteHalf<'_, S>,
    OwnedWriteHalf<S>,
}

/// Implements the trait for what has a source.
macro_rules! writes_by_source {
    ($($type:ty,)*) => {$(
        impl<S> Write for $type
        where
            S: AsFd,
            for<'s> &'s S: io::Write,
        {
            #[inline]
            fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
                self.source.write_with(co, bytes)
            }

            fn close_writing_with(&self, co: &Co) -> Result<()> {
                self.source.close_writing_with(co)
            }
        }
    )*};
}

writes_by_source! {
    Stream<S>,
    WriteHalf<'_, S>,
    OwnedWriteHalf<S>,
}

#[cfg(feature = "futures")]
crate::io::polled::polled_by!(@write [S] Stream<S>, |this| this.source, where S: AsFd, for<'s> &'s S: io::Write);
#[cfg(feature = "futures")]
crate::io::polled::polled_by!(@write ['h, S] WriteHalf<'h, S>, |this| this.source, where S: AsFd, for<'s> &'s S: io::Write);
#[cfg(feature = "futures")]
crate::io::polled::polled_by!(@write [S] OwnedWriteHalf<S>, |this| this.source, where S: AsFd, for<'s> &'s S: io::Write);
