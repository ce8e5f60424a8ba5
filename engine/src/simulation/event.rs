//! `Event`: something that may happen at some time.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::rc::{Rc, Weak};

use super::callbacks::Callback;
use super::node::{Kind, Node};
use super::request::{Co, Wait, wait};
use super::ties::Tied;
use super::value::stored;
use crate::errors::{AtCaller, RuntimeError};
use yieldfrom_delegation::{Delegate, Error, Result};

/// Something that may happen at some time, with a value or an error.
///
/// SimPy's `Event`. It is *triggered* when it is known what it ends with: by [`succeed`](Event::succeed),
/// [`fail`](Event::fail) or [`trigger`](Event::trigger). Then it is scheduled. It is *processed* when its time has come: its callbacks
/// are called, and the processes that wait for it go on, in the order in which they began to wait.
///
/// A process waits by [`co.yield_from(event)`](yieldfrom_delegation::Co::yield_from). By value, that moves the event's value out. By
/// reference, it clones the value, so that others can have it as well. Clones of a handle are the same event.
///
/// An event that fails is never silent: if no process and no condition waits for it, and no callback
/// [defuses](Event::defuse) it, it ends the run with its error.
///
/// `a | b` and `a & b` are [conditions](super::Condition). The events may have different types.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment};
///
/// let env = Environment::new();
/// let lunch = env.event::<&str>();
/// let bell = lunch.clone();
/// let eater = env.process(move |co: &Co| co.yield_from(&bell));
/// lunch.succeed("soup")?;
/// assert!(lunch.triggered() && !lunch.processed());
/// assert_eq!(env.run_until(eater)?, "soup");
/// assert_eq!(lunch.value()?, "soup");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Event<T: 'static = ()> {
    node: Rc<Node>,
    value: PhantomData<Rc<T>>,
}

impl<T: 'static> Event<T> {
    #[inline(always)]
    pub(super) fn of(node: Rc<Node>) -> Self {
        Self {
            node,
            value: PhantomData,
        }
    }

    #[inline(always)]
    pub(super) fn node(&self) -> &Rc<Node> {
        &self.node
    }

    /// Returns the event without the type of its value.
    pub fn to_any(&self) -> AnyEvent {
        AnyEvent::of(&self.node)
    }

    /// Returns whether it is known what the event ends with. The event is scheduled then, or was processed.
    pub fn triggered(&self) -> bool {
        self.node.is_triggered()
    }

    /// Returns whether the event has happened: its callbacks have been called.
    pub fn processed(&self) -> bool {
        self.node.is_processed()
    }

    /// Returns whether the event has succeeded. It is false as well while the event is not triggered.
    pub fn ok(&self) -> bool {
        self.node.is_ok()
    }

    /// Returns whether the error of the event will not end the run.
    pub fn defused(&self) -> bool {
        self.node.is_defused()
    }

    /// Has the error of the event not end the run.
    ///
    /// A callback calls this if it has dealt with the error. SimPy's `event.defused = True`.
    pub fn defuse(&self) {
        self.node.defuse();
    }

    /// Triggers the event with a value, and schedules it for the present time.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the event has been triggered before, or if its environment was dropped.
    #[track_caller]
    pub fn succeed(&self, value: T) -> Result<()> {
        self.node.succeed(stored(value)).at_caller()
    }

    /// Triggers the event with an error, and schedules it for the present time.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the event has been triggered before, or if its environment was dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::ValueError;
    /// use yieldfrom::simulation::Environment;
    ///
    /// let env = Environment::new();
    /// env.event::<()>().fail(ValueError::new("broken"))?;
    /// assert!(env.run().unwrap_err().is::<ValueError>()); // nobody has dealt with it
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn fail(&self, error: impl Into<Error>) -> Result<()> {
        self.node.fail(error.into()).at_caller()
    }

    /// Triggers the event as another one has been triggered: with its value, or its error.
    ///
    /// A value that two events have cannot be moved out of one of them: wait for them by reference.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if this event has been triggered before, or if `other` has not.
    #[track_caller]
    pub fn trigger(&self, other: &Self) -> Result<()> {
        self.node.trigger(&other.node).at_caller()
    }

    /// Returns a clone of the event's value.
    ///
    /// # Errors
    ///
    /// - The error with which the event has failed.
    /// - A [`RuntimeError`] if the event has not been triggered, or its value was moved out.
    pub fn value(&self) -> Result<T>
    where
        T: Clone,
    {
        self.check_value()?;
        let value = self.node.cloned_value();
        value.ok_or_else(|| self.moved_out("value"))
    }

    /// Moves the event's value out, if it is triggered.
    #[inline(always)]
    pub(super) fn take(&self) -> Result<T> {
        let value = self.node.take_value();
        value.ok_or_else(|| self.moved_out("yield_from"))
    }

    pub(super) fn check_value(&self) -> Result<()> {
        match self.node.error() {
            Some(error) => Err(error),
            None if self.triggered() && !self.node.has_value_to_come() => Ok(()),
            None => {
                let why = format!("value: the value of {self:?} is not yet available");
                Err(RuntimeError::new(why).into())
            }
        }
    }

    #[cold]
    fn moved_out(&self, operation: &str) -> Error {
        RuntimeError::new(format!(
            "{operation}: the value of {self:?} was moved out, or another event has it as well; to have a clone of it, wait \
             by reference, such as `co.yield_from(&event)`"
        ))
        .into()
    }

    /// Adds a function that is called when the event is processed, after those that were added before it.
    ///
    /// SimPy's `event.callbacks.append(f)`. A panic of the function leaves the run.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the event was processed already.
    #[track_caller]
    pub fn add_callback(&self, callback: impl FnOnce(&Self) + 'static) -> Result<CallbackId> {
        self.to_any()
            .add_callback(|event| callback(&Self::of(Rc::clone(&event.0))))
    }

    /// Removes a function that was added. Returns whether it was there.
    pub fn remove_callback(&self, callback: CallbackId) -> bool {
        self.node.remove_call(callback.0).is_some()
    }
}

