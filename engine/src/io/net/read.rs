//! Reading from streams of bytes, and from their halves.

use std::io::{self, IoSliceMut};
use std::os::fd::AsFd;

use rustix::net::RecvFlags;

use super::{OwnedReadHalf, ReadHalf, Stream};
use crate::io::source::{Source, poll};
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
                Operation::new("read", move |co| read(co, source, buffer))
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
                let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
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

#[inline(always)]
fn read<S>(co: &Co, source: &Source<S>, buffer: &mut [u8]) -> Result<usize>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    source.transfer(co, Direction::Read, "read", buffer.len(), |mut io| {
        io::Read::read(&mut io, buffer)
    })
}

fn read_exact<S>(co: &Co, source: &Source<S>, buffer: &mut [u8]) -> Result<()>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    let mut filled = 0;
    while filled < buffer.len() {
        match read(co, source, &mut buffer[filled..])? {
            0 => return Err(ended_early(filled, buffer.len()).into()),
            n => filled += n,
        }
    }
    Ok(())
}

#[cold]
fn ended_early(got: usize, wanted: usize) -> io::Error {
    let why = format!("read_exact: the peer has closed after {got} of {wanted} bytes");
    io::Error::new(io::ErrorKind::UnexpectedEof, why)
}

fn read_to_end<S>(co: &Co, source: &Source<S>, buffer: &mut Vec<u8>) -> Result<usize>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    let mut room = 4 << 10;
    let before = buffer.len();
    let mut buffer = GrowingBuffer {
        buffer,
        filled: before,
    };
    loop {
        let n = read(co, source, buffer.room(room))?;
        if n == 0 {
            return Ok(buffer.filled - before);
        }
        buffer.filled += n;
        if n == room {
            room = (2 * room).min(256 << 10);
        }
    }
}

/// A buffer that is cut off behind the bytes that were read, also if the reading fails.
struct GrowingBuffer<'a> {
    buffer: &'a mut Vec<u8>,
    filled: usize,
}

impl GrowingBuffer<'_> {
    /// Returns room for this number of bytes behind those that were read.
    fn room(&mut self, length: usize) -> &mut [u8] {
        self.buffer.resize(self.filled + length, 0);
        &mut self.buffer[self.filled..]
    }
}

impl Drop for GrowingBuffer<'_> {
    fn drop(&mut self) {
        self.buffer.truncate(self.filled);
    }
}
