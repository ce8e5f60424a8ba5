//! The operations on a queue that may have to wait.

use std::fmt;

use super::Queue;
use crate::kernel::{Reason, Request};
use crate::sync::line::was_woken;
use crate::{Co, Delegate, Result};

/// Puts an item into a queue, when delegated to: see [`Queue::put`].
#[must_use = "puts nothing unless delegated to: co.yield_from(queue.put(item))?"]
pub struct Put<'a, T> {
    pub(in crate::sync) queue: &'a Queue<T>,
    pub(in crate::sync) item: T,
}

impl<T> Delegate<Request, ()> for Put<'_, T> {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let Self { queue, item } = self;
        while queue.full() {
            if queue.0.is_shut_down.get() {
                return Err(queue.nothing());
            }
            let putters = &queue.0.putters;
            putters.wait_until_taken(
                co,
                || Reason::queue("Queue.put"),
                |waiter| {
                    if was_woken(waiter) && !queue.full() {
                        putters.take_next();
                    }
                },
            )?;
        }
        queue.add(item)
    }
}

impl<T> fmt::Debug for Put<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Put").field(self.queue).finish()
    }
}

/// Takes an item out of a queue, when delegated to: see [`Queue::get`].
#[derive(Debug)]
#[must_use = "gets nothing unless delegated to: co.yield_from(queue.get())?"]
pub struct Get<'a, T>(pub(in crate::sync) &'a Queue<T>);

impl<T> Delegate<Request, ()> for Get<'_, T> {
    type Output = T;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.0.get_here(co, || Reason::queue("Queue.get"))
    }
}

impl<T> Queue<T> {
    /// Gets an item, for this reason.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn get_here(&self, co: &Co, reason: impl Fn() -> Reason) -> Result<T> {
        loop {
            if let Some(item) = self.take()? {
                return Ok(item);
            }
            if self.0.is_shut_down.get() {
                return Err(self.nothing());
            }
            let getters = &self.0.getters;
            getters.wait_until_taken(co, &reason, |waiter| {
                if was_woken(waiter) && !self.empty() {
                    getters.take_next();
                }
            })?;
        }
    }
}

/// Waits until a queue's items have been dealt with, when delegated to: see [`Queue::join`].
#[derive(Debug)]
#[must_use = "waits for nothing unless delegated to: co.yield_from(queue.join())?"]
pub struct Join<'a, T>(pub(in crate::sync) &'a Queue<T>);

impl<T> Delegate<Request, ()> for Join<'_, T> {
    type Output = ();

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<()> {
        let shared = &*self.0.0;
        if shared.unfinished.get() == 0 {
            return Ok(());
        }
        let reason = || Reason::queue("Queue.join");
        shared.joiners.wait(co, reason, |_| {})
    }
}
