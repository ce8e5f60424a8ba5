//! Permits, a limited number at a time.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::branches::{InLine, line_branches};
use super::waiters::Waiters;
use super::{is_a, shows_its_state};
use crate::combine::Alarm;
use crate::errors::ValueError;
use crate::kernel::{Co, Holder, Reason, Request, Subject, Waiter, coroutine_operations};
use yieldfrom_delegation::{Delegate, Result};

/// A number of permits, which tasks acquire and release: asyncio's `Semaphore`.
///
/// Tasks get permits in the order in which they asked for them: a task that comes waits while
/// another one does, even if that has been woken and is about to run. A clone is the same semaphore.
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
pub struct Semaphore(Rc<SemaphoreState>);

struct SemaphoreState {
    value: Cell<usize>,
    /// The greatest value that is allowed.
    bound: usize,
    name: &'static str,
    waiters: Waiters,
    /// Whether it began with one permit, so that it is used as a lock.
    is_lock: bool,
    /// The task that has taken that permit, for reports.
    taken_by: Cell<Holder>,
}

impl SemaphoreState {
    #[inline(always)]
    fn note_taker(&self) {
        if self.is_lock {
            self.taken_by.set(Holder::current());
        }
    }

    fn locked(&self) -> bool {
        self.value.get() == 0 || !self.waiters.all_cancelled()
    }
}

impl Semaphore {
    /// Makes a semaphore with this many permits.
    pub fn new(permits: usize) -> Self {
        Self::with_bound(permits, usize::MAX, "Semaphore")
    }

    fn with_bound(permits: usize, bound: usize, name: &'static str) -> Self {
        Self(Rc::new(SemaphoreState {
            value: Cell::new(permits),
            bound,
            name,
            waiters: Waiters::default(),
            is_lock: permits == 1,
            taken_by: Cell::default(),
        }))
    }

    /// Waits for a permit, and takes it: asyncio's `acquire`.
    ///
    /// It does not suspend if there is a permit and no task waits. It returns a guard, which
    /// releases the permit when it is dropped.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled. If this task was being given a permit, the next task in line
    /// gets it.
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

    /// Adds a permit, and gives it to the first task that waits for one.
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
    #[track_caller]
    pub fn release(&self) -> Result<()> {
        if self.0.value.get() >= self.0.bound {
            return Err(ValueError::new("semaphore released too many times").into());
        }
        self.put_back();
        Ok(())
    }

    /// Returns whether [`acquire`](Self::acquire) would have to wait.
    pub fn locked(&self) -> bool {
        self.0.locked()
    }

    fn put_back(&self) {
        self.0.taken_by.take();
        self.0.value.set(self.0.value.get() + 1);
        self.give_to_next();
    }

    /// Gives a permit, of which there is one, to the next task in line: it is taken for that task, so
    /// that no other can come in between.
    fn give_to_next(&self) -> bool {
        let given = self.0.waiters.wake_up_to(1) == 1;
        if given {
            self.0.value.set(self.0.value.get() - 1);
        }
        given
    }

    /// Gives all permits that there are to tasks that wait. Some may have come while this task had
    /// its place in the line, or were given to it and not taken.
    fn give_all(&self) {
        while self.0.value.get() > 0 && self.give_to_next() {}
    }

    #[inline(always)]
    fn take(&self, co: &Co) -> Result<()> {
        if self.take_at_once() {
            return Ok(());
        }
        let reason = || Reason::object("Semaphore.acquire", &self.0);
        let pass_on = |woken| self.pass_on(woken);
        self.0.waiters.wait(co, reason, pass_on)?;
        self.0.note_taker();
        self.give_all();
        Ok(())
    }

    /// Takes a permit if there is one, and nobody waits for it.
    #[inline(always)]
    fn take_at_once(&self) -> bool {
        let free = !self.locked();
        if free {
            self.0.value.set(self.0.value.get() - 1);
            self.0.note_taker();
        }
        free
    }

    /// Gives the permit on that came with being woken, when the wait has ended in another way.
    fn pass_on(&self, woken: bool) {
        if woken {
            self.put_back();
        }
        self.give_all();
    }
}

/// One permit, as in asyncio.
impl Default for Semaphore {
    fn default() -> Self {
        Self::new(1)
    }
}

shows_its_state!(Semaphore);

impl Subject for SemaphoreState {
    fn holder(&self) -> Option<Holder> {
        self.is_lock.then(|| self.taken_by.get())
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value, waiters) = (self.name, self.value.get(), &self.waiters);
        match self.locked() {
            true => write!(f, "<{name} locked{waiters}>"),
            false => write!(f, "<{name} unlocked, value:{value}{waiters}>"),
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
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// Makes a semaphore with this many permits, and never more.
    pub fn new(permits: usize) -> Self {
        Self(Semaphore::with_bound(permits, permits, "BoundedSemaphore"))
    }
}

is_a!(BoundedSemaphore: Semaphore);

/// One permit, as in asyncio.
impl Default for BoundedSemaphore {
    fn default() -> Self {
        Self::new(1)
    }
}

impl InLine for AcquirePermit<'_> {
    type Output = SemaphoreGuard;

    fn attempt(&mut self, woken: Option<Rc<Waiter>>) -> Option<Result<SemaphoreGuard>> {
        match woken {
            Some(waiter) => {
                self.0.0.waiters.leave(waiter);
                self.0.0.note_taker();
                self.0.give_all();
            }
            None if !self.0.take_at_once() => return None,
            None => {}
        }
        Some(Ok(SemaphoreGuard(Some(self.0.clone()))))
    }

    fn enter(&self, alarm: &Rc<Alarm>) -> Rc<Waiter> {
        let reason = || Reason::object("Semaphore.acquire", &self.0.0);
        self.0.0.waiters.enter(alarm, reason)
    }

    fn leave(&self, waiter: Rc<Waiter>) {
        let was_woken = waiter.is_done() && !waiter.is_cancelled();
        self.0.0.waiters.leave(waiter);
        self.0.pass_on(was_woken);
    }
}

line_branches! {
    ['a] AcquirePermit<'a>;
}

/// Acquires a permit, when delegated to: see [`Semaphore::acquire`].
// No `Operation`: it borrows the semaphore, which costs less than a handle.
#[derive(Debug)]
#[must_use = "acquires nothing unless delegated to: co.yield_from(semaphore.acquire())?"]
pub struct AcquirePermit<'a>(&'a Semaphore);

impl Delegate<Request, ()> for AcquirePermit<'_> {
    type Output = SemaphoreGuard;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<SemaphoreGuard> {
        self.0.take(co)?;
        Ok(SemaphoreGuard(Some(self.0.clone())))
    }
}

coroutine_operations! {
    [] AcquirePermit<'_> => SemaphoreGuard, "Semaphore.acquire", |this| {
        let semaphore = this.0.clone();
        move |co: &Co| semaphore.acquire().delegate(co)
    };
}

/// A guard that releases a permit when it is dropped.
///
/// If a [`BoundedSemaphore`] has no room for the permit, because others have released too many, it
/// does nothing.
#[derive(Debug)]
#[must_use = "releases the permit at once if not kept: let _permit = ..., or .forget()"]
pub struct SemaphoreGuard(Option<Semaphore>);

impl SemaphoreGuard {
    /// Keeps the permit until [`Semaphore::release`] is called, as in asyncio.
    pub fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for SemaphoreGuard {
    fn drop(&mut self) {
        if let Some(semaphore) = &self.0 {
            // A destructor has no way to say that there was no room.
            let _ = semaphore.release();
        }
    }
}
