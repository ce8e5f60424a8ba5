//! What is called when an event is processed.

use std::fmt;
use std::rc::Rc;

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

/// The callbacks of an event, in the order in which they were added. Most events have one at most.
#[derive(Default)]
pub(super) enum Callbacks {
    #[default]
    None,
    One(Callback),
    Many(Box<List>),
}

pub(super) struct List {
    pub(super) callbacks: Vec<Callback>,
    /// At most so many of them do nothing any more.
    stale: usize,
}

/// A list with fewer callbacks than this is always searched for those that do nothing.
const FEW: usize = 16;

impl Callbacks {
    #[inline(always)]
    pub(super) fn add(&mut self, callback: Callback) {
        match self {
            Self::None => *self = Self::One(callback),
            _ => self.add_to_many(callback),
        }
    }

    fn add_to_many(&mut self, callback: Callback) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(callback),
            Self::One(first) => Self::Many(Box::new(List {
                callbacks: vec![first, callback],
                stale: 0,
            })),
            Self::Many(mut list) => {
                list.callbacks.push(callback);
                Self::Many(list)
            }
        };
    }

    /// Notes that one more does nothing. They are taken out if the list is short, or if they are more than half: so a million processes that leave
    /// one event do not search a million callbacks each. Returns what has to be dropped.
    pub(super) fn note_stale(&mut self) -> Vec<Callback> {
        match self {
            Self::One(callback) if callback.is_stale() => match std::mem::take(self) {
                Self::One(callback) => vec![callback],
                _ => Vec::new(),
            },
            Self::Many(list) => {
                list.stale += 1;
                let few = list.callbacks.len() < FEW;
                if !few && list.stale * 2 <= list.callbacks.len() {
                    return Vec::new();
                }
                list.stale = 0;
                let stale = list
                    .callbacks
                    .extract_if(.., |callback| callback.is_stale());
                stale.collect()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn remove_call(&mut self, number: u64) -> Option<Callback> {
        let is_it = |callback: &Callback| matches!(callback, Callback::Call(n, _) if *n == number);
        match self {
            Self::One(callback) if is_it(callback) => match std::mem::take(self) {
                Self::One(callback) => Some(callback),
                _ => None,
            },
            Self::Many(list) => {
                let at = list.callbacks.iter().position(is_it)?;
                Some(list.callbacks.remove(at))
            }
            _ => None,
        }
    }
}
