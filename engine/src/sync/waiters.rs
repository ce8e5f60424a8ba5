//! The tasks that wait for a lock, an event or a queue, first come, first served.
//!
//! No user code runs while the list is borrowed. Waiters are woken and dropped after the borrow has
//! ended: dropping a waiter may drop a task, and with it a guard that comes back here.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use crate::combine::Alarm;
use crate::kernel::{Co, OnDrop, Ready, Reason, SpareWaiter, Waitable, Waiter};
use yieldfrom_delegation::Result;

#[derive(Default)]
pub(super) struct Waiters {
    line: RefCell<VecDeque<Rc<Waiter>>>,
    spare: SpareWaiter,
}

impl Waiters {
    pub(super) fn len(&self) -> usize {
        self.line.borrow().len()
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.line.borrow().is_empty()
    }

    /// Returns whether all waits are cancelled, and only their tasks have not run since.
    #[inline(always)]
    pub(super) fn all_cancelled(&self) -> bool {
        self.is_empty() || self.line.borrow().iter().all(|it| it.is_cancelled())
    }

    /// Wakes the first waiter. If it is woken or cancelled already, its task is about to run, and
    /// sees to the others.
    #[inline]
    pub(super) fn wake_first(&self) {
        if self.is_empty() {
            return;
        }
        let first = self.line.borrow().front().cloned();
        if let Some(first) = first {
            first.wake();
        }
    }

    /// Wakes the first `most` waiters that are neither woken nor cancelled; returns their number.
    pub(super) fn wake_up_to(&self, most: usize) -> usize {
        let (mut woken, mut at) = (0, 0);
        while woken < most {
            let waiter = self.line.borrow().get(at).cloned();
            let Some(waiter) = waiter else { break };
            woken += usize::from(waiter.wake());
            at += 1;
        }
        woken
    }

    pub(super) fn wake_all(&self) {
        self.wake_up_to(usize::MAX);
    }

    /// Removes waiters from the front, up to the first that is neither woken nor cancelled, and
    /// wakes that one.
    #[inline(always)]
    pub(super) fn take_next(&self) {
        if !self.is_empty() {
            self.take_waiting();
        }
    }

    #[inline(never)]
    fn take_waiting(&self) {
        loop {
            let waiter = self.line.borrow_mut().pop_front();
            if waiter.is_none_or(|waiter| waiter.wake()) {
                return;
            }
        }
    }

    /// Removes all waiters, and wakes them.
    pub(super) fn take_all(&self) {
        for waiter in self.line.take() {
            waiter.wake();
        }
    }

    /// Waits at the end of the line until a call of `wake_first` or `wake_up_to` comes.
    ///
    /// If the wait ends in another way, `pass_on` is called when the waiter has left the line. It is
    /// given whether the waiter had been woken: then another task has to get what this one was woken
    /// for.
    ///
    /// All waits of a line have the same reason, since the waiter is used again.
    #[inline(always)]
    pub(super) fn wait(
        &self,
        co: &Co,
        reason: impl FnOnce() -> Reason,
        pass_on: impl FnOnce(bool),
    ) -> Result<()> {
        let waiter = self.wait_in_line(co, reason, pass_on)?;
        self.remove(&waiter);
        self.spare.keep(waiter);
        Ok(())
    }

    /// Waits at the end of the line until `take_next` or `take_all` removes the waiter.
    ///
    /// If the wait ends in another way after it was woken, it wakes the next waiter in its place,
    /// unless that has nothing to find: `is_possible` tells.
    #[inline(always)]
    pub(super) fn wait_until_taken(
        &self,
        co: &Co,
        reason: impl FnOnce() -> Reason,
        is_possible: impl FnOnce() -> bool,
    ) -> Result<()> {
        let waiter = self.wait_in_line(co, reason, |woken| {
            if woken && is_possible() {
                self.take_next();
            }
        })?;
        self.spare.keep(waiter);
        Ok(())
    }

    #[inline(always)]
    fn wait_in_line(
        &self,
        co: &Co,
        reason: impl FnOnce() -> Reason,
        pass_on: impl FnOnce(bool),
    ) -> Result<Rc<Waiter>> {
        let waiter = self.spare.take_or_new(reason);
        self.line.borrow_mut().push_back(Rc::clone(&waiter));
        let leave = OnDrop::new(|| {
            self.remove(&waiter);
            pass_on(waiter.is_done() && !waiter.is_cancelled());
        });
        waiter.wait(co)?;
        leave.defuse();
        Ok(waiter)
    }

    pub(super) fn remove(&self, waiter: &Rc<Waiter>) {
        let mut line = self.line.borrow_mut();
        let place = line.iter().position(|other| Rc::ptr_eq(other, waiter));
        let removed = place.and_then(|place| line.remove(place));
        drop(line);
        drop(removed);
    }
}

impl Waiters {
    /// Puts a waiter at the end of the line, which rings the alarm when it is woken.
    pub(super) fn enter(&self, alarm: &Rc<Alarm>, reason: impl FnOnce() -> Reason) -> Rc<Waiter> {
        let waiter = self.spare.take_or_new(reason);
        self.line.borrow_mut().push_back(Rc::clone(&waiter));
        Rc::clone(&waiter).subscribe(Rc::clone(alarm) as Rc<dyn Ready>);
        waiter
    }

    /// Takes a waiter that has entered out of the line, and keeps it for the next one.
    pub(super) fn leave(&self, waiter: Rc<Waiter>) {
        self.remove(&waiter);
        self.spare.keep(waiter);
    }
}

/// Shows what follows an object's state: nothing, or how many tasks wait.
impl fmt::Display for Waiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            0 => Ok(()),
            waiters => write!(f, ", waiters:{waiters}"),
        }
    }
}
