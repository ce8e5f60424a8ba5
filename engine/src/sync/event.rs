//! A flag to wait for.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::line::Line;
use crate::kernel::{Reason, Request, Subject};
use crate::{Co, Delegate, Result};

/// A flag that tasks wait for: asyncio's `Event`.
///
/// A clone is the same event.
///
/// # Examples
///
/// ```
/// use yieldfrom::sync::Event;
/// use yieldfrom::{Co, create_task, run_sync};
///
/// let ready = Event::new();
/// run_sync(move |co: &Co| {
///     let theirs = ready.clone();
///     let other = create_task(move |co: &Co| co.yield_from(theirs.wait()));
///     ready.set();
///     co.yield_from(&other)
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Event(Rc<State>);

#[derive(Default)]
struct State {
    set: Cell<bool>,
    line: Line,
    /// What waiting for it is, in reports, if the library has it for an operation of its own.
    operation: Option<&'static str>,
}

impl State {
    fn reason(self: &Rc<Self>) -> Reason {
        match self.operation {
            Some(operation) => Reason::io(operation),
            None => Reason::object("Event.wait", self),
        }
    }
}

impl Event {
    /// Makes an event that is not set.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Event;
    ///
    /// assert_eq!(format!("{:?}", Event::new()), "<Event unset>");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes one for which this operation of the library waits.
    pub(crate) fn for_operation(operation: &'static str) -> Self {
        Self(Rc::new(State {
            operation: Some(operation),
            ..State::default()
        }))
    }

    /// Waits until the event is set; if it is, without suspending.
    ///
    /// Whoever was woken returns, also if the event has been cleared since, as in asyncio.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Event;
    /// use yieldfrom::{Co, create_task, run_sync, yield_now};
    ///
    /// run_sync(|co: &Co| {
    ///     let event = Event::new();
    ///     let theirs = event.clone();
    ///     let other = create_task(move |co: &Co| co.yield_from(theirs.wait()));
    ///     co.yield_from(yield_now())?;
    ///     assert_eq!(format!("{event:?}"), "<Event unset, waiters:1>");
    ///     event.set();
    ///     event.clear();
    ///     co.yield_from(&other)
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn wait(&self) -> EventWait<'_> {
        EventWait(self)
    }

    /// Sets the event, and wakes all who wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Event;
    ///
    /// let event = Event::new();
    /// event.set();
    /// assert!(event.is_set());
    /// ```
    pub fn set(&self) {
        if !self.0.set.replace(true) {
            self.0.line.wake_up_to(usize::MAX);
        }
    }

    /// Clears the event: whoever waits from now on, waits for the next [`set`](Self::set).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Event;
    ///
    /// let event = Event::new();
    /// event.set();
    /// event.clear();
    /// assert!(!event.is_set());
    /// ```
    pub fn clear(&self) {
        self.0.set.set(false);
    }

    /// Returns whether the event is set.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Event;
    ///
    /// assert!(!Event::new().is_set());
    /// ```
    pub fn is_set(&self) -> bool {
        self.0.set.get()
    }
}

/// Shows the state as in asyncio: `<Event unset, waiters:1>`.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl Subject for State {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.set.get() { "set" } else { "unset" };
        write!(f, "<Event {state}{}>", self.line)
    }
}

/// Waits for an event, when delegated to: see [`Event::wait`].
#[derive(Debug)]
#[must_use = "waits for nothing unless delegated to: co.yield_from(event.wait())?"]
pub struct EventWait<'a>(pub(super) &'a Event);

impl Delegate<Request, ()> for EventWait<'_> {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let state = &self.0.0;
        if state.set.get() {
            return Ok(());
        }
        state.line.wait(co, || state.reason(), |_| {})
    }
}
