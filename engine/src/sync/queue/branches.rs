//! The operations of a queue as branches of [`first`](crate::first()).

use std::rc::Rc;

use super::{Get, Next, Put, Queue};
use crate::combine::{Alarm, Branch, Scope};
use crate::kernel::{Reason, Waiter};
use crate::sync::branches::{InLine, LineWait, line_branches};
use yieldfrom_delegation::Result;

impl<T> Queue<T> {
    fn enter_getters(&self, alarm: &Rc<Alarm>) -> Rc<Waiter> {
        self.0.getters.enter(alarm, || Reason::queue("Queue.get"))
    }

    /// Leaves the line of the getters. If an item came for this one, the next one is told.
    fn leave_getters(&self, waiter: Rc<Waiter>) {
        let was_woken = waiter.is_done();
        self.0.getters.leave(waiter);
        if was_woken && !self.empty() {
            self.0.getters.take_next();
        }
    }

    /// Takes an item, or tells by an error that none will come.
    fn attempt_get(&self) -> Option<Result<T>> {
        match self.take() {
            Ok(None) if self.0.is_shut_down.get() => Some(Err(self.refusal())),
            item => item.transpose(),
        }
    }
}

impl<T> InLine for Get<'_, T> {
    type Output = T;

    fn attempt(&mut self, _: Option<Rc<Waiter>>) -> Option<Result<T>> {
        self.0.attempt_get()
    }

    fn enter(&self, alarm: &Rc<Alarm>) -> Rc<Waiter> {
        self.0.enter_getters(alarm)
    }

    fn leave(&self, waiter: Rc<Waiter>) {
        self.0.leave_getters(waiter);
    }
}

impl<T> InLine for Next<'_, T> {
    type Output = Option<T>;

    fn attempt(&mut self, _: Option<Rc<Waiter>>) -> Option<Result<Option<T>>> {
        match self.0.take() {
            Ok(None) if self.0.0.is_shut_down.get() => Some(Ok(None)),
            Ok(None) => None,
            item => Some(item),
        }
    }

    fn enter(&self, alarm: &Rc<Alarm>) -> Rc<Waiter> {
        self.0.enter_getters(alarm)
    }

    fn leave(&self, waiter: Rc<Waiter>) {
        self.0.leave_getters(waiter);
    }
}

line_branches! {
    ['a, T] Get<'a, T>;
    ['a, T] Next<'a, T>;
}

/// A `put` whose item has not found room yet.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct Putting<'a, T> {
    queue: &'a Queue<T>,
    item: Option<T>,
}

impl<T> InLine for Putting<'_, T> {
    type Output = ();

    fn attempt(&mut self, _: Option<Rc<Waiter>>) -> Option<Result<()>> {
        let queue = self.queue;
        if queue.full() && !queue.0.is_shut_down.get() {
            return None;
        }
        self.item.take().map(|item| queue.add(item))
    }

    fn enter(&self, alarm: &Rc<Alarm>) -> Rc<Waiter> {
        self.queue
            .0
            .putters
            .enter(alarm, || Reason::queue("Queue.put"))
    }

    fn leave(&self, waiter: Rc<Waiter>) {
        let was_woken = waiter.is_done();
        self.queue.0.putters.leave(waiter);
        if was_woken && !self.queue.full() {
            self.queue.0.putters.take_next();
        }
    }
}

impl<'a, T> Branch for Put<'a, T> {
    type Output = ();
    type Wait = LineWait<Putting<'a, T>>;

    fn begin<'scope>(self, _: &'scope Scope<'scope, '_>) -> Self::Wait
    where
        Self: 'scope,
        Self::Output: 'scope,
    {
        LineWait::new(Putting {
            queue: self.queue,
            item: Some(self.item),
        })
    }
}
