//! Permits, a limited number at a time.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::line::{Line, was_woken};
use crate::errors::ValueError;
use crate::kernel::{Holder, Reason, Request, Subject};
use crate::{Co, Delegate, Result};

/// A number of permits, which tasks acquire and release: asyncio's `Semaphore`.
///
/// They are given out in the order in which they were asked for: a newcomer waits while anybody
/// does, even one who has been woken and is about to run. A clone is the same semaphore.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::sync::Semaphore;
/// use yieldfrom::{Co, EventLoop, create_task, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let second = Duration::from_secs(1);
/// event_loop.run_until_complete(move |co: &Co| {
///     let two_at_a_time = Semaphore::new(2);
///     let download = |_| {
///         let permits = two_at_a_time.clone();
///         create_task(move |co: &Co| {
///             let _permit = co.yield_from(permits.acquire())?;
///             co.yield_from(sleep(second))
///         })
///     };
///     let downloads: Vec<_> = (0..6).map(download).collect();
///     downloads.iter().try_for_each(|task| co.yield_from(task))
/// })?;
/// assert_eq!(event_loop.time(), 3 * second);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct Semaphore(Rc<State>);

struct State {
    value: Cell<usize>,
    /// What the value may not exceed.
    bound: usize,
    name: &'static str,
    line: Line,
    /// Whether it had one permit at first, so that it is used as a lock.
    is_lock: bool,
    /// The task that has taken that one, for reports.
    taken_by: Cell<Holder>,
}

impl State {
    #[inline(always)]
    fn note_taker(&self) {
        if self.is_lock {
            self.taken_by.set(Holder::current());
        }
    }

    fn locked(&self) -> bool {
        self.value.get() == 0 || !self.line.all_cancelled()
    }
}

impl Semaphore {
    /// Makes a semaphore with this many permits.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Semaphore;
    ///
    /// let text = format!("{:?}", Semaphore::new(2));
    /// assert_eq!(text, "<Semaphore unlocked, value:2>");
    /// ```
    pub fn new(permits: usize) -> Self {
        Self::with_bound(permits, usize::MAX, "Semaphore")
    }

    fn with_bound(permits: usize, bound: usize, name: &'static str) -> Self {
        Self(Rc::new(State {
            value: Cell::new(permits),
            bound,
            name,
            line: Line::default(),
            is_lock: permits == 1,
            taken_by: Cell::default(),
        }))
    }

    /// Waits for a permit, and takes it: asyncio's `acquire`.
    ///
    /// If there is one, and nobody waits, it does not suspend. The result is a guard, which
    /// releases the permit when dropped.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled. If this task was being given a permit, the next in line gets
    /// it.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Semaphore;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let permits = Semaphore::new(1);
    ///     {
    ///         let _permit = co.yield_from(permits.acquire())?;
    ///         assert!(permits.locked());
    ///     }
    ///     co.yield_from(permits.acquire())?.forget();
    ///     permits.release()
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn acquire(&self) -> AcquirePermit<'_> {
        AcquirePermit(self)
    }

    /// Adds a permit, and gives it to the first that waits for one.
    ///
    /// # Errors
    ///
    /// Fails with [`ValueError`] if there would be more permits than a
    /// [`BoundedSemaphore`] began with, or than can be counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Semaphore;
    ///
    /// let permits = Semaphore::new(0);
    /// permits.release()?;
    /// assert!(!permits.locked());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn release(&self) -> Result<()> {
        if self.0.value.get() >= self.0.bound {
            return Err(ValueError::new("semaphore released too many times").into());
        }
        self.put_back();
        Ok(())
    }

    /// Returns whether a permit would have to be waited for.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Semaphore;
    ///
    /// assert!(Semaphore::new(0).locked());
    /// ```
    pub fn locked(&self) -> bool {
        self.0.locked()
    }

    fn put_back(&self) {
        self.0.taken_by.take();
        self.0.value.set(self.0.value.get() + 1);
        self.give_to_next();
    }

    /// Gives a permit, of which there is one, to the next in line: it is taken for that task, so
    /// that no other can come in between.
    fn give_to_next(&self) -> bool {
        let given = self.0.line.wake_next();
        if given {
            self.0.value.set(self.0.value.get() - 1);
        }
        given
    }

    /// Gives what there is to the tasks that wait: permits that came while this one had its place,
    /// or that it was given and does not take.
    fn give_all(&self) {
        while self.0.value.get() > 0 && self.give_to_next() {}
    }

    #[inline(always)]
    #[track_caller]
    fn take(&self, co: &Co) -> Result<()> {
        let State { value, line, .. } = &*self.0;
        if !self.locked() {
            value.set(value.get() - 1);
            self.0.note_taker();
            return Ok(());
        }
        let reason = || Reason::object("Semaphore.acquire", &self.0);
        line.wait(co, reason, |waiter| {
            if was_woken(waiter) {
                self.put_back();
            }
            self.give_all();
        })?;
        self.0.note_taker();
        self.give_all();
        Ok(())
    }
}

