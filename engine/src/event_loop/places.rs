//! Where futures and tasks were made: noted in debug mode only.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::Location;
use std::time::Duration;

use super::Core;

type Place = &'static Location<'static>;

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
