//! Insight into a loop: reports of its tasks, the error of a run that can never end, and timelines.

mod deadlock;
pub mod debug;
mod event_loop;
#[cfg(feature = "trace")]
mod recorder;
#[cfg(feature = "trace")]
pub mod trace;

pub use deadlock::DeadlockError;
pub(crate) use deadlock::deadlock;
