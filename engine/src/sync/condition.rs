//! Waiting for a change of what a lock guards.

use std::fmt;
use std::rc::Rc;

use super::lock::{Acquire, Lock, locked_or_not};
use super::predicate::Truth;
use super::shows_its_state;
use super::waiters::Waiters;
use crate::errors::RuntimeError;
use crate::kernel::{Co, OnDrop, Operation, Reason, Subject};
use yieldfrom_delegation::{Error, Result};

/// A condition variable: asyncio's `Condition`.
///
/// A task that holds its lock may wait. The lock is released during the wait, and held again after
/// it. A clone is the same condition.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use yieldfrom::sync::Condition;
/// use yieldfrom::{Co, create_task, run_sync};
///
/// run_sync(|co: &Co| {
///     let (condition, level) = (Condition::new(), Rc::new(Cell::new(0)));
///     let (theirs, watched) = (condition.clone(), Rc::clone(&level));
///     let other = create_task(move |co: &Co| {
///         let _guard = co.yield_from(theirs.acquire())?;
///         co.yield_from(theirs.wait_for(|| watched.get() > 2))
///     });
///     for n in 1..=3 {
///         let _guard = co.yield_from(condition.acquire())?;
///         level.set(n);
///         condition.notify_all()?;
///     }
///     assert!(co.yield_from(&other)?);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "Condvar")]
#[derive(Clone, Default)]
pub struct Condition(Rc<ConditionState>);

#[derive(Default)]
struct ConditionState {
    lock: Lock,
    waiters: Waiters,
}

impl Condition {
    /// Makes a condition with a lock of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a condition that uses this lock. Several conditions may share one lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::{Condition, Lock};
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let lock = Lock::new();
    ///     let (not_empty, not_full) = (Condition::with_lock(&lock), Condition::with_lock(&lock));
    ///     let _guard = co.yield_from(lock.acquire())?;
    ///     not_empty.notify(1)?;
    ///     not_full.notify(1)
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn with_lock(lock: &Lock) -> Self {
        Self(Rc::new(ConditionState {
            lock: lock.clone(),
            waiters: Waiters::default(),
        }))
    }

