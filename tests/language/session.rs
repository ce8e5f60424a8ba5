//! What lasts while a scenario is run: where its trace goes, and whether to go on.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;

use yieldfrom_delegation::Error;

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
    /// It is through. What bodies do from now on is not traced.
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

/// The trace of a scenario that is being run, and what stops it.
pub(crate) struct Session {
    out: RefCell<Box<dyn Write>>,
    stop: RefCell<Option<Stop>>,
    budget: Cell<u64>,
}

impl Session {
    pub(crate) fn new(out: impl Write + 'static, budget: u64) -> Self {
        Self {
            out: RefCell::new(Box::new(out)),
            stop: RefCell::default(),
            budget: Cell::new(budget),
        }
    }

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
        let line = line.to_string();
        // Whoever pays for statements pays for long lines, too.
        let left = self.budget.get();
        self.budget
            .set(left.saturating_sub(line.len() as u64 / 100));
        let written = writeln!(self.out.borrow_mut(), "{line}");
        written.map_err(|error| self.stop(Stop::Output(error)))
    }

    /// Ends the trace, and returns what stopped the scenario.
    pub(crate) fn finish(&self) -> Result<(), Stop> {
        let flushed = self.out.borrow_mut().flush();
        if let Err(error) = flushed {
            self.stop(Stop::Output(error));
        }
        self.stop.replace(Some(Stop::Done)).map_or(Ok(()), Err)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

/// A trace in memory, to be read after a player has written it.
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
