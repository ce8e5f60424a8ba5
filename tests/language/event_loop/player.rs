//! What a running scenario consists of: the loop, what has a name, and the global variables.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{EventLoop, Result};

use super::frame::Frame;
use super::syntax::{Action, Scenario};
use super::thing::Thing;
use crate::language::session::{Session, Stop};
use crate::language::syntax::Program;
use crate::language::value::Value;

/// The loop's time when a scenario's is 0: deadlines may lie before, but not before the clock's own
/// beginning.
const START: Duration = Duration::from_secs(1 << 32);

/// The state that everything in a scenario shares.
pub(crate) struct World {
    pub(crate) program: Program<Action>,
    pub(crate) session: Session,
    pub(crate) event_loop: EventLoop,
    named: RefCell<HashMap<Rc<str>, Thing>>,
    pub(crate) variables: RefCell<HashMap<Rc<str>, Value>>,
}

impl World {
    pub(crate) fn named(&self, name: &str) -> Option<Thing> {
        self.named.borrow().get(name).cloned()
    }

    /// Gives a thing a name, which another one may have lost by that.
    pub(crate) fn name(&self, name: Rc<str>, thing: Thing) {
        let old = self.named.borrow_mut().insert(name, thing);
        drop(old);
    }

    /// Returns the loop's time as scenarios know it.
    pub(crate) fn now(&self) -> i64 {
        let now = self.event_loop.time();
        i64::try_from(now.saturating_sub(START).as_micros()).unwrap_or(i64::MAX)
    }

    /// Returns the loop's own time of a scenario's, unless it is beyond all times.
    pub(crate) fn loop_time(&self, when: i64) -> Option<Duration> {
        let distance = Duration::from_micros(when.unsigned_abs());
        if when < 0 {
            // Nothing happens before the beginning: what is due earlier cannot be told apart.
            return Some(START.saturating_sub(distance));
        }
        let when = START.checked_add(distance)?;
        u64::try_from(when.as_nanos()).ok().map(|_| when)
    }

    /// Ends the run that is under way, if the scenario was stopped.
    pub(crate) fn stop_loop(&self) {
        if self.session.is_stopped() {
            self.event_loop.stop();
        }
    }

    /// Writes a line of the trace.
    pub(crate) fn emit(&self, label: &str, text: fmt::Arguments<'_>) -> Result<()> {
        let now = self.now();
        self.session.trace(format_args!("{now} {label} {text}"))
    }
}

/// Runs one scenario.
pub struct Player {
    world: Rc<World>,
}

impl Player {
    /// Prepares a scenario, whose trace will go to `out`.
    ///
    /// # Errors
    ///
    /// There is no loop to be had.
    pub fn new(scenario: Scenario, out: impl Write + 'static) -> Result<Self> {
        Self::with_budget(scenario, out, u64::MAX)
    }

    /// Prepares a scenario that is stopped after `budget` statements.
    ///
    /// # Errors
    ///
    /// There is no loop to be had.
    pub fn with_budget(scenario: Scenario, out: impl Write + 'static, budget: u64) -> Result<Self> {
        let event_loop = EventLoop::builder()
            .virtual_clock()
            .start_time(START)
            .build()?;
        let world = World {
            program: scenario.0,
            session: Session::new(out, budget),
            event_loop,
            named: RefCell::default(),
            variables: RefCell::default(),
        };
        Ok(Self {
            world: Rc::new(world),
        })
    }

    /// Runs the program, and writes the trace.
    ///
    /// # Errors
    ///
    /// The scenario could not be run to its end; the trace up to there is written.
    pub fn play(&self) -> Result<(), Stop> {
        let ended = Frame::main(&self.world).run_main();
        self.world.session.finish()?;
        debug_assert!(ended.is_ok(), "only a stop ends the program early");
        Ok(())
    }
}

/// Ends all tasks. Their bodies are not traced, and end at their next statement.
impl Drop for Player {
    fn drop(&mut self) {
        self.world.session.stop(Stop::Done);
        // Callbacks that did not run refer to the world, as what has a name may do.
        let _ = self.world.event_loop.close();
        let named = self.world.named.take();
        drop(named);
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player")
            .field("session", &self.world.session)
            .finish_non_exhaustive()
    }
}