/// A function that was added to an event. [`Event::add_callback`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallbackId(u64);

impl<T: 'static> Clone for Event<T> {
    fn clone(&self) -> Self {
        Self::of(Rc::clone(&self.node))
    }
}

impl<T: 'static> fmt::Debug for Event<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

/// Two are equal if they are the same event.
impl<T: 'static, E: AsEvent> PartialEq<E> for Event<T> {
    fn eq(&self, other: &E) -> bool {
        self.to_any() == other.to_any()
    }
}

/// By value, this moves the event's value out.
impl<T: 'static> Delegate<Wait, ()> for Event<T> {
    type Output = T;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<T> {
        wait(&self.node, co)?;
        self.take()
    }
}

/// By reference, this clones the event's value.
impl<T: Clone + 'static> Delegate<Wait, ()> for &Event<T> {
    type Output = T;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<T> {
        wait(&self.node, co)?;
        self.value()
    }
}

/// An event without the type of its value.
#[derive(Clone)]
pub struct AnyEvent(Rc<Node>);

impl AnyEvent {
    #[inline(always)]
    pub(super) fn of(node: &Rc<Node>) -> Self {
        Self(Rc::clone(node))
    }

    #[inline(always)]
    pub(super) fn from_node(node: Rc<Node>) -> Self {
        Self(node)
    }

    #[inline(always)]
    pub(super) fn node(&self) -> &Rc<Node> {
        &self.0
    }

    #[inline(always)]
    pub(super) fn into_node(self) -> Rc<Node> {
        self.0
    }

    /// Returns the same as [`Event::triggered`].
    pub fn triggered(&self) -> bool {
        self.0.is_triggered()
    }

    /// Returns the same as [`Event::processed`].
    pub fn processed(&self) -> bool {
        self.0.is_processed()
    }

    /// Returns the same as [`Event::ok`].
    pub fn ok(&self) -> bool {
        self.0.is_ok()
    }

