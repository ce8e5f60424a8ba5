//! `Timeout`: an event that happens after a time.

use super::event::{Event, event_handle};

/// An event that is processed after a delay. It is triggered from the beginning.
///
/// SimPy's `Timeout`; [`Env::timeout`](super::Env::timeout) makes one.
pub struct Timeout<T: 'static = ()> {
    pub(super) event: Event<T>,
}

event_handle!(Timeout);

impl<T: 'static> Clone for Timeout<T> {
    fn clone(&self) -> Self {
        Self {
            event: self.event.clone(),
        }
    }
}
