//! `AnyProcess`: a process without the type of its result.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::Location;
use std::rc::Rc;

use super::event::AnyEvent;
use super::interrupt::Interrupt;
use super::process::{Process, ProcessCell};
use crate::errors::AtCaller;
#[cfg(feature = "trace")]
use yieldfrom_delegation::RawLink;
use yieldfrom_delegation::{Link, Result};

/// A process without the type of its result.
#[derive(Clone)]
pub struct AnyProcess(pub(super) Rc<ProcessCell>);

impl AnyProcess {
    pub(super) fn of(process: &Rc<ProcessCell>) -> Self {
        Self(Rc::clone(process))
    }

    /// Returns the same as [`Process::name`].
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Returns a number that no other process of the environment has. Processes that are made later have greater numbers.
    pub fn number(&self) -> u64 {
        self.0.number()
    }

    /// Returns the name of the function, and the line where the process was started.
    pub fn origin(&self) -> Link {
        self.0.origin()
    }

    /// Returns the functions that the process is in, the outermost first, with the line where each of them waits.
    pub fn delegation_chain(&self) -> Vec<Link> {
        self.0.delegation_chain()
    }

    /// Appends the same, in a form that is cheap to collect.
    #[cfg(feature = "trace")]
    pub(crate) fn append_links(&self, links: &mut Vec<RawLink>) {
        self.0.append_links(links);
    }

    /// Returns the same as [`Process::is_alive`].
    pub fn is_alive(&self) -> bool {
        self.0.is_alive()
    }

    /// Returns the same as [`Process::target`].
    pub fn target(&self) -> Option<AnyEvent> {
        self.0.target().as_ref().map(AnyEvent::of)
    }

    /// Returns the address of the process, which no other one has while it exists.
    #[cfg(feature = "trace")]
    pub(crate) fn address(&self) -> *const () {
        Rc::as_ptr(&self.0).cast()
    }

    /// Returns the event of the end of the process.
    pub fn to_any(&self) -> AnyEvent {
        AnyEvent::of(self.0.node())
    }

    /// Does the same as [`Process::interrupt`].
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`](crate::RuntimeError) if the process has ended, or interrupts itself.
    #[track_caller]
    pub fn interrupt(&self, cause: impl fmt::Debug + 'static) -> Result<()> {
        let line = Location::caller();
        self.0
            .interrupt(Interrupt::new(cause), Some(line))
            .at_caller()
    }
}

/// Two are equal if they are the same process.
impl PartialEq for AnyProcess {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for AnyProcess {}

impl Hash for AnyProcess {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.0).hash(state);
    }
}

impl<R: 'static> PartialEq<Process<R>> for AnyProcess {
    fn eq(&self, other: &Process<R>) -> bool {
        Rc::ptr_eq(&self.0, other.cell())
    }
}

impl fmt::Debug for AnyProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.node().fmt(f)
    }
}
