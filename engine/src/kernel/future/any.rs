//! Futures of whatever result type.

use std::fmt;
use std::rc::Rc;

use super::{FutureData, Waitable};
use crate::kernel::event_loop::Ready;
use yieldfrom_delegation::{Error, Result};

/// A future without its result type: what can be done with several futures of different types.
pub(crate) trait FutureObject: Waitable + fmt::Display {
    fn is_done(&self) -> bool;

    /// Returns the error it has ended with, if any, which counts as seen then.
    fn exception(&self) -> Result<Option<Error>>;

    /// Adds a callback, which is told this number when the future is done.
    fn add_numbered_callback(&self, callback: Rc<dyn Ready>, number: u32);

    /// Lets go of the callback at this address, which is not wanted any more.
    fn drop_callback(&self, address: *const ());

    /// Marks it, and returns whether it was marked before.
    fn mark(&self) -> bool;

    fn unmark(&self);
}

/// A handle of a future of whatever type.
pub(crate) type AnyFuture = Rc<dyn FutureObject>;

impl<T: 'static> FutureObject for FutureData<T> {
    fn is_done(&self) -> bool {
        self.is_done()
    }

    fn exception(&self) -> Result<Option<Error>> {
        self.exception("exception")
    }

    fn add_numbered_callback(&self, callback: Rc<dyn Ready>, number: u32) {
        self.add_numbered_callback(callback, number);
    }

    fn drop_callback(&self, address: *const ()) {
        self.drop_callback(address);
    }

    fn mark(&self) -> bool {
        self.mark()
    }

    fn unmark(&self) {
        self.unmark();
    }
}