/// One permit, as in asyncio.
impl Default for Semaphore {
    fn default() -> Self {
        Self::new(1)
    }
}

/// Shows the state as in asyncio: `<Semaphore locked, waiters:1>`.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl Subject for State {
    fn holder(&self) -> Option<Holder> {
        self.is_lock.then(|| self.taken_by.get())
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            value, name, line, ..
        } = self;
        match self.locked() {
            true => write!(f, "<{name} locked{line}>"),
            false => write!(f, "<{name} unlocked, value:{}{line}>", value.get()),
        }
    }
}

/// A semaphore that cannot have more permits than it began with: asyncio's `BoundedSemaphore`.
///
/// It is a [`Semaphore`], and has its methods. A clone is the same semaphore.
///
/// # Examples
///
/// ```
/// use yieldfrom::ValueError;
/// use yieldfrom::sync::BoundedSemaphore;
///
/// let permits = BoundedSemaphore::new(1);
/// let error = permits.release().unwrap_err();
/// assert!(error.is::<ValueError>());
/// ```
#[derive(Clone)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// Makes a semaphore with this many permits, and never more.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::BoundedSemaphore;
    ///
    /// let text = format!("{:?}", BoundedSemaphore::new(0));
    /// assert_eq!(text, "<BoundedSemaphore locked>");
    /// ```
    pub fn new(permits: usize) -> Self {
        Self(Semaphore::with_bound(permits, permits, "BoundedSemaphore"))
    }
}

impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.0
    }
}

impl From<BoundedSemaphore> for Semaphore {
    fn from(semaphore: BoundedSemaphore) -> Self {
        semaphore.0
    }
}

/// One permit, as in asyncio.
impl Default for BoundedSemaphore {
    fn default() -> Self {
        Self::new(1)
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Acquires a permit, when delegated to: see [`Semaphore::acquire`].
#[derive(Debug)]
#[must_use = "acquires nothing unless delegated to: co.yield_from(semaphore.acquire())?"]
pub struct AcquirePermit<'a>(pub(super) &'a Semaphore);

impl Delegate<Request, ()> for AcquirePermit<'_> {
    type Output = SemaphoreGuard;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<SemaphoreGuard> {
        self.0.take(co)?;
        Ok(SemaphoreGuard(Some(self.0.clone())))
    }
}

/// Releases a permit when dropped.
///
/// If others have released too many by then, so that a [`BoundedSemaphore`] has no room for it, it
/// does nothing.
///
/// # Examples
///
/// See [`Semaphore`].
#[derive(Debug)]
#[must_use = "releases the permit at once if not kept: let _permit = ..., or .forget()"]
pub struct SemaphoreGuard(Option<Semaphore>);

impl SemaphoreGuard {
    /// Keeps the permit: it is up to [`Semaphore::release`] from now on, as in asyncio.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Semaphore;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let permits = Semaphore::new(1);
    ///     co.yield_from(permits.acquire())?.forget();
    ///     assert!(permits.locked());
    ///     permits.release()
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for SemaphoreGuard {
    fn drop(&mut self) {
        if let Some(semaphore) = &self.0 {
            // A destructor has nobody to tell that there was no room.
            let _ = semaphore.release();
        }
    }
}
