//! Other threads: handles by which they reach a loop, and executors that run jobs on them.

mod concurrent;
mod executor;
mod handle;

pub use concurrent::{ConcurrentError, ConcurrentFuture};
pub(crate) use executor::Executors;
pub use executor::{Job, ThreadPoolExecutor, ToThread, to_thread, wrap_future};
pub use handle::LoopHandle;
pub(crate) use handle::RemoteTasks;
