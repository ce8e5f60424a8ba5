//! Any stream for async code.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::copy::{first_of, pass_on_to_the_end};
use super::duplex::{Duplex, duplex};
use crate::combine::{first, task_group};
use crate::errors::io_error;
use crate::io::polled::{PollRead, PollWrite};
use crate::io::traits::{Read, Write};
use crate::kernel::{Co, EventLoop};
use crate::sync::Event;
use yieldfrom_delegation::{Delegate, Result};

/// How many bytes may be on their way in each direction.
const CAPACITY: usize = 64 << 10;

/// Makes a stream for async code of any stream, such as one of TLS.
///
/// A task on the thread's current loop passes the bytes on between the stream and two buffers of 64 KiB. Sockets need no
/// task: they have [`PollRead`] and [`PollWrite`] themselves. When the async side is dropped, what was written goes to the
/// stream, and the stream is dropped. An error of the stream is what the next read and write fail with.
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
        if let Err(error) = exchange(co, &stream, &far, &shared) {
            shared.failure.replace(Some(io_error(first_of(error))));
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
    /// What the stream has failed with, until the async side has got it.
    failure: RefCell<Option<io::Error>>,
    /// Is set when the async side is dropped.
    dropped: Event,
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
        pass_on_to_the_end(co, far, stream)?;
        Ok(())
    });
    both.delegate(co)
}

impl Pollable {
    fn check(&self) -> io::Result<()> {
        self.state.failure.take().map_or(Ok(()), Err)
    }
}

impl PollRead for Pollable {
    fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = self.duplex.poll_read(context, buffer);
        // What came before an error is read first.
        if !matches!(read, Poll::Ready(Ok(n)) if n > 0) {
            self.check()?;
        }
        read
    }
}

impl PollWrite for Pollable {
    fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        self.duplex.poll_write(context, bytes)
    }

    fn poll_close_writing(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.duplex.poll_close_writing(context)
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
