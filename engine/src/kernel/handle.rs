//! Handles of scheduled callbacks.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use crate::errors::panics;
use crate::kernel::context::Snapshot;
use crate::kernel::event_loop::{Core, Place, Ready, Timed};
use crate::kernel::nanos::Nanos;

type OnceFn = Box<dyn FnOnce()>;

/// A callback that is called once, in a turn or at a time.
pub(crate) struct Scheduled {
    core: Rc<Core>,
    callback: Cell<Option<OnceFn>>,
    context: Snapshot,
    cancelled: Cell<bool>,
    /// The number of its timer while that one waits; zero otherwise.
    timer: Cell<u64>,
    made_at: &'static Location<'static>,
}

impl Scheduled {
    #[track_caller]
    pub(crate) fn new(core: &Rc<Core>, callback: OnceFn) -> Rc<Self> {
        Self::at(Location::caller(), core, callback)
    }

    /// Makes a callback on behalf of a line of the program.
    pub(crate) fn at(made_at: Place, core: &Rc<Core>, callback: OnceFn) -> Rc<Self> {
        Rc::new(Self {
            core: Rc::clone(core),
            callback: Cell::new(Some(callback)),
            context: Snapshot::take(),
            cancelled: Cell::new(false),
            timer: Cell::new(0),
            made_at,
        })
    }

    pub(crate) fn start_timer(self: &Rc<Self>, now: Nanos, deadline: Nanos) {
        let timed = Rc::clone(self);
        self.timer.set(self.core.start_timer(now, deadline, timed));
        self.core.wake_host();
    }

    fn cancel(&self) {
        self.cancelled.set(true);
        if self.timer.replace(0) != 0 {
            self.core.cancel_timer(self);
        }
        drop(self.callback.take());
    }
}

impl Ready for Scheduled {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let Some(callback) = self.callback.take() else {
            return;
        };
        if let Err(payload) = panics::catch(|| self.context.call(callback)) {
            core.callback_panicked(|| made_at(self.made_at), payload);
        }
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        let core = Rc::clone(&self.core);
        core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&made_at(self.made_at))
    }

    #[cfg(feature = "trace")]
    fn is_scheduled_callback(&self) -> bool {
        true
    }
}

/// A callback that is called more than once: at each event of a descriptor, at each signal.
pub(crate) struct Repeating {
    callback: Cell<Option<Box<dyn FnMut()>>>,
    context: Snapshot,
    cancelled: Cell<bool>,
    made_at: &'static Location<'static>,
}

impl Repeating {
    #[track_caller]
    pub(crate) fn new(callback: Box<dyn FnMut()>) -> Self {
        Self {
            callback: Cell::new(Some(callback)),
            context: Snapshot::take(),
            cancelled: Cell::new(false),
            made_at: Location::caller(),
        }
    }

    /// Calls it, unless it was cancelled, or is being called.
    pub(crate) fn call(&self, core: &Rc<Core>) {
        let Some(mut callback) = self.callback.take() else {
            return;
        };
        let called = panics::catch(|| self.context.call(&mut callback));
        let ended = if self.cancelled.get() {
            panics::catch(|| drop(callback))
        } else {
            self.callback.set(Some(callback));
            Ok(())
        };
        if let Err(payload) = called.and(ended) {
            core.callback_panicked(|| made_at(self.made_at), payload);
        }
    }

    /// Prevents further calls, and drops the callback unless it is being called.
    pub(crate) fn cancel(&self) {
        self.cancelled.set(true);
        drop(self.callback.take());
    }

    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&made_at(self.made_at))
    }
}

/// Shows a callback by the line of the program that has scheduled it.
fn made_at(place: &Location<'_>) -> String {
    format!("<Handle created at {place}>")
}

impl Timed for Scheduled {
    fn is_live(&self, number: u64) -> bool {
        self.timer.get() == number
    }

    fn fire(self: Rc<Self>, core: &Core) {
        self.timer.set(0);
        core.ready.push(self);
    }

    #[cfg(feature = "trace")]
    fn as_entry(self: Rc<Self>) -> Option<Rc<dyn Ready>> {
        Some(self)
    }
}

/// A callback that was scheduled by [`call_soon`](crate::EventLoop::call_soon).
///
/// asyncio's `Handle`. Dropping it does not cancel the callback.
///
/// # Examples
///
/// ```
/// use yieldfrom::EventLoop;
///
/// let event_loop = EventLoop::new()?;
/// let handle = event_loop.call_soon(|| unreachable!("it is cancelled"))?;
/// handle.cancel();
/// event_loop.stop();
/// event_loop.run_forever()?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct Handle(pub(crate) Rc<Scheduled>);

impl Handle {
    /// Cancels the callback: it is dropped now, and not called. Has no effect if it ran already.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Returns whether the callback was cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let handle = EventLoop::new()?.call_soon(|| ())?;
    /// assert!(!handle.cancelled());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn cancelled(&self) -> bool {
        self.0.cancelled.get()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cancelled = if self.cancelled() { "cancelled " } else { "" };
        write!(f, "<Handle {cancelled}created at {}>", self.0.made_at)
    }
}

/// A callback that was scheduled for a time, by [`call_later`](crate::EventLoop::call_later) or
/// [`call_at`](crate::EventLoop::call_at).
///
/// asyncio's `TimerHandle`. Dropping it does not cancel the callback.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::EventLoop;
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let handle = event_loop.call_at(Duration::from_secs(5), || ())?;
/// assert_eq!(handle.when(), Duration::from_secs(5));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct TimerHandle {
    pub(crate) scheduled: Rc<Scheduled>,
    pub(crate) when: Nanos,
}

impl TimerHandle {
    /// Cancels the callback: it is dropped now, and not called. Has no effect if it ran already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::new()?;
    /// let alarm = event_loop.call_later(Duration::from_secs(3600), || ())?;
    /// alarm.cancel();
    /// assert!(alarm.cancelled());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn cancel(&self) {
        self.scheduled.cancel();
    }

    /// Returns whether the callback was cancelled.
    pub fn cancelled(&self) -> bool {
        self.scheduled.cancelled.get()
    }

    /// Returns the loop time for which the callback is scheduled.
    pub fn when(&self) -> Duration {
        Duration::from_nanos(self.when)
    }
}

impl fmt::Debug for TimerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cancelled = if self.cancelled() { "cancelled " } else { "" };
        let (when, at) = (self.when(), self.scheduled.made_at);
        write!(f, "<TimerHandle {cancelled}when={when:?} created at {at}>")
    }
}
