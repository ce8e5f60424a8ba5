//! What other threads have for the loop.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::errors::panics::{self, Panics};
use crate::kernel::event_loop::{Place, Poller};
use yieldfrom_delegation::report;

/// A call that another thread asks for.
pub(crate) struct Call {
    pub(crate) callback: Box<dyn FnOnce() + Send>,
    /// The line of the program that asks for it.
    pub(crate) made_at: Place,
}

/// The part of a loop that all threads share.
pub(crate) struct Inbox {
    calls: Mutex<SentCalls>,
    /// Whether the loop was woken and has not looked since: one wake-up serves many calls.
    notified: AtomicBool,
    /// How many handles other threads may have.
    handles: AtomicUsize,
    pub(crate) poller: Poller,
    pub(crate) thread: ThreadId,
}

/// The calls that the loop has not taken yet, in order.
///
/// A list under a lock is quicker here than a queue without one: the loop takes the whole list at
/// once, and a call costs the two atomic operations of the lock. With a queue it was up to six.
#[derive(Default)]
struct SentCalls {
    list: Vec<Call>,
    closed: bool,
}

impl Inbox {
    pub(crate) fn new(poller: Poller) -> Arc<Self> {
        Arc::new(Self {
            calls: Mutex::default(),
            notified: AtomicBool::new(false),
            handles: AtomicUsize::new(0),
            poller,
            thread: thread::current().id(),
        })
    }

    /// No code of the program runs while this is locked.
    fn lock(&self) -> MutexGuard<'_, SentCalls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a call for the loop, and wakes it; gives it back if the loop is closed.
    pub(crate) fn send(&self, call: Call) -> Result<(), Call> {
        let mut calls = self.lock();
        if calls.closed {
            return Err(call);
        }
        calls.list.push(call);
        drop(calls);
        // The load is enough, as the loop clears the flag under the lock. If the loop has not taken the
        // calls since the push, it is going to look when the flag says so. If it has, it had this call.
        // Else it cleared the flag before the push, and this load sees that: if it sees true
        // all the same, another thread has set the flag since, and wakes the loop.
        if !self.is_notified() {
            self.wake();
        }
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
        // Pairs with the store in `take`: either the loop sees that the last handle is gone, or this
        // sees that the loop was not woken.
        if !self.notified.swap(true, Ordering::SeqCst) {
            // It fails only when the system is out of memory for events, and the loop looks
            // again whenever it comes round.
            if let Err(error) = self.poller.wake() {
                panics::contain(|| report!(Error, "cannot wake the event loop: {error}"));
            }
        }
    }

    /// Returns whether there is anything to take, at the cost of one load.
    #[inline(always)]
    pub(crate) fn is_notified(&self) -> bool {
        self.notified.load(Ordering::Relaxed)
    }

    /// Takes the calls that are there now, in exchange for an empty list. A thread that sends after this
    /// wakes the loop again.
    pub(crate) fn take(&self, empty: &mut Vec<Call>) {
        debug_assert!(empty.is_empty(), "the loop has dealt with all calls");
        let mut calls = self.lock();
        self.notified.store(false, Ordering::SeqCst);
        mem::swap(&mut calls.list, empty);
    }

    /// Refuses calls from now on, and drops those that are there.
    pub(crate) fn close(&self, panics: &mut Panics) {
        let mut calls = self.lock();
        calls.closed = true;
        let left = mem::take(&mut calls.list);
        drop(calls);
        panics.drop_each(left);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }
}
