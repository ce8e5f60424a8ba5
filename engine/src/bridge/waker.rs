//! Wakers, by which other code wakes what polls a future here.
//!
//! A waker may be anywhere: on another thread, in a loop that is closed, in a thread that is about to end. What it wakes
//! stays on its own thread. So a waker has only the number of that, in a table of the thread: on this thread it looks
//! there, from another one it sends a call to the loop. Nothing in here is unsafe.

use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll, RawWakerVTable, Wake, Waker};

use super::portable::may_come_home;
use super::table::{Table, this_thread};
use crate::kernel::{Call, Core, Inbox, Layer, Reason, Waiter};
use yieldfrom_delegation::Result;

thread_local! {
    /// What the thread's wakers wake, by their number.
    static SLEEPERS: RefCell<Table<Sleeper>> = const { RefCell::new(Table::new()) };
    /// The number of what is polled now.
    static POLLED: Cell<usize> = const { Cell::new(usize::MAX) };
    /// Pollers that are not in use.
    static SPARE: RefCell<Vec<Parts>> = const { RefCell::new(Vec::new()) };
}

/// How many pollers a thread keeps for the next futures, which saves their allocations: some 200 KiB at the most. A batch
/// of a thousand tasks that are spawned and joined costs two thirds then.
const MOST_SPARE: usize = 1024;

/// What a waker of ours holds.
pub(super) struct Bell {
    /// The thread on which it wakes something.
    home: u64,
    number: usize,
    /// By which other threads reach the loop. It is weak, as a waker may live longer than its loop.
    inbox: Weak<Inbox>,
    /// Whether its future is polled now. Only its thread uses this and the next one.
    is_polled: AtomicBool,
    /// Whether it was rung on its thread since the last poll began.
    rung_here: AtomicBool,
    /// Whether a call was sent from another thread that no poll has followed yet.
    rung_elsewhere: AtomicBool,
    /// How many [`KeptWaker`]s have it. Only its thread uses this.
    pub(super) kept: AtomicUsize,
}

/// An entry of the table.
struct Sleeper {
    bell: Arc<Bell>,
    waiter: Rc<Waiter>,
}

/// How many references to a bell a poller has: in the table, in its waker, and its own.
const OWN_REFERENCES: usize = 3;
/// How many references to its waiter: in the table, and its own.
const OWN_WAITERS: usize = 2;

/// The functions of all wakers that are made of bells.
static FUNCTIONS: OnceLock<&'static RawWakerVTable> = OnceLock::new();

impl Bell {
    /// Returns the bell of a waker, if it is that of the future that is polled now on this thread.
    #[inline]
    pub(super) fn of(waker: &Waker) -> Option<Arc<Self>> {
        let look = |sleepers: &RefCell<Table<Sleeper>>| {
            let sleepers = sleepers.borrow();
            let bell = &sleepers.0.get(POLLED.get())?.bell;
            bell.is(waker).then(|| Arc::clone(bell))
        };
        SLEEPERS.try_with(look).ok().flatten()
    }

    /// Returns whether a waker is one of this bell, and not one that others have made of its parts.
    ///
    /// A table of functions may exist more than once in a program. Then a waker of ours is taken for one of others, which
    /// costs no more than the knowledge that it is ours.
    #[inline]
    pub(super) fn is(self: &Arc<Self>, waker: &Waker) -> bool {
        let functions = FUNCTIONS.get();
        ptr::eq(Arc::as_ptr(self).cast(), waker.data())
            && functions.is_some_and(|functions| ptr::eq(*functions, waker.vtable()))
    }

    /// Returns whether it wakes tasks of this loop.
    #[inline]
    pub(super) fn is_of(&self, core: &Core) -> bool {
        let inbox = core.inbox.as_ref().map(Arc::as_ptr);
        inbox.is_some_and(|inbox| ptr::eq(self.inbox.as_ptr(), inbox))
    }

    fn ring_here(&self) {
        self.rung_here.store(true, Ordering::Relaxed);
        if self.is_polled.load(Ordering::Relaxed) {
            // Nobody waits: who polls looks at the flag.
            return;
        }
        let waiter = SLEEPERS.try_with(|sleepers| {
            let sleepers = sleepers.borrow();
            let sleeper = sleepers.0.get(self.number)?;
            // The number may be another's by now.
            ptr::eq(Arc::as_ptr(&sleeper.bell), self).then(|| Rc::clone(&sleeper.waiter))
        });
        if let Ok(Some(waiter)) = waiter {
            waiter.wake();
        }
    }

