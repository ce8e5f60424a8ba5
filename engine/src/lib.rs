//! Python 3.4's generator-based asyncio, rebuilt on stackful coroutines.

mod as_completed;
mod awaitable;
mod coroutines;
mod errors;
mod event_loop;
mod future;
mod gather;
mod handle;
mod shield;
mod sleep;
pub mod sync;
mod task;
mod task_group;
mod timeout;
mod wait;
mod wait_for;

pub use as_completed::{AsCompleted, NextCompleted, as_completed};
pub use awaitable::{Awaitable, IntoCoroutine};
pub use coroutines::{Coroutine, CoroutineBuilder, Request, coroutine};
pub use errors::{
    BrokenBarrierError, DeadlockError, ExceptionGroup, InvalidStateError, Panicked, QueueEmpty,
    QueueFull, QueueShutDown, RuntimeError, TimeoutError, TypeError, ValueError,
};
pub use event_loop::{
    ConcurrentError, ConcurrentFuture, Context, EventLoop, LoopBuilder, LoopHandle, get_event_loop,
    get_running_loop, new_event_loop, run, run_sync, set_event_loop,
};
pub use future::{CallbackId, Future};
pub use gather::{gather, gather_return_exceptions, gather_with};
pub use handle::{Handle, TimerHandle};
pub use shield::shield;
pub use sleep::{Sleep, SleepWith, YieldNow, sleep, sleep_with, yield_now};
pub use sync::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore,
};
pub use task::{AnyTask, Task, all_tasks, create_task, current_task, ensure_future};
pub use task_group::{Grouped, TaskGroup, task_group};
pub use timeout::{Limited, Timeout, timeout, timeout_at};
pub use wait::{ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, ReturnWhen, Wait, Waited, wait};
pub use wait_for::{WaitFor, wait_for};

pub use yieldfrom_delegation as delegation;
pub use yieldfrom_delegation::{
    Builder, Delegate, Driver, Error, Generator, GeneratorState, Iter, Link, Result, State,
    Unresolved, iter,
};

/// What a body gets to suspend with: [`delegation::Co`], by default that of a task's coroutine.
///
/// `Co` alone is the one that coroutines get, whose delegates are futures, sleeps and other
/// coroutines; `Co<i32>` is that of a generator of numbers.
pub type Co<Y = Request, S = ()> = yieldfrom_delegation::Co<Y, S>;