    /// Acquires the lock, see [`Lock::acquire`].
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled.
    pub fn acquire(&self) -> Acquire<'_> {
        self.0.lock.acquire()
    }

    /// Releases the lock, see [`Lock::release`].
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    #[track_caller]
    pub fn release(&self) -> Result<()> {
        self.0.lock.release()
    }

    /// Returns whether the lock is held.
    pub fn locked(&self) -> bool {
        self.0.lock.locked()
    }

    /// Releases the lock, waits for a notification, and acquires the lock again.
    ///
    /// The guard of the lock stays valid: it is the same acquisition before and after.
    ///
    /// # Errors
    ///
    /// - [`RuntimeError`] if the lock is free.
    /// - `is_cancelled` if the wait is cancelled. The lock is acquired again in this case, too, even
    ///   if the task is cancelled again meanwhile.
    /// - `is_generator_exit` if the task is dropped with its loop. Then it cannot wait for the lock,
    ///   and holds it only if it is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Condition;
    /// use yieldfrom::{Co, create_task, run_sync, yield_now};
    ///
    /// run_sync(|co: &Co| {
    ///     let condition = Condition::new();
    ///     let theirs = condition.clone();
    ///     let other = create_task(move |co: &Co| {
    ///         let _guard = co.yield_from(theirs.acquire())?;
    ///         co.yield_from(theirs.wait())
    ///     });
    ///     co.yield_from(yield_now())?;
    ///     let guard = co.yield_from(condition.acquire())?; // free, while the other one waits
    ///     condition.notify(1)?;
    ///     drop(guard);
    ///     co.yield_from(&other)
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "waits for nothing unless delegated to: co.yield_from(condition.wait())?"]
    pub fn wait(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let condition = self.clone();
        Operation::new("Condition.wait", move |co| condition.wait_here(co))
    }

    /// Waits until a predicate is true, and returns its value.
    ///
    /// The predicate is called at once, and after each notification. It returns a `bool`, or an
    /// `Option` whose content becomes the result, or a `Result` of either: see [`Truth`].
    ///
    /// # Errors
    ///
    /// Fails with the predicate's error, or as [`wait`](Self::wait) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    /// use yieldfrom::sync::Condition;
    /// use yieldfrom::{Co, create_task, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let (condition, letters) = (Condition::new(), Rc::new(RefCell::new(Vec::new())));
    ///     let (theirs, inbox) = (condition.clone(), Rc::clone(&letters));
    ///     let reader = create_task(move |co: &Co| {
    ///         let _guard = co.yield_from(theirs.acquire())?;
    ///         co.yield_from(theirs.wait_for(|| inbox.borrow_mut().pop()))
    ///     });
    ///     let guard = co.yield_from(condition.acquire())?;
    ///     letters.borrow_mut().push("dear reader");
    ///     condition.notify(1)?;
    ///     drop(guard);
    ///     assert_eq!(co.yield_from(&reader)?, "dear reader");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "waits for nothing unless delegated to: co.yield_from(condition.wait_for(..))?"]
    pub fn wait_for<P: Truth, F: FnMut() -> P>(
        &self,
        mut predicate: F,
    ) -> Operation<impl FnOnce(&Co) -> Result<P::Value> + use<P, F>> {
        let condition = self.clone();
        Operation::new("Condition.wait_for", move |co| {
            loop {
                if let Some(value) = predicate().truth()? {
                    return Ok(value);
                }
                condition.wait_here(co)?;
            }
        })
    }

    /// Notifies the first `n` tasks that wait and have not been notified.
    ///
    /// The lock stays held; the tasks go on when they get it. When a wait ends with an error, such
    /// as a cancellation, the next task is notified, since the first may have been: as in CPython
    /// since 3.13. So a wait may end although nobody has called this method. Check again for what
    /// you wait for, as [`wait_for`](Self::wait_for) does.
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    #[track_caller]
    pub fn notify(&self, n: usize) -> Result<()> {
        if !self.locked() {
            return Err(RuntimeError::new("cannot notify: the lock is not acquired").into());
        }
        self.0.waiters.wake_up_to(n);
        Ok(())
    }

    /// Notifies all tasks that wait; the lock stays held.
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    #[track_caller]
    pub fn notify_all(&self) -> Result<()> {
        self.notify(usize::MAX)
    }

    /// Notifies all tasks that wait, even if the lock is free.
    pub(super) fn wake_all(&self) {
        self.0.waiters.wake_all();
    }

    fn wait_here(&self, co: &Co) -> Result<()> {
        self.wait_because(co, || Reason::object("Condition.wait", &self.0))
    }

    pub(super) fn wait_because(&self, co: &Co, reason: impl FnOnce() -> Reason) -> Result<()> {
        let ConditionState { lock, waiters } = &*self.0;
        let acquisition = lock.acquisition();
        if acquisition == 0 {
            return Err(RuntimeError::new("cannot wait: the lock is not acquired").into());
        }
        lock.release()?;
        // A task that was notified and fails all the same has no use for the notification.
        let pass_on = OnDrop::new(|| _ = waiters.wake_up_to(1));
        let woken = waiters.wait(co, reason, |_| {});
        if matches!(&woken, Err(error) if error.is_generator_exit()) {
            // It must not suspend any more. Without the lock, its guard is void.
            if lock.take_at_once() {
                lock.restore(acquisition);
            }
            return woken;
        }
        let cancelled = self.take_again(co)?;
        lock.restore(acquisition);
        cancelled.map_or(woken, Err)?;
        pass_on.defuse();
        Ok(())
    }

    /// Acquires the lock in any case, and returns the cancellation that came meanwhile.
    fn take_again(&self, co: &Co) -> Result<Option<Error>> {
        let mut cancelled = None;
        loop {
            match self.0.lock.take(co) {
                Ok(()) => return Ok(cancelled),
                Err(error) if error.is_cancelled() => cancelled = Some(error),
                Err(error) => return Err(error),
            }
        }
    }
}

shows_its_state!(Condition);

impl Subject for ConditionState {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locked = locked_or_not(self.lock.locked());
        write!(f, "<Condition {locked}{}>", self.waiters)
    }
}
