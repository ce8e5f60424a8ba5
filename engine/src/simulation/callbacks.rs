//! What is called when an event is processed.

use std::cell::Cell;
use std::rc::Rc;
use std::{fmt, mem};

use super::condition;
use super::core::Core;
use super::event::AnyEvent;
use super::node::Node;
use super::process::ProcessCell;
use yieldfrom_delegation::Error;

/// A function of the program.
pub(super) type Call = Box<dyn FnOnce(&AnyEvent)>;

/// One callback.
pub(super) enum Callback {
    /// Resumes a process, if that still waits as it did when it had this ticket.
    Resume(Rc<ProcessCell>, u32),
    /// Has a condition look at its event.
    Check(Rc<Node>),
    /// Throws an error into a process.
    Interrupt(Rc<ProcessCell>, Error),
    /// Ends the run.
    Stop,
    Call(u64, Call),
}

impl Callback {
    #[inline(always)]
    pub(super) fn call(self, core: &Rc<Core>, event: &Rc<Node>) {
        match self {
            Self::Resume(process, ticket) if process.ticket() == ticket => {
                if event.is_failed() {
                    event.defuse();
                }
                process.resume(core);
            }
            Self::Resume(..) => {}
            Self::Check(condition) => condition::check(&condition, event),
            Self::Interrupt(process, error) => process.throw(core, error),
            Self::Stop => core.stop(),
            Self::Call(_, call) => call(&AnyEvent::of(event)),
        }
    }

    /// Returns whether it would do nothing.
    fn is_stale(&self) -> bool {
        match self {
            Self::Resume(process, ticket) => process.ticket() != *ticket,
            Self::Check(condition) => condition.is_triggered() || condition.is_cancelled(),
            _ => false,
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resume(..) => "Resume",
            Self::Check(_) => "Check",
            Self::Interrupt(..) => "Interrupt",
            Self::Stop => "Stop",
            Self::Call(..) => "Call",
        })
    }
}

/// The first callback of an event. Most events have no other one, so this is small.
#[derive(Default)]
pub(super) enum First {
    #[default]
    None,
    Resume(Rc<ProcessCell>, u32),
    Check(Rc<Node>),
}

impl First {
    #[inline(always)]
    pub(super) fn call(self, core: &Rc<Core>, event: &Rc<Node>) {
        match self {
            Self::None => {}
            Self::Resume(process, ticket) => Callback::Resume(process, ticket).call(core, event),
            Self::Check(condition) => condition::check(&condition, event),
        }
    }

    fn is_stale(&self) -> bool {
        match self {
            Self::None => false,
            Self::Resume(process, ticket) => process.ticket() != *ticket,
            Self::Check(condition) => condition.is_triggered() || condition.is_cancelled(),
        }
    }
}

/// The callbacks of an event, in the order in which they were added.
#[derive(Default)]
pub(super) struct Callbacks {
    pub(super) first: Cell<First>,
    pub(super) others: Cell<Option<Box<List>>>,
}

#[derive(Default)]
pub(super) struct List {
    pub(super) callbacks: Vec<Callback>,
    /// At most so many of them do nothing any more.
    stale: usize,
}

/// A list with fewer callbacks than this is always searched for those that do nothing.
const FEW: usize = 16;

impl Callbacks {
    #[inline(always)]
    pub(super) fn add(&self, callback: Callback) {
        let (first, others) = (self.first.take(), self.others.take());
        let first = match (first, &others, callback) {
            (First::None, None, Callback::Resume(process, ticket)) => {
                First::Resume(process, ticket)
            }
            (First::None, None, Callback::Check(condition)) => First::Check(condition),
            (first, _, callback) => {
                self.first.set(first);
                let mut list = others.unwrap_or_default();
                list.callbacks.push(callback);
                self.others.set(Some(list));
                return;
            }
        };
        self.first.set(first);
    }

    #[inline(always)]
    pub(super) fn take(&self) -> (First, Option<Box<List>>) {
        (self.first.take(), self.others.take())
    }

    /// Notes that one more does nothing. They are taken out if the list is short, or if they are more than half: so a million
    /// processes that leave one event do not search a million callbacks each. Returns what has to be dropped.
    pub(super) fn note_stale(&self) -> (First, Vec<Callback>) {
        let mut first = self.first.take();
        if !first.is_stale() {
            self.first.set(mem::take(&mut first));
        }
        let mut list = self.others.take();
        let stale = list.as_mut().map(|list| list.note_stale());
        self.others.set(list);
        (first, stale.unwrap_or_default())
    }

    pub(super) fn remove_call(&self, number: u64) -> Option<Callback> {
        let is_it = |callback: &Callback| matches!(callback, Callback::Call(n, _) if *n == number);
        let mut list = self.others.take()?;
        let at = list.callbacks.iter().position(is_it);
        let removed = at.map(|at| list.callbacks.remove(at));
        self.others.set(Some(list));
        removed
    }
}

impl List {
    fn note_stale(&mut self) -> Vec<Callback> {
        self.stale += 1;
        let few = self.callbacks.len() < FEW;
        if !few && self.stale * 2 <= self.callbacks.len() {
            return Vec::new();
        }
        self.stale = 0;
        let stale = self
            .callbacks
            .extract_if(.., |callback| callback.is_stale());
        stale.collect()
    }
}
