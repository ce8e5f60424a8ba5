//! Reading and writing bytes, whatever carries them: std's `Read` and `Write` for coroutines.

use std::io;
use std::rc::Rc;

use crate::errors::describe;
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::Result;

/// Something that bytes come from: std's `Read`, for coroutines.
///
/// A protocol that is written for it works over TCP, Unix sockets, pipes, TLS and [memory](crate::streams::duplex()).
/// All methods take `&self`, so that one task can read while another one writes. Implement
/// [`read_with`](Self::read_with), which takes the `Co`; the others wait by it.
///
/// # Examples
///
/// ```
/// use yieldfrom::streams::{Read, Write, duplex};
/// use yieldfrom::{Co, Result, create_task, run_sync};
///
/// /// Speaks over whatever carries bytes.
/// fn greet(co: &Co, stream: &(impl Read + Write)) -> Result<String> {
///     co.yield_from(stream.write_all(b"hello"))?;
///     co.yield_from(stream.close_writing())?;
///     co.yield_from(stream.read_to_string())
/// }
///
/// run_sync(|co: &Co| {
///     let (one, other) = duplex(64);
///     create_task(move |co: &Co| {
///         let heard = co.yield_from(other.read_to_string())?;
///         co.yield_from(other.write_all(heard.to_uppercase().as_bytes()))
///     });
///     assert_eq!(greet(co, &one)?, "HELLO");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "AsyncRead")]
pub trait Read {
    /// Waits for some bytes, and reads those that are there, at most to the end of the buffer; returns their number,
    /// which is zero at the end of the stream.
    ///
    /// A coroutine calls [`read`](Self::read) instead. If this is cancelled while it waits, it has taken nothing.
    ///
    /// # Errors
    ///
    /// The error of the stream; an error that is thrown in.
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize>;

    /// Waits for some bytes, and reads those that are there, at most to the end of the buffer; returns their number,
    /// which is zero at the end of the stream.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn read(&self, buffer: &mut [u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>>
    where
        Self: Sized,
    {
        Operation::new("read", move |co| self.read_with(co, buffer))
    }

    /// Fills a buffer. If it is cancelled, the bytes that it has read are in the buffer.
    ///
    /// `yield_from` fails with `UnexpectedEof` if the stream ends before.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn read_exact(&self, buffer: &mut [u8]) -> Operation<impl FnOnce(&Co) -> Result<()>>
    where
        Self: Sized,
    {
        Operation::new("read_exact", move |co| read_exact(co, self, buffer))
    }

    /// Appends all bytes up to the end of the stream to a buffer, and returns their number. If it fails or is
    /// cancelled, the bytes that it has read are in the buffer.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn read_to_end(&self, buffer: &mut Vec<u8>) -> Operation<impl FnOnce(&Co) -> Result<usize>>
    where
        Self: Sized,
    {
        Operation::new("read_to_end", move |co| read_to_end(co, self, buffer))
    }

    /// Reads up to the end of the stream, which has to be UTF-8.
    ///
    /// `yield_from` fails with `InvalidData` if it is not.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn read_to_string(&self) -> Operation<impl FnOnce(&Co) -> Result<String>>
    where
        Self: Sized,
    {
        Operation::new("read_to_string", move |co| {
            let mut bytes = Vec::new();
            read_to_end(co, self, &mut bytes)?;
            String::from_utf8(bytes).map_err(|error| {
                let why = format!("read_to_string: {}", error.utf8_error());
                io::Error::new(io::ErrorKind::InvalidData, why).into()
            })
        })
    }
}

/// Something that bytes go to: std's `Write`, for coroutines.
///
/// [`Read`] has an example. Implement [`write_with`](Self::write_with) and
/// [`close_writing_with`](Self::close_writing_with), which take the `Co`; the others wait by them.
#[doc(alias = "AsyncWrite")]
pub trait Write {
    /// Waits for room, and writes the bytes for which there is room; returns their number.
    ///
    /// A coroutine calls [`write`](Self::write) instead. If this is cancelled while it waits, it has written nothing.
    ///
    /// # Errors
    ///
    /// The error of the stream; an error that is thrown in.
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize>;

