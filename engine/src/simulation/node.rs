//! `Node`: an event without the type of its value.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::rc::{Rc, Weak};
use std::{fmt, mem};

use super::callbacks::{Callback, Callbacks};
use super::condition::{ConditionValue, Members};
use super::core::Core;
use super::process::ProcessCell;
use super::queue::Priority;
use super::resources::Requested;
use super::value::{same, unit};
use crate::errors::RuntimeError;
use yieldfrom_delegation::{Error, Result};

/// What an event is. The part of its work that comes before its callbacks depends on this.
pub(super) enum Kind {
    Event,
    Timeout(f64),
    /// The start of a process, or the end of a run.
    Internal(&'static str),
    /// An interrupt: the process, and the error that is thrown into it.
    Interrupt(Cell<Option<(Rc<ProcessCell>, Error)>>),
    Process(OnceCell<Weak<ProcessCell>>),
    Condition(Members),
    /// A request to a resource: when it is done, the other queue of the resource is looked at.
    Request(Requested),
}

/// An event: what it is, what it has ended with, and what is called then.
pub(super) struct Node {
    core: Weak<Core>,
    pub(super) kind: Kind,
    flags: Cell<u16>,
    callbacks: Callbacks,
    /// What it has succeeded with. It is empty if that is `()`, or was moved out.
    value: Cell<Option<Rc<dyn Any>>>,
    error: Cell<Option<Error>>,
    /// When a slot was given to it; NaN if none was.
    granted: Cell<f64>,
}

const TRIGGERED: u16 = 1;
const FAILED: u16 = 2;
const PROCESSED: u16 = 4;
const DEFUSED: u16 = 8;
/// The program has asked for what makes no sense: a wait for it fails at once.
const REFUSED: u16 = 16;
/// A request that is to be passed by, or a condition that looks at its events no more.
const CANCELLED: u16 = 32;
/// It has a value that is to be dropped.
const HAS_VALUE: u16 = 64;
/// It has ended a run, and is processed once more for the callbacks that were left.
const PUT_BACK: u16 = 128;
/// Its value is not `()`, even if it was moved out.
const NO_UNIT: u16 = 256;

impl Node {
    pub(super) fn new(core: &Rc<Core>, kind: Kind) -> Self {
        Self {
            core: Rc::downgrade(core),
            kind,
            ..Self::nothing()
        }
    }

    /// Makes an event of no environment, which stands where another one was taken out.
    pub(super) fn nothing() -> Self {
        Self {
            core: Weak::new(),
            kind: Kind::Event,
            flags: Cell::new(0),
            callbacks: Callbacks::default(),
            value: Cell::default(),
            error: Cell::default(),
            granted: Cell::new(f64::NAN),
        }
    }

    /// Makes it as it was when it was new, for another use. Returns what has to be dropped; mostly there is nothing.
    #[inline(always)]
    pub(super) fn reset(&mut self) -> Option<Remains> {
        let flags = self.flags.replace(0);
        let is_empty = flags & (HAS_VALUE | FAILED) == 0 && self.callbacks.is_empty();
        match self.kind {
            _ if !is_empty => Some(self.remains()),
            Kind::Event | Kind::Timeout(_) | Kind::Internal(_) => None,
            Kind::Request(_) | Kind::Condition(_) | Kind::Interrupt(_) => {
                self.granted.set(f64::NAN);
                // Nothing else knows this event, if code of the program runs here.
                self.kind = Kind::Event;
                None
            }
            _ => Some(self.remains()),
        }
    }

    #[inline(never)]
    fn remains(&mut self) -> Remains {
        self.granted.set(f64::NAN);
        Remains {
            _kind: mem::replace(&mut self.kind, Kind::Event),
            _callbacks: mem::take(&mut self.callbacks),
            _value: self.value.take(),
            _error: self.error.take(),
        }
    }

    #[inline(always)]
    fn has(&self, flag: u16) -> bool {
        self.flags.get() & flag != 0
    }

