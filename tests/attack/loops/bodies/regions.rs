//! What bodies do in regions for synchronous code.

use yieldfrom::blocking::{self, blocking};
use yieldfrom::{Co, Result};

use super::{Body, WaitsAtEnd};

impl Body<'_> {
    /// Opens a region, on this stack or on one of its own.
    pub(super) fn region(&self) -> Result<()> {
        let size = match self.world.one_in(2) {
            true => 1 << 10,
            false => 256 << 10,
        };
        let region = blocking(|| self.work()).stack_size(size);
        self.co.yield_from(region)
    }

    /// Does what a library might do, and goes on after errors.
    fn work(&self) {
        loop {
            match self.world.below(8) {
                0 | 1 => return,
                2 => self.world.panic(),
                3 => drop(WaitsAtEnd(self)),
                4 => drop(self.wait_somehow()),
                5 => drop(self.world.catch(|| {
                    let _ = blocking::wait(|_: &Co| self.wait_somehow());
                    self.world.panic();
                })),
                _ => {
                    let waited = blocking::wait(|_: &Co| self.wait_somehow());
                    if waited.is_err() && self.world.one_in(4) {
                        return;
                    }
                }
            }
        }
    }
}
