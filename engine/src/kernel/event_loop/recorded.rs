//! What a loop tells its recorder outside of its entries.

use std::os::fd::RawFd;
use std::rc::Rc;

use super::inbox::Inbox;
use super::reactor::Direction;
use super::{Core, Ready, Timed};
use crate::kernel::hooks::ReadyCause;
use yieldfrom_delegation::Result;

impl Core {
    /// Looks for descriptors that are ready, without waiting.
    #[inline(never)]
    pub(super) fn look(&self, inbox: &Inbox) -> Result<()> {
        let recorder = self.hooks.recorder();
        if let Some(recorder) = &recorder {
            recorder.became_ready(self, ReadyCause::Other);
        }
        self.reactor.wait(&inbox.poller, Some(0))?;
        if let Some(recorder) = recorder {
            recorder.became_ready(self, ReadyCause::Descriptor);
        }
        Ok(())
    }

    /// Makes ready what a timer was set for that is due.
    #[inline]
    pub(super) fn fire(&self, timed: Rc<dyn Timed>) {
        let Some(recorder) = self.hooks.recorder() else {
            return timed.fire(self);
        };
        recorder.became_ready(self, ReadyCause::Other);
        let address = Rc::as_ptr(&timed).cast();
        timed.fire(self);
        recorder.timer_fired(self, address);
    }

    /// Tells a recorder which entry becomes ready from now on when a descriptor is, or that none does.
    pub(crate) fn tell_watched(
        &self,
        entry: Option<&Rc<dyn Ready>>,
        fd: RawFd,
        direction: Direction,
    ) {
        if let Some(recorder) = self.hooks.recorder() {
            match entry {
                Some(entry) => recorder.watched(self, entry, fd, direction),
                None => recorder.unwatched(self, fd, direction),
            }
        }
    }
}
