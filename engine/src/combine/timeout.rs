//! Limiting how long a piece of a coroutine may take.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom_delegation::Delegate;

use crate::errors::{RuntimeError, TimeoutError};
use crate::kernel::{AnyTask, EventLoop, Request, nanos};
use crate::{Co, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Created,
    Active,
    /// The task was cancelled on behalf of the timeout.
    Expiring,
    Expired,
    Exited,
}

/// A limit on how long a piece of a coroutine may take: 3.11's `asyncio.Timeout`.
///
/// At the deadline the current task is cancelled, and the error of that cancellation becomes a
/// [`TimeoutError`] where the piece ends. The deadline can be moved while it runs. Clones refer to
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
pub struct Timeout(Rc<Inner>);

struct Inner {
    state: Cell<State>,
    limit: Cell<Limit>,
    task: Cell<Option<AnyTask>>,
    /// Cancels the callback of the deadline.
    disarm: Cell<Option<Box<dyn FnOnce()>>>,
}

/// When it expires.
#[derive(Clone, Copy)]
enum Limit {
    Never,
    /// This long after the piece begins.
    After(Duration),
    /// At this loop time.
    At(Duration),
}

impl Timeout {
    fn new(limit: Limit) -> Self {
        Self(Rc::new(Inner {
            state: Cell::new(State::Created),
            limit: Cell::new(limit),
            task: Cell::new(None),
            disarm: Cell::new(None),
        }))
    }

    /// Makes a timeout that expires some time after the piece begins; with `None`, never.
    ///
    /// # Examples
    ///
    /// See [`Timeout`].
    pub fn after(delay: impl Into<Option<Duration>>) -> Self {
        Self::new(delay.into().map_or(Limit::Never, Limit::After))
    }

    /// Makes a timeout that expires at a loop time; with `None`, never.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::Timeout;
    /// # use std::time::Duration;
    /// let limit = Timeout::at(Duration::from_secs(60));
    /// assert_eq!(limit.when(), Some(Duration::from_secs(60)));
    /// ```
    pub fn at(when: impl Into<Option<Duration>>) -> Self {
        Self::new(when.into().map_or(Limit::Never, Limit::At))
    }

    /// Returns the loop time at which it expires, if that is known.
    ///
    /// # Examples
    ///
    /// See [`at`](Timeout::at).
    pub fn when(&self) -> Option<Duration> {
        match self.0.limit.get() {
            Limit::At(when) => Some(when),
            Limit::Never | Limit::After(_) => None,
        }
    }

    /// Returns whether it has expired, and cancelled the task.
    ///
    /// # Examples
    ///
    /// See [`Timeout`].
    pub fn expired(&self) -> bool {
        matches!(self.0.state.get(), State::Expiring | State::Expired)
    }

    /// Moves the deadline to another loop time; with `None`, away.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the piece has not begun, or has expired or ended.
    ///
    /// # Examples
    ///
    /// See [`Timeout`].
    #[track_caller]
    pub fn reschedule(&self, when: Option<Duration>) -> Result<()> {
        let state = self.0.state.get();
        if state != State::Active {
            let why = format!("reschedule: the timeout is not active, but {state:?}");
            return Err(RuntimeError::new(why).into());
        }
        self.0.disarm();
        self.0.limit.set(when.map_or(Limit::Never, Limit::At));
        match when {
            Some(when) => self.arm(when),
            None => Ok(()),
        }
    }

    #[track_caller]
    fn arm(&self, when: Duration) -> Result<()> {
        let event_loop = EventLoop::current_or_closed();
        let timeout = self.clone();
        let expire = move || timeout.0.expire();
        let disarm: Box<dyn FnOnce()> = if nanos(when) <= event_loop.core().now() {
            let handle = event_loop.call_soon(expire)?;
            Box::new(move || handle.cancel())
        } else {
            let handle = event_loop.call_at(when, expire)?;
            Box::new(move || handle.cancel())
        };
        self.0.disarm.set(Some(disarm));
        Ok(())
    }

    /// Runs a piece of the current coroutine under the timeout: a delegate for `yield_from`.
    ///
    /// # Errors
    ///
    /// `yield_from` gives what the piece fails with, a [`TimeoutError`] if it was cancelled because
    /// of the timeout, or a [`RuntimeError`] if the timeout was entered before, or outside of a
    /// task.
    ///
    /// # Examples
    ///
    /// See [`Timeout`].
    pub fn enter<F, R>(&self, body: F) -> Limited<F>
    where
        F: FnOnce(&Co) -> Result<R>,
    {
        Limited {
            timeout: self.clone(),
            body,
        }
    }

