//! Locks, events, conditions, semaphores, barriers and queues for the tasks of one thread.
//!
//! They are asyncio's, and behave as CPython 3.11's do, with the corrections of later versions: tasks
//! wait in the same order, the same task is woken in the same turn, and a cancellation in between has
//! the same effect. [`Queue::shutdown`] is Python 3.13's.
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
//! Python. None of them belongs to an event loop: tasks of several loops of one thread may share
//! them.
//!
//! # Guards
//!
//! When you acquire a [`Lock`], [`Condition`] or [`Semaphore`], you get a guard, which releases it when
//! it is dropped: at the end of its scope, when `?` leaves the scope, when a panic unwinds it, when the
//! task is dropped with its loop. [`LockGuard::forget`] and [`SemaphoreGuard::forget`] keep it acquired
//! instead, until another function or task calls `release`.
//!
//! # Which task waits, and which one is woken
//!
//! A task that has to wait goes to the end of a line. When it is woken, it runs in the next turn of
//! the loop; until then it keeps its place, so that no other task overtakes it. (In a queue it gives
//! its place up: another task may take the item first, and it waits again.) If it is cancelled in
//! that turn, or ends in any other way, it passes on what it was woken for: no lock, permit, item or
//! notification is lost.
//!
//! A call that need not wait does not suspend: it takes no turn of the loop, and no other task runs.
//!
//! # Operations as coroutines
//!
//! The operations that wait go wherever a coroutine goes: to [`wait_for`](crate::wait_for()),
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

mod barrier;
mod branches;
mod condition;
mod event;
mod lock;
mod predicate;
mod queue;
mod semaphore;
mod waiters;

pub use barrier::Barrier;
pub use condition::Condition;
pub use event::{Event, EventWait};
pub use lock::{Acquire, Lock, LockGuard};
pub use predicate::Truth;
pub use queue::{Get, LifoQueue, Next, PriorityQueue, Put, Queue};
pub use semaphore::{AcquirePermit, BoundedSemaphore, Semaphore, SemaphoreGuard};

/// Makes a type one that has the methods of the type it wraps: Python's inheritance.
macro_rules! is_a {
    ($kind:ident $(<$T:ident>)?: $base:ty) => {
        impl $(<$T>)? std::ops::Deref for $kind $(<$T>)? {
            type Target = $base;

            #[inline]
            fn deref(&self) -> &$base {
                &self.0
            }
        }

        impl $(<$T>)? From<$kind $(<$T>)?> for $base {
            fn from(kind: $kind $(<$T>)?) -> Self {
                kind.0
            }
        }

        impl $(<$T>)? Clone for $kind $(<$T>)? {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl $(<$T>)? std::fmt::Debug for $kind $(<$T>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

use is_a;

/// Makes a handle show the state that it shares, as in asyncio: `<Lock locked, waiters:1>`.
macro_rules! shows_its_state {
    ($handle:ident) => {
        impl std::fmt::Debug for $handle {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.describe(f)
            }
        }
    };
}

use shows_its_state;
