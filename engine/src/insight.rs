//! Insight into a loop: reports of its tasks, the error of a run that can never end, and timelines, also
//! of generators.

mod deadlock;
pub mod debug;
#[cfg(feature = "trace")]
mod environment;
mod event_loop;
#[cfg(feature = "trace")]
mod generators;
mod metrics;
#[cfg(feature = "monitor")]
mod monitor;
#[cfg(feature = "trace")]
mod recorder;
#[cfg(all(feature = "trace", feature = "simulation"))]
mod simulation;
#[cfg(feature = "trace")]
pub mod trace;
mod watch;

pub use deadlock::DeadlockError;
pub(crate) use deadlock::deadlock;
#[cfg(feature = "trace")]
pub(crate) use event_loop::record_by_environment;
#[cfg(feature = "trace")]
pub use generators::{GeneratorRecording, record_generators};
pub use metrics::LoopMetrics;
#[cfg(all(feature = "trace", feature = "simulation"))]
pub use simulation::{SimulationRecording, record_simulation};
pub use watch::WatchdogReport;
pub(crate) use watch::{WatchSettings, WatchdogHandler, Watching};
