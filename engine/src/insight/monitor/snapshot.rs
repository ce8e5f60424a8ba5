//! A loop at one time.

use crate::insight::LoopMetrics;
use crate::insight::debug::Report;
use crate::kernel::Nanos;

use super::turn_times::TurnNumbers;

/// What a loop publishes. All times but that of the loop are the monitor's: since the loop was made.
pub(super) struct Snapshot {
    pub(super) taken: Nanos,
    /// How long it took to make this.
    pub(super) took: Nanos,
    pub(super) loop_time: Nanos,
    /// Since when somebody watches.
    pub(super) watched_since: Nanos,
    pub(super) metrics: LoopMetrics,
    pub(super) turns: TurnNumbers,
    pub(super) report: Report,
    /// Of each task of the report.
    pub(super) notes: Vec<TaskNote>,
}

/// What is known of a task beside its report.
pub(super) struct TaskNote {
    pub(super) number: u32,
    /// Since when it waits; none if its last step was before somebody watched.
    pub(super) since: Option<Nanos>,
}
