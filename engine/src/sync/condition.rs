//! Waiting for a change of what a lock guards.

use std::fmt;
use std::rc::Rc;

use super::line::Line;
use super::lock::{Acquire, Lock, shown};
use super::truth::Truth;
use crate::errors::RuntimeError;
use crate::kernel::{Reason, Request, Subject};
use crate::{Co, Delegate, Error, Result};

/// A condition variable: asyncio's `Condition`.
///
/// Whoever holds its lock may wait; the lock is released during the wait, and held again after it.
/// A clone is the same condition.
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
#[derive(Clone, Default)]
pub struct Condition(Rc<State>);

#[derive(Default)]
struct State {
    lock: Lock,
    line: Line,
}

impl Condition {
    /// Makes a condition with a lock of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Condition;
    ///
    /// assert_eq!(format!("{:?}", Condition::new()), "<Condition unlocked>");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a condition that uses this lock, which it may share with others.
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
        Self(Rc::new(State {
            lock: lock.clone(),
            line: Line::default(),
        }))
    }

    /// Acquires the lock, see [`Lock::acquire`].
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Condition;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let condition = Condition::new();
    ///     let _guard = co.yield_from(condition.acquire())?;
    ///     assert!(condition.locked());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn acquire(&self) -> Acquire<'_> {
        self.0.lock.acquire()
    }

    /// Releases the lock, see [`Lock::release`].
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Condition;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let condition = Condition::new();
    ///     co.yield_from(condition.acquire())?.forget();
    ///     condition.release()
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn release(&self) -> Result<()> {
        self.0.lock.release()
    }

    /// Returns whether somebody holds the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Condition;
    ///
    /// assert!(!Condition::new().locked());
    /// ```
    pub fn locked(&self) -> bool {
        self.0.lock.locked()
    }

    /// Releases the lock, waits until notified, and acquires the lock again.
    ///
    /// The guard of the lock stays valid: it is the same acquisition before and after.
    ///
    /// # Errors
    ///
    /// - [`RuntimeError`] if the lock is free.
    /// - `is_cancelled` if the wait is cancelled. The lock is acquired again in this case, too,
    ///   however often that is cancelled meanwhile, so that it is held after any error of these.
    /// - `is_generator_exit` if the task is dropped with its loop: it has no time for that.
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
    pub fn wait(&self) -> ConditionWait<'_> {
        ConditionWait(self)
    }

    /// Waits until a predicate is true, and returns its value.
    ///
    /// The predicate is asked at once, and after each notification. It gives a `bool`, or an
    /// `Option` whose content becomes the result, or a `Result` of either: see [`Truth`].
    ///
    /// # Errors
    ///
    /// - As [`wait`](Self::wait).
    /// - What the predicate fails with.
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
    pub fn wait_for<P: Truth, F: FnMut() -> P>(&self, predicate: F) -> ConditionWaitFor<'_, F> {
        ConditionWaitFor {
            condition: self,
            predicate,
        }
    }

    /// Wakes the first `n` that wait and have not been woken; the lock stays held.
    ///
    /// They go on when they get the lock. A wait that ends with an error, such as a cancellation,
    /// notifies the next one, as it may have been notified itself: as in CPython since 3.13. So a
    /// wait may end though nobody has called this; look at what you wait for again, as
    /// [`wait_for`](Self::wait_for) does.
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::RuntimeError;
    /// use yieldfrom::sync::Condition;
    ///
    /// let error = Condition::new().notify(1).unwrap_err();
    /// assert!(error.is::<RuntimeError>());
    /// ```
    pub fn notify(&self, n: usize) -> Result<()> {
        if !self.locked() {
            return Err(RuntimeError::new("cannot notify: the lock is not acquired").into());
        }
        self.0.line.wake_up_to(n);
        Ok(())
    }

    /// Wakes all that wait; the lock stays held.
    ///
    /// # Errors
    ///
    /// Fails with [`RuntimeError`] if the lock is free.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Condition;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let condition = Condition::new();
    ///     let _guard = co.yield_from(condition.acquire())?;
    ///     condition.notify_all()
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn notify_all(&self) -> Result<()> {
        self.notify(usize::MAX)
    }

    /// As [`notify_all`](Self::notify_all), for those who may have lost the lock.
    fn reason(&self) -> Reason {
        Reason::object("Condition.wait", &self.0)
    }

    pub(super) fn wake_all(&self) {
        self.0.line.wake_up_to(usize::MAX);
    }

    #[track_caller]
    pub(super) fn wait_here(&self, co: &Co, reason: impl FnOnce() -> Reason) -> Result<()> {
        let lock = &self.0.lock;
        let acquisition = lock.holder();
        if acquisition == 0 {
            return Err(RuntimeError::new("cannot wait: the lock is not acquired").into());
        }
        lock.release()?;
        let passing_on = PassOn(&self.0.line);
        let woken = self.0.line.wait(co, reason, |_| {});
        if matches!(&woken, Err(error) if error.is_generator_exit()) {
            // It must not suspend any more. Without the lock, its guard is void.
            if lock.take_at_once() {
                lock.set_holder(acquisition);
            }
            return woken;
        }
        let cancelled = self.take_again(co)?;
        lock.set_holder(acquisition);
        let result = cancelled.map_or(woken, Err);
        if result.is_ok() {
            passing_on.forget();
        }
        result
    }

    /// Acquires the lock in any case, and returns the cancellation that came in between.
    #[track_caller]
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

/// Notifies the next in line when a wait ends with an error or is unwound: its task may have been
/// notified, and has no use for that.
struct PassOn<'a>(&'a Line);

impl PassOn<'_> {
    fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for PassOn<'_> {
    fn drop(&mut self) {
        self.0.wake_next();
    }
}

/// Shows the state as in asyncio: `<Condition locked, waiters:1>`.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl Subject for State {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locked = shown(self.lock.locked());
        write!(f, "<Condition {locked}{}>", self.line)
    }
}

/// Waits for a notification, when delegated to: see [`Condition::wait`].
#[derive(Debug)]
#[must_use = "waits for nothing unless delegated to: co.yield_from(condition.wait())?"]
pub struct ConditionWait<'a>(pub(super) &'a Condition);

impl Delegate<Request, ()> for ConditionWait<'_> {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        self.0.wait_here(co, || self.0.reason())
    }
}

/// Waits for a predicate, when delegated to: see [`Condition::wait_for`].
#[must_use = "waits for nothing unless delegated to: co.yield_from(condition.wait_for(..))?"]
pub struct ConditionWaitFor<'a, F> {
    pub(super) condition: &'a Condition,
    pub(super) predicate: F,
}

impl<P: Truth, F: FnMut() -> P> Delegate<Request, ()> for ConditionWaitFor<'_, F> {
    type Output = P::Value;

    #[inline(always)]
    #[track_caller]
    fn delegate(mut self, co: &Co) -> Result<P::Value> {
        loop {
            if let Some(value) = (self.predicate)().truth()? {
                return Ok(value);
            }
            let condition = self.condition;
            condition.wait_here(co, || condition.reason())?;
        }
    }
}

impl<F> fmt::Debug for ConditionWaitFor<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConditionWaitFor")
            .field(self.condition)
            .finish()
    }
}
