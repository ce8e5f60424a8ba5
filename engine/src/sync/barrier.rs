//! A meeting point.
//!
//! The phases are those of CPython 3.11's `asyncio.Barrier`. As there, a condition's lock guards them:
//!
//! | phase | meaning | next |
//! | --- | --- | --- |
//! | Filling | tasks arrive and wait | Draining when the last one arrives; Resetting; Broken |
//! | Draining | they leave; other tasks wait outside | Filling when the last one has left |
//! | Resetting | they leave, with an error; other tasks wait outside | Filling when the last one has left |
//! | Broken | they leave, with an error, and so does every task that comes | Filling, by a reset |

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::condition::Condition;
use super::shows_its_state;
use crate::errors::{BrokenBarrierError, ValueError};
use crate::kernel::{Co, OnDrop, Operation, Reason, Subject};
use yieldfrom_delegation::{Delegate, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Filling,
    Draining,
    Resetting,
    Broken,
}

/// A point at which a number of tasks meet: asyncio's `Barrier`.
///
/// It can be used again: once all tasks have left, it waits for the same number of tasks. A clone is
/// the same barrier.
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
pub struct Barrier(Rc<BarrierState>);

struct BarrierState {
    condition: Condition,
    parties: usize,
    phase: Cell<Phase>,
    /// The number of tasks inside.
    count: Cell<usize>,
}

impl Barrier {
    /// Makes a barrier for this many tasks.
    ///
    /// # Errors
    ///
    /// Fails with [`ValueError`] if `parties` is 0.
    #[track_caller]
    pub fn new(parties: usize) -> Result<Self> {
        if parties == 0 {
            return Err(ValueError::new("a barrier needs at least one party").into());
        }
        Ok(Self(Rc::new(BarrierState {
            condition: Condition::new(),
            parties,
            phase: Cell::new(Phase::Filling),
            count: Cell::new(0),
        })))
    }

    /// Waits until all tasks have arrived; returns how many were there before: 0 for the first one.
    ///
    /// While the tasks of the last round are leaving, it waits for that first.
    ///
    /// # Errors
    ///
    /// - [`BrokenBarrierError`] if the barrier is broken, or is reset or broken during the wait.
    /// - `is_cancelled` if the wait is cancelled. The others go on waiting, now for one task more.
    #[must_use = "waits for nobody unless delegated to: co.yield_from(barrier.wait())?"]
    pub fn wait(&self) -> Operation<impl FnOnce(&Co) -> Result<usize> + use<>> {
        let state = Rc::clone(&self.0);
        Operation::new("Barrier.wait", move |co| state.meet(co))
    }

    /// Makes the barrier as new: a wait that is under way fails with [`BrokenBarrierError`].
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
    #[must_use = "resets nothing unless delegated to: co.yield_from(barrier.reset())?"]
    pub fn reset(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let state = Rc::clone(&self.0);
        Operation::new("Barrier.reset", move |co| {
            let _guard = state.condition.acquire().delegate(co)?;
            state.enter(match state.count.get() {
                0 => Phase::Filling,
                _ => Phase::Resetting,
            });
            Ok(())
        })
    }

    /// Breaks the barrier: every wait fails with [`BrokenBarrierError`], until a reset.
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
    #[must_use = "breaks nothing unless delegated to: co.yield_from(barrier.abort())?"]
    pub fn abort(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let state = Rc::clone(&self.0);
        Operation::new("Barrier.abort", move |co| {
            let _guard = state.condition.acquire().delegate(co)?;
            state.enter(Phase::Broken);
            Ok(())
        })
    }

    /// Returns the number of tasks that meet here.
    pub fn parties(&self) -> usize {
        self.0.parties
    }

    /// Returns the number of tasks that wait for the others to arrive.
    pub fn n_waiting(&self) -> usize {
        self.0.waiting()
    }

    /// Returns whether the barrier is broken.
    pub fn broken(&self) -> bool {
        self.0.phase.get() == Phase::Broken
    }
}

impl BarrierState {
    fn waiting(&self) -> usize {
        match self.phase.get() {
            Phase::Filling => self.count.get(),
            Phase::Draining | Phase::Resetting | Phase::Broken => 0,
        }
    }

    fn is_leaving(&self) -> bool {
        matches!(self.phase.get(), Phase::Draining | Phase::Resetting)
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.condition.wake_all();
    }

    fn meet(self: &Rc<Self>, co: &Co) -> Result<usize> {
        let _guard = self.condition.acquire().delegate(co)?;
        self.wait_while(co, Self::is_leaving)?;
        if self.phase.get() == Phase::Broken {
            return Err(BrokenBarrierError.into());
        }
        let index = self.count.get();
        self.count.set(index + 1);
        let _leave = OnDrop::new(|| self.leave());
        if index + 1 == self.parties {
            self.enter(Phase::Draining);
        } else {
            self.wait_while(co, |state| state.phase.get() == Phase::Filling)?;
        }
        match self.phase.get() {
            Phase::Broken | Phase::Resetting => Err(BrokenBarrierError.into()),
            Phase::Filling | Phase::Draining => Ok(index),
        }
    }

    fn wait_while(self: &Rc<Self>, co: &Co, holds: impl Fn(&Self) -> bool) -> Result<()> {
        while holds(self) {
            let reason = || Reason::object("Barrier.wait", self);
            self.condition.wait_because(co, reason)?;
        }
        Ok(())
    }

    /// Takes a task out, however its wait ends.
    fn leave(&self) {
        self.count.set(self.count.get() - 1);
        if self.count.get() == 0 {
            self.enter(match self.phase.get() {
                Phase::Draining | Phase::Resetting => Phase::Filling,
                phase => phase,
            });
        }
    }
}

shows_its_state!(Barrier);

impl Subject for BarrierState {
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
