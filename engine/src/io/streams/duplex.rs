//! A connection in memory.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::rc::Rc;

use crate::io::traits::{Read, Write};
use crate::kernel::Co;
use crate::sync::Event;
use yieldfrom_delegation::{Delegate, Result};

/// Makes two streams that are connected with each other in memory, each with room for `capacity` bytes that the
/// other end has not read yet.
///
/// They need no system call, and work in virtual time, so they suit tests of protocols.
///
/// # Panics
///
/// Panics if the capacity is zero.
///
/// # Examples
///
/// ```
/// use yieldfrom::streams::{Read, Write, duplex};
/// use yieldfrom::{Co, create_task, run_sync};
///
/// run_sync(|co: &Co| {
///     let (one, other) = duplex(4);
///     // It waits for room after four bytes.
///     let writer = create_task(move |co: &Co| co.yield_from(one.write_all(b"taxi 7")));
///     assert_eq!(co.yield_from(other.read_to_string())?, "taxi 7");
///     co.yield_from(writer)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn duplex(capacity: usize) -> (Duplex, Duplex) {
    assert!(
        capacity > 0,
        "duplex: a stream needs room for at least one byte"
    );
    let (one, other) = (
        Rc::new(Channel::new(capacity)),
        Rc::new(Channel::new(capacity)),
    );
    let first = Duplex {
        incoming: Rc::clone(&one),
        outgoing: Rc::clone(&other),
    };
    let second = Duplex {
        incoming: other,
        outgoing: one,
    };
    (first, second)
}

/// One end of a connection in memory: see [`duplex()`]. When it is dropped, the other end sees the end of the stream.
pub struct Duplex {
    incoming: Rc<Channel>,
    outgoing: Rc<Channel>,
}

/// The bytes that go in one direction.
struct Channel {
    bytes: RefCell<VecDeque<u8>>,
    capacity: usize,
    /// Nothing more is written.
    ended: Cell<bool>,
    /// Nobody reads any more.
    abandoned: Cell<bool>,
    readable: Event,
    writable: Event,
}

impl Channel {
    fn new(capacity: usize) -> Self {
        Self {
            bytes: RefCell::default(),
            capacity,
            ended: Cell::new(false),
            abandoned: Cell::new(false),
            readable: Event::for_operation("Duplex.read"),
            writable: Event::for_operation("Duplex.write"),
        }
    }

    /// Takes bytes that are there; zero at the end. None if one has to wait.
    fn take(&self, buffer: &mut [u8]) -> Option<usize> {
        let n = io::Read::read(&mut *self.bytes.borrow_mut(), buffer).unwrap_or(0);
        if n > 0 {
            self.writable.set();
        }
        (n > 0 || self.ended.get() || buffer.is_empty()).then_some(n)
    }

    /// Adds bytes for which there is room. None if one has to wait.
    fn put(&self, bytes: &[u8]) -> Option<usize> {
        let mut all = self.bytes.borrow_mut();
        let n = bytes.len().min(self.capacity.saturating_sub(all.len()));
        all.extend(&bytes[..n]);
        drop(all);
        if n > 0 {
            self.readable.set();
        }
        (n > 0 || bytes.is_empty()).then_some(n)
    }
}

impl Read for Duplex {
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        loop {
            if let Some(n) = self.incoming.take(buffer) {
                return Ok(n);
            }
            self.incoming.readable.clear();
            self.incoming.readable.wait().delegate(co)?;
        }
    }
}

impl Write for Duplex {
    /// Fails with `BrokenPipe` if the other end was dropped, or if this end has ended its writing.
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        loop {
            if self.outgoing.ended.get() || self.outgoing.abandoned.get() {
                let why = match self.outgoing.ended.get() {
                    true => "write: this end has ended its writing",
                    false => "write: the other end was dropped",
                };
                return Err(io::Error::new(io::ErrorKind::BrokenPipe, why).into());
            }
            if let Some(n) = self.outgoing.put(bytes) {
                return Ok(n);
            }
            self.outgoing.writable.clear();
            self.outgoing.writable.wait().delegate(co)?;
        }
    }

    fn close_writing_with(&self, _: &Co) -> Result<()> {
        self.outgoing.ended.set(true);
        self.outgoing.readable.set();
        // Another task may wait for room.
        self.outgoing.writable.set();
        Ok(())
    }
}

impl Drop for Duplex {
    fn drop(&mut self) {
        self.outgoing.ended.set(true);
        self.outgoing.readable.set();
        self.incoming.abandoned.set(true);
        self.incoming.writable.set();
    }
}

impl fmt::Debug for Duplex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplex")
            .field("readable", &self.incoming.bytes.borrow().len())
            .field("unread", &self.outgoing.bytes.borrow().len())
            .finish()
    }
}
