//! Reports: what all tasks of a loop do, at any time.
//!
//! [`EventLoop::report`](crate::EventLoop::report) says of each task where it is suspended, through
//! all its delegations, what it waits for, and which tasks wait for it. Printed, it is a tree:
//!
//! ```
//! use std::time::Duration;
//! use yieldfrom::debug::WaitKind;
//! use yieldfrom::{Co, Coroutine, EventLoop, Lock};
//! use yieldfrom::{coroutine, create_task, get_running_loop, sleep, yield_now};
//!
//! fn hold(lock: &Lock) -> Coroutine<()> {
//!     let lock = lock.clone();
//!     coroutine(move |co| {
//!         let _guard = co.yield_from(lock.acquire())?;
//!         co.yield_from(sleep(Duration::from_secs(60)))
//!     })
//! }
//!
//! let event_loop = EventLoop::builder().virtual_clock().build()?;
//! let report = event_loop.run_until_complete(|co: &Co| {
//!     let lock = Lock::new();
//!     create_task(hold(&lock)).set_name("holder");
//!     create_task(hold(&lock)).set_name("waiter");
//!     co.yield_from(yield_now())?;
//!     Ok(get_running_loop()?.report())
//! })?;
//! let waiter = report.find("waiter").unwrap();
//! assert_eq!(waiter.waits_for().kind(), WaitKind::Sync);
//! assert_eq!(waiter.waits_for().to_string(), "Lock.acquire of <Lock locked, waiters:1>");
//! assert_eq!(report.awaited_by(waiter)[0].name(), "holder"); // which has the lock
//! assert_eq!(waiter.stack()[0].name(), "hold");
//! println!("{report}");
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! prints, with the source lines of your program,
//!
//! ```text
//! Task-1 main() made at src/main.rs:16 is running
//!     main() at src/main.rs:20
//! waiter hold() made at src/main.rs:8 waits for Lock.acquire of <Lock locked, waiters:1>, held by holder
//! │   hold() at src/main.rs:9
//! └── holder hold() made at src/main.rs:8 waits for sleep until 60s
//!         hold() at src/main.rs:10
//! ```
//!
//! With the feature `signal`, you can ask a program that seems to hang for a report from outside, by
//! `kill -QUIT PID` or Ctrl-\: see `LoopBuilder::report_on_sigquit`.
//!
//! A run that can never end makes a report by itself: it is in the
//! [`DeadlockError`](crate::DeadlockError).
//!
//! The loop's debug mode is described at [`EventLoop::set_debug`](crate::EventLoop::set_debug).

mod collect;
mod cycles;
mod report;
mod tree;

pub use crate::kernel::WaitKind;
pub(super) use collect::report_of;
#[cfg(feature = "monitor")]
pub(super) use collect::report_of_tasks;
pub use report::{Report, TaskReport, WaitsFor};
