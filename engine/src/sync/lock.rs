//! Mutual exclusion.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::branches::{InLine, line_branches};
use super::shows_its_state;
use super::waiters::Waiters;
use crate::combine::Alarm;
use crate::errors::RuntimeError;
use crate::kernel::{Co, Holder, Reason, Request, Subject, Waiter, coroutine_operations};
use yieldfrom_delegation::{Delegate, Result};

/// A lock that is held at most once at a time: asyncio's `Lock`.
///
/// Any task may release it, not only the one that acquired it. It is not reentrant: a task that
/// acquires it twice waits for itself. Tasks get it in the order in which they asked for it. A clone
/// is the same lock.
///
/// # Examples
///
/// ```
/// use yieldfrom::sync::Lock;
/// use yieldfrom::{Co, create_task, run_sync};
///
/// let lock = Lock::new();
/// run_sync(move |co: &Co| {
///     let guard = co.yield_from(lock.acquire())?;
///     let theirs = lock.clone();
///     let other = create_task(move |co: &Co| {
///         let _guard = co.yield_from(theirs.acquire())?; // waits until ours is dropped
///         Ok("mine now")
///     });
///     drop(guard);
///     assert_eq!(co.yield_from(&other)?, "mine now");
///     assert!(!lock.locked());
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "Mutex")]
#[derive(Clone, Default)]
pub struct Lock(Rc<LockState>);

#[derive(Default)]
struct LockState {
    /// The number of the acquisition that is in force: 0 while the lock is free.
    acquisition: Cell<u64>,
    /// The number of the last acquisition.
    last: Cell<u64>,
    /// The task that made the last acquisition, for reports.
    taken_by: Cell<Holder>,
    waiters: Waiters,
}

impl Lock {
    /// Makes a lock that is free.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until the lock is free, and takes it: asyncio's `acquire`.
    ///
    /// It does not suspend if the lock is free and no task waits for it. It returns a guard, which
    /// releases the lock when it is dropped.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled. If the lock was being handed to this task, the next task in
    /// line gets it.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Lock;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let lock = Lock::new();
    ///     {
    ///         let _guard = co.yield_from(lock.acquire())?;
    ///         assert!(lock.locked());
    ///     }
    ///     co.yield_from(lock.acquire())?.forget();
    ///     lock.release()
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn acquire(&self) -> Acquire<'_> {
        Acquire(self)
    }

    /// Releases the lock: the first task in line gets it in the next turn.
    ///
    /// If there is a guard of the acquisition that ends here, its drop does nothing any more.
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    #[track_caller]
    pub fn release(&self) -> Result<()> {
        if !self.locked() {
            return Err(RuntimeError::new("lock is not acquired").into());
        }
        self.0.acquisition.set(0);
        self.0.waiters.wake_first();
        Ok(())
    }

    /// Returns whether the lock is held.
    #[inline]
    pub fn locked(&self) -> bool {
        self.acquisition() != 0
    }

    /// Acquires the lock without a guard.
    #[inline(always)]
    pub(super) fn take(&self, co: &Co) -> Result<()> {
        if !self.take_at_once() {
            let pass_on = |_| {
                if !self.locked() {
                    self.0.waiters.wake_first();
                }
            };
            let reason = || Reason::object("Lock.acquire", &self.0);
            self.0.waiters.wait(co, reason, pass_on)?;
            self.hold();
        }
        Ok(())
    }

    /// Takes the lock if it is free and no task waits for it; returns whether it did.
    #[inline]
    pub(super) fn take_at_once(&self) -> bool {
        let free = !self.locked() && self.0.waiters.all_cancelled();
        if free {
            self.hold();
        }
        free
    }

    #[inline]
    fn hold(&self) {
        let number = self.0.last.get() + 1;
        self.0.last.set(number);
        self.0.acquisition.set(number);
        self.0.taken_by.set(Holder::current());
    }

    /// Returns the number of the acquisition that is in force: 0 if the lock is free.
    /// Returns the guard of the acquisition that was just made.
    #[inline]
    fn guard(&self) -> LockGuard {
        LockGuard {
            lock: self.clone(),
            acquisition: self.acquisition(),
        }
    }

    #[inline]
    pub(super) fn acquisition(&self) -> u64 {
        self.0.acquisition.get()
    }

    /// Puts an earlier acquisition into force again, so that its guard is valid.
    pub(super) fn restore(&self, acquisition: u64) {
        debug_assert!(self.locked() && acquisition != 0);
        self.0.acquisition.set(acquisition);
    }
}

