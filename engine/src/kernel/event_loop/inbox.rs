//! What other threads have for the loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

use crossbeam_queue::SegQueue;

use crate::errors::panics::{self, Panics};
use crate::kernel::event_loop::{Place, Poller};

/// A call that another thread asks for.
pub(crate) struct Call {
    pub(crate) callback: Box<dyn FnOnce() + Send>,
    /// The line of the program that asks for it.
    pub(crate) made_at: Place,
}

/// The part of a loop that all threads share.
pub(crate) struct Inbox {
    calls: SegQueue<Call>,
    /// Whether the loop was woken and has not looked since: one wake-up serves many calls.
    notified: AtomicBool,
    closed: AtomicBool,
    /// How many handles other threads may have.
    handles: AtomicUsize,
    pub(crate) poller: Poller,
    pub(crate) thread: ThreadId,
}

impl Inbox {
    pub(crate) fn new(poller: Poller) -> Arc<Self> {
        Arc::new(Self {
            calls: SegQueue::new(),
            notified: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            handles: AtomicUsize::new(0),
            poller,
            thread: thread::current().id(),
        })
    }

    /// Leaves a call for the loop, and wakes it; gives it back if the loop is closed.
    pub(crate) fn send(&self, call: Call) -> Result<(), Call> {
        if self.is_closed() {
            return Err(call);
        }
        self.calls.push(call);
        if self.is_closed() {
            // The loop may have looked for the last time before the push.
            self.clear();
        }
        self.wake();
        Ok(())
    }

    pub(crate) fn add_handle(&self) {
        self.handles.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts a handle out. The last one wakes the loop, since nothing else may be left to wake it.
    pub(crate) fn remove_handle(&self) {
        if self.handles.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.wake();
        }
    }

    pub(crate) fn has_handles(&self) -> bool {
        self.handles.load(Ordering::SeqCst) > 0
    }

    /// Wakes the loop, if it has not been woken already.
    pub(crate) fn wake(&self) {
        // Pairs with the one in `look`: either the loop sees the call that was pushed before
        // this, or this sees that the loop was not woken.
        if !self.notified.swap(true, Ordering::SeqCst) {
            // It fails only when the system is out of memory for events, and the loop looks
            // again whenever it comes round.
            if let Err(error) = self.poller.wake() {
                panics::contain(|| log::error!("cannot wake the event loop: {error}"));
            }
        }
    }

    /// Returns whether there is anything to take, at the cost of one load.
    #[inline(always)]
    pub(crate) fn is_notified(&self) -> bool {
        self.notified.load(Ordering::Relaxed)
    }

    /// Begins to take calls. A thread that sends after this wakes the loop again.
    pub(crate) fn look(&self) {
        self.notified.store(false, Ordering::SeqCst);
    }

    /// Returns how many calls are there.
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(crate) fn take(&self) -> Option<Call> {
        self.calls.pop()
    }

    /// Refuses calls from now on, and drops those that are there.
    pub(crate) fn close(&self, panics: &mut Panics) {
        self.closed.store(true, Ordering::SeqCst);
        panics.drop_each(std::iter::from_fn(|| self.take()));
    }

    fn clear(&self) {
        panics::drop_each(std::iter::from_fn(|| self.take()));
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}
