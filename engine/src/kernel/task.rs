//! Tasks: futures that drive a coroutine.

mod any;
mod data;
mod handle;
mod object;
#[cfg(feature = "futures")]
mod stackless;
mod steps;

pub use any::AnyTask;
#[cfg(feature = "trace")]
pub(crate) use any::TaskEnding;
pub(crate) use any::TaskObject;
pub(crate) use data::{Suspension, TaskData};
pub use handle::{Task, all_tasks, create_task, current_task, ensure_future, spawn};
#[cfg(feature = "futures")]
pub(crate) use stackless::{Stackless, StacklessData, Step};
