//! Which processes wait, and for what.

use std::fmt::{self, Write};

use super::any_process::AnyProcess;
use super::core::Core;
use super::event::AnyEvent;
use yieldfrom_delegation::Link;

/// A process that waits. [`Env::waiting`](super::Env::waiting) lists them.
#[derive(Clone)]
pub struct WaitingProcess {
    process: AnyProcess,
    target: AnyEvent,
    since: f64,
    chain: Vec<Link>,
}

impl WaitingProcess {
    /// Returns the process.
    pub fn process(&self) -> &AnyProcess {
        &self.process
    }

    /// Returns the event for which it waits.
    pub fn target(&self) -> &AnyEvent {
        &self.target
    }

    /// Returns the time at which it began to wait.
    pub fn since(&self) -> f64 {
        self.since
    }

    /// Returns the functions that the process is in, the outermost first, with the line where each of them waits.
    pub fn delegation_chain(&self) -> &[Link] {
        &self.chain
    }
}

/// Shows the process, its event and its lines, such as `customer waits for Request() since 2.5: customer() at bank.rs:40`.
impl fmt::Display for WaitingProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, since) = (self.process.name(), self.since);
        write!(f, "{name} waits for {:?} since {since}", self.target)?;
        for (number, link) in self.chain.iter().enumerate() {
            let separator = if number == 0 { ": " } else { " > " };
            write!(f, "{separator}{link}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for WaitingProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lists the processes that wait, in the order in which they were started.
pub(super) fn list(core: &Core) -> Vec<WaitingProcess> {
    let waits = |process: &std::rc::Rc<super::process::ProcessCell>| {
        Some(WaitingProcess {
            process: AnyProcess::of(process),
            target: AnyEvent::of(&process.target()?),
            since: process.since(),
            chain: process.delegation_chain(),
        })
    };
    core.processes().iter().filter_map(waits).collect()
}

/// So many processes are named in an error.
const SHOWN: usize = 10;

/// Returns the lines about the processes that an error message ends with.
pub(super) fn report(core: &Core) -> String {
    let waiting = list(core);
    let mut text = String::new();
    for process in waiting.iter().take(SHOWN) {
        let _ = write!(text, "\n  {process}");
    }
    if waiting.len() > SHOWN {
        let _ = write!(text, "\n  and {} more processes", waiting.len() - SHOWN);
    }
    text
}
