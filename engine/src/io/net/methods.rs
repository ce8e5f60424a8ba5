//! What can be done with streams of both kinds, and with their halves.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::AsFd;

use super::transfer::*;
use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, Stream, WriteHalf};

macro_rules! reading {
    ($([$($generics:tt)*] $type:ty, |$this:ident| $source:expr;)*) => {$(
        impl<$($generics)*> $type {
            /// Waits for some bytes, and reads as many as are there and fit; zero at the end.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what the system reports, such as that the peer has reset the
            /// connection.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            #[inline]
            pub fn read<'a>(&'a self, buffer: &'a mut [u8]) -> Read<'a, S> {
                let $this = self;
                Read { source: $source, buffer }
            }

            /// Reads as [`read`](Stream::read) does, into several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn read_vectored<'a>(
                &'a self,
                buffers: &'a mut [IoSliceMut<'a>],
            ) -> ReadVectored<'a, S> {
                let $this = self;
                ReadVectored { source: $source, buffers }
            }

            /// Reads as [`read`](Stream::read) does, but leaves the bytes there.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn peek<'a>(&'a self, buffer: &'a mut [u8]) -> Peek<'a, S> {
                let $this = self;
                Peek { source: $source, buffer }
            }

            /// Fills a buffer. If it is cancelled, what it has read until then is in the buffer,
            /// but not how much that is: whoever goes on after a cancellation calls
            /// [`read`](Stream::read) until there is enough, or [`read_to_end`](Stream::read_to_end).
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read); `UnexpectedEof` if the peer closes before.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn read_exact<'a>(&'a self, buffer: &'a mut [u8]) -> ReadExact<'a, S> {
                let $this = self;
                ReadExact { source: $source, buffer }
            }

            /// Appends all bytes up to the end, and returns how many. If it fails or is cancelled,
            /// what it has read until then is in the buffer.
            ///
            /// # Errors
            ///
            /// As [`read`](Stream::read).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn read_to_end<'a>(&'a self, buffer: &'a mut Vec<u8>) -> ReadToEnd<'a, S> {
                let $this = self;
                ReadToEnd { source: $source, buffer }
            }

            /// Waits until there is something to read, or the end, or an error.
            ///
            /// A task that waits by this needs no buffer meanwhile.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what is thrown in.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn readable(&self) -> Readable<'_, S> {
                let $this = self;
                Readable { source: $source }
            }
        }
    )*};
}

macro_rules! writing {
    ($([$($generics:tt)*] $type:ty, |$this:ident| $source:expr;)*) => {$(
        impl<$($generics)*> $type {
            /// Waits for room, and writes as many bytes as there is room for; returns how many.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what the system reports, such as that the peer has closed the
            /// connection.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            #[inline]
            pub fn write<'a>(&'a self, bytes: &'a [u8]) -> Write<'a, S> {
                let $this = self;
                Write { source: $source, bytes }
            }

            /// Writes as [`write`](Stream::write) does, from several buffers, one after the other.
            ///
            /// # Errors
            ///
            /// As [`write`](Stream::write).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn write_vectored<'a>(&'a self, buffers: &'a [IoSlice<'a>]) -> WriteVectored<'a, S> {
                let $this = self;
                WriteVectored { source: $source, buffers }
            }

            /// Writes all bytes. If it is cancelled, some may have been written.
            ///
            /// # Errors
            ///
            /// As [`write`](Stream::write).
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            #[inline]
            pub fn write_all<'a>(&'a self, bytes: &'a [u8]) -> WriteAll<'a, S> {
                let $this = self;
                WriteAll { source: $source, bytes }
            }

            /// Waits until there is room to write, or the peer has closed.
            ///
            /// # Errors
            ///
            /// `yield_from` gives what is thrown in.
            ///
            /// # Examples
            ///
            /// See [`Stream`].
            pub fn writable(&self) -> Writable<'_, S> {
                let $this = self;
                Writable { source: $source }
            }
        }
    )*};
}

reading! {
    [S: AsFd] Stream<S>, |this| &this.source;
    [S: AsFd] ReadHalf<'_, S>, |this| this.source;
    [S: AsFd] OwnedReadHalf<S>, |this| &this.source;
}

writing! {
    [S: AsFd] Stream<S>, |this| &this.source;
    [S: AsFd] WriteHalf<'_, S>, |this| this.source;
    [S: AsFd] OwnedWriteHalf<S>, |this| this.source();
}