    #[cold]
    fn ring_elsewhere(self: &Arc<Self>) {
        // A call that is on its way serves all who ring before the next poll. That poll sees what they have done: it
        // begins by an exchange of the flag, which comes after theirs. A poll that does not see the flag yet, and so makes
        // no exchange, is followed by another one, as the call is still to come.
        if self.rung_elsewhere.swap(true, Ordering::AcqRel) {
            return;
        }
        let bell = Arc::clone(self);
        let call = Call {
            callback: Box::new(move || bell.ring_here()),
            made_at: Location::caller(),
        };
        if let Some(inbox) = self.inbox.upgrade() {
            // A closed loop has nothing to be woken.
            let _ = inbox.send(call);
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    #[inline]
    fn wake_by_ref(self: &Arc<Self>) {
        if this_thread() == self.home {
            self.ring_here();
        } else {
            self.ring_elsewhere();
        }
    }
}

/// What polls one future: its waker, and the waiter that the waker wakes.
// None only while it is dropped.
pub(crate) struct Poller(Option<Parts>);

struct Parts {
    bell: Arc<Bell>,
    waker: Waker,
    waiter: Rc<Waiter>,
}

/// What a poll has left to do.
pub(super) enum Polled<T> {
    Ready(T),
    /// The future was woken while it was polled.
    Again,
    Pending,
}

impl Poller {
    /// Takes a spare poller of the loop, or makes one.
    #[inline]
    pub(super) fn new(core: &Core, operation: &str, reason: Reason) -> Result<Self> {
        let inbox = core.inbox(operation)?;
        match Self::spare(core) {
            Some(mut parts) => {
                // A task that has ended may have the waiter still, for its name.
                match Rc::strong_count(&parts.waiter) {
                    OWN_WAITERS => parts.waiter.set_reason(reason),
                    _ => parts.set_waiter(&Waiter::new(reason)),
                }
                Ok(Self(Some(parts)))
            }
            None => Ok(Self(Some(Parts::new(inbox, Waiter::new(reason))))),
        }
    }

    /// As [`new`](Self::new), for a waiter that is given.
    pub(super) fn with_waiter(core: &Core, operation: &str, waiter: &Rc<Waiter>) -> Result<Self> {
        let inbox = core.inbox(operation)?;
        let Some(mut parts) = Self::spare(core) else {
            return Ok(Self(Some(Parts::new(inbox, Rc::clone(waiter)))));
        };
        parts.set_waiter(waiter);
        Ok(Self(Some(parts)))
    }

    #[inline]
    fn spare(core: &Core) -> Option<Parts> {
        let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok()??;
        // The memory of a loop that is gone is not used again while a weak reference is left.
        if spare.bell.is_of(core) {
            return Some(spare);
        }
        drop(spare.forget());
        None
    }

    fn parts(&self) -> &Parts {
        self.0.as_ref().expect("only dropping it takes them out")
    }

    /// The waiter that is woken when the future is to be polled again.
    #[inline]
    pub(super) fn waiter(&self) -> &Rc<Waiter> {
        &self.parts().waiter
    }

    /// Polls a future.
    #[inline]
    pub(super) fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Polled<F::Output> {
        let parts = self.parts();
        parts.begin();
        let polling = Polling::begin(&parts.bell);
        let polled = future.poll(&mut Context::from_waker(&parts.waker));
        drop(polling);
        match polled {
            Poll::Ready(value) => Polled::Ready(value),
            Poll::Pending if parts.bell.rung_here.load(Ordering::Relaxed) => Polled::Again,
            Poll::Pending => Polled::Pending,
        }
    }
}

/// A poll that goes on, until this is dropped.
struct Polling<'a> {
    bell: &'a Bell,
    /// The number of what was polled before.
    before: usize,
}

impl<'a> Polling<'a> {
    #[inline]
    fn begin(bell: &'a Bell) -> Self {
        bell.is_polled.store(true, Ordering::Relaxed);
        let before = POLLED.replace(bell.number);
        Self { bell, before }
    }
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        self.bell.is_polled.store(false, Ordering::Relaxed);
        POLLED.set(self.before);
    }
}

