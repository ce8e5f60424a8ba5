//! Other threads: how they reach a loop, and how a loop has work done by them.
//!
//! Other threads hold a [`LoopHandle`]. A *job* is a closure that runs on a thread of a
//! [`ThreadPoolExecutor`]. Its result crosses the threads as a [`ConcurrentFuture`], on which other
//! threads wait. For the coroutines of a loop that becomes a [`Job`]: the loop ends it, on its own
//! thread, by a call that comes through its inbox.

mod concurrent;
mod event_loop;
mod executor;
mod handle;
mod job;
mod pending_jobs;
mod pool;

pub use concurrent::{ConcurrentError, ConcurrentFuture};
pub use executor::ThreadPoolExecutor;
pub use handle::LoopHandle;
pub(crate) use handle::RemoteTasks;
pub use job::{Job, ToThread, to_thread, try_to_thread, wrap_future};
pub(crate) use pending_jobs::Executors;
