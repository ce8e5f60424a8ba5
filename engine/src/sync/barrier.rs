//! A meeting point.
//!
//! The states are those of CPython 3.11's `asyncio.Barrier`, guarded by a condition's lock as there:
//!
//! | state | meaning | next |
//! | --- | --- | --- |
//! | Filling | tasks arrive and wait | Draining with the last of them, Resetting, Broken |
//! | Draining | they leave; newcomers wait outside | Filling with the last of them |
//! | Resetting | they leave, with an error; newcomers wait outside | Filling with the last of them |
//! | Broken | all leave, with an error, and so do newcomers | Filling, by a reset |

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::condition::Condition;
use crate::errors::{BrokenBarrierError, ValueError};
use crate::kernel::{Reason, Request, Subject};
use crate::{Co, Delegate, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Filling,
    Draining,
    Resetting,
    Broken,
}

/// A point at which a number of tasks meet: asyncio's `Barrier`.
///
/// It can be used again and again: once all have left, it waits for as many. A clone is the same
/// barrier.
///
/// # Examples
///
/// ```
/// use yieldfrom::sync::Barrier;
/// use yieldfrom::{Co, create_task, run_sync};
///
/// let barrier = Barrier::new(3)?;
/// run_sync(move |co: &Co| {
///     let arrive = |_| {
///         let barrier = barrier.clone();
///         create_task(move |co: &Co| co.yield_from(barrier.wait()))
///     };
///     let tasks: Vec<_> = (0..3).map(arrive).collect();
///     let places = tasks.iter().map(|task| co.yield_from(task));
///     assert_eq!(places.collect::<Result<Vec<_>, _>>()?, [0, 1, 2]);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct Barrier(Rc<State>);

struct State {
    condition: Condition,
    parties: usize,
    phase: Cell<Phase>,
    /// How many are inside.
    count: Cell<usize>,
}

impl Barrier {
    /// Makes a barrier for this many tasks.
    ///
    /// # Errors
    ///
    /// Fails with [`ValueError`] if there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Barrier;
    ///
    /// assert_eq!(format!("{:?}", Barrier::new(2)?), "<Barrier filling, waiters:0/2>");
    /// assert!(Barrier::new(0).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn new(parties: usize) -> Result<Self> {
        if parties == 0 {
            return Err(ValueError::new("a barrier needs at least one party").into());
        }
        Ok(Self(Rc::new(State {
            condition: Condition::new(),
            parties,
            phase: Cell::new(Phase::Filling),
            count: Cell::new(0),
        })))
    }

    /// Waits until all have arrived, and returns how many were there before: 0 for the first.
    ///
    /// While those of the last round are leaving, it waits for that first.
    ///
    /// # Errors
    ///
    /// - [`BrokenBarrierError`] if the barrier is broken, or is reset or broken during the wait.
    /// - `is_cancelled` if the wait is cancelled: the others go on waiting, now for one more.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Barrier;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// let barrier = Barrier::new(1)?;
    /// assert_eq!(run_sync(move |co: &Co| co.yield_from(barrier.wait()))?, 0);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn wait(&self) -> BarrierWait<'_> {
        BarrierWait(self)
    }

    /// Makes the barrier as new: whoever waits fails with [`BrokenBarrierError`].
    ///
    /// # Errors
    ///
    /// Fails if it is cancelled while it waits for the barrier's lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Barrier;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let barrier = Barrier::new(2)?;
    ///     co.yield_from(barrier.abort())?;
    ///     co.yield_from(barrier.reset())?;
    ///     assert!(!barrier.broken());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn reset(&self) -> BarrierReset<'_> {
        BarrierReset(self)
    }

    /// Breaks the barrier: whoever waits, and whoever comes, fails with [`BrokenBarrierError`].
    ///
    /// # Errors
    ///
    /// Fails if it is cancelled while it waits for the barrier's lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Barrier;
    /// use yieldfrom::{BrokenBarrierError, Co, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let barrier = Barrier::new(2)?;
    ///     co.yield_from(barrier.abort())?;
    ///     let error = co.yield_from(barrier.wait()).unwrap_err();
    ///     assert!(error.is::<BrokenBarrierError>());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn abort(&self) -> BarrierAbort<'_> {
        BarrierAbort(self)
    }

    /// Returns for how many tasks the barrier is.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Barrier;
    ///
    /// assert_eq!(Barrier::new(2)?.parties(), 2);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn parties(&self) -> usize {
        self.0.parties
    }

    /// Returns how many tasks are waiting for the others to arrive.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Barrier;
    /// use yieldfrom::{Co, create_task, run_sync, yield_now};
    ///
    /// run_sync(|co: &Co| {
    ///     let barrier = Barrier::new(2)?;
    ///     let theirs = barrier.clone();
    ///     let other = create_task(move |co: &Co| co.yield_from(theirs.wait()));
    ///     co.yield_from(yield_now())?;
    ///     assert_eq!(barrier.n_waiting(), 1);
    ///     co.yield_from(barrier.wait())?;
    ///     co.yield_from(&other)
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn n_waiting(&self) -> usize {
        self.0.waiting()
    }

    /// Returns whether the barrier is broken.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Barrier;
    ///
    /// assert!(!Barrier::new(2)?.broken());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn broken(&self) -> bool {
        self.0.phase.get() == Phase::Broken
    }
}

