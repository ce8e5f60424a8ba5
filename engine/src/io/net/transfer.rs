//! The operations on streams of bytes, as delegates.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::AsFd;

use rustix::net::RecvFlags;

use crate::errors::describe;
use crate::io::source::Source;
use crate::kernel::{Direction, Request};
use crate::{Co, Delegate, Result};

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident<$($lifetime:lifetime),+> { $($field:ident: $type:ty),* } )*) => {$(
        $(#[$doc])*
        #[must_use = "it happens when a coroutine delegates to it by yield_from"]
        pub struct $name<$($lifetime,)+ S: AsFd> {
            pub(super) source: &'a Source<S>,
            $(pub(super) $field: $type,)*
        }

        impl<S: AsFd> fmt::Debug for $name<'_, S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

operations! {
    /// Reads some bytes, when delegated to: see [`read`](super::Stream::read).
    Read<'a> { buffer: &'a mut [u8] }
    /// Reads into several buffers: see [`read_vectored`](super::Stream::read_vectored).
    ReadVectored<'a> { buffers: &'a mut [IoSliceMut<'a>] }
    /// Reads without taking: see [`peek`](super::Stream::peek).
    Peek<'a> { buffer: &'a mut [u8] }
    /// Fills a buffer: see [`read_exact`](super::Stream::read_exact).
    ReadExact<'a> { buffer: &'a mut [u8] }
    /// Reads up to the end: see [`read_to_end`](super::Stream::read_to_end).
    ReadToEnd<'a> { buffer: &'a mut Vec<u8> }
    /// Writes some bytes: see [`write`](super::Stream::write).
    Write<'a> { bytes: &'a [u8] }
    /// Writes from several buffers: see [`write_vectored`](super::Stream::write_vectored).
    WriteVectored<'a> { buffers: &'a [IoSlice<'a>] }
    /// Writes all bytes: see [`write_all`](super::Stream::write_all).
    WriteAll<'a> { bytes: &'a [u8] }
    /// Waits until there is something to read: see [`readable`](super::Stream::readable).
    Readable<'a> {}
    /// Waits until there is room to write: see [`writable`](super::Stream::writable).
    Writable<'a> {}
}

impl<S> Delegate<Request, ()> for Read<'_, S>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    type Output = usize;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        read(co, self.source, self.buffer)
    }
}

#[inline(always)]
#[track_caller]
fn read<S>(co: &Co, source: &Source<S>, buffer: &mut [u8]) -> Result<usize>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    source.transfer(co, Direction::Read, "read", buffer.len(), |mut io| {
        io::Read::read(&mut io, buffer)
    })
}

impl<S> Delegate<Request, ()> for ReadVectored<'_, S>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        let wanted = self.buffers.iter().map(|buffer| buffer.len()).sum();
        let direction = Direction::Read;
        self.source
            .transfer(co, direction, "read_vectored", wanted, |mut io| {
                io::Read::read_vectored(&mut io, self.buffers)
            })
    }
}

impl<S: AsFd> Delegate<Request, ()> for Peek<'_, S> {
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        // What falls short here is still there, so that readiness stays.
        self.source.run(co, Direction::Read, "peek", |io| {
            Ok(rustix::net::recv(io, &mut *self.buffer, RecvFlags::PEEK)?.0)
        })
    }
}

impl<S> Delegate<Request, ()> for ReadExact<'_, S>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let mut filled = 0;
        while filled < self.buffer.len() {
            match read(co, self.source, &mut self.buffer[filled..])? {
                0 => return Err(ended_early(filled, self.buffer.len()).into()),
                n => filled += n,
            }
        }
        Ok(())
    }
}

#[cold]
fn ended_early(got: usize, wanted: usize) -> io::Error {
    let why = format!("read_exact: the peer has closed after {got} of {wanted} bytes");
    io::Error::new(io::ErrorKind::UnexpectedEof, why)
}

impl<S> Delegate<Request, ()> for ReadToEnd<'_, S>
where
    S: AsFd,
    for<'s> &'s S: io::Read,
{
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        let mut step = 4 << 10;
        let before = self.buffer.len();
        let mut grown = Grown(self.buffer, before);
        loop {
            match read(co, self.source, grown.room(step))? {
                0 => return Ok(grown.1 - before),
                n => {
                    grown.1 += n;
                    if n == step {
                        step = (2 * step).min(256 << 10);
                    }
                }
            }
        }
    }
}

/// A buffer that ends after what was read, in whatever way the reading ends.
struct Grown<'a>(&'a mut Vec<u8>, usize);

impl Grown<'_> {
    /// Returns room for so many bytes after what was read.
    fn room(&mut self, step: usize) -> &mut [u8] {
        self.0.resize(self.1 + step, 0);
        &mut self.0[self.1..]
    }
}

impl Drop for Grown<'_> {
    fn drop(&mut self) {
        self.0.truncate(self.1);
    }
}

impl<S> Delegate<Request, ()> for Write<'_, S>
where
    S: AsFd,
    for<'s> &'s S: io::Write,
{
    type Output = usize;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        write(co, self.source, self.bytes)
    }
}

#[inline(always)]
#[track_caller]
fn write<S>(co: &Co, source: &Source<S>, bytes: &[u8]) -> Result<usize>
where
    S: AsFd,
    for<'s> &'s S: io::Write,
{
    source.transfer(co, Direction::Write, "write", bytes.len(), |mut io| {
        io::Write::write(&mut io, bytes)
    })
}

impl<S> Delegate<Request, ()> for WriteVectored<'_, S>
where
    S: AsFd,
    for<'s> &'s S: io::Write,
{
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        let wanted = self.buffers.iter().map(|buffer| buffer.len()).sum();
        let direction = Direction::Write;
        self.source
            .transfer(co, direction, "write_vectored", wanted, |mut io| {
                io::Write::write_vectored(&mut io, self.buffers)
            })
    }
}

impl<S> Delegate<Request, ()> for WriteAll<'_, S>
where
    S: AsFd,
    for<'s> &'s S: io::Write,
{
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let mut left = self.bytes;
        while !left.is_empty() {
            match write(co, self.source, left)? {
                0 => return Err(took_nothing().into()),
                n => left = &left[n..],
            }
        }
        Ok(())
    }
}

#[cold]
fn took_nothing() -> io::Error {
    describe(io::ErrorKind::WriteZero.into(), "write_all")
}

impl<S: AsFd> Delegate<Request, ()> for Readable<'_, S> {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        self.source.ready(co, Direction::Read, "readable")
    }
}

impl<S: AsFd> Delegate<Request, ()> for Writable<'_, S> {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        self.source.ready(co, Direction::Write, "writable")
    }
}
