//! The place where a watchdog or a monitor sees what a loop does.

use std::rc::Rc;

use super::event_loop::{Core, Ready};

/// The interface by which a loop tells which entry it runs.
///
/// A loop without a watcher pays one look at a pointer in each turn and in each run.
pub(crate) trait LoopWatcher {
    /// A run begins. It ends by `end_run`, also after a panic.
    fn begin_run(&self);

    fn end_run(&self);

    /// Is called when a turn begins. `entries` says how many entries it has. Returns whether the watcher wants to be told of each.
    fn begin_turn(&self, core: &Core, entries: usize) -> bool;

    /// A task's step or a callback begins.
    fn begin_entry(&self, core: &Core, entry: &Rc<dyn Ready>);

    /// It has ended. After a panic this is not called.
    fn end_entry(&self, core: &Core, entry: &Rc<dyn Ready>);

    /// A turn has ended whose entries the watcher was told of, also after a panic.
    fn end_turn(&self, core: &Core);
}

/// A turn, while the watcher is told of its entries. The turn ends when this is dropped.
pub(super) struct WatchedTurn<'a> {
    pub(super) watcher: &'a dyn LoopWatcher,
    core: &'a Core,
}

impl<'a> WatchedTurn<'a> {
    /// Begins a turn; returns none if its entries are not watched.
    #[inline(always)]
    pub(super) fn begin(core: &'a Core, entries: impl FnOnce() -> usize) -> Option<Self> {
        let watcher = core.hooks.watcher()?;
        // Only a turn that has begun is to end.
        let is_told = watcher.begin_turn(core, entries());
        is_told.then(|| Self { watcher, core })
    }
}

impl Drop for WatchedTurn<'_> {
    fn drop(&mut self) {
        self.watcher.end_turn(self.core);
    }
}

/// A run of a loop that may have a watcher, until this is dropped.
pub(super) struct WatchedRun<'a>(Option<&'a dyn LoopWatcher>);

impl<'a> WatchedRun<'a> {
    pub(super) fn begin(core: &'a Core) -> Self {
        let watcher = core.hooks.watcher();
        if let Some(watcher) = watcher {
            watcher.begin_run();
        }
        Self(watcher)
    }
}

impl Drop for WatchedRun<'_> {
    fn drop(&mut self) {
        if let Some(watcher) = self.0 {
            watcher.end_run();
        }
    }
}
