//! The timeline of a form that has an event loop.

use std::path::Path;

use yieldfrom::{EventLoop, Result, Trace, TraceFile, new_event_loop};

/// Where a timeline goes, if one is wanted.
#[derive(Debug)]
pub(crate) struct Recording {
    file: Option<TraceFile>,
    trace: Option<Trace>,
}

impl Recording {
    /// Opens the file, so that one that cannot be written is known before anything is downloaded.
    pub(crate) fn create(path: Option<&Path>) -> Result<Self> {
        let file = path.map(TraceFile::create).transpose()?;
        Ok(Self { file, trace: None })
    }

    /// Makes a loop, which is recorded if that is wanted.
    pub(crate) fn new_event_loop(&self) -> Result<EventLoop> {
        let event_loop = new_event_loop()?;
        if self.file.is_some() {
            event_loop.start_trace(None)?;
        }
        Ok(event_loop)
    }

    /// Keeps what such a loop has done, in place of what one before did.
    pub(crate) fn take(&mut self, event_loop: &EventLoop) -> Result<()> {
        if self.file.is_some() {
            self.trace = Some(event_loop.stop_trace()?);
        }
        Ok(())
    }

    pub(crate) fn write(self) -> Result<()> {
        match (self.file, self.trace) {
            (Some(file), Some(trace)) => file.write(&trace),
            _ => Ok(()),
        }
    }
}
