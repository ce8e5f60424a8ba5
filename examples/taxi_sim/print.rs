//! Prints every event, indented by its taxi.

use std::io::{self, BufWriter, StdoutLock, Write};

use crate::options::during;
use crate::{End, Event, Observer};

/// The output of the Python program.
#[derive(Debug)]
pub(crate) struct Print {
    out: BufWriter<StdoutLock<'static>>,
    /// Whether each event is to be seen before the next.
    at_once: bool,
}

impl Print {
    pub(crate) fn new(at_once: bool) -> Self {
        Self {
            out: BufWriter::new(io::stdout().lock()),
            at_once,
        }
    }
}

impl Observer for Print {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let indent = "   ".repeat(event.proc);
        let printed = writeln!(self.out, "taxi: {} {indent} {event}", event.proc);
        let printed = printed.and_then(|()| match self.at_once {
            true => self.out.flush(),
            false => Ok(()),
        });
        printed.map_err(during("print the events"))
    }

    fn end(&mut self, end: End) -> io::Result<()> {
        let printed = writeln!(self.out, "{end}").and_then(|()| self.out.flush());
        printed.map_err(during("print the events"))
    }
}
