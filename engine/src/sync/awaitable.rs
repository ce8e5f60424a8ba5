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
use crate::Co;
use crate::kernel::coroutine_operations;

coroutine_operations! {
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
