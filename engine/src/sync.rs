//! Locks, events, conditions, semaphores, barriers and queues for the tasks of one thread.
//!
//! They are asyncio's, and behave as CPython 3.11's do, with the corrections of later versions. That
//! holds for the order of the tasks that wait, for which of them is woken and in which turn, and for
//! what a cancellation in between does. [`Queue::shutdown`] is Python 3.13's.
//!
//! | asyncio | here |
//! | --- | --- |
//! | `await lock.acquire()` | `co.yield_from(lock.acquire())?.forget()` |
//! | `async with lock:` | `let _guard = co.yield_from(lock.acquire())?;` |
//! | `lock.release()` | `lock.release()?`, or the drop of the guard |
//! | `await event.wait()` | `co.yield_from(event.wait())?` |
//! | `await queue.put(item)` | `co.yield_from(queue.put(item))?` |
//! | `queue.get_nowait()` | `queue.get_nowait()?` |
//!
//! Each of these types is a handle: a clone is the same lock, event or queue, as a second name is in
//! Python. None of them belongs to an event loop; tasks of several loops of one thread may share
//! them.
//!
//! # Guards
//!
//! Acquiring a [`Lock`], [`Condition`] or [`Semaphore`] gives a guard, which releases when it is
//! dropped: at the end of its scope, when `?` leaves it, while a panic unwinds it, when the task is
//! dropped with its loop. [`LockGuard::forget`] and [`SemaphoreGuard::forget`] keep it acquired
//! instead, until somebody calls `release`: another function, or another task.
//!
//! # Who waits, and who is woken
//!
//! A task that has to wait goes to the end of a line. Being woken takes effect in the next turn of
//! the loop; until then the task keeps its place, so that no other overtakes it. (In a queue it gives
//! its place up; another task may take the item first, and it waits again.) A task that is cancelled
//! in that turn, or ends in any other way, passes on what it was woken for: no lock, permit, item or
//! notification is lost.
//!
//! A call that need not wait does not suspend: it costs no turn, and no other task runs.
//!
//! # Where asyncio takes a coroutine
//!
//! The waiting operations can be given where a coroutine can: to [`wait_for`](crate::wait_for()),
//! [`create_task`](crate::create_task()), [`gather`](crate::gather()) and so on.
//!
//! ```
//! use std::time::Duration;
//! use yieldfrom::sync::Queue;
//! use yieldfrom::{Co, EventLoop, TimeoutError, wait_for};
//!
//! let error = EventLoop::builder().virtual_clock().run(|co: &Co| {
//!     let queue = Queue::<i32>::new();
//!     co.yield_from(wait_for(queue.get(), Duration::from_millis(1)))
//! });
//! assert!(error.unwrap_err().is::<TimeoutError>());
//! ```
//!
//! # Examples
//!
//! ```
//! use yieldfrom::sync::{Queue, Semaphore};
//! use yieldfrom::{Co, Result, create_task, run_sync};
//!
//! let doubled = run_sync(|co: &Co| {
//!     let (jobs, results, two_at_a_time) = (Queue::new(), Queue::new(), Semaphore::new(2));
//!     for job in 1..=3 {
//!         jobs.put_nowait(job)?;
//!         let (jobs, results, permits) = (jobs.clone(), results.clone(), two_at_a_time.clone());
//!         create_task(move |co: &Co| {
//!             let _permit = co.yield_from(permits.acquire())?;
//!             let job = co.yield_from(jobs.get())?;
//!             co.yield_from(results.put(2 * job))?;
//!             jobs.task_done()
//!         });
//!     }
//!     co.yield_from(jobs.join())?;
//!     (0..3).map(|_| results.get_nowait()).sum::<Result<u32>>()
//! })?;
//! assert_eq!(doubled, 12);
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod awaitable;
mod barrier;
mod condition;
mod event;
mod line;
mod lock;
mod queue;
mod semaphore;
mod truth;

pub use barrier::{Barrier, BarrierAbort, BarrierReset, BarrierWait};
pub use condition::{Condition, ConditionWait, ConditionWaitFor};
pub use event::{Event, EventWait};
pub use lock::{Acquire, Lock, LockGuard};
pub use queue::{Get, Join, LifoQueue, PriorityQueue, Put, Queue};
pub use semaphore::{AcquirePermit, BoundedSemaphore, Semaphore, SemaphoreGuard};
pub use truth::Truth;