    /// Begins the piece. The timeout ends with the value that this returns, also while the
    /// coroutine is unwound.
    #[track_caller]
    pub(crate) fn begin(&self) -> Result<Piece> {
        if self.0.state.get() != State::Created {
            return Err(RuntimeError::new("timeout: it was entered before").into());
        }
        let Some(task) = crate::current_task() else {
            return Err(RuntimeError::new("timeout: it works inside a task only").into());
        };
        self.0.task.set(Some(task.clone()));
        self.0.state.set(State::Active);
        let piece = Piece {
            timeout: self.clone(),
            cancelling: task.cancelling(),
            task,
        };
        let when = match self.0.limit.get() {
            Limit::Never => None,
            Limit::At(when) => Some(when),
            Limit::After(delay) => {
                Some(EventLoop::current_or_closed().time().saturating_add(delay))
            }
        };
        self.reschedule(when)?;
        Ok(piece)
    }
}

/// The piece of a coroutine that runs under a timeout.
pub(crate) struct Piece {
    timeout: Timeout,
    task: AnyTask,
    /// How many requests to cancel the task were open when the piece began.
    cancelling: usize,
}

impl Piece {
    /// Ends the piece: the error of the timeout's own cancellation becomes a [`TimeoutError`].
    pub(crate) fn end<R>(self, result: Result<R>) -> Result<R> {
        match (self.leave(), result) {
            // With more open requests, somebody else wants the task to end as well.
            (Some(open), Err(error)) if open <= self.cancelling && error.is_cancelled() => {
                Err(TimeoutError.into())
            }
            (_, result) => result,
        }
    }

    /// Ends the timeout. If it had expired, takes its request to cancel the task back, and returns
    /// how many are left.
    fn leave(&self) -> Option<usize> {
        let Inner { state, task, .. } = &*self.timeout.0;
        self.timeout.0.disarm();
        drop(task.take());
        match state.get() {
            State::Active => state.set(State::Exited),
            State::Expiring => {
                state.set(State::Expired);
                return Some(self.task.uncancel());
            }
            State::Created | State::Expired | State::Exited => {}
        }
        None
    }
}

/// Ends what did not come to its end: a panic has left the piece, or the coroutine was dropped.
impl Drop for Piece {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Inner {
    fn expire(&self) {
        drop(self.disarm.take());
        if let Some(task) = self.task.take() {
            task.cancel();
            self.state.set(State::Expiring);
        }
    }

    fn disarm(&self) {
        if let Some(disarm) = self.disarm.take() {
            disarm();
        }
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Timeout {:?}", self.0.state.get())?;
        if let Some(when) = self.when() {
            write!(f, " when={when:?}")?;
        }
        f.write_str(">")
    }
}

/// What [`timeout`](timeout()) returns: a delegate for `yield_from`.
#[must_use = "it runs when a coroutine delegates to it by yield_from"]
pub struct Limited<F> {
    timeout: Timeout,
    body: F,
}

impl<F, R> Delegate<Request, ()> for Limited<F>
where
    F: FnOnce(&Co) -> Result<R>,
{
    type Output = R;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<R> {
        let piece = self.timeout.begin()?;
        let result = co.yield_from(self.body);
        piece.end(result)
    }
}

impl<F> fmt::Debug for Limited<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timeout.fmt(f)
    }
}

/// Runs a piece of the current coroutine, and cancels it when it takes longer than `delay`.
///
/// 3.11's `asyncio.timeout`: the piece runs in the current task, and a cancellation by somebody
/// else passes through. [`Timeout`] has a deadline that can be moved.
///
/// # Errors
///
/// `yield_from` gives what the piece fails with, or a [`TimeoutError`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, TimeoutError, sleep, timeout};
///
/// let error = EventLoop::builder().virtual_clock().run(|co: &Co| {
///     co.yield_from(timeout(Duration::from_millis(1), |co| {
///         co.yield_from(sleep(Duration::from_secs(3600)))
///     }))
/// });
/// assert!(error.unwrap_err().is::<TimeoutError>());
/// ```
pub fn timeout<F, R>(delay: impl Into<Option<Duration>>, body: F) -> Limited<F>
where
    F: FnOnce(&Co) -> Result<R>,
{
    Timeout::after(delay).enter(body)
}

/// Runs a piece of the current coroutine, and cancels it when it is not over at a loop time.
///
/// 3.11's `asyncio.timeout_at`.
///
/// # Errors
///
/// As [`timeout`](timeout()).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, timeout_at};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let soon = event_loop.time() + Duration::from_secs(5);
/// let limited = move |co: &Co| co.yield_from(timeout_at(soon, |_| Ok(42)));
/// assert_eq!(event_loop.run_until_complete(limited)?, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn timeout_at<F, R>(when: impl Into<Option<Duration>>, body: F) -> Limited<F>
where
    F: FnOnce(&Co) -> Result<R>,
{
    Timeout::at(when).enter(body)
}