impl Parts {
    fn new(inbox: &Arc<Inbox>, waiter: Rc<Waiter>) -> Self {
        let inbox = Arc::downgrade(inbox);
        let bell = SLEEPERS.try_with(|sleepers| {
            let mut sleepers = sleepers.borrow_mut();
            let place = sleepers.0.vacant_entry();
            let bell = Arc::new(Bell::new(place.key(), inbox.clone()));
            place.insert(Sleeper {
                bell: Arc::clone(&bell),
                waiter: Rc::clone(&waiter),
            });
            bell
        });
        // In a thread that is ending, nothing can be woken any more.
        let bell = bell.unwrap_or_else(|_| Arc::new(Bell::new(usize::MAX, inbox)));
        let waker = Waker::from(Arc::clone(&bell));
        FUNCTIONS.get_or_init(|| waker.vtable());
        Self {
            bell,
            waker,
            waiter,
        }
    }

    fn set_waiter(&mut self, waiter: &Rc<Waiter>) {
        self.waiter = Rc::clone(waiter);
        let before = SLEEPERS.try_with(|sleepers| {
            let mut sleepers = sleepers.borrow_mut();
            let sleeper = sleepers.0.get_mut(self.bell.number)?;
            Some(mem::replace(&mut sleeper.waiter, Rc::clone(waiter)))
        });
        drop(before);
    }

    /// Forgets the wake-ups before a poll, which sees what led to them.
    #[inline]
    fn begin(&self) {
        self.bell.rung_here.store(false, Ordering::Relaxed);
        if self.bell.rung_elsewhere.load(Ordering::Relaxed) {
            self.bell.rung_elsewhere.swap(false, Ordering::AcqRel);
        }
        self.waiter.reset();
    }

    /// Returns whether no other code has the waker, so that it can be used for another future.
    fn is_unused(&self) -> bool {
        let is_unused = Arc::strong_count(&self.bell) == OWN_REFERENCES;
        // What other threads have done with a waker comes before they have dropped it.
        fence(Ordering::Acquire);
        is_unused
    }

    /// Takes the entry out of the table, for the caller to drop.
    fn forget(&self) -> Option<Sleeper> {
        let number = self.bell.number;
        let forget = |sleepers: &RefCell<Table<_>>| sleepers.borrow_mut().0.try_remove(number);
        SLEEPERS.try_with(forget).ok().flatten()
    }
}

impl Bell {
    /// Returns whether code that the loop does not know of has the waker.
    fn is_elsewhere(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > OWN_REFERENCES + self.kept.load(Ordering::Relaxed)
    }

    fn new(number: usize, inbox: Weak<Inbox>) -> Self {
        Self {
            home: this_thread(),
            number,
            inbox,
            is_polled: AtomicBool::new(false),
            rung_here: AtomicBool::new(false),
            rung_elsewhere: AtomicBool::new(false),
            kept: AtomicUsize::new(0),
        }
    }
}

/// Keeps the parts for the next future, if nobody has the waker any more.
impl Drop for Poller {
    #[inline]
    fn drop(&mut self) {
        let Some(parts) = self.0.take() else { return };
        parts.waiter.reset();
        if parts.is_unused() {
            parts.keep();
        } else {
            drop(parts.forget());
        }
    }
}

impl Parts {
    fn keep(self) {
        let mut parts = Some(self);
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < MOST_SPARE {
                spare.extend(parts.take());
            }
        });
        if let Some(parts) = parts {
            drop(parts.forget());
        }
    }
}

/// The part of a loop that says whether a waker may still wake it.
#[derive(Debug)]
pub(crate) struct ForeignWakers;

impl Layer for ForeignWakers {
    /// A waker that other code has may wake its future at any time. If nobody has it, nobody can.
    fn may_be_woken(&self, core: &Core) -> bool {
        let Some(inbox) = &core.inbox else {
            return false;
        };
        let may_wake = |sleeper: &Sleeper| {
            sleeper.bell.is_of(core) && sleeper.waiter.is_awaited() && sleeper.bell.is_elsewhere()
        };
        let look = |sleepers: &RefCell<Table<Sleeper>>| {
            let sleepers = sleepers.borrow();
            sleepers.0.iter().any(|(_, sleeper)| may_wake(sleeper))
        };
        may_come_home(inbox) || SLEEPERS.try_with(look).unwrap_or(false)
    }
}
