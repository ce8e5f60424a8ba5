//! Futures that stand for several others.

use std::rc::Rc;

use super::WaitKind;
use super::{Cancelling, Waitable};

/// What a future such as a gather does when it is cancelled.
pub(crate) trait Composite {
    /// Returns whether a cancellation would reach any of the others.
    fn can_cancel(&self, depth: u32) -> bool;

    /// Leaves in `rest` what is to be cancelled, the first one last, and returns whether there is
    /// any.
    fn cancel(&self, rest: &mut Cancelling) -> bool;

    /// Says what it is, for reports.
    fn name(&self) -> &'static str {
        "GatheringFuture"
    }

    /// Says what waiting for it is, for reports.
    fn purpose(&self) -> (WaitKind, &'static str);

    /// Leaves in `all` the others, unless they are done.
    fn awaited(&self, _all: &mut Vec<Rc<dyn Waitable>>) {}
}
