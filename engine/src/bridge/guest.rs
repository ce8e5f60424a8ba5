//! A loop inside another executor.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Awaiting;
use crate::errors::RuntimeError;
use crate::kernel::{AwaitableResult, EventLoop};
use yieldfrom_delegation::Result;

/// The executor in which a loop is a guest: it waits on behalf of the loop.
///
/// The package `yieldfrom-adapters` has hosts for tokio and for smol. Implement this for another executor with its own
/// means to wait for a descriptor and for time.
pub trait Host {
    /// Is ready when the descriptor of the loop, [`as_fd`](std::os::fd::AsFd::as_fd), can be read, or when `limit` has
    /// passed since this call. Without a limit, only the descriptor counts.
    ///
    /// It is called again with another limit after each wake-up. It may be ready too early. That the descriptor can be
    /// read is a state, not an event: the loop may have left events for its next turn.
    ///
    /// # Errors
    ///
    /// What waiting fails with. The loop stays as it is; what was awaited fails.
    fn poll_wait(
        &mut self,
        context: &mut Context<'_>,
        limit: Option<Duration>,
    ) -> Poll<io::Result<()>>;
}

/// How many turns a guest makes before the host's other tasks run.
const TURNS: usize = 16;

impl EventLoop {
    /// Runs the loop inside another executor, until something is done: `event_loop.run_in(host, coroutine).await`.
    ///
    /// The executor polls it as any future, and its own tasks run in between. While the loop has nothing to do, the host
    /// waits for its descriptor and its next timer. This is what is called a guest, or foreign, loop. The tasks of the
    /// loop go on for as long as this is polled. In that thread, async code may make tasks, set futures, and await them
    /// by `.await`; other threads use the loop's [handle](EventLoop::handle).
    ///
    /// While the returned future lives, the loop is the thread's current one, if no other was set by
    /// [`set_event_loop`](crate::set_event_loop): async code of the host uses `create_task`, `sleep(1).await` and sockets as
    /// coroutines do. As with [`run_until_complete`](EventLoop::run_until_complete), other tasks stay as they are at the end.
    ///
    /// The loop's clock must be the system's: a host cannot wait for virtual time.
    ///
    /// # Errors
    ///
    /// Its output is an error if the awaitable fails; if the loop is closed, or runs otherwise; or if waiting fails.
    ///
    /// # Examples
    ///
    /// A host that only has other tasks, and polls the loop again and again:
    ///
    /// ```
    /// use std::{io, task::{Context, Poll}, time::Duration};
    /// use yieldfrom::bridge::Host;
    /// use yieldfrom::{Co, EventLoop, run_sync, from_std, sleep};
    ///
    /// struct Busy;
    ///
    /// impl Host for Busy {
    ///     fn poll_wait(&mut self, cx: &mut Context<'_>, _: Option<Duration>) -> Poll<io::Result<()>> {
    ///         cx.waker().wake_by_ref();
    ///         Poll::Pending
    ///     }
    /// }
    ///
    /// let guest = EventLoop::new()?;
    /// let answer = guest.run_in(Busy, |co: &Co| {
    ///     co.yield_from(sleep(0.001))?;
    ///     Ok(42)
    /// });
    /// # use std::{future::Future, pin::pin, task::Waker};
    /// # let (mut answer, mut cx) = (pin!(answer), Context::from_waker(Waker::noop()));
    /// # let answer = loop { if let Poll::Ready(answer) = answer.as_mut().poll(&mut cx) { break answer; } };
    /// assert_eq!(answer?, 42); // by answer.await
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn run_in<H: Host, A: AwaitableResult>(
        &self,
        host: H,
        awaitable: A,
    ) -> Guest<H, A::Output> {
        Guest {
            event_loop: self.clone(),
            host,
            main: Awaiting::new(awaitable.ensure_future(self).into(), A::outcome),
            waits: false,
            is_current: self.set_if_none(),
        }
    }
}

/// A loop that runs inside another executor: see [`EventLoop::run_in`].
///
/// Dropping it stops the run. The loop keeps its tasks, and can be run again.
#[must_use = "the loop runs while this is awaited"]
pub struct Guest<H, T: 'static> {
    event_loop: EventLoop,
    host: H,
    /// It wakes the host too: the host's code may end it, when the loop has nothing else to do.
    main: Awaiting<T>,
    /// Whether the host waits for this one.
    waits: bool,
    /// Whether this has made the loop that of the thread.
    is_current: bool,
}

/// Nothing in it is pinned.
impl<H, T: 'static> Unpin for Guest<H, T> {}

impl<H: Host, T: 'static> std::future::Future for Guest<H, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        self.check_clock()?;
        self.stop_waiting();
        for _ in 0..TURNS {
            if let Poll::Ready(outcome) = Pin::new(&mut self.main).poll(context) {
                return Poll::Ready(outcome);
            }
            let is_more_ready = self.event_loop.turn_as_guest(Some(Duration::ZERO))?;
            if !self.main.future().done() && !is_more_ready && self.wait(context)?.is_pending() {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<H, T: 'static> Guest<H, T> {
    /// Has what becomes ready from here on wake the host.
    fn begin_waiting(&mut self) {
        if !std::mem::replace(&mut self.waits, true) {
            self.event_loop.core().add_host();
        }
    }

    fn stop_waiting(&mut self) {
        if std::mem::replace(&mut self.waits, false) {
            self.event_loop.core().remove_host();
        }
    }
}

impl<H: Host, T: 'static> Guest<H, T> {
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.begin_waiting();
        let limit = self.event_loop.time_to_next();
        let waited = self.host.poll_wait(context, limit);
        if waited.is_ready() {
            self.stop_waiting();
        }
        waited
    }

    fn check_clock(&self) -> Result<()> {
        if self.event_loop.core().is_virtual() {
            let why = "run_in: the loop has a virtual clock, for which a host cannot wait; make one with the system's";
            return Err(RuntimeError::new(why).into());
        }
        Ok(())
    }
}

impl<H, T: 'static> Drop for Guest<H, T> {
    fn drop(&mut self) {
        self.stop_waiting();
        if self.is_current {
            self.event_loop.unset();
        }
        // Another host of the loop takes over.
        self.event_loop.core().wake_host();
    }
}

impl<H, T: 'static> fmt::Debug for Guest<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<Guest {:?} until {}>",
            self.event_loop,
            self.main.future()
        )
    }
}
