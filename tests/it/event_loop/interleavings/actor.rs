//! A task of a scene, as it knows itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::{Co, Future, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not begun.
    Absent,
    /// Waits for what the scene is about.
    Waiting,
    /// Has it, and waits for its gate.
    Inside,
    /// Waits in a condition, which it entered with the lock.
    Asleep,
    /// On its way, or at its end.
    Gone,
}

/// A task of the scene, as it knows itself.
#[derive(Clone)]
pub(super) struct Me(Rc<Part>);

struct Part {
    number: usize,
    stage: Cell<Stage>,
    gate: Future<()>,
    cancelled: Cell<bool>,
    /// Whether somebody has woken it.
    told: Cell<bool>,
    journal: Rc<Journal>,
}

/// Who came, and who was let in, in order.
#[derive(Default)]
pub(super) struct Journal {
    pub(super) came: RefCell<Vec<usize>>,
    pub(super) entered: RefCell<Vec<usize>>,
}

impl Me {
    /// Makes one that has not begun.
    pub(super) fn new(number: usize, gate: Future<()>, journal: &Rc<Journal>) -> Self {
        Self(Rc::new(Part {
            number,
            stage: Cell::new(Stage::Absent),
            gate,
            cancelled: Cell::new(false),
            told: Cell::new(false),
            journal: Rc::clone(journal),
        }))
    }

    /// Returns what it waits for while it is inside.
    pub(super) fn gate(&self) -> &Future<()> {
        &self.0.gate
    }

    pub(super) fn stage(&self) -> Stage {
        self.0.stage.get()
    }

    pub(super) fn set_stage(&self, stage: Stage) {
        self.0.stage.set(stage);
    }

    /// Says that it is about to wait.
    pub(super) fn arrive(&self) {
        self.set_stage(Stage::Waiting);
        self.0.journal.came.borrow_mut().push(self.0.number);
    }

    /// Says that the wait has succeeded.
    pub(super) fn enter(&self) {
        self.set_stage(Stage::Inside);
        self.0.journal.entered.borrow_mut().push(self.0.number);
    }

    /// Stays inside until the gate is opened.
    pub(super) fn hold(&self, co: &Co) -> Result<()> {
        self.enter();
        let _leaves = Leaves(self);
        co.yield_from(&self.0.gate)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.0.cancelled.get()
    }

    pub(super) fn note_cancelled(&self) {
        self.0.cancelled.set(true);
    }

    pub(super) fn is_told(&self) -> bool {
        self.0.told.get()
    }

    pub(super) fn tell(&self) {
        self.0.told.set(true);
    }
}

/// Notes, when it is dropped, that the task is gone.
pub(super) struct Leaves<'a>(pub(super) &'a Me);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.set_stage(Stage::Gone);
    }
}
