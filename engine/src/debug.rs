//! What the tasks of a loop do: a report of all of them, at any time.
//!
//! [`EventLoop::report`](crate::EventLoop::report) says of each task where it is suspended, through
//! all its delegations, what it waits for, and who waits for it. Shown, it is a tree:
//!
//! ```
//! use std::time::Duration;
//! use yieldfrom::debug::WaitKind;
//! use yieldfrom::{Co, EventLoop, Lock, Result, create_task, get_running_loop, sleep, yield_now};
//!
//! fn hold(co: &Co, lock: &Lock) -> Result<()> {
//!     let _guard = co.yield_from(lock.acquire())?;
//!     co.yield_from(sleep(Duration::from_secs(60)))
//! }
//!
//! let event_loop = EventLoop::builder().virtual_clock().build()?;
//! let report = event_loop.run_until_complete(|co: &Co| {
//!     let lock = Lock::new();
//!     let other = lock.clone();
//!     let holder = create_task(move |co: &Co| hold(co, &other));
//!     holder.set_name("holder");
//!     let waiter = create_task(move |co: &Co| hold(co, &lock));
//!     waiter.set_name("waiter");
//!     co.yield_from(yield_now())?;
//!     Ok(get_running_loop()?.report())
//! })?;
//! let waiter = report.find("waiter").unwrap();
//! assert_eq!(waiter.waits_for().kind(), WaitKind::Sync);
//! assert_eq!(waiter.waits_for().to_string(), "Lock.acquire of <Lock locked, waiters:1>");
//! assert_eq!(report.awaited_by(waiter)[0].name(), "holder"); // which has the lock
//! assert_eq!(waiter.stack().len(), 1); // no delegations below the body
//! println!("{report}");
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! prints, with the source lines of your program,
//!
//! ```text
//! Task-1 main() made at src/main.rs:12 is running
//! │   main() at src/main.rs:18
//! waiter main() made at src/main.rs:16 waits for Lock.acquire of <Lock locked, waiters:1>, held by holder
//! │   main() at src/main.rs:16
//! └── holder main() made at src/main.rs:14 waits for sleep until 60s
//!         main() at src/main.rs:14
//! ```
//!
//! A run that can never end makes such a report by itself: it is in the
//! [`DeadlockError`](crate::DeadlockError).
//!
//! The loop's debug mode is described at [`EventLoop::set_debug`](crate::EventLoop::set_debug).

mod collect;
mod cycles;
mod report;
mod tree;

pub use report::{Report, TaskReport, WaitKind, WaitsFor};
