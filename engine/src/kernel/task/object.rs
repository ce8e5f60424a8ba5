//! Tasks as objects without a result type.

use std::panic::Location;

use yieldfrom_delegation::{Error, Link, State};

use super::any::TaskObject;
use super::data::Suspension;
#[cfg(feature = "trace")]
use super::data::TaskPhase;
use crate::errors::Panicked;
use crate::errors::panics::{Panics, Payload};
use crate::kernel::future::{Callbacks, FutureData};

impl<T: 'static> TaskObject for FutureData<T> {
    fn panicked(&self, payload: Payload) {
        self.conclude(Err(Error::new(Panicked::new(payload))));
    }

    fn destroy(&self, lost: &mut Vec<Callbacks>) {
        let data = self.data();
        if self.is_done() || data.destroyed.replace(true) {
            return;
        }
        let mut panics = Panics::default();
        panics.catch(|| data.report_destroyed(self));
        panics.catch(|| drop(data.awaited.take()));
        panics.catch(|| data.generator.abandon());
        lost.push(self.take_callbacks());
        panics.resume();
    }

    fn abandon(&self) -> bool {
        let mut panics = Panics::default();
        panics.catch(|| self.data().generator.abandon());
        let is_closed = self.is_closed();
        if is_closed && !self.is_done() {
            panics.catch(|| self.conclude_abandoned());
        }
        panics.resume();
        is_closed
    }

    fn is_closed(&self) -> bool {
        self.data().generator.state() == State::Closed
    }

    fn has_not_started(&self) -> bool {
        self.data().generator.state() == State::Created
    }

    fn number(&self) -> u32 {
        self.data().number
    }

    fn name(&self) -> String {
        self.data().name(&self.core)
    }

    fn set_name(&self, name: String) {
        self.note();
        self.core.set_task_name(self.data().number, name);
    }

    fn note(&self) {
        self.data().is_noted.set(true);
    }

    fn stack(&self) -> Vec<Link> {
        self.data().stack()
    }

    fn origin(&self) -> Link {
        self.data().generator.origin()
    }

    fn made_at(&self) -> Option<&'static Location<'static>> {
        Self::made_at(self)
    }

    fn suspension(&self) -> Suspension {
        self.data().suspension()
    }

    #[cfg(feature = "trace")]
    fn is_due(&self) -> bool {
        matches!(
            self.data().phase.get(),
            TaskPhase::Due | TaskPhase::DueCancelled
        )
    }

    fn cancelling(&self) -> u32 {
        self.data().cancelling.get()
    }

    fn uncancel(&self) {
        let data = self.data();
        let left = data.cancelling.get().saturating_sub(1);
        if data.cancelling.replace(left) == 1 {
            data.must_cancel.set(false);
        }
    }
}