    #[inline(always)]
    fn set(&self, flags: u16) {
        self.flags.set(self.flags.get() | flags);
    }

    #[inline(always)]
    pub(super) fn is_triggered(&self) -> bool {
        self.has(TRIGGERED)
    }

    #[inline(always)]
    pub(super) fn is_processed(&self) -> bool {
        self.has(PROCESSED)
    }

    #[inline(always)]
    pub(super) fn is_failed(&self) -> bool {
        self.has(FAILED)
    }

    pub(super) fn is_ok(&self) -> bool {
        self.is_triggered() && !self.is_failed()
    }

    pub(super) fn is_defused(&self) -> bool {
        self.has(DEFUSED)
    }

    pub(super) fn defuse(&self) {
        self.set(DEFUSED);
    }

    pub(super) fn is_refused(&self) -> bool {
        self.has(REFUSED)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.has(CANCELLED)
    }

    pub(super) fn set_cancelled(&self) {
        self.set(CANCELLED);
    }

    /// Notes when a slot was given to a request.
    #[inline(always)]
    pub(super) fn set_granted(&self, now: f64) {
        self.granted.set(now);
    }

    pub(super) fn granted(&self) -> Option<f64> {
        let granted = self.granted.get();
        (!granted.is_nan()).then_some(granted)
    }

    #[inline(always)]
    pub(super) fn set_processed(&self) {
        self.set(PROCESSED);
    }

    pub(super) fn is_put_back(&self) -> bool {
        self.has(PUT_BACK)
    }

    pub(super) fn set_put_back(&self) {
        self.flags.set(self.flags.get() & !PROCESSED | PUT_BACK);
    }

    /// Notes the success of an event that is about to be scheduled.
    #[inline(always)]
    pub(super) fn set_succeeded(&self, value: Option<Rc<dyn Any>>) {
        self.set(TRIGGERED);
        if value.is_some() {
            self.set(HAS_VALUE | NO_UNIT);
            self.value.set(value);
        }
    }

    pub(super) fn set_failed(&self, error: Error) {
        self.set(TRIGGERED | FAILED);
        self.error.set(Some(error));
    }

    /// Fails an event of which the program has asked what makes no sense.
    #[cold]
    pub(super) fn refuse(self: &Rc<Self>, core: &Core, error: Error) {
        self.set(REFUSED);
        self.set_failed(error);
        core.schedule(Rc::clone(self), Priority::Normal, 0.0);
    }

    /// Returns the error with which it has failed.
    pub(super) fn error(&self) -> Option<Error> {
        let error = self.error.take();
        let copy = error.clone();
        self.error.set(error);
        copy
    }

    pub(super) fn belongs_to(&self, core: &Core) -> bool {
        std::ptr::eq(self.core.as_ptr(), core)
    }

    /// Returns its environment, on behalf of an operation.
    pub(super) fn core(&self, operation: &str) -> Result<Rc<Core>> {
        let core = self.core.upgrade().filter(|core| !core.is_closed());
        core.ok_or_else(|| {
            RuntimeError::new(format!("{operation}: the environment was dropped")).into()
        })
    }

    fn check_pending(&self, operation: &str) -> Result<()> {
        if self.is_triggered() {
            let why = format!("{operation}: {self:?} has already been triggered");
            return Err(RuntimeError::new(why).into());
        }
        Ok(())
    }

    pub(super) fn succeed(self: &Rc<Self>, value: Option<Rc<dyn Any>>) -> Result<()> {
        self.check_pending("succeed")?;
        self.core("succeed")?.succeed(self, value);
        Ok(())
    }

    pub(super) fn fail(self: &Rc<Self>, error: Error) -> Result<()> {
        self.check_pending("fail")?;
        let core = self.core("fail")?;
        self.set_failed(error);
        core.schedule(Rc::clone(self), Priority::Normal, 0.0);
        Ok(())
    }

