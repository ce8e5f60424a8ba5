//! Wakers that the library keeps, until what async code waits for has come.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Wake, Waker};

use super::waker::Bell;
use crate::errors::panics;
use crate::kernel::Core;

/// The waker of async code that waits for something of this loop.
///
/// Most are wakers of the loop itself. Such a one is known as that: it does not count as one by which others may wake
/// the loop, so that a deadlock of what it waits for is found.
enum KeptWaker {
    Own(OwnWaker),
    Foreign(Waker),
}

/// Keeps the waker of the latest poll.
///
/// Wakers are other people's code, which may end what is waited for when they are cloned or dropped. So whoever sets a
/// waker looks once more at what it waits for afterwards.
#[derive(Default)]
pub(crate) struct WakerCell(Cell<Option<KeptWaker>>);

impl WakerCell {
    /// Keeps the context's waker, in place of the one before.
    #[inline]
    pub(crate) fn set(&self, context: &Context<'_>) {
        let before = self.0.take();
        let is_same = before.as_ref().is_some_and(|kept| kept.is(context.waker()));
        if is_same {
            return self.0.set(before);
        }
        let kept = KeptWaker::new(context.waker());
        self.0.set(Some(kept));
        drop(before);
    }

    /// Wakes who has polled last.
    #[inline]
    pub(crate) fn wake(&self) {
        if let Some(kept) = self.0.take() {
            kept.wake();
        }
    }

    /// Wakes who has polled last, if that is a task of this loop: no code of the program runs then. Returns whether
    /// that was so. The waker stays, as the same one is likely to come again.
    #[inline]
    pub(crate) fn wake_own(&self, core: &Core) -> bool {
        let kept = self.0.take();
        let is_own = match &kept {
            Some(KeptWaker::Own(own)) if own.0.is_of(core) => {
                own.0.wake_by_ref();
                true
            }
            _ => false,
        };
        self.0.set(kept);
        is_own
    }

    pub(crate) fn clear(&self) {
        drop(self.0.take());
    }
}

/// A waker of this thread's loops, which says so to its bell.
struct OwnWaker(Arc<Bell>);

impl Drop for OwnWaker {
    fn drop(&mut self) {
        self.0.kept.fetch_sub(1, Ordering::Relaxed);
    }
}

impl KeptWaker {
    fn is(&self, waker: &Waker) -> bool {
        match self {
            Self::Own(own) => own.0.is(waker),
            Self::Foreign(kept) => kept.will_wake(waker),
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
    fn wake(self) {
        match self {
            Self::Own(own) => own.0.wake_by_ref(),
            Self::Foreign(waker) => panics::contain(|| waker.wake()),
        }
    }
}
