//! Waits for the outside world.

use std::num::NonZeroUsize;
use std::time::Duration;

use polling::Events;

use super::clock::Nanos;
use super::inbox::Inbox;
use crate::Result;

/// The loop's end of the poller.
pub(crate) struct Reactor {
    events: Events,
}

impl Reactor {
    pub(crate) fn new() -> Self {
        Self {
            events: Events::with_capacity(NonZeroUsize::new(1024).expect("not zero")),
        }
    }

    /// Waits until another thread wakes the loop, or this long; without limit if none is given.
    ///
    /// # Errors
    ///
    /// What the system reports, other than an interruption by a signal.
    pub(crate) fn wait(&mut self, inbox: &Inbox, timeout: Option<Nanos>) -> Result<()> {
        self.events.clear();
        match inbox
            .poller
            .wait(&mut self.events, timeout.map(Duration::from_nanos))
        {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => Err(error.into()),
            _ => Ok(()),
        }
    }
}
