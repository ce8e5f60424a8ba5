//! A connection in memory.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::rc::Rc;

#[cfg(feature = "futures")]
use crate::bridge::WakerCell;
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
    readable: Alert,
    writable: Alert,
}

/// Tells those who wait for a channel to look at it again.
struct Alert {
    event: Event,
    /// The waker of the async code that has polled last.
    #[cfg(feature = "futures")]
    waker: WakerCell,
}

impl Alert {
    fn new(operation: &'static str) -> Self {
        Self {
            event: Event::for_operation(operation),
            #[cfg(feature = "futures")]
            waker: WakerCell::default(),
        }
    }

    /// No cell of the channel is borrowed meanwhile, as a waker is other people's code.
    fn raise(&self) {
        self.event.set();
        #[cfg(feature = "futures")]
        self.waker.wake();
    }

    fn wait(&self, co: &Co) -> Result<()> {
        self.event.clear();
        self.event.wait().delegate(co)?;
        Ok(())
    }
}

impl Channel {
    fn new(capacity: usize) -> Self {
        Self {
            bytes: RefCell::default(),
            capacity,
            ended: Cell::new(false),
            abandoned: Cell::new(false),
            readable: Alert::new("Duplex.read"),
            writable: Alert::new("Duplex.write"),
        }
    }

    /// Fails if nothing can be written any more.
    fn check(&self) -> io::Result<()> {
        let why = match (self.ended.get(), self.abandoned.get()) {
            (true, _) => "write: this end has ended its writing",
            (_, true) => "write: the other end was dropped",
            _ => return Ok(()),
        };
        Err(io::Error::new(io::ErrorKind::BrokenPipe, why))
    }

    fn end(&self) {
        self.ended.set(true);
        self.readable.raise();
        // Another task may wait for room.
        self.writable.raise();
    }

    /// Takes bytes that are there; zero at the end. None if one has to wait.
    fn take(&self, buffer: &mut [u8]) -> Option<usize> {
        let n = io::Read::read(&mut *self.bytes.borrow_mut(), buffer).unwrap_or(0);
        if n > 0 {
            self.writable.raise();
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
            self.readable.raise();
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
            self.incoming.readable.wait(co)?;
        }
    }
}

impl Write for Duplex {
    /// Fails with `BrokenPipe` if the other end was dropped, or if this end has ended its writing.
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        loop {
            self.outgoing.check()?;
            if let Some(n) = self.outgoing.put(bytes) {
                return Ok(n);
            }
            self.outgoing.writable.wait(co)?;
        }
    }

    fn close_writing_with(&self, _: &Co) -> Result<()> {
        self.outgoing.end();
        Ok(())
    }
}

#[cfg(feature = "futures")]
mod polled {
    use std::io;
    use std::task::{Context, Poll};

    use super::{Alert, Duplex};
    use crate::io::polled::{PollRead, PollWrite};

    impl Alert {
        /// Tries something that gives none if one has to wait. Then the context's waker is woken at the next alert.
        fn poll<T>(
            &self,
            context: &Context<'_>,
            mut attempt: impl FnMut() -> io::Result<Option<T>>,
        ) -> Poll<io::Result<T>> {
            if let Some(done) = attempt()? {
                return Poll::Ready(Ok(done));
            }
            self.waker.set(context);
            match attempt()? {
                Some(done) => Poll::Ready(Ok(done)),
                None => Poll::Pending,
            }
        }
    }

    impl PollRead for Duplex {
        fn poll_read(
            &self,
            context: &mut Context<'_>,
            buffer: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            self.incoming
                .readable
                .poll(context, || Ok(self.incoming.take(buffer)))
        }
    }

    impl PollWrite for Duplex {
        fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.outgoing.writable.poll(context, || {
                self.outgoing.check()?;
                Ok(self.outgoing.put(bytes))
            })
        }

        fn poll_close_writing(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.outgoing.end();
            Poll::Ready(Ok(()))
        }
    }
}

impl Drop for Duplex {
    fn drop(&mut self) {
        self.outgoing.ended.set(true);
        self.outgoing.readable.raise();
        self.incoming.abandoned.set(true);
        self.incoming.writable.raise();
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
