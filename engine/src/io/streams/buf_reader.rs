//! Reading lines from any stream.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::mem;

use crate::errors::RuntimeError;
use crate::io::traits::Read;
use crate::kernel::{Co, OnDrop, Operation};
use yieldfrom_delegation::Result;

/// How many bytes are read at once.
const BLOCK: usize = 8 << 10;

/// A reader with a buffer, over any [`Read`]: std's `BufReader`, for coroutines.
///
/// One coroutine at a time can wait for it; another one gets a [`RuntimeError`].
///
/// # Examples
///
/// ```
/// use yieldfrom::streams::{BufReader, Write, duplex};
/// use yieldfrom::{Co, run_sync};
///
/// run_sync(|co: &Co| {
///     let (one, other) = duplex(64);
///     co.yield_from(one.write_all(b"BR\nCN\n"))?;
///     drop(one);
///     let lines = BufReader::new(other);
///     assert_eq!(co.yield_from(lines.line())?.as_deref(), Some("BR"));
///     assert_eq!(co.yield_from(lines.line())?.as_deref(), Some("CN"));
///     assert_eq!(co.yield_from(lines.line())?, None);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct BufReader<R> {
    inner: R,
    block: RefCell<Block>,
    is_waited_for: Cell<bool>,
}

/// Bytes that were read, of which those from `start` to `end` were not taken.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Block {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }
}

impl<R: Read> BufReader<R> {
    /// Makes a reader that reads up to 8 KiB at once.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            block: RefCell::default(),
            is_waited_for: Cell::new(false),
        }
    }

    /// Returns the stream below, such as to write to it. Bytes in the buffer are not in it any more.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Returns the stream below. Bytes in the buffer are dropped.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// Appends all bytes up to the next `byte`, and that byte, to a buffer; returns their number. At the end of the
    /// stream it appends what is left, and returns zero if nothing is.
    ///
    /// If it is cancelled, the bytes that were appended stay in the buffer.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn read_until(
        &self,
        byte: u8,
        buffer: &mut Vec<u8>,
    ) -> Operation<impl FnOnce(&Co) -> Result<usize>> {
        Operation::new("read_until", move |co| self.append_until(co, byte, buffer))
    }

    /// Reads the next line, without its end, `\n` or `\r\n`; `None` at the end of the stream.
    ///
    /// If it is cancelled, what it has read of the line stays in the reader. `yield_from` fails with `InvalidData`
    /// for a line that is not UTF-8. It is dropped.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn line(&self) -> Operation<impl FnOnce(&Co) -> Result<Option<String>>> {
        Operation::new("line", move |co| {
            let mut line = Vec::new();
            let read = self.append_until(co, b'\n', &mut line);
            if read.is_err() {
                self.put_back(mem::take(&mut line));
            }
            if read? == 0 {
                return Ok(None);
            }
            if line.pop_if(|last| *last == b'\n').is_some() {
                line.pop_if(|last| *last == b'\r');
            }
            let text = String::from_utf8(line).map_err(|error| {
                let why = format!("line: {}; the line is dropped", error.utf8_error());
                io::Error::new(io::ErrorKind::InvalidData, why)
            })?;
            Ok(Some(text))
        })
    }

    fn append_until(&self, co: &Co, byte: u8, buffer: &mut Vec<u8>) -> Result<usize> {
        let before = buffer.len();
        while self.fill(co)? {
            let mut block = self.block.borrow_mut();
            let rest = block.rest();
            let found = rest.iter().position(|other| *other == byte);
            let n = found.map_or(rest.len(), |at| at + 1);
            buffer.extend_from_slice(&rest[..n]);
            block.start += n;
            if found.is_some() {
                break;
            }
        }
        Ok(buffer.len() - before)
    }

    /// Takes bytes back that were the last ones. Whoever has taken bytes has found the block empty afterwards.
    fn put_back(&self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            let end = bytes.len();
            *self.block.borrow_mut() = Block {
                bytes,
                start: 0,
                end,
            };
        }
    }

    /// Takes the place of the one coroutine that waits for the stream, until the guard is dropped.
    fn wait_alone(&self) -> Result<OnDrop<impl FnOnce()>> {
        if self.is_waited_for.replace(true) {
            let why = "read: another coroutine waits for data of this reader already; let one at a time read";
            return Err(RuntimeError::new(why).into());
        }
        Ok(OnDrop::new(|| self.is_waited_for.set(false)))
    }

    /// Reads a block if there is none; returns false at the end of the stream.
    fn fill(&self, co: &Co) -> Result<bool> {
        if !self.block.borrow().rest().is_empty() {
            return Ok(true);
        }
        let _alone = self.wait_alone()?;
        let mut bytes = mem::take(&mut *self.block.borrow_mut()).bytes;
        bytes.resize(BLOCK, 0);
        let read = self.inner.read_with(co, &mut bytes);
        let end = *read.as_ref().unwrap_or(&0);
        *self.block.borrow_mut() = Block {
            bytes,
            start: 0,
            end,
        };
        read.map(|n| n > 0)
    }
}

impl<R: Read> Read for BufReader<R> {
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        let is_empty = self.block.borrow().rest().is_empty();
        if is_empty && buffer.len() >= BLOCK {
            let _alone = self.wait_alone()?;
            return self.inner.read_with(co, buffer);
        }
        self.fill(co)?;
        let mut block = self.block.borrow_mut();
        let n = block.rest().len().min(buffer.len());
        buffer[..n].copy_from_slice(&block.rest()[..n]);
        block.start += n;
        Ok(n)
    }
}

impl<R: fmt::Debug> fmt::Debug for BufReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufReader")
            .field("inner", &self.inner)
            .field("buffered", &self.block.borrow().rest().len())
            .finish()
    }
}
