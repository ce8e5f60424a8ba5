//! What is called when an event is processed.

use std::cell::Cell;
use std::rc::Rc;
use std::{fmt, mem};

use super::condition;
use super::core::Core;
use super::event::AnyEvent;
use super::node::Node;
use super::process::ProcessCell;

/// A function of the program.
pub(super) type Call = Box<dyn FnOnce(&AnyEvent)>;

/// One callback.
pub(super) enum Callback {
    /// Resumes a process, if that still waits as it did when it had this ticket.
    Resume(Rc<ProcessCell>, u32),
    /// Has a condition look at its event.
    Check(Rc<Node>),
    /// Ends the run.
    Stop,
    Call(u64, Call),
}

impl Callback {
    #[inline(always)]
    pub(super) fn call(self, core: &Rc<Core>, event: &Rc<Node>) {
        match self {
            Self::Resume(process, ticket) => {
                if event.is_failed() && process.ticket() == ticket {
                    event.defuse();
                }
                process.resume_with(core, ticket);
            }
            Self::Check(condition) => condition::check(&condition, event),
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
    /// Calls it, after it was taken out.
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
    /// Which of the others have something: one look at this is cheaper than to take both out.
    has: Cell<u8>,
    first: Cell<First>,
    others: Cell<Option<Box<List>>>,
}

const FIRST: u8 = 1;
const OTHERS: u8 = 2;

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
    pub(super) fn is_empty(&self) -> bool {
        self.has.get() == 0
    }

    #[inline(always)]
    pub(super) fn add(&self, callback: Callback) {
        let first = match callback {
            _ if !self.is_empty() => return self.add_to_others(callback),
            Callback::Resume(process, ticket) => First::Resume(process, ticket),
            Callback::Check(condition) => First::Check(condition),
            callback => return self.add_to_others(callback),
        };
        self.has.set(FIRST);
        // There was none, so there is nothing to drop, which the compiler does not see.
        mem::forget(self.first.replace(first));
    }

    fn add_to_others(&self, callback: Callback) {
        let mut list = self.others.take().unwrap_or_default();
        list.callbacks.push(callback);
        self.others.set(Some(list));
        self.has.set(self.has.get() | OTHERS);
    }

    #[inline(always)]
    pub(super) fn take_first(&self) -> First {
        self.has.set(self.has.get() & !FIRST);
        self.first.take()
    }

    #[inline(always)]
    pub(super) fn take_others(&self) -> Option<Box<List>> {
        if self.is_empty() {
            return None;
        }
        self.has.set(0);
        self.others.take()
    }

    /// Notes that one more does nothing. They are taken out if the list is short, or if they are more than half: so a million
    /// processes that leave one event do not search a million callbacks each. Returns what has to be dropped.
    pub(super) fn note_stale(&self) -> (First, Vec<Callback>) {
        let mut first = self.first.take();
        if first.is_stale() {
            self.has.set(self.has.get() & !FIRST);
        } else {
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
