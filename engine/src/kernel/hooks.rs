//! The places where layers above the kernel take part in a loop's run.
//!
//! The kernel names none of these layers. `assemble.rs` plugs them in when a loop is made. Cells and
//! a static say whether there is anything to do at all, so that most turns call no layer.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::event_loop::{Core, Direction, Ready, Timed};
use super::future::Waitable;
use super::nanos::Nanos;
use super::task::TaskObject;
use super::watcher::LoopWatcher;
use crate::errors::panics::Panics;
use yieldfrom_delegation::recorder::Recorder;
use yieldfrom_delegation::{Error, Result};

/// Whether the process was asked to interrupt the run on its main thread. A signal's handler may
/// set it.
pub(crate) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

#[inline(always)]
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A part of a loop that belongs to a layer above the kernel.
pub(crate) trait Layer: Any {
    /// Returns the part of this kind that is plugged into a loop; none if the loop was never open.
    fn of(core: &Core) -> Option<&Self>
    where
        Self: Sized,
    {
        let mut parts = core.hooks.layers.iter().map(|part| &**part as &dyn Any);
        parts.find_map(<dyn Any>::downcast_ref)
    }

    /// Is called when a run until `main` is done begins.
    fn begin_run(&self, _core: &Core, _main: &Rc<dyn Waitable>) {}

    /// Is called when such a run has ended; an error takes the place of its result.
    fn end_run(&self, _run: &Result<()>, _is_cancelled: bool) -> Result<()> {
        Ok(())
    }

    /// Is called last, also after a panic.
    fn leave_run(&self) {}

    /// Is called before a turn while [`INTERRUPTED`] is set; an error ends the run.
    fn interrupt(&self, _core: &Core) -> Result<()> {
        Ok(())
    }

    /// Is called before a run would wait for nothing that the kernel knows of: returns whether something else may
    /// wake the loop.
    fn may_be_woken(&self, _core: &Core) -> bool {
        false
    }

    /// Is called first when the loop is closed.
    fn close(&self, _panics: &mut Panics) {}

    /// Is called when a closed loop has destroyed its tasks.
    fn finish(&self, _panics: &mut Panics) {}
}

/// The interface by which a loop reports what it does, while it has a recorder.
///
/// A recorder may look at the loop and at the entry. Showing an entry may run code of the program, so
/// the recorder must not borrow a cell of its own meanwhile. While a turn runs, the generators of the
/// thread report to it as well.
pub(crate) trait LoopRecorder: Recorder + Any {
    /// A turn begins that will run this many entries. These come last first; the others are calls of other threads.
    fn begin_turn(&self, core: &Core, entries: &[Rc<dyn Ready>], count: usize);

    /// A task's step or a callback begins.
    fn begin_entry(&self, core: &Core, entry: &Rc<dyn Ready>);

    /// It has ended. After a panic this is not called, and the next report is of another turn or entry.
    fn end_entry(&self, core: &Core, entry: &Rc<dyn Ready>);

    /// The turn has ended. After a panic this is not called either.
    fn end_turn(&self, core: &Core);

    /// The loop had nothing to do, and has waited since `began`.
    fn idle(&self, core: &Core, began: Nanos);

    /// Entries may have become ready since the last report, outside of a turn, for this reason.
    fn became_ready(&self, core: &Core, cause: ReadyCause);

    /// A timer is set for this.
    fn timer_set(&self, core: &Core, now: Nanos, deadline: Nanos, timed: &Rc<dyn Timed>);

    /// The timer of what is at this address is cancelled.
    fn timer_cancelled(&self, core: &Core, timed: *const ());

    /// The timer of what is at this address was due, and has made entries ready.
    fn timer_fired(&self, core: &Core, timed: *const ());

    /// A task is asked to end.
    fn cancelled(&self, core: &Core, task: &dyn TaskObject);

    /// A task has ended as cancelled, outside of a step.
    fn abandoned(&self, core: &Core, task: &dyn TaskObject);

    /// An entry becomes ready from now on when a descriptor is.
    fn watched(&self, core: &Core, entry: &Rc<dyn Ready>, descriptor: RawFd, direction: Direction);

    /// It does so no more.
    fn unwatched(&self, core: &Core, descriptor: RawFd, direction: Direction);

    /// The loop is closed.
    fn closed(&self, core: &Core);
}

/// The reason why entries became ready outside of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadyCause {
    Descriptor,
    Other,
}

