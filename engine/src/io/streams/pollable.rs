//! Any stream for async code.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::copy::{BLOCK, first_of, pass_on_to_the_end};
use super::duplex::{Duplex, duplex};
use crate::bridge::WakerCell;
use crate::combine::{first, task_group};
use crate::errors::io_error;
use crate::io::polled::{PollRead, PollWrite};
use crate::io::traits::{Read, Write, write_all};
use crate::kernel::{Co, EventLoop, OnDrop};
use crate::sync::Event;
use yieldfrom_delegation::{Delegate, Error, Result};

/// How many bytes may be on their way in each direction.
const CAPACITY: usize = 64 << 10;

/// Makes a stream for async code of any stream, such as one of TLS.
///
/// A task on the thread's current loop passes the bytes on between the stream and two buffers of 64 KiB. Sockets need no
/// task: they have [`PollRead`] and [`PollWrite`] themselves. A flush waits until all bytes have left the stream, and closing
/// the writing until the stream has done so. When the async side is dropped, what was written goes to the stream, and the
/// stream is dropped; flush before, if the loop may end. An error of the stream is what reads and writes fail with from
/// then on.
///
/// # Examples
///
/// ```
/// use std::future::poll_fn;
/// use yieldfrom::streams::{PollRead, Write, duplex, pollable};
/// use yieldfrom::{Co, from_std, run_sync};
///
/// run_sync(|co: &Co| {
///     let (near, far) = duplex(64);
///     let stream = pollable(near); // stands for one of TLS here
///     co.yield_from(far.write_all(b"BR"))?;
///     let mut buffer = [0; 8];
///     let n = co.yield_from(from_std(poll_fn(|cx| stream.poll_read(cx, &mut buffer))))??;
///     assert_eq!(&buffer[..n], b"BR");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "dropping it drops the stream"]
pub fn pollable<S: Read + Write + 'static>(stream: S) -> Pollable {
    let (near, far) = duplex(CAPACITY);
    let state = Rc::new(PollableState::default());
    let shared = Rc::clone(&state);
    EventLoop::current_or_closed().create_task(move |co: &Co| {
        let _ended = OnDrop::new(|| shared.end(None));
        if let Err(error) = exchange(co, &stream, &far, &shared) {
            shared.end(Some(first_of(error)));
        }
        Ok(())
    });
    Pollable {
        duplex: near,
        state,
    }
}

/// A stream for async code: see [`pollable()`].
pub struct Pollable {
    duplex: Duplex,
    state: Rc<PollableState>,
}

#[derive(Default)]
struct PollableState {
    /// How many bytes the async side has written, and how many of them have left the stream.
    written: Cell<u64>,
    sent: Cell<u64>,
    /// Whether the stream has ended its writing.
    closed: Cell<bool>,
    /// Whether nothing is passed on any more.
    ended: Cell<bool>,
    /// What the stream has failed with.
    failure: RefCell<Option<Error>>,
    /// Wakes who waits for bytes to leave.
    leaving: WakerCell,
    /// Is set when the async side is dropped.
    dropped: Event,
}

impl PollableState {
    fn end(&self, failure: Option<Error>) {
        if failure.is_some() {
            drop(self.failure.replace(failure));
        }
        self.ended.set(true);
        self.leaving.wake();
    }

    /// Fails with the error of the stream, if it has failed.
    fn check(&self) -> io::Result<()> {
        let failure = self.failure.borrow().clone();
        failure.map_or(Ok(()), |error| Err(io_error(error)))
    }

    /// Waits until something is the case, or the stream has failed.
    fn poll_until(
        &self,
        context: &mut Context<'_>,
        holds: impl Fn(&Self) -> bool,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        self.leaving.set(context);
        match (holds(self), self.ended.get()) {
            (true, _) => Poll::Ready(Ok(())),
            (false, false) => Poll::Pending,
            (false, true) => {
                self.check()?;
                let why = "pollable: the task that passes the bytes on has ended";
                Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, why)))
            }
        }
    }
}

/// Passes bytes on in both directions, until both have ended, or the async side is gone.
fn exchange(
    co: &Co,
    stream: &(impl Read + Write),
    far: &Duplex,
    state: &PollableState,
) -> Result<()> {
    let both = task_group(|co, group| {
        group.spawn(|co| {
            // The other end of the stream may never end its half.
            let coming = |co: &Co| pass_on_to_the_end(co, stream, far);
            let (came, _) = first((coming, state.dropped.wait())).delegate(co)?;
            match came {
                Some(Err(error)) if !state.dropped.is_set() => Err(error),
                _ => Ok(()),
            }
        });
        send(co, stream, far, state)
    });
    both.delegate(co)
}

/// Passes on what the async side writes, and says how far it has come.
fn send(co: &Co, stream: &impl Write, far: &Duplex, state: &PollableState) -> Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        let n = far.read_with(co, &mut block)?;
        if n == 0 {
            break;
        }
        write_all(co, stream, &block[..n])?;
        stream.flush_with(co)?;
        state.sent.set(state.sent.get() + n as u64);
        state.leaving.wake();
    }
    match stream.close_writing_with(co) {
        // A peer that is gone already need not be told.
        Err(error) if error.downcast_ref().is_some_and(is_gone) => {}
        result => result?,
    }
    state.closed.set(true);
    state.leaving.wake();
    Ok(())
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}

impl PollRead for Pollable {
    fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = self.duplex.poll_read(context, buffer);
        // What came before an error is read first.
        if matches!(read, Poll::Ready(Ok(0))) && !buffer.is_empty() {
            self.state.check()?;
        }
        read
    }
}

impl PollWrite for Pollable {
    fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.state.check()?;
        let written = self.duplex.poll_write(context, bytes);
        if let Poll::Ready(Ok(n)) = written {
            self.state.written.set(self.state.written.get() + n as u64);
        }
        written
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.state
            .poll_until(context, |state| state.sent.get() == state.written.get())
    }

    fn poll_close_writing(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.duplex.poll_close_writing(context)?.is_pending() {
            return Poll::Pending;
        }
        self.state.poll_until(context, |state| state.closed.get())
    }
}

impl Drop for Pollable {
    fn drop(&mut self) {
        self.state.dropped.set();
    }
}

impl fmt::Debug for Pollable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Pollable {:?}>", self.duplex)
    }
}
