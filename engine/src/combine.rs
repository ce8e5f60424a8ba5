//! Waiting for time, and for several futures at once.

mod as_completed;
mod branch;
mod first;
mod futures;
mod gather;
mod interval;
mod shield;
mod sleep;
mod task_group;
mod task_set;
mod timeout;
mod wait;
mod wait_for;

pub use as_completed::{AsCompleted, NextCompleted, as_completed};
pub use branch::Branch;
pub(crate) use branch::{Alarm, BranchWait};
pub use first::{First, first};
pub use gather::{Gather, List, Tuple, gather, gather_return_exceptions, gather_with};
pub use interval::{Interval, interval};
pub use shield::shield;
pub use sleep::{Sleep, sleep, sleep_with, yield_now};
pub(crate) use task_group::{Scope, on_own_stack};
pub use task_group::{ScopedTask, TaskGroup, TaskGroupHandle, task_group};
pub use task_set::TaskSet;
pub use timeout::{Timeout, timeout, timeout_at};
pub use wait::{
    ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, ReturnWhen, Wait, WaitItem, WaitOutcome, wait,
};
pub use wait_for::{WaitFor, wait_for};
