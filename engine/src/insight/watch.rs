//! What other threads see of a loop that runs: which entry, and since when.
//!
//! The loop writes that down while a watchdog or a monitor is there, by its [`LoopWatcher`]. Other threads
//! read it without asking the loop, because an entry that does not end keeps the loop from answering.
//!
//! [`LoopWatcher`]: crate::kernel::LoopWatcher

mod entries;
mod helper;
mod layer;
mod pulse;
mod report;
#[cfg(test)]
mod tests;
mod watchdog;

#[cfg(feature = "monitor")]
pub(super) use helper::Stop;
pub(crate) use layer::{WatchSettings, Watching};
#[cfg(feature = "monitor")]
pub(super) use pulse::{Pulse, RunningEntry, lock};
pub use report::WatchdogReport;
pub(crate) use watchdog::WatchdogHandler;
