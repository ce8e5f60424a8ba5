//! Tasks as objects without a result type.

use std::panic::Location;

#[cfg(feature = "trace")]
use yieldfrom_delegation::RawLink;
use yieldfrom_delegation::{Error, Link, State};

#[cfg(feature = "trace")]
use super::any::TaskEnding;
use super::any::TaskObject;
#[cfg(any(feature = "futures", feature = "trace"))]
use super::data::TaskPhase;
use super::data::{Suspension, TaskHead, report_destroyed};
use crate::errors::Panicked;
use crate::errors::panics::{Panics, Payload};
use crate::kernel::event_loop::Slot;
#[cfg(feature = "futures")]
use crate::kernel::future::Role;
use crate::kernel::future::{Callbacks, FutureData};

impl<T: 'static> FutureData<T> {
    pub(crate) fn head(&self) -> &TaskHead {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => &data.head,
            _ => &self.data().head,
        }
    }

    fn destroy_coroutine(&self, lost: &mut Vec<Callbacks>) {
        let data = self.data();
        let mut panics = Panics::default();
        panics.catch(|| report_destroyed(self));
        panics.catch(|| drop(data.awaited.take()));
        panics.catch(|| data.generator.abandon());
        lost.push(self.take_callbacks());
        panics.resume();
    }

    fn abandon_coroutine(&self) -> bool {
        let mut panics = Panics::default();
        panics.catch(|| self.data().generator.abandon());
        let is_closed = self.is_closed();
        if is_closed && !self.is_done() {
            panics.catch(|| self.conclude_abandoned());
        }
        panics.resume();
        is_closed
    }
}

impl<T: 'static> TaskObject for FutureData<T> {
    fn panicked(&self, payload: Payload) {
        self.conclude(Err(Error::new(Panicked::new(payload))));
    }

    fn destroy(&self, lost: &mut Vec<Callbacks>) {
        if self.is_done() || self.head().destroyed.replace(true) {
            return;
        }
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => self.destroy_stackless(data, lost),
            _ => self.destroy_coroutine(lost),
        }
    }

    fn abandon(&self) -> bool {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => self.abandon_stackless(data),
            _ => self.abandon_coroutine(),
        }
    }

    fn is_closed(&self) -> bool {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(_) => self.is_done(),
            _ => self.data().generator.state() == State::Closed,
        }
    }

    fn has_not_started(&self) -> bool {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => data.head.phase.get() == TaskPhase::New,
            _ => self.data().generator.state() == State::Created,
        }
    }

    fn number(&self) -> u32 {
        self.head().number
    }

    fn slot(&self) -> Slot {
        self.head().slot.get()
    }

    fn name(&self) -> String {
        self.head().name(&self.core)
    }

    fn set_name(&self, name: String) {
        self.note();
        self.core.set_task_name(self.head().number, name);
    }

    fn note(&self) {
        self.head().is_noted.set(true);
    }

    fn stack(&self) -> Vec<Link> {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => data.stack(self),
            _ => self.data().stack(),
        }
    }

    fn origin(&self) -> Link {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => data.origin(),
            _ => self.data().generator.origin(),
        }
    }

    fn made_at(&self) -> Option<&'static Location<'static>> {
        Self::made_at(self)
    }

    fn suspension(&self) -> Suspension {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => data.suspension(),
            _ => self.data().suspension(),
        }
    }

    #[cfg(feature = "trace")]
    fn is_due(&self) -> bool {
        matches!(
            self.head().phase.get(),
            TaskPhase::Due | TaskPhase::DueCancelled
        )
    }

    #[cfg(feature = "trace")]
    fn append_links(&self, links: &mut Vec<RawLink>) {
        match &self.role {
            #[cfg(feature = "futures")]
            Role::Stackless(data) => links.extend(data.stack(self).into_iter().map(RawLink::from)),
            _ => self.data().generator.append_links(links),
        }
    }

    #[cfg(feature = "trace")]
    fn ending(&self) -> TaskEnding {
        match self.peek_error() {
            _ if self.is_cancelled() => TaskEnding::Cancelled,
            Some(error) => TaskEnding::Error(error),
            None => TaskEnding::Result,
        }
    }

    fn cancelling(&self) -> u32 {
        self.head().cancelling.get()
    }

    fn uncancel(&self) {
        let head = self.head();
        let left = head.cancelling.get().saturating_sub(1);
        if head.cancelling.replace(left) == 1 {
            head.must_cancel.set(false);
        }
    }
}
