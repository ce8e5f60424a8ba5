//! What all bodies and the driver of a running scenario share: slots, the trace, and whether to go
//! on.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;

use yieldfrom_delegation::Error;

use super::body::{Frame, Items, ScenarioGenerator};
use super::syntax::Scenario;
use super::value::Value;
use crate::json::Malformed;

/// Why a scenario was not run to its end.
#[derive(Debug)]
pub enum Stop {
    /// It does what no scenario may do.
    Malformed(Malformed),
    /// The trace could not be written.
    Output(io::Error),
    /// It ran more statements than it was granted.
    Budget,
    /// It depends on what the language leaves open: a generator that was dropped refused to end.
    Unspecified,
    /// The driver is through. What bodies do from now on is not traced.
    Done,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Output(error) => write!(f, "cannot write the trace: {error}"),
            Self::Budget => f.write_str("too many statements"),
            Self::Unspecified => f.write_str("a dropped generator refused to end"),
            Self::Done => f.write_str("done"),
        }
    }
}

/// Ends bodies of a scenario that was stopped. No handler of a scenario catches it.
#[derive(Debug)]
pub(crate) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the scenario was stopped")
    }
}

impl std::error::Error for Stopped {}

/// What a slot holds.
#[derive(Clone)]
pub(crate) enum Slot {
    Generator(ScenarioGenerator),
    Items(Rc<Items>),
}

/// The state that bodies and the driver share.
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    slots: RefCell<HashMap<String, Slot>>,
    out: RefCell<Box<dyn Write>>,
    stop: RefCell<Option<Stop>>,
    budget: Cell<u64>,
}

impl World {
    /// Counts a statement. Every statement of a stopped scenario fails here, so that all bodies end
    /// soon.
    pub(crate) fn step(&self) -> Result<(), Error> {
        if self.is_stopped() {
            return Err(Error::new(Stopped));
        }
        match self.budget.get() {
            0 => Err(self.stop(Stop::Budget)),
            left => {
                self.budget.set(left - 1);
                Ok(())
            }
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.borrow().is_some()
    }

    /// Stops the scenario, unless it was already, and returns the error that ends the running body.
    pub(crate) fn stop(&self, why: Stop) -> Error {
        self.stop.borrow_mut().get_or_insert(why);
        Error::new(Stopped)
    }

    pub(crate) fn malformed(&self, line: usize, message: impl Into<String>) -> Error {
        self.stop(Stop::Malformed(Malformed {
            line,
            message: message.into(),
        }))
    }

    /// Writes a line of the trace.
    pub(crate) fn trace(&self, line: fmt::Arguments<'_>) -> Result<(), Error> {
        if self.is_stopped() {
            return Err(Error::new(Stopped));
        }
        let written = writeln!(self.out.borrow_mut(), "{line}");
        written.map_err(|error| self.stop(Stop::Output(error)))
    }

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
            scenario,
            slots: RefCell::default(),
            out: RefCell::new(Box::new(out)),
            stop: RefCell::default(),
            budget: Cell::new(budget),
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
        let flushed = self.world.out.borrow_mut().flush();
        if let Err(error) = flushed {
            self.world.stop(Stop::Output(error));
        }
        match self.world.stop.replace(Some(Stop::Done)) {
            Some(why) => Err(why),
            None => {
                debug_assert!(ended.is_ok(), "only a stop ends the driver early");
                Ok(())
            }
        }
    }
}

/// Drops all generators. Their bodies are not traced, and end at their next statement.
impl Drop for Player {
    fn drop(&mut self) {
        self.world.stop(Stop::Done);
        let slots = self.world.slots.take();
        drop(slots);
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player")
            .field("stop", &self.world.stop)
            .finish_non_exhaustive()
    }
}

/// A trace in memory, to be read after a [`Player`] has written it.
#[derive(Clone, Debug, Default)]
pub struct Trace(Rc<RefCell<Vec<u8>>>);

impl Trace {
    /// Returns what was written so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

impl Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Marks the scenario as unspecified when a body is unwound: the library does that to one that
/// refuses to end.
pub(crate) struct Unwinding<'a>(pub(crate) &'a World);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop(Stop::Unspecified);
        }
    }
}

/// What bodies are sent, yield and return.
pub(crate) type Co = yieldfrom_delegation::Co<Value, Value>;