impl Barrier {
    fn reason(&self) -> Reason {
        Reason::object("Barrier.wait", &self.0)
    }
}

impl State {
    fn waiting(&self) -> usize {
        match self.phase.get() {
            Phase::Filling => self.count.get(),
            Phase::Draining | Phase::Resetting | Phase::Broken => 0,
        }
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.condition.wake_all();
    }

    fn is_leaving(&self) -> bool {
        matches!(self.phase.get(), Phase::Draining | Phase::Resetting)
    }
}

/// Shows the state as in asyncio: `<Barrier filling, waiters:1/2>`.
impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl Subject for State {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = self.phase.get();
        let name = format!("{phase:?}").to_lowercase();
        write!(f, "<Barrier {name}")?;
        if phase != Phase::Broken {
            write!(f, ", waiters:{}/{}", self.waiting(), self.parties)?;
        }
        f.write_str(">")
    }
}

/// Waits at a barrier, when delegated to: see [`Barrier::wait`].
#[derive(Debug)]
#[must_use = "waits for nobody unless delegated to: co.yield_from(barrier.wait())?"]
pub struct BarrierWait<'a>(pub(super) &'a Barrier);

impl Delegate<Request, ()> for BarrierWait<'_> {
    type Output = usize;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<usize> {
        let state = &*self.0.0;
        let _guard = co.yield_from(state.condition.acquire())?;
        while state.is_leaving() {
            state.condition.wait_here(co, || self.0.reason())?;
        }
        if state.phase.get() == Phase::Broken {
            return Err(BrokenBarrierError.into());
        }
        let inside = Inside::enter(state);
        if inside.index + 1 == state.parties {
            state.enter(Phase::Draining);
        } else {
            while state.phase.get() == Phase::Filling {
                state.condition.wait_here(co, || self.0.reason())?;
            }
        }
        match state.phase.get() {
            Phase::Broken | Phase::Resetting => Err(BrokenBarrierError.into()),
            Phase::Filling | Phase::Draining => Ok(inside.index),
        }
    }
}

/// A task inside. Dropping this takes it out, however its wait ends.
struct Inside<'a> {
    state: &'a State,
    index: usize,
}

impl<'a> Inside<'a> {
    fn enter(state: &'a State) -> Self {
        let index = state.count.get();
        state.count.set(index + 1);
        Self { state, index }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let state = self.state;
        state.count.set(state.count.get() - 1);
        if state.count.get() == 0 {
            let leaving = state.is_leaving();
            state.enter(if leaving {
                Phase::Filling
            } else {
                state.phase.get()
            });
        }
    }
}

/// Resets a barrier, when delegated to: see [`Barrier::reset`].
#[derive(Debug)]
#[must_use = "resets nothing unless delegated to: co.yield_from(barrier.reset())?"]
pub struct BarrierReset<'a>(pub(super) &'a Barrier);

impl Delegate<Request, ()> for BarrierReset<'_> {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let state = &*self.0.0;
        let _guard = co.yield_from(state.condition.acquire())?;
        state.enter(if state.count.get() > 0 {
            Phase::Resetting
        } else {
            Phase::Filling
        });
        Ok(())
    }
}

/// Breaks a barrier, when delegated to: see [`Barrier::abort`].
#[derive(Debug)]
#[must_use = "breaks nothing unless delegated to: co.yield_from(barrier.abort())?"]
pub struct BarrierAbort<'a>(pub(super) &'a Barrier);

impl Delegate<Request, ()> for BarrierAbort<'_> {
    type Output = ();

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let state = &*self.0.0;
        let _guard = co.yield_from(state.condition.acquire())?;
        state.enter(Phase::Broken);
        Ok(())
    }
}