    /// Returns a clone of the event's value, if it has succeeded with a value of this type.
    pub fn value<T: Clone + 'static>(&self) -> Option<T> {
        if self.ok() {
            self.0.cloned_value()
        } else {
            None
        }
    }

    /// Returns the error of the event, if it has failed.
    pub fn error(&self) -> Option<Error> {
        self.0.error()
    }

    /// Returns whether time alone brings the event about.
    #[cfg(feature = "trace")]
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout(_))
    }

    /// Returns the address of the process whose end the event is.
    #[cfg(feature = "trace")]
    pub(crate) fn process_address(&self) -> Option<*const ()> {
        match &self.0.kind {
            Kind::Process(process) => process.get().map(|process| process.as_ptr().cast()),
            _ => None,
        }
    }

    /// Returns the same as [`Event::defused`].
    pub fn defused(&self) -> bool {
        self.0.is_defused()
    }

    /// Does the same as [`Event::defuse`].
    pub fn defuse(&self) {
        self.0.defuse();
    }

    /// Does the same as [`Event::add_callback`].
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the event was processed already.
    #[track_caller]
    pub fn add_callback(&self, callback: impl FnOnce(&Self) + 'static) -> Result<CallbackId> {
        if self.processed() {
            let why = format!("add_callback: {self:?} has already been processed");
            return Err(RuntimeError::new(why).into()).at_caller();
        }
        let core = self.0.core("add_callback").at_caller()?;
        core.tie(Rc::downgrade(&self.0) as Weak<dyn Tied>); // the callback may know the event
        let number = core.new_number();
        self.0
            .add_callback(Callback::Call(number, Box::new(callback)));
        Ok(CallbackId(number))
    }

    /// Does the same as [`Event::remove_callback`].
    pub fn remove_callback(&self, callback: CallbackId) -> bool {
        self.0.remove_call(callback.0).is_some()
    }

    /// Returns the process whose end this event is.
    pub fn process(&self) -> Option<super::AnyProcess> {
        match &self.0.kind {
            Kind::Process(process) => {
                let process = process.get()?.upgrade()?;
                Some(super::AnyProcess::of(&process))
            }
            _ => None,
        }
    }
}

/// Two are equal if they are the same event.
impl<E: AsEvent> PartialEq<E> for AnyEvent {
    fn eq(&self, other: &E) -> bool {
        Rc::ptr_eq(&self.0, other.to_any().node())
    }
}

impl Eq for AnyEvent {}

impl Hash for AnyEvent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.0).hash(state);
    }
}

/// Shows the event as SimPy does, such as `Timeout(5)`.
impl fmt::Debug for AnyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Waiting for it gives no value.
impl Delegate<Wait, ()> for &AnyEvent {
    type Output = ();

    fn delegate(self, co: &Co) -> Result<()> {
        wait(&self.0, co)
    }
}

impl Delegate<Wait, ()> for AnyEvent {
    type Output = ();

    fn delegate(self, co: &Co) -> Result<()> {
        wait(&self.0, co)
    }
}

pub(super) mod sealed {
    /// Only this module's types are events.
    pub trait Sealed {}
}

/// The events of all kinds: timeouts, processes, conditions, requests, and plain ones.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event of a simulation",
    label = "an event is needed here, such as a timeout, a process or a request"
)]
pub trait AsEvent: sealed::Sealed {
    /// Returns the event without the type of its value.
    fn to_any(&self) -> AnyEvent;
}

/// What can be part of a condition: an event of any kind, or a reference to one.
///
/// A request can be part of a condition by reference only, since it releases its resource when it is dropped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a condition",
    label = "a condition takes events, such as `env.timeout(5)` or a process, and references to events",
    note = "a request is given by reference, since it releases its resource when it is dropped: `&request | env.timeout(5)`"
)]
pub trait IntoEvent: sealed::Sealed {
    /// Returns the event without the type of its value.
    fn into_any(self) -> AnyEvent;
}

impl<E: AsEvent> sealed::Sealed for &E {}

impl<E: AsEvent> IntoEvent for &E {
    fn into_any(self) -> AnyEvent {
        self.to_any()
    }
}

impl sealed::Sealed for AnyEvent {}

impl AsEvent for AnyEvent {
    fn to_any(&self) -> AnyEvent {
        self.clone()
    }
}

impl IntoEvent for AnyEvent {
    fn into_any(self) -> AnyEvent {
        self
    }
}

impl<T: 'static> sealed::Sealed for Event<T> {}

impl<T: 'static> AsEvent for Event<T> {
    fn to_any(&self) -> AnyEvent {
        AnyEvent::of(&self.node)
    }
}

impl<T: 'static> IntoEvent for Event<T> {
    fn into_any(self) -> AnyEvent {
        AnyEvent(self.node)
    }
}

pub(super) use super::event_handle::event_handle;
