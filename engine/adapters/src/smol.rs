//! smol as the host of a loop.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_io::{Async, Timer};
use yieldfrom::EventLoop;
use yieldfrom::bridge::Host;

/// smol, or another executor on async-io, which waits for the descriptor and the timers of a loop that is its guest.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, sleep};
/// use yieldfrom_adapters::smol::SmolHost;
///
/// smol::block_on(async {
///     let event_loop = EventLoop::new()?;
///     let answer = event_loop.run_in(SmolHost::new(&event_loop)?, |co: &Co| {
///         co.yield_from(sleep(0.001))?;
///         Ok(42)
///     });
///     assert_eq!(answer.await?, 42);
///     Ok::<_, yieldfrom::Error>(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct SmolHost {
    descriptor: Async<OwnedFd>,
    timer: Timer,
}

impl SmolHost {
    /// Registers the loop's descriptor with async-io.
    ///
    /// # Errors
    ///
    /// The error of the system, if there are no descriptors left.
    pub fn new(event_loop: &EventLoop) -> io::Result<Self> {
        let descriptor = event_loop.as_fd().try_clone_to_owned()?;
        Ok(Self {
            descriptor: Async::new_nonblocking(descriptor)?,
            timer: Timer::never(),
        })
    }
}

impl Host for SmolHost {
    fn poll_wait(
        &mut self,
        context: &mut Context<'_>,
        limit: Option<Duration>,
    ) -> Poll<io::Result<()>> {
        match limit.and_then(|limit| Instant::now().checked_add(limit)) {
            Some(deadline) => self.timer.set_at(deadline),
            None => self.timer = Timer::never(),
        }
        if Pin::new(&mut self.timer).poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        self.descriptor.poll_readable(context)
    }
}

impl fmt::Debug for SmolHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<SmolHost {:?}>", self.descriptor)
    }
}
