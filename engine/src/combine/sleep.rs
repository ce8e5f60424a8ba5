//! Waiting for time to pass, or for other tasks to have their turn.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::branch::{Alarm, Branch, BranchWait};
use super::task_group::Scope;
use crate::errors::RuntimeError;
use crate::kernel::{
    Co, Core, EventLoop, IntoDelay, Operation, Ready, Request, Timed, coroutine_operations, nanos,
    not_awaited, take_sleep_over,
};
use yieldfrom_delegation::{Delegate, Result};

/// Suspends the task for at least this long.
///
/// This is asyncio's `sleep`. The delay is a [`Duration`], or a number of seconds: `sleep(0.25)`. A delay
/// of zero takes one turn of the loop, in which other tasks run. One of more than about 584 years never
/// ends. It does not block the loop, as
/// `std::thread::sleep` does.
///
/// # Errors
///
/// `yield_from` returns the error of a cancellation, or what is thrown in; the timer is cancelled
/// then. It returns a [`RuntimeError`](crate::RuntimeError) if the coroutine is resumed by hand before
/// the time has come.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// event_loop.run_until_complete(|co: &Co| co.yield_from(sleep(3)))?;
/// assert_eq!(event_loop.time(), Duration::from_secs(3));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
pub fn sleep(delay: impl IntoDelay) -> Sleep {
    sleep_with(delay, ())
}

/// The operation that [`sleep`] and [`sleep_with`] make.
#[derive(Clone, Copy)]
#[must_use = "it sleeps when a coroutine delegates to it by yield_from"]
pub struct Sleep<T = ()> {
    delay: Duration,
    result: T,
}

impl<T> Sleep<T> {
    /// Returns the delay, and what the sleep gives.
    #[cfg(feature = "futures")]
    pub(crate) fn into_parts(self) -> (Duration, T) {
        (self.delay, self.result)
    }
}

impl<T> Delegate<Request, ()> for Sleep<T> {
    type Output = T;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<T> {
        sleep_here(co, self.delay)?;
        Ok(self.result)
    }
}

coroutine_operations! {
    [T: 'static] Sleep<T> => T, "sleep";
}

impl<T> fmt::Debug for Sleep<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Operation sleep>")
    }
}

/// A sleep as a branch: a timer that rings the alarm.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct SleepWait<T> {
    sleep: Option<Sleep<T>>,
    timer: Option<Rc<Ringer>>,
}

/// What a timer makes ring. A callback that was scheduled would take three allocations instead of one.
struct Ringer {
    alarm: Rc<Alarm>,
    core: Rc<Core>,
    phase: Cell<RingerPhase>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RingerPhase {
    /// The timer runs.
    Set,
    /// For a sleep of one turn, it is in the ready queue.
    InQueue,
    Over,
    Cancelled,
}

impl Ringer {
    fn start(delay: Duration, alarm: &Rc<Alarm>) -> Result<Rc<Self>> {
        let core = Rc::clone(EventLoop::current_or_closed().core());
        if core.is_closed() {
            return Err(RuntimeError::new("sleep: the event loop is closed").into());
        }
        let ringer = Rc::new(Self {
            alarm: Rc::clone(alarm),
            core: Rc::clone(&core),
            phase: Cell::new(RingerPhase::InQueue),
        });
        let entry = Rc::clone(&ringer);
        if delay.is_zero() {
            core.ready.push(entry);
        } else {
            ringer.phase.set(RingerPhase::Set);
            let now = core.now();
            core.start_timer(now, now.saturating_add(nanos(delay)), entry);
        }
        Ok(ringer)
    }

    fn ring(&self) {
        if self.phase.get() != RingerPhase::Cancelled {
            self.phase.set(RingerPhase::Over);
            self.alarm.ring();
        }
    }

    fn cancel(&self) {
        if self.phase.replace(RingerPhase::Cancelled) == RingerPhase::Set {
            self.core.cancel_timer(self);
        }
    }
}

impl Timed for Ringer {
    fn is_live(&self, _: u64) -> bool {
        self.phase.get() == RingerPhase::Set
    }

    fn fire(self: Rc<Self>, _: &Core) {
        self.ring();
    }
}

impl Ready for Ringer {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        self.ring();
    }

    fn schedule(self: Rc<Self>) {
        unreachable!("it is pushed once")
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<first: sleep>")
    }
}

impl<T> BranchWait for SleepWait<T> {
    type Output = T;

    fn poll(&mut self, alarm: &Rc<Alarm>) -> Option<Result<T>> {
        if let Some(timer) = &self.timer {
            let is_over = timer.phase.get() == RingerPhase::Over;
            return is_over
                .then(|| self.sleep.take())?
                .map(|sleep| Ok(sleep.result));
        }
        match Ringer::start(self.sleep.as_ref()?.delay, alarm) {
            Ok(timer) => self.timer = Some(timer),
            Err(error) => return Some(Err(error)),
        }
        None
    }

    fn cancel(&mut self) -> bool {
        if let Some(timer) = self.timer.take() {
            timer.cancel();
        }
        true
    }

    fn leave(&mut self, _: &Rc<Alarm>) {}
}

impl<T> Branch for Sleep<T> {
    type Output = T;
    type Wait = SleepWait<T>;

    fn begin<'scope>(self, _: &'scope Scope<'scope, '_>) -> SleepWait<T>
    where
        Self: 'scope,
        Self::Output: 'scope,
    {
        SleepWait {
            sleep: Some(self),
            timer: None,
        }
    }
}

/// Sleeps. Like the wait for a future, it fails if the coroutine is resumed by other code than its
/// task.
#[inline(always)]
fn sleep_here(co: &Co, delay: Duration) -> Result<()> {
    co.yield_through(Request::sleep(delay))?;
    if !delay.is_zero() && !take_sleep_over() {
        return Err(not_awaited());
    }
    Ok(())
}

/// Suspends the task for at least this long, and returns a value: asyncio's
/// `sleep(delay, result)`.
///
/// # Examples
///
/// ```
/// use yieldfrom::{EventLoop, sleep_with};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let value = event_loop.run_until_complete(sleep_with(1, "woken"))?;
/// assert_eq!(value, "woken");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
pub fn sleep_with<T>(delay: impl IntoDelay, result: T) -> Sleep<T> {
    let delay = delay.into_delay();
    Sleep { delay, result }
}

/// Lets the other tasks run for one turn of the loop: Python's bare `yield`, and `sleep(0)`.
///
/// # Examples
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
/// use yieldfrom::{Co, create_task, run_sync, yield_now};
///
/// let order = Rc::new(RefCell::new(String::new()));
/// let others = order.clone();
/// run_sync(move |co: &Co| {
///     create_task(move |_: &Co| Ok(others.borrow_mut().push('a')));
///     co.yield_from(yield_now())?;
///     Ok(order.borrow_mut().push('b'))
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[inline]
#[must_use = "it gives way when a coroutine delegates to it by yield_from"]
pub fn yield_now() -> Operation<impl FnOnce(&Co) -> Result<()> + Copy> {
    Operation::new("yield_now", |co| co.yield_through(Request::turn()))
}
