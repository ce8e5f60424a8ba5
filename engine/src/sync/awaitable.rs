//! The waiting operations wherever a coroutine can be given: `wait_for(queue.get(), timeout)`.
//!
//! They borrow what they wait for, which costs nothing where they are delegated to. The coroutine
//! that one of them becomes has a handle of its own.

use super::barrier::{BarrierAbort, BarrierReset, BarrierWait};
use super::condition::{ConditionWait, ConditionWaitFor};
use super::event::EventWait;
use super::lock::{Acquire, LockGuard};
use super::queue::{Get, Join, Put};
use super::semaphore::{AcquirePermit, SemaphoreGuard};
use super::truth::Truth;
use crate::awaitable::{Awaitable, IntoCoroutine};
use crate::coroutines::{Coroutine, CoroutineBuilder};
use crate::{Co, Delegate, EventLoop, Future, Result, Task};

macro_rules! coroutines {
    ($([$($generics:tt)*] $operation:ty => $output:ty, $name:literal, |$this:ident| $body:expr;)*) => {$(
        impl<$($generics)*> IntoCoroutine for $operation {
            type Output = $output;

            #[track_caller]
            fn into_coroutine(self) -> Coroutine<$output> {
                let $this = self;
                CoroutineBuilder::new().name($name).build($body)
            }
        }

        impl<$($generics)*> Awaitable for $operation {
            type Output = $output;
            type Future = Task<$output>;

            #[track_caller]
            fn into_future(self, event_loop: &EventLoop) -> Task<$output> {
                event_loop.create_task(self)
            }

            fn outcome(future: &Future<$output>) -> Result<$output> {
                future.take_result()
            }

            #[track_caller]
            fn wait_here(self, co: &Co) -> Result<$output> {
                self.delegate(co)
            }
        }
    )*};
}

coroutines! {
    [] Acquire<'_> => LockGuard, "Lock.acquire", |this| {
        let lock = this.0.clone();
        move |co: &Co| co.yield_from(lock.acquire())
    };
    [] AcquirePermit<'_> => SemaphoreGuard, "Semaphore.acquire", |this| {
        let semaphore = this.0.clone();
        move |co: &Co| co.yield_from(semaphore.acquire())
    };
    [] EventWait<'_> => (), "Event.wait", |this| {
        let event = this.0.clone();
        move |co: &Co| co.yield_from(event.wait())
    };
    [] ConditionWait<'_> => (), "Condition.wait", |this| {
        let condition = this.0.clone();
        move |co: &Co| co.yield_from(condition.wait())
    };
    [P: Truth<Value: 'static>, F: FnMut() -> P + 'static]
    ConditionWaitFor<'_, F> => P::Value, "Condition.wait_for", |this| {
        let condition = this.condition.clone();
        move |co: &Co| co.yield_from(condition.wait_for(this.predicate))
    };
    [] BarrierWait<'_> => usize, "Barrier.wait", |this| {
        let barrier = this.0.clone();
        move |co: &Co| co.yield_from(barrier.wait())
    };
    [] BarrierReset<'_> => (), "Barrier.reset", |this| {
        let barrier = this.0.clone();
        move |co: &Co| co.yield_from(barrier.reset())
    };
    [] BarrierAbort<'_> => (), "Barrier.abort", |this| {
        let barrier = this.0.clone();
        move |co: &Co| co.yield_from(barrier.abort())
    };
    [T: 'static] Put<'_, T> => (), "Queue.put", |this| {
        let (queue, item) = (this.queue.clone(), this.item);
        move |co: &Co| co.yield_from(queue.put(item))
    };
    [T: 'static] Get<'_, T> => T, "Queue.get", |this| {
        let queue = this.0.clone();
        move |co: &Co| co.yield_from(queue.get())
    };
    [T: 'static] Join<'_, T> => (), "Queue.join", |this| {
        let queue = this.0.clone();
        move |co: &Co| co.yield_from(queue.join())
    };
}
