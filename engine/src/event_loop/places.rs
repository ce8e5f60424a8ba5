//! Where futures and tasks were made: noted in debug mode only.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::Location;
use std::time::Duration;

use super::Core;

/// A line of the program.
pub(crate) type Place = &'static Location<'static>;

/// The places, by the address of what was made there.
#[derive(Default)]
pub(super) struct Places(RefCell<HashMap<*const (), Place>>);

impl Core {
    #[inline(always)]
    pub(crate) fn in_debug_mode(&self) -> bool {
        self.debug.get()
    }

    pub(crate) fn slow_callback_duration(&self) -> Duration {
        self.slow_callback_duration.get()
    }

    #[cold]
    pub(crate) fn set_place(&self, address: *const (), place: Place) {
        self.places.0.borrow_mut().insert(address, place);
    }

    pub(crate) fn place(&self, address: *const ()) -> Option<Place> {
        self.places.0.borrow().get(&address).copied()
    }

    #[cold]
    pub(crate) fn forget_place(&self, address: *const ()) {
        self.places.0.borrow_mut().remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Co, EventLoop};

    #[test]
    fn the_places_of_what_is_gone_are_forgotten() {
        let event_loop = EventLoop::builder().debug(true).build().unwrap();
        let future = event_loop.create_future::<i32>();
        event_loop.run_until_complete(|_: &Co| Ok(())).unwrap();
        assert_eq!(event_loop.core().places.0.borrow().len(), 1);
        drop(future);
        assert!(event_loop.core().places.0.borrow().is_empty());
    }
}
