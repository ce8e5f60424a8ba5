//! Mutual exclusion.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::line::Line;
use crate::errors::RuntimeError;
use crate::kernel::{Holder, Reason, Request, Subject};
use crate::{Co, Delegate, Result};

/// A lock that at most one holds at a time: asyncio's `Lock`.
///
/// It belongs to nobody: any task may release it. It is not reentrant: a task that acquires it twice
/// waits for itself. It is handed on in the order in which it was asked for. A clone is the same lock.
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
#[derive(Clone, Default)]
pub struct Lock(Rc<State>);

#[derive(Default)]
struct State {
    /// The number of the acquisition that holds the lock: 0 while it is free.
    holder: Cell<u64>,
    acquisitions: Cell<u64>,
    /// The task that has acquired it last, for reports.
    taken_by: Cell<Holder>,
    line: Line,
}

impl Lock {
    /// Makes a lock that is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Lock;
    ///
    /// assert_eq!(format!("{:?}", Lock::new()), "<Lock unlocked>");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until the lock is free, and takes it: asyncio's `acquire`.
    ///
    /// A free lock for which nobody waits is taken without suspending. The result is a guard, which
    /// releases the lock when dropped.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled. If the lock was being handed to this task, the next in line
    /// gets it.
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

    /// Releases the lock: the first in line gets it in the next turn.
    ///
    /// A guard of the acquisition that ends so does nothing when it is dropped later.
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::RuntimeError;
    /// use yieldfrom::sync::Lock;
    ///
    /// let error = Lock::new().release().unwrap_err();
    /// assert!(error.is::<RuntimeError>());
    /// ```
    pub fn release(&self) -> Result<()> {
        if !self.locked() {
            return Err(RuntimeError::new("lock is not acquired").into());
        }
        self.0.holder.set(0);
        self.0.line.wake_first();
        Ok(())
    }

    /// Returns whether somebody holds the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Lock;
    ///
    /// assert!(!Lock::new().locked());
    /// ```
    #[inline]
    pub fn locked(&self) -> bool {
        self.0.holder.get() != 0
    }

    /// Acquires the lock without a guard.
    #[inline(always)]
    #[track_caller]
    pub(super) fn take(&self, co: &Co) -> Result<()> {
        if !self.take_at_once() {
            let pass_on = |_: &_| {
                if !self.locked() {
                    self.0.line.wake_first();
                }
            };
            let reason = || Reason::object("Lock.acquire", &self.0);
            self.0.line.wait(co, reason, pass_on)?;
            self.hold();
        }
        Ok(())
    }

    /// Takes the lock if it is free and nobody else is waiting for it.
    #[inline]
    pub(super) fn take_at_once(&self) -> bool {
        let free = !self.locked() && self.0.line.all_cancelled();
        if free {
            self.hold();
        }
        free
    }

    #[inline]
    fn hold(&self) {
        let number = self.0.acquisitions.get() + 1;
        self.0.acquisitions.set(number);
        self.0.holder.set(number);
        self.0.taken_by.set(Holder::current());
    }

    /// Returns the number of the acquisition that holds the lock.
    pub(super) fn holder(&self) -> u64 {
        self.0.holder.get()
    }

    /// Has the lock, which is held, be held by an earlier acquisition again: its guard is valid.
    pub(super) fn set_holder(&self, number: u64) {
        debug_assert!(self.locked() && number != 0);
        self.0.holder.set(number);
    }
}

/// Shows the state as in asyncio: `<Lock locked, waiters:1>`.
impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl Subject for State {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Lock {}{}>", shown(self.holder.get() != 0), self.line)
    }

    fn holder(&self) -> Option<Holder> {
        (self.holder.get() != 0).then(|| self.taken_by.get())
    }
}

pub(super) fn shown(locked: bool) -> &'static str {
    if locked { "locked" } else { "unlocked" }
}

/// Acquires a lock, when delegated to: see [`Lock::acquire`].
#[derive(Debug)]
#[must_use = "acquires nothing unless delegated to: co.yield_from(lock.acquire())?"]
pub struct Acquire<'a>(pub(super) &'a Lock);

impl Delegate<Request, ()> for Acquire<'_> {
    type Output = LockGuard;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<LockGuard> {
        self.0.take(co)?;
        Ok(LockGuard {
            lock: self.0.clone(),
            acquisition: self.0.holder(),
        })
    }
}

/// Releases a lock when dropped.
///
/// It stands for one acquisition: if the lock was released by hand meanwhile, it does nothing, even
/// if somebody else holds the lock by then.
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
    /// 0 once forgotten.
    acquisition: u64,
}

impl LockGuard {
    /// Keeps the lock held: it is up to [`Lock::release`] from now on, as in asyncio.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Lock;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let lock = Lock::new();
    ///     co.yield_from(lock.acquire())?.forget();
    ///     assert!(lock.locked());
    ///     lock.release()
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn forget(mut self) {
        self.acquisition = 0;
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        if self.acquisition != 0 && self.acquisition == self.lock.holder() {
            let released = self.lock.release();
            debug_assert!(released.is_ok(), "it was held");
        }
    }
}