    /// Waits until what was written is on its way. A stream without a buffer of its own has nothing to do.
    ///
    /// # Errors
    ///
    /// The error of the stream; an error that is thrown in.
    fn flush_with(&self, _co: &Co) -> Result<()> {
        Ok(())
    }

    /// Has the peer see the end of the stream. The other direction goes on.
    ///
    /// # Errors
    ///
    /// The error of the stream; an error that is thrown in.
    fn close_writing_with(&self, co: &Co) -> Result<()>;

    /// Waits for room, and writes the bytes for which there is room; returns their number.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn write(&self, bytes: &[u8]) -> Operation<impl FnOnce(&Co) -> Result<usize>>
    where
        Self: Sized,
    {
        Operation::new("write", move |co| self.write_with(co, bytes))
    }

    /// Writes all bytes, and flushes. If it is cancelled, some of them may have been written.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn write_all(&self, bytes: &[u8]) -> Operation<impl FnOnce(&Co) -> Result<()>>
    where
        Self: Sized,
    {
        Operation::new("write_all", move |co| {
            write_all(co, self, bytes)?;
            self.flush_with(co)
        })
    }

    /// Waits until what was written is on its way.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn flush(&self) -> Operation<impl FnOnce(&Co) -> Result<()>>
    where
        Self: Sized,
    {
        Operation::new("flush", move |co| self.flush_with(co))
    }

    /// Has the peer see the end of the stream. The other direction goes on.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    fn close_writing(&self) -> Operation<impl FnOnce(&Co) -> Result<()>>
    where
        Self: Sized,
    {
        Operation::new("close_writing", move |co| self.close_writing_with(co))
    }
}

/// A stream by reference, or shared, is a stream as well.
macro_rules! forwarding {
    ($($type:ty),*) => {$(
        impl<S: Read + ?Sized> Read for $type {
            fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
                (**self).read_with(co, buffer)
            }
        }

        impl<S: Write + ?Sized> Write for $type {
            fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
                (**self).write_with(co, bytes)
            }

            fn flush_with(&self, co: &Co) -> Result<()> {
                (**self).flush_with(co)
            }

            fn close_writing_with(&self, co: &Co) -> Result<()> {
                (**self).close_writing_with(co)
            }
        }
    )*};
}

forwarding!(&S, Box<S>, Rc<S>);

/// A reader and a writer are a stream together, such as those of [`start_server`](crate::start_server()).
impl<R: Read, W> Read for (R, W) {
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        self.0.read_with(co, buffer)
    }
}

impl<R, W: Write> Write for (R, W) {
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        self.1.write_with(co, bytes)
    }

    fn flush_with(&self, co: &Co) -> Result<()> {
        self.1.flush_with(co)
    }

    fn close_writing_with(&self, co: &Co) -> Result<()> {
        self.1.close_writing_with(co)
    }
}

#[inline(always)]
pub(super) fn write_all<W: Write + ?Sized>(co: &Co, writer: &W, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match writer.write_with(co, bytes)? {
            0 => return Err(describe(io::ErrorKind::WriteZero.into(), "write_all").into()),
            n => bytes = &bytes[n..],
        }
    }
    Ok(())
}

#[inline(always)]
pub(super) fn read_exact<R: Read + ?Sized>(co: &Co, reader: &R, buffer: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read_with(co, &mut buffer[filled..])? {
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

pub(super) fn read_to_end<R: Read + ?Sized>(
    co: &Co,
    reader: &R,
    buffer: &mut Vec<u8>,
) -> Result<usize> {
    let mut room = 4 << 10;
    let before = buffer.len();
    let mut buffer = GrowingBuffer {
        buffer,
        filled: before,
    };
    loop {
        let n = reader.read_with(co, buffer.room(room))?;
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
