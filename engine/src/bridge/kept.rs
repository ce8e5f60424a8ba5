//! Wakers that the library keeps, until what async code waits for has come.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Wake, Waker};

use super::waker::Bell;
use crate::errors::panics;

/// The waker of async code that waits for something of this loop.
///
/// Most are wakers of the loop itself. Such a one is known as that: it does not count as one by which others may wake
/// the loop, so that a deadlock of what it waits for is found.
pub(crate) enum KeptWaker {
    Own(OwnWaker),
    Foreign(Waker),
}

/// A waker of this thread's loops, which says so to its bell.
pub(crate) struct OwnWaker(Arc<Bell>);

impl Drop for OwnWaker {
    fn drop(&mut self) {
        self.0.kept.fetch_sub(1, Ordering::Relaxed);
    }
}

impl KeptWaker {
    /// Returns the context's waker: the one that was kept before, if it is the same.
    #[inline]
    pub(crate) fn renew(before: Option<Self>, context: &Context<'_>) -> Self {
        match before {
            Some(Self::Foreign(waker)) if waker.will_wake(context.waker()) => Self::Foreign(waker),
            Some(Self::Own(own)) if own.0.is(context.waker()) => Self::Own(own),
            _ => Self::new(context.waker()),
        }
    }

    fn new(waker: &Waker) -> Self {
        match Bell::of(waker) {
            Some(bell) => {
                bell.kept.fetch_add(1, Ordering::Relaxed);
                Self::Own(OwnWaker(bell))
            }
            None => Self::Foreign(waker.clone()),
        }
    }

    /// Wakes the async code. A waker of others may do anything; a panic must not keep other code from being woken.
    #[inline]
    pub(crate) fn wake(self) {
        match self {
            Self::Own(own) => own.0.wake_by_ref(),
            Self::Foreign(waker) => panics::contain(|| waker.wake()),
        }
    }
}
