//! The operations of locks and queues as branches of [`first`](crate::first()), without tasks.

use std::rc::Rc;

use crate::combine::{Alarm, BranchWait};
use crate::kernel::Waiter;
use yieldfrom_delegation::Result;

/// An operation that tries, and waits in a line when it cannot.
pub trait InLine {
    /// The type of the result.
    type Output;

    /// Does it, if that can be done now. `woken` is the waiter that was woken, if there was one.
    fn attempt(&mut self, woken: Option<Rc<Waiter>>) -> Option<Result<Self::Output>>;

    /// Enters the line.
    fn enter(&self, alarm: &Rc<Alarm>) -> Rc<Waiter>;

    /// Leaves the line, and passes it on if the waiter was woken.
    fn leave(&self, waiter: Rc<Waiter>);
}

/// The wait of an operation in its line.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct LineWait<O> {
    operation: O,
    waiter: Option<Rc<Waiter>>,
}

impl<O: InLine> LineWait<O> {
    pub(super) fn new(operation: O) -> Self {
        Self {
            operation,
            waiter: None,
        }
    }
}

impl<O: InLine> BranchWait for LineWait<O> {
    type Output = O::Output;

    const TAKES: bool = true;

    fn poll(&mut self, alarm: &Rc<Alarm>) -> Option<Result<O::Output>> {
        if self.waiter.as_ref().is_some_and(|waiter| !waiter.is_done()) {
            return None;
        }
        let woken = self.waiter.take();
        let result = self.operation.attempt(woken);
        if result.is_none() {
            self.waiter = Some(self.operation.enter(alarm));
        }
        result
    }

    fn cancel(&mut self) -> bool {
        if let Some(waiter) = self.waiter.take() {
            self.operation.leave(waiter);
        }
        true
    }

    fn leave(&mut self, _: &Rc<Alarm>) {}
}

/// Implements [`Branch`](crate::Branch) for operations that wait in a line.
macro_rules! line_branches {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> $crate::combine::Branch for $type {
            type Output = <$type as $crate::sync::branches::InLine>::Output;
            type Wait = $crate::sync::branches::LineWait<$type>;

            fn begin<'scope>(self, _: &'scope $crate::combine::Scope<'scope, '_>) -> Self::Wait
            where
                Self: 'scope,
        Self::Output: 'scope,
            {
                $crate::sync::branches::LineWait::new(self)
            }
        }
    )*};
}

pub(super) use line_branches;
