//! Sleeps in async code.

use std::cell::Cell;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::kept::WakerCell;
use crate::combine::Sleep;
use crate::kernel::{Core, EventLoop, Ready, Timed, nanos};
use yieldfrom_delegation::Result;

/// A sleep that async code waits for: `sleep(0.1).await?`.
///
/// Its time begins with the first poll, and is that of the thread's current loop, which may be virtual. Dropping it cancels
/// the timer. A sleep of zero takes one turn. Its output is a `Result`, with the error that there is no current loop.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, from_std, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let sleeper = async { sleep(3).await };
/// event_loop.run_until_complete(|co: &Co| co.yield_from(from_std(sleeper))?)?;
/// assert_eq!(event_loop.time().as_secs(), 3);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it does nothing until it is awaited"]
pub struct Slept<T = ()> {
    delay: Duration,
    /// None once it was given.
    result: Option<T>,
    timer: Option<Rc<Timer>>,
}

/// A timer of the loop that wakes async code. As in asyncio, its callback has an entry of its own in the ready queue.
struct Timer {
    core: Rc<Core>,
    phase: Cell<Phase>,
    waker: WakerCell,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The timer runs.
    Set,
    /// The callback is in the ready queue.
    Due,
    Over,
    Cancelled,
}

impl Timer {
    fn start(delay: Duration, context: &Context<'_>) -> Result<Rc<Self>> {
        let core = Rc::clone(EventLoop::known("sleep")?.core());
        core.check_open("sleep")?;
        let timer = Rc::new(Self {
            core: Rc::clone(&core),
            phase: Cell::new(Phase::Over),
            waker: WakerCell::default(),
        });
        if delay.is_zero() {
            context.waker().wake_by_ref();
        } else {
            timer.phase.set(Phase::Set);
            let now = core.now();
            core.start_timer(now, now.saturating_add(nanos(delay)), timer.clone());
            core.wake_host();
        }
        Ok(timer)
    }

    fn cancel(&self) {
        if self.phase.replace(Phase::Cancelled) == Phase::Set {
            self.core.cancel_timer(self);
        }
    }
}

impl Timed for Timer {
    fn is_live(&self, _: u64) -> bool {
        self.phase.get() == Phase::Set
    }

    fn fire(self: Rc<Self>, core: &Core) {
        self.phase.set(Phase::Due);
        core.ready.push(self);
    }

    #[cfg(feature = "trace")]
    fn as_entry(self: Rc<Self>) -> Option<Rc<dyn Ready>> {
        Some(self)
    }
}

impl Ready for Timer {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        if self.phase.get() == Phase::Due {
            self.phase.set(Phase::Over);
            self.waker.wake();
        }
    }

    fn schedule(self: Rc<Self>) {
        unreachable!("its timer makes it ready")
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<sleep of async code>")
    }
}

impl<T> std::future::Future for Slept<T> {
    type Output = Result<T>;

    /// # Panics
    ///
    /// If it is polled after its end.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let Some(timer) = &self.timer else {
            let timer = Timer::start(self.delay, context)?;
            timer.waker.set(context);
            self.timer = Some(timer);
            return Poll::Pending;
        };
        timer.waker.set(context);
        if timer.phase.get() != Phase::Over {
            timer.core.check_open("sleep")?;
            return Poll::Pending;
        }
        let result = self.result.take();
        Poll::Ready(Ok(result.expect("a sleep is not polled after its end")))
    }
}

impl<T> Drop for Slept<T> {
    fn drop(&mut self) {
        if let Some(timer) = &self.timer {
            timer.cancel();
        }
    }
}

/// Nothing in it is pinned.
impl<T> Unpin for Slept<T> {}

impl<T> fmt::Debug for Slept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Slept {:?}>", self.delay)
    }
}

impl<T> IntoFuture for Sleep<T> {
    type Output = Result<T>;
    type IntoFuture = Slept<T>;

    fn into_future(self) -> Slept<T> {
        let (delay, result) = self.into_parts();
        Slept {
            delay,
            result: Some(result),
            timer: None,
        }
    }
}
