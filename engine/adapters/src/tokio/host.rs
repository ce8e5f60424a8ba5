//! A loop inside tokio's current-thread runtime.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, Sleep, sleep_until};
use yieldfrom::EventLoop;
use yieldfrom::bridge::Host;

/// tokio, which waits for the descriptor and the timers of a loop that is its guest.
///
/// The runtime needs its reactor and its timers: `enable_all`. It has to be the current-thread runtime, or a `LocalSet`,
/// as a loop stays on its thread.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use yieldfrom::{Co, EventLoop, from_std, sleep};
/// use yieldfrom_adapters::tokio::TokioHost;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> yieldfrom::Result<()> {
///     let event_loop = EventLoop::new()?;
///     let task = event_loop.create_task(|co: &Co| {
///         co.yield_from(sleep(0.001))?;
///         Ok("a task of ours")
///     });
///     let guest = event_loop.run_in(TokioHost::new(&event_loop)?, |co: &Co| {
///         // tokio's timers and sockets work in here.
///         co.yield_from(from_std(async { tokio::time::sleep(Duration::from_millis(1)).await }))?;
///         co.yield_from(sleep(0.005))
///     });
///     let beside = async {
///         tokio::time::sleep(Duration::from_millis(1)).await;
///         task.await
///     };
///     let (end, text) = tokio::join!(guest, beside);
///     assert_eq!((end?, text?), ((), "a task of ours"));
///     Ok(())
/// }
/// ```
pub struct TokioHost {
    descriptor: AsyncFd<OwnedFd>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl TokioHost {
    /// Registers the loop's descriptor with the current runtime of tokio.
    ///
    /// # Errors
    ///
    /// The error of the system, if there are no descriptors left.
    ///
    /// # Panics
    ///
    /// Panics outside of a runtime of tokio with its reactor, as tokio does.
    pub fn new(event_loop: &EventLoop) -> io::Result<Self> {
        let descriptor = event_loop.as_fd().try_clone_to_owned()?;
        #[allow(
            deprecated,
            reason = "what replaces it is unsafe, and asks for what an `OwnedFd` that is never replaced fulfils"
        )]
        let descriptor = AsyncFd::with_interest(descriptor, Interest::READABLE)?;
        Ok(Self {
            descriptor,
            timer: None,
        })
    }

    fn poll_time(&mut self, context: &mut Context<'_>, limit: Option<Duration>) -> Poll<()> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let Some(deadline) = deadline else {
            self.timer = None;
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context)
    }
}

fn is_readable(descriptor: &OwnedFd) -> io::Result<bool> {
    let mut polled = [PollFd::new(descriptor, PollFlags::IN)];
    Ok(poll(&mut polled, Some(&Timespec::default()))? > 0)
}

impl Host for TokioHost {
    fn poll_wait(
        &mut self,
        context: &mut Context<'_>,
        limit: Option<Duration>,
    ) -> Poll<io::Result<()>> {
        if self.poll_time(context, limit).is_ready() {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut ready = ready!(self.descriptor.poll_read_ready(context))?;
            // tokio tells of what is new only, and the loop may have left events: of many, or of a descriptor from which
            // a callback has not read everything.
            if is_readable(self.descriptor.get_ref())? {
                return Poll::Ready(Ok(()));
            }
            ready.clear_ready();
        }
    }
}

impl fmt::Debug for TokioHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<TokioHost {:?}>", self.descriptor)
    }
}
