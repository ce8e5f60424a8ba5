//! A future without a value, for what waits inside the library.

use std::cell::Cell;
use std::rc::Rc;

use super::{Cancelling, Explanation, Reason, Waitable, not_awaited};
use crate::kernel::event_loop::Ready;
use crate::kernel::request::{Co, Request};
#[cfg(feature = "futures")]
use yieldfrom_delegation::Link;
use yieldfrom_delegation::{Error, Result};

#[derive(Clone, Copy, PartialEq, Eq)]
enum WaiterState {
    Pending,
    Woken,
    Cancelled,
}

/// A future that other code is going to wake: asyncio's `loop.create_future()` in its locks and
/// queues.
///
/// It differs from a [`Future`](crate::Future) in what it lacks: a result, callbacks other than
/// the wake-up of the one task that waits, and the loop, which that task knows.
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct Waiter {
    state: Cell<WaiterState>,
    waiting: Cell<Option<Rc<dyn Ready>>>,
    /// For reports.
    reason: Cell<Reason>,
}

impl Waiter {
    pub(crate) fn new(reason: Reason) -> Rc<Self> {
        Rc::new(Self {
            state: Cell::new(WaiterState::Pending),
            waiting: Cell::new(None),
            reason: Cell::new(reason),
        })
    }

    /// Says what it is for this time, where that is not always the same.
    #[inline(always)]
    pub(crate) fn set_reason(&self, reason: Reason) {
        self.reason.set(reason);
    }

    /// Returns the name and the line of the future that it was made for.
    ///
    /// Its reason must be one of [`Reason::foreign`].
    #[cfg(feature = "futures")]
    pub(crate) fn origin(&self) -> Link {
        let reason = self.reason.take();
        let origin = reason.origin();
        self.reason.set(reason);
        origin
    }

    /// Returns whether somebody waits for it now.
    #[cfg(feature = "futures")]
    pub(crate) fn is_awaited(&self) -> bool {
        let waiting = self.waiting.take();
        let is_awaited = waiting.is_some();
        self.waiting.set(waiting);
        is_awaited
    }

    /// Returns whether it was woken or cancelled.
    #[inline(always)]
    pub(crate) fn is_done(&self) -> bool {
        self.state.get() != WaiterState::Pending
    }

    #[inline(always)]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.state.get() == WaiterState::Cancelled
    }

    /// Wakes the task that waits, unless it was woken or cancelled before; returns whether it did.
    #[inline(always)]
    pub(crate) fn wake(&self) -> bool {
        self.end(WaiterState::Woken)
    }

    /// Cancels the wait, unless it is over; returns whether it did.
    pub(crate) fn cancel(&self) -> bool {
        self.end(WaiterState::Cancelled)
    }

    #[inline(always)]
    fn end(&self, state: WaiterState) -> bool {
        let pending = !self.is_done();
        if pending {
            self.state.set(state);
            if let Some(waiting) = self.waiting.take() {
                waiting.schedule();
            }
        }
        pending
    }

    /// Suspends the task until it is woken.
    ///
    /// # Errors
    ///
    /// - `is_cancelled`: it was cancelled.
    /// - `RuntimeError`: the coroutine was resumed by something other than its task.
    /// - Any other error that is thrown in.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn wait(self: &Rc<Self>, co: &Co) -> Result<()> {
        if !self.is_done() {
            co.yield_through(Request::wait(Rc::clone(self) as Rc<dyn Waitable>))?;
        }
        match self.state.get() {
            WaiterState::Woken => Ok(()),
            WaiterState::Cancelled => Err(Error::cancelled()),
            WaiterState::Pending => Err(not_awaited()),
        }
    }

    /// Makes it as new, for another wait.
    ///
    /// The caller must have the only reference, so that no other code can wake the waiter; or a wake-up that comes
    /// too late must do no harm.
    pub(crate) fn reset(&self) {
        self.state.set(WaiterState::Pending);
        drop(self.waiting.take());
    }
}

/// The waiter of the last wait for something, kept for the next one: it saves an allocation.
#[derive(Default)]
pub(crate) struct SpareWaiter(Cell<Option<Rc<Waiter>>>);

impl SpareWaiter {
    /// Takes the waiter, which has the reason that it had, or makes one with this reason.
    #[inline(always)]
    pub(crate) fn take_or_new(&self, reason: impl FnOnce() -> Reason) -> Rc<Waiter> {
        self.0.take().unwrap_or_else(|| Waiter::new(reason()))
    }

    /// Keeps a waiter, unless other code could still wake it.
    #[inline]
    pub(crate) fn keep(&self, waiter: Rc<Waiter>) {
        if Rc::strong_count(&waiter) == 1 {
            waiter.reset();
            self.0.set(Some(waiter));
        }
    }
}

impl Waitable for Waiter {
    #[inline]
    fn subscribe(self: Rc<Self>, wakeup: Rc<dyn Ready>) {
        if self.is_done() {
            wakeup.schedule();
        } else {
            drop(self.waiting.replace(Some(wakeup)));
        }
    }

    fn can_cancel(&self, _: u32) -> bool {
        !self.is_done()
    }

    fn cancel_one(self: Rc<Self>, _: &mut Cancelling) -> bool {
        self.cancel()
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    fn explain(&self, to: &mut Explanation) {
        let reason = self.reason.take();
        self.reason.set(reason.clone());
        reason.explain(to);
        to.over = self.is_done();
    }
}
