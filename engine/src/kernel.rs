//! The kernel: coroutines, tasks, futures, and the event loop that runs them.
//!
//! A coroutine yields a [`Request`]; a task keeps what it waits for, a [`Waitable`], which schedules
//! the task again as a [`Ready`] entry of the loop's queue. Nothing in here names a layer above:
//! `assemble.rs` plugs those in by [`hooks`].

mod awaitable;
mod closure;
mod context;
mod coroutine;
mod delay;
mod event_loop;
mod future;
mod handle;
mod hooks;
mod limited;
mod nanos;
mod no_suspend;
mod on_drop;
mod operation;
mod request;
mod task;
mod watcher;

pub use awaitable::{Awaitable, AwaitableResult, IntoCoroutine};
pub(crate) use awaitable::{
    awaitable_coroutine, awaitable_future, coroutine_operations, future_on, other_loop,
};
pub(crate) use context::Snapshot;
pub use context::{Context, ContextVar, Token, copy_context};
pub use coroutine::{Coroutine, CoroutineBuilder, coroutine};
pub use delay::{IntoDelay, IntoTimeout};
#[cfg(feature = "signal")]
pub(crate) use event_loop::on_main_thread;
pub(crate) use event_loop::{
    Call, Clock, Core, Direction, Holder, Inbox, Place, Poller, Readiness, Ready, Settings, Timed,
    Watched, caller, running_task,
};
pub use event_loop::{
    ErrorContext, EventLoop, get_event_loop, get_running_loop, new_event_loop, set_event_loop,
};
#[cfg(feature = "signal")]
pub(crate) use future::cancel;
pub(crate) use future::{
    AnyFuture, Cancelling, Composite, DEEP, Explanation, Follower, FutureData, FutureObject, Lent,
    Reason, Role, SharedCallback, SpareWaiter, Subject, Waitable, Waiter, not_awaited,
};
pub use future::{CallbackId, Future, WaitKind};
#[cfg(feature = "signal")]
pub(crate) use handle::Repeating;
pub(crate) use handle::Scheduled;
pub use handle::{Handle, TimerHandle};
#[cfg(feature = "signal")]
pub(crate) use hooks::INTERRUPTED;
pub(crate) use hooks::{Hooks, Layer};
#[cfg(feature = "trace")]
pub(crate) use hooks::{LoopRecorder, ReadyCause};
pub use limited::Limited;
pub(crate) use limited::{limited_code, limited_futures, take_or_cancel};
pub(crate) use nanos::{Nanos, nanos};
pub use no_suspend::no_suspend;
pub(crate) use on_drop::OnDrop;
pub use operation::Operation;
pub(crate) use request::take_sleep_over;
pub use request::{Co, Request};
#[cfg(feature = "trace")]
pub(crate) use task::TaskEnding;
pub use task::{AnyTask, Task, all_tasks, create_task, current_task, ensure_future, spawn};
#[cfg(feature = "futures")]
pub(crate) use task::{Stackless, Step};
pub(crate) use task::{Suspension, TaskObject};
pub(crate) use watcher::LoopWatcher;
