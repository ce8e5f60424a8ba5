//! Futures that stand for several others.

use std::rc::Rc;

use super::WaitKind;
use super::{Cancelling, Waitable};

/// The part of a future that stands for others: how it is cancelled and shown.
pub(crate) trait Composite {
    /// Returns whether a cancellation would reach any of the others.
    fn can_cancel(&self, depth: u32) -> bool;

    /// Pushes what to cancel onto `rest`, in reverse order, and returns whether there is anything.
    fn cancel(&self, rest: &mut Cancelling) -> bool;

    /// Returns the name of its class, for reports.
    fn name(&self) -> &'static str {
        "GatheringFuture"
    }

    /// Returns the kind and the name of a wait for it, for reports.
    fn purpose(&self) -> (WaitKind, &'static str);

    /// Pushes the futures that it stands for, and that are pending, onto `all`.
    fn awaited(&self, _all: &mut Vec<Rc<dyn Waitable>>) {}
}
