//! Tasks: futures that drive a coroutine.

mod any;
mod handle;
mod part;
mod step;

pub use any::AnyTask;
pub(crate) use any::TaskObject;
pub use handle::{Task, all_tasks, create_task, current_task, ensure_future};
pub(crate) use part::{Suspension, TaskPart};
