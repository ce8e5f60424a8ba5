//! Whether anything can wake a loop.

use super::Core;
use yieldfrom_delegation::Result;

impl Core {
    /// Returns whether a descriptor may wake a task or call a callback.
    fn waits_for_descriptors(&self) -> bool {
        self.reactor.waits() > self.hooks.idle_waits()
    }

    /// Refuses to wait for what can never come.
    ///
    /// Fails if the run could never end: nothing is ready, there is no timer, and nothing outside can
    /// wake the loop.
    pub(super) fn check_alive(&self, operation: &'static str) -> Result<()> {
        let Some(inbox) = &self.inbox else {
            return self.check_open(operation);
        };
        let dead = self.ready.is_empty()
            && !self.stopping.get()
            && !inbox.has_handles()
            && !self.waits_for_descriptors()
            && !self.hooks.has_work()
            && !inbox.is_notified()
            && self.earliest_deadline().is_none()
            && !self.hooks.may_be_woken(self);
        if !dead {
            return Ok(());
        }
        // A panic in here would come again at each attempt: it ends the run.
        self.reporting.set(true);
        let error = self.hooks.deadlock(self, operation);
        self.reporting.set(false);
        Err(error)
    }
}
