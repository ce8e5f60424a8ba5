//! Limiting how long a piece of a coroutine may take.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use crate::errors::{AtCaller, RuntimeError, TimeoutError};
use crate::kernel::{
    AnyTask, Co, EventLoop, Handle, IntoTimeout, Operation, Place, Scheduled, nanos,
};
use yieldfrom_delegation::{Delegate, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeoutPhase {
    Created,
    Active,
    /// The timeout has cancelled the task.
    Expiring,
    Expired,
    Exited,
}

/// A limit on how long a piece of a coroutine may take: 3.11's `asyncio.Timeout`.
///
/// At the deadline the current task is cancelled, and the error of that cancellation becomes a
/// [`TimeoutError`] where the piece ends. You can move the deadline while the piece runs. A clone is
/// the same timeout.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, Timeout, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// event_loop.run_until_complete(|co: &Co| {
///     let limit = Timeout::after(Duration::from_secs(1));
///     let extended = limit.clone();
///     co.yield_from(limit.enter(move |co| {
///         let when = extended.when().unwrap() + Duration::from_secs(10);
///         extended.reschedule(Some(when))?;
///         co.yield_from(sleep(Duration::from_secs(5)))
///     }))?;
///     assert!(!limit.expired());
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct Timeout(Rc<TimeoutState>);

struct TimeoutState {
    phase: Cell<TimeoutPhase>,
    /// The time from the beginning of the piece to the deadline.
    delay: Option<Duration>,
    /// The loop time of the deadline.
    when: Cell<Option<Duration>>,
    task: Cell<Option<AnyTask>>,
    /// The callback of the deadline.
    alarm: Cell<Option<Handle>>,
}

impl Timeout {
    fn new(delay: Option<Duration>, when: Option<Duration>) -> Self {
        Self(Rc::new(TimeoutState {
            phase: Cell::new(TimeoutPhase::Created),
            delay,
            when: Cell::new(when),
            task: Cell::new(None),
            alarm: Cell::new(None),
        }))
    }

    /// Makes a timeout that expires some time after the piece begins, a [`Duration`] or a number of seconds;
    /// with `None`, never.
    pub fn after(delay: impl IntoTimeout) -> Self {
        Self::new(delay.into_timeout(), None)
    }

    /// Makes a timeout that expires at a loop time; with `None`, never.
    pub fn at(when: impl Into<Option<Duration>>) -> Self {
        Self::new(None, when.into())
    }

    /// Returns the loop time of the deadline, if that is known.
    ///
    /// It is not known before the piece begins, if the timeout was made by [`after`](Self::after).
    pub fn when(&self) -> Option<Duration> {
        self.0.when.get()
    }

    /// Returns whether the deadline has passed, so that the task was cancelled.
    pub fn expired(&self) -> bool {
        let phase = self.0.phase.get();
        matches!(phase, TimeoutPhase::Expiring | TimeoutPhase::Expired)
    }

    /// Moves the deadline to another loop time; with `None`, there is no deadline any more.
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the piece has not begun, or if it has expired or ended.
    #[track_caller]
    pub fn reschedule(&self, when: Option<Duration>) -> Result<()> {
        let phase = self.0.phase.get();
        if phase != TimeoutPhase::Active {
            let why = format!("reschedule: the timeout is not active, but {phase:?}");
            return Err(RuntimeError::new(why).into());
        }
        self.set_deadline(when, Location::caller()).at_caller()
    }

    fn set_deadline(&self, when: Option<Duration>, set_at: Place) -> Result<()> {
        self.0.disarm();
        self.0.when.set(when);
        let Some(when) = when else {
            return Ok(());
        };
        let event_loop = EventLoop::current_or_closed();
        let (core, when) = (event_loop.core(), nanos(when));
        let timeout = self.clone();
        let expire = Box::new(move || timeout.0.expire());
        let (now, alarm) = (core.now(), Scheduled::at(set_at, core, expire));
        if when <= now {
            core.check_open("call_soon")?;
            core.schedule(alarm.clone());
        } else {
            core.check_open("call_at")?;
            alarm.start_timer(now, when);
        }
        self.0.alarm.set(Some(Handle(alarm)));
        Ok(())
    }

    /// Runs a piece of the current coroutine under the timeout: a delegate for `yield_from`.
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of the piece; a [`TimeoutError`] if the timeout has cancelled it;
    /// or a [`RuntimeError`] if the timeout was entered before, or is entered outside of a task.
    #[track_caller]
    #[must_use = "it runs when a coroutine delegates to it by yield_from"]
    pub fn enter<F, R>(&self, body: F) -> Operation<impl FnOnce(&Co) -> Result<R> + use<F, R>>
    where
        F: FnOnce(&Co) -> Result<R>,
    {
        let (timeout, made_at) = (self.clone(), Location::caller());
        Operation::new("timeout", move |co| {
            let piece = timeout.begin(made_at)?;
            piece.end(body.delegate(co))
        })
    }

    /// Begins the piece. The timeout ends when the value that this returns is dropped.
    pub(crate) fn begin(&self, begun_at: Place) -> Result<Piece> {
        if self.0.phase.get() != TimeoutPhase::Created {
            return Err(RuntimeError::new("timeout: it was entered before").into());
        }
        let Some(task) = crate::current_task() else {
            return Err(RuntimeError::new("timeout: it works inside a task only").into());
        };
        self.0.task.set(Some(task.clone()));
        self.0.phase.set(TimeoutPhase::Active);
        let piece = Piece {
            timeout: self.clone(),
            cancelling: task.cancelling(),
            task,
        };
        let from_now = |delay| EventLoop::current_or_closed().time().saturating_add(delay);
        let when = self.0.delay.map(from_now).or(self.0.when.get());
        self.set_deadline(when, begun_at)?;
        Ok(piece)
    }
}

/// The piece of a coroutine that runs under a timeout.
pub(crate) struct Piece {
    timeout: Timeout,
    task: AnyTask,
    /// The number of requests to cancel the task that were open when the piece began.
    cancelling: usize,
}

impl Piece {
    /// Ends the piece: the error of the timeout's own cancellation becomes a [`TimeoutError`].
    pub(crate) fn end<R>(self, result: Result<R>) -> Result<R> {
        match (self.leave(), result) {
            // If more requests are open, other code wants the task to end as well.
            (Some(open), Err(error)) if open <= self.cancelling && error.is_cancelled() => {
                Err(TimeoutError.into())
            }
            (_, result) => result,
        }
    }

    /// Ends the timeout. If it had expired, takes its request to cancel the task back, and returns
    /// the number of requests that are left.
    fn leave(&self) -> Option<usize> {
        let TimeoutState { phase, task, .. } = &*self.timeout.0;
        self.timeout.0.disarm();
        drop(task.take());
        match phase.get() {
            TimeoutPhase::Active => phase.set(TimeoutPhase::Exited),
            TimeoutPhase::Expiring => {
                phase.set(TimeoutPhase::Expired);
                return Some(self.task.uncancel());
            }
            TimeoutPhase::Created | TimeoutPhase::Expired | TimeoutPhase::Exited => {}
        }
        None
    }
}

/// The timeout also ends when a panic leaves the piece, or when the coroutine is dropped.
impl Drop for Piece {
    fn drop(&mut self) {
        self.leave();
    }
}

impl TimeoutState {
    fn expire(&self) {
        drop(self.alarm.take());
        if let Some(task) = self.task.take() {
            task.cancel();
            self.phase.set(TimeoutPhase::Expiring);
        }
    }

    fn disarm(&self) {
        if let Some(alarm) = self.alarm.take() {
            alarm.cancel();
        }
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Timeout {:?}", self.0.phase.get())?;
        if let Some(when) = self.when() {
            write!(f, " when={when:?}")?;
        }
        f.write_str(">")
    }
}

/// Runs a piece of the current coroutine, and cancels it when it takes longer than `delay`: a
/// [`Duration`], or a number of seconds. `None` sets no limit.
///
/// This is 3.11's `asyncio.timeout`: the piece runs in the current task, and a cancellation by other
/// code passes through. A [`Timeout`] has a deadline that you can move.
///
/// # Errors
///
/// `yield_from` returns the error of the piece, or a [`TimeoutError`].
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, TimeoutError, sleep, timeout};
///
/// let error = EventLoop::builder().virtual_clock().run(|co: &Co| {
///     co.yield_from(timeout(1.5, |co| co.yield_from(sleep(3600))))
/// });
/// assert!(error.unwrap_err().is::<TimeoutError>());
/// ```
#[track_caller]
#[must_use = "it runs when a coroutine delegates to it by yield_from"]
pub fn timeout<F, R>(delay: impl IntoTimeout, body: F) -> Operation<impl FnOnce(&Co) -> Result<R>>
where
    F: FnOnce(&Co) -> Result<R>,
{
    Timeout::after(delay).enter(body)
}

/// Runs a piece of the current coroutine, and cancels it when it is not over at a loop time.
///
/// This is 3.11's `asyncio.timeout_at`.
///
/// # Errors
///
/// As [`timeout`](timeout()).
#[track_caller]
#[must_use = "it runs when a coroutine delegates to it by yield_from"]
pub fn timeout_at<F, R>(
    when: impl Into<Option<Duration>>,
    body: F,
) -> Operation<impl FnOnce(&Co) -> Result<R>>
where
    F: FnOnce(&Co) -> Result<R>,
{
    Timeout::at(when).enter(body)
}
