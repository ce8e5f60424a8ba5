//! `Entry`: what is scheduled.

use std::rc::Rc;

use super::node::Node;
use super::process::ProcessCell;
use super::queue::Prefetch;

/// What is scheduled for a time. Each of these counts as one event.
///
/// Most starts and timeouts are known to one process only. So these are no events at first: the entry has what resumes the process,
/// and an event is put in when the program asks for one.
///
/// The parts stand side by side, where an enum would be shorter: an enum is copied as a whole, and the processor stalls if it reads in
/// one piece what was written in two a moment ago.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) event: Option<Rc<Node>>,
    /// What the entry resumes, if that still waits as it did when it had this ticket.
    pub(super) process: Option<Rc<ProcessCell>>,
    pub(super) ticket: u32,
    /// The delay of a timeout; NaN for a start.
    pub(super) delay: f64,
}

impl Entry {
    #[inline(always)]
    pub(super) fn event(node: Rc<Node>) -> Self {
        Self {
            event: Some(node),
            ..Self::timeout(f64::NAN)
        }
    }

    #[inline(always)]
    pub(super) fn timeout(delay: f64) -> Self {
        Self {
            event: None,
            process: None,
            ticket: 0,
            delay,
        }
    }

    /// Returns whether this would resume the process from its present wait.
    pub(super) fn resumes(&self, process: &Rc<ProcessCell>) -> bool {
        let is_it = |other| Rc::ptr_eq(other, process) && self.ticket == process.ticket();
        self.process.as_ref().is_some_and(is_it)
    }
}

impl Prefetch for Entry {
    #[inline(always)]
    fn prefetch(&self, step: usize) {
        match (&self.process, &self.event) {
            (Some(process), _) if step == 0 => fetch(process),
            (Some(process), _) => process.prefetch(step),
            (None, Some(node)) if step == 0 => fetch(node),
            _ => {}
        }
    }
}

/// Fetches the first two cache lines of a counted value.
#[inline(always)]
fn fetch<T>(what: &Rc<T>) {
    let address: *const u8 = Rc::as_ptr(what).cast();
    yieldfrom_delegation::prefetch(address);
    yieldfrom_delegation::prefetch(address.wrapping_add(64));
}
