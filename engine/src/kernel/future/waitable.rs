//! The trait of what a task can wait for, and how a cancellation walks along it.

use std::collections::HashSet;
use std::rc::Rc;

use super::Explanation;
use crate::kernel::event_loop::{Core, Ready};

/// Something that a task can wait for.
pub(crate) trait Waitable {
    /// Has `wakeup` scheduled when it is done, which may be now.
    fn subscribe(self: Rc<Self>, wakeup: Rc<dyn Ready>);

    /// Returns whether a cancellation would be accepted, looking into futures that stand for
    /// others `depth` levels deep.
    fn can_cancel(&self, depth: u32) -> bool;

    /// Cancels it, and returns whether that was accepted; what is to be cancelled in turn is left
    /// in `rest`.
    fn cancel_one(self: Rc<Self>, rest: &mut Cancelling) -> bool;

    /// Returns what tells it from all others.
    fn address(&self) -> *const ();

    /// Returns the loop it belongs to, if it belongs to one.
    fn core(&self) -> Option<&Rc<Core>> {
        None
    }

    /// Notes that its error, if it ends with one, has been looked at.
    fn mark_seen(&self) {}

    /// Says what it is, and what has to be done before it is, for reports.
    fn explain(&self, to: &mut Explanation);
}

/// How deep it is looked into gathers of gathers, whether any of their children is pending: each
/// of them asks anew, on a stack that may be small. Beyond that, a pending gather counts as having
/// a pending child, as it does but for the turn between the end of its last one and its own.
pub(crate) const DEEP: u32 = 50;

/// What is still to be cancelled, last first.
pub(crate) type Cancelling = Vec<Rc<dyn Waitable>>;

/// Cancels something, and whatever that waits for.
///
/// asyncio recurses here: a task passes the request on to what it waits for. Chains may be long
/// and stacks short, so this goes round a list, in the same order.
pub(crate) fn cancel(target: Rc<dyn Waitable>) -> bool {
    /// With more than this many there may be a circle, of tasks that wait for each other.
    const MANY: usize = 100;
    let mut rest = Cancelling::new();
    let accepted = target.cancel_one(&mut rest);
    for _ in 0..MANY {
        match rest.pop() {
            Some(next) => next.cancel_one(&mut rest),
            None => return accepted,
        };
    }
    cancel_each_once(rest);
    accepted
}

/// Cancels many, and none of them twice.
fn cancel_each_once(mut rest: Cancelling) {
    let mut seen = HashSet::new();
    while let Some(next) = rest.pop() {
        if seen.insert(next.address()) {
            next.cancel_one(&mut rest);
        }
    }
}