shows_its_state!(Lock);

impl Subject for LockState {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locked = self.acquisition.get() != 0;
        write!(f, "<Lock {}{}>", locked_or_not(locked), self.waiters)
    }

    fn holder(&self) -> Option<Holder> {
        (self.acquisition.get() != 0).then(|| self.taken_by.get())
    }
}

pub(super) fn locked_or_not(locked: bool) -> &'static str {
    if locked { "locked" } else { "unlocked" }
}

impl InLine for Acquire<'_> {
    type Output = LockGuard;

    fn attempt(&mut self, woken: Option<Rc<Waiter>>) -> Option<Result<LockGuard>> {
        match woken {
            Some(waiter) => {
                self.0.0.waiters.leave(waiter);
                self.0.hold();
            }
            None if !self.0.take_at_once() => return None,
            None => {}
        }
        Some(Ok(self.0.guard()))
    }

    fn enter(&self, alarm: &Rc<Alarm>) -> Rc<Waiter> {
        let reason = || Reason::object("Lock.acquire", &self.0.0);
        self.0.0.waiters.enter(alarm, reason)
    }

    fn leave(&self, waiter: Rc<Waiter>) {
        self.0.0.waiters.leave(waiter);
        if !self.0.locked() {
            self.0.0.waiters.wake_first();
        }
    }
}

line_branches! {
    ['a] Acquire<'a>;
}

/// Acquires a lock, when delegated to: see [`Lock::acquire`].
// No `Operation`: it borrows the lock, which costs less than a handle.
#[derive(Debug)]
#[must_use = "acquires nothing unless delegated to: co.yield_from(lock.acquire())?"]
pub struct Acquire<'a>(&'a Lock);

impl Delegate<Request, ()> for Acquire<'_> {
    type Output = LockGuard;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<LockGuard> {
        self.0.take(co)?;
        Ok(self.0.guard())
    }
}

coroutine_operations! {
    [] Acquire<'_> => LockGuard, "Lock.acquire", |this| {
        let lock = this.0.clone();
        move |co: &Co| lock.acquire().delegate(co)
    };
}

/// A guard that releases a lock when it is dropped.
///
/// It stands for one acquisition. If the lock was released by hand meanwhile, it does nothing, even
/// if another task holds the lock by then.
///
/// # Examples
///
/// ```
/// use yieldfrom::sync::Lock;
/// use yieldfrom::{Co, run_sync};
///
/// run_sync(|co: &Co| {
///     let lock = Lock::new();
///     let outdated = co.yield_from(lock.acquire())?;
///     lock.release()?;
///     let _guard = co.yield_from(lock.acquire())?;
///     drop(outdated);
///     assert!(lock.locked());
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "releases the lock at once if not kept: let _guard = ..., or .forget()"]
pub struct LockGuard {
    lock: Lock,
    /// 0 once it is forgotten.
    acquisition: u64,
}

impl LockGuard {
    /// Keeps the lock held until [`Lock::release`] is called, as in asyncio.
    pub fn forget(mut self) {
        self.acquisition = 0;
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        if self.acquisition != 0 && self.acquisition == self.lock.acquisition() {
            let released = self.lock.release();
            debug_assert!(released.is_ok(), "it was held");
        }
    }
}
