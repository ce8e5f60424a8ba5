//! Reading a stream to its end without a limit, which keeps its data in the reader until then.

use super::reader::StreamReader;
use crate::kernel::{Co, OnDrop};
use yieldfrom_delegation::Result;

impl StreamReader {
    /// Has the reader hold all data that comes, however much that is, until the guard is dropped.
    pub(crate) fn hold_all(&self) -> OnDrop<impl FnOnce() + use<'_>> {
        let readers = &self.state.boundless;
        readers.update(|readers| readers + 1);
        let release = OnDrop::new(|| readers.update(|readers| readers - 1));
        if self.state.paused.get() {
            self.state.resume();
        }
        release
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
