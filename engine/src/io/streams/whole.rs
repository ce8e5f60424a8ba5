//! Reading a stream to its end without a limit, which keeps its data in the reader until then.

use super::reader::StreamReader;
use super::reader_state::ReaderState;
use crate::kernel::Co;
use yieldfrom_delegation::Result;

/// While this lives, the reader holds all data that comes, however much that is.
pub(crate) struct Unbounded<'a>(&'a ReaderState);

impl Drop for Unbounded<'_> {
    fn drop(&mut self) {
        self.0.boundless.update(|readers| readers - 1);
    }
}

impl StreamReader {
    pub(crate) fn hold_all(&self) -> Unbounded<'_> {
        self.state.boundless.update(|readers| readers + 1);
        if self.state.paused.get() {
            self.state.resume();
        }
        Unbounded(&self.state)
    }

    /// Waits for the end of the stream, and takes nothing.
    pub(crate) fn wait_for_end(&self, co: &Co) -> Result<()> {
        self.state.check()?;
        while !self.state.ended.get() {
            self.state.wait_for_data(co, "read")?;
            self.state.check()?;
        }
        Ok(())
    }

    pub(crate) fn take_all(&self) -> Vec<u8> {
        self.state.take(usize::MAX)
    }
}
