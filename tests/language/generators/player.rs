//! What all bodies and the driver of a running scenario share.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use std::rc::Rc;

use super::body::{Frame, Items, ScenarioGenerator};
use super::syntax::{Action, Scenario};
use crate::language::session::{Session, Stop};
use crate::language::syntax::Program;
use crate::language::value::Value;

/// What a slot holds.
#[derive(Clone)]
pub(crate) enum Slot {
    Generator(ScenarioGenerator),
    Items(Rc<Items>),
}

/// The state that bodies and the driver share.
pub(crate) struct World {
    pub(crate) program: Program<Action>,
    pub(crate) session: Session,
    slots: RefCell<HashMap<String, Slot>>,
}

impl World {
    pub(crate) fn slot(&self, name: &str) -> Option<Slot> {
        self.slots.borrow().get(name).cloned()
    }

    /// Fills a slot, and drops what it held when it is no longer there.
    pub(crate) fn fill(&self, name: &str, content: Slot) {
        let old = self.slots.borrow_mut().insert(name.to_owned(), content);
        drop(old);
    }

    /// Empties a slot, and drops what it held when it is no longer there.
    pub(crate) fn empty(&self, name: &str) -> bool {
        let old = self.slots.borrow_mut().remove(name);
        old.is_some()
    }
}

/// Runs one scenario.
pub struct Player {
    world: Rc<World>,
}

impl Player {
    /// Prepares a scenario, whose trace will go to `out`.
    pub fn new(scenario: Scenario, out: impl Write + 'static) -> Self {
        Self::with_budget(scenario, out, u64::MAX)
    }

    /// Prepares a scenario that is stopped after `budget` statements.
    pub fn with_budget(scenario: Scenario, out: impl Write + 'static, budget: u64) -> Self {
        let world = World {
            program: scenario.0,
            session: Session::new(out, budget),
            slots: RefCell::default(),
        };
        Self {
            world: Rc::new(world),
        }
    }

    /// Runs the driver, and writes the trace.
    ///
    /// # Errors
    ///
    /// The scenario could not be run to its end; the trace up to there is written.
    pub fn play(&self) -> Result<(), Stop> {
        let ended = Frame::driver(&self.world).run_driver();
        self.world.session.finish()?;
        debug_assert!(ended.is_ok(), "only a stop ends the driver early");
        Ok(())
    }
}

/// Drops all generators. Their bodies are not traced, and end at their next statement.
impl Drop for Player {
    fn drop(&mut self) {
        self.world.session.stop(Stop::Done);
        let slots = self.world.slots.take();
        drop(slots);
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player")
            .field("session", &self.world.session)
            .finish_non_exhaustive()
    }
}

/// Marks the scenario as unspecified when a body is unwound: the library does that to one that
/// refuses to end.
pub(crate) struct Unwinding<'a>(pub(crate) &'a World);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.session.stop(Stop::Unspecified);
        }
    }
}

/// What bodies are sent, yield and return.
pub(crate) type Co = yieldfrom_delegation::Co<Value, Value>;