/// Makes the error with which a run ends that nothing can wake, for the operation of this name.
pub(crate) type DeadlockFn = fn(&Core, &'static str) -> Error;

/// The parts that are plugged into one loop.
pub(crate) struct Hooks {
    layers: Box<[Box<dyn Layer>]>,
    deadlock: DeadlockFn,
    /// How many jobs and child processes will wake the loop when they end.
    work: Cell<usize>,
    /// How many of the waits for descriptors do not keep a run alive.
    idle_waits: Cell<usize>,
    recorder: RefCell<Option<Rc<dyn LoopRecorder>>>,
    is_recorded: Cell<bool>,
    watcher: Option<Box<dyn LoopWatcher>>,
}

impl Hooks {
    pub(crate) fn new(layers: Box<[Box<dyn Layer>]>, deadlock: DeadlockFn) -> Self {
        Self {
            layers,
            deadlock,
            work: Cell::new(0),
            idle_waits: Cell::new(0),
            recorder: RefCell::new(None),
            is_recorded: Cell::new(false),
            watcher: None,
        }
    }

    /// Gives the loop a watcher, if there is one.
    pub(crate) fn watched_by(self, watcher: Option<Box<dyn LoopWatcher>>) -> Self {
        Self { watcher, ..self }
    }

    #[inline(always)]
    pub(super) fn watcher(&self) -> Option<&dyn LoopWatcher> {
        self.watcher.as_deref()
    }

    pub(crate) fn has_work(&self) -> bool {
        self.work.get() > 0
    }

    pub(crate) fn work(&self) -> usize {
        self.work.get()
    }

    pub(crate) fn add_work(&self) {
        self.work.set(self.work.get() + 1);
    }

    pub(crate) fn remove_work(&self, count: usize) {
        self.work.set(self.work.get() - count);
    }

    pub(super) fn idle_waits(&self) -> usize {
        self.idle_waits.get()
    }

    #[cfg(feature = "signal")]
    pub(crate) fn set_idle_waits(&self, count: usize) {
        self.idle_waits.set(count);
    }

    /// Returns the loop's recorder. A loop without one pays no more than a look at a flag.
    #[inline(always)]
    pub(crate) fn recorder(&self) -> Option<Rc<dyn LoopRecorder>> {
        if cfg!(not(feature = "trace")) || !self.is_recorded.get() {
            return None;
        }
        self.recorder.borrow().clone()
    }

    #[cfg(feature = "trace")]
    pub(crate) fn set_recorder(&self, recorder: Option<Rc<dyn LoopRecorder>>) {
        self.is_recorded.set(recorder.is_some());
        drop(self.recorder.replace(recorder));
    }

    pub(super) fn deadlock(&self, core: &Core, operation: &'static str) -> Error {
        (self.deadlock)(core, operation)
    }

    #[cold]
    pub(super) fn may_be_woken(&self, core: &Core) -> bool {
        self.layers.iter().any(|part| part.may_be_woken(core))
    }

    #[cold]
    pub(super) fn interrupt(&self, core: &Core) -> Result<()> {
        let mut parts = self.layers.iter();
        parts.try_for_each(|part| part.interrupt(core))
    }

    pub(super) fn close(&self, panics: &mut Panics) {
        for part in &self.layers {
            part.close(panics);
        }
    }

    pub(super) fn finish(&self, panics: &mut Panics) {
        for part in &self.layers {
            part.finish(panics);
        }
    }

    /// Lets the layers take part in a run until `main` is done.
    pub(super) fn begin_run(&self, core: &Core, main: &Rc<dyn Waitable>) -> RunGuard<'_> {
        let guard = RunGuard(&self.layers);
        for part in &self.layers {
            part.begin_run(core, main);
        }
        guard
    }
}

/// The hooks of a loop that was never open, whose runs do not begin.
impl Default for Hooks {
    fn default() -> Self {
        Self::new(Box::default(), |_, _| unreachable!("it never runs"))
    }
}

/// A run in which the layers take part, until this is dropped.
pub(super) struct RunGuard<'a>(&'a [Box<dyn Layer>]);

impl RunGuard<'_> {
    pub(super) fn end(self, run: &Result<()>, is_cancelled: bool) -> Result<()> {
        let mut parts = self.0.iter();
        parts.try_for_each(|part| part.end_run(run, is_cancelled))
    }
}

impl Drop for RunGuard<'_> {
    fn drop(&mut self) {
        for part in self.0 {
            part.leave_run();
        }
    }
}