    /// Ends as another event has ended.
    pub(super) fn trigger(self: &Rc<Self>, other: &Self) -> Result<()> {
        self.check_pending("trigger")?;
        match other.error() {
            _ if !other.is_triggered() => {
                let why = format!("trigger: {other:?} has not been triggered, so it has no value");
                Err(RuntimeError::new(why).into())
            }
            Some(error) => self.fail(error),
            None => self.succeed(other.shared_value()),
        }
    }

    /// Returns the value, which stays here as well.
    pub(super) fn shared_value(&self) -> Option<Rc<dyn Any>> {
        let value = self.value.take();
        let shared = value.clone();
        self.value.set(value);
        shared.or_else(|| Some(Rc::new(self.condition_value()?)))
    }

    fn condition_value(&self) -> Option<ConditionValue> {
        match &self.kind {
            Kind::Condition(members) => members.value(),
            _ => None,
        }
    }

    /// Returns whether it is a condition whose value is not built yet.
    pub(super) fn has_value_to_come(&self) -> bool {
        let is_condition = matches!(self.kind, Kind::Condition(_));
        is_condition && !self.is_processed() && self.shared_value().is_none()
    }

    /// Returns a copy of the value.
    pub(super) fn cloned_value<T: Clone + 'static>(&self) -> Option<T> {
        if let Some(value) = self.condition_value() {
            return same(value);
        }
        // Only the counted pointer is cloned while the cell is empty. The program's `clone` comes after that.
        let value = self.shared_value();
        match value {
            None if !self.has(NO_UNIT) => unit(),
            value => value?.downcast_ref::<T>().cloned(),
        }
    }

    /// Moves the value out. It stays if something else holds it as well.
    #[inline(always)]
    pub(super) fn take_value<T: 'static>(&self) -> Option<T> {
        unit().or_else(|| self.take_stored()).or_else(|| {
            // That of a condition is made anew each time.
            same(self.condition_value()?)
        })
    }

    #[inline(always)]
    fn take_stored<T: 'static>(&self) -> Option<T> {
        let value = self.value.take()?.downcast::<T>().ok()?;
        match Rc::try_unwrap(value) {
            Ok(value) => {
                // A node without a value is quickly used again.
                self.flags.set(self.flags.get() & !HAS_VALUE);
                Some(value)
            }
            Err(value) => {
                self.value.set(Some(value));
                None
            }
        }
    }

    #[inline(always)]
    pub(super) fn add_callback(&self, callback: Callback) {
        self.callbacks.add(callback);
    }

    #[inline(always)]
    pub(super) fn callbacks(&self) -> &Callbacks {
        &self.callbacks
    }

    /// Notes that one of the callbacks does nothing any more.
    pub(super) fn note_stale_callback(&self) {
        drop(self.callbacks.note_stale());
    }

    /// Removes a function of the program. Returns it if it was there.
    pub(super) fn remove_call(&self, number: u64) -> Option<Callback> {
        self.callbacks.remove_call(number)
    }
}

/// What an event had that is used again for another one.
pub(super) struct Remains {
    _kind: Kind,
    _callbacks: Callbacks,
    _value: Option<Rc<dyn Any>>,
    _error: Option<Error>,
}

/// Shows an event as SimPy does, such as `Timeout(5)`.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Event => f.write_str("Event()"),
            Kind::Timeout(delay) => write!(f, "Timeout({delay})"),
            Kind::Internal(name) => write!(f, "{name}()"),
            Kind::Interrupt(_) => f.write_str("Interruption()"),
            Kind::Process(process) => {
                let process = process.get().and_then(Weak::upgrade);
                let name = process.map_or("ended".to_owned(), |process| process.name());
                write!(f, "Process({name})")
            }
            Kind::Condition(members) => members.fmt(f),
            Kind::Request(requested) => write!(f, "{}()", requested.name()),
        }
    }
}
