//! A flag to wait for.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::branches::{InLine, line_branches};
use super::shows_its_state;
use super::waiters::Waiters;
use crate::combine::Alarm;
use crate::kernel::{Co, Reason, Request, Subject, Waiter, coroutine_operations};
use yieldfrom_delegation::{Delegate, Result};

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
#[doc(alias = "Notify")]
#[derive(Clone, Default)]
pub struct Event(Rc<EventState>);

#[derive(Default)]
struct EventState {
    set: Cell<bool>,
    waiters: Waiters,
    /// The name that a wait has in reports, if an operation of the library waits for the event.
    operation: Option<&'static str>,
}

impl Event {
    /// Makes an event that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an event for which this operation of the library waits.
    pub(crate) fn for_operation(operation: &'static str) -> Self {
        Self(Rc::new(EventState {
            operation: Some(operation),
            ..EventState::default()
        }))
    }

    /// Waits until the event is set; if it is set already, it does not suspend.
    ///
    /// A task that was woken returns even if the event has been cleared since, as in asyncio.
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
    pub fn wait(&self) -> EventWait {
        EventWait(Rc::clone(&self.0))
    }

    /// Sets the event, and wakes all tasks that wait.
    pub fn set(&self) {
        if !self.0.set.replace(true) {
            self.0.waiters.wake_all();
        }
    }

    /// Clears the event: a task that waits from now on waits for the next [`set`](Self::set).
    pub fn clear(&self) {
        self.0.set.set(false);
    }

    /// Returns whether the event is set.
    pub fn is_set(&self) -> bool {
        self.0.set.get()
    }
}

shows_its_state!(Event);

impl Subject for EventState {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = if self.set.get() { "set" } else { "unset" };
        write!(f, "<Event {set}{}>", self.waiters)
    }
}

/// The operation that [`Event::wait`] makes.
#[must_use = "waits for nothing unless delegated to: co.yield_from(event.wait())?"]
pub struct EventWait(Rc<EventState>);

impl EventWait {
    fn reason(&self) -> Reason {
        match self.0.operation {
            Some(operation) => Reason::io(operation),
            None => Reason::object("Event.wait", &self.0),
        }
    }
}

impl Delegate<Request, ()> for EventWait {
    type Output = ();

    #[inline]
    fn delegate(self, co: &Co) -> Result<()> {
        if self.0.set.get() {
            return Ok(());
        }
        self.0.waiters.wait(co, || self.reason(), |_| {})
    }
}

coroutine_operations! {
    [] EventWait => (), "Event.wait";
}

impl InLine for EventWait {
    type Output = ();

    fn attempt(&mut self, woken: Option<Rc<Waiter>>) -> Option<Result<()>> {
        let is_over = woken.is_some() || self.0.set.get();
        if let Some(waiter) = woken {
            self.leave(waiter);
        }
        is_over.then_some(Ok(()))
    }

    fn enter(&self, alarm: &Rc<Alarm>) -> Rc<Waiter> {
        self.0.waiters.enter(alarm, || self.reason())
    }

    fn leave(&self, waiter: Rc<Waiter>) {
        self.0.waiters.leave(waiter);
    }
}

line_branches! {
    [] EventWait;
}

impl fmt::Debug for EventWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Operation Event.wait>")
    }
}
