//! The line in which tasks wait, first come, first served.
//!
//! No method runs anybody's code while the line is borrowed: waiters are woken, and dropped, after
//! the borrow has ended, as dropping one may drop a task, and with it guards that come back here.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use crate::kernel::{Reason, Waiter};
use crate::{Co, Result};

#[derive(Default)]
pub(crate) struct Line {
    waiters: RefCell<VecDeque<Rc<Waiter>>>,
    /// One that nobody else refers to, for the next who waits: saves an allocation.
    spare: Cell<Option<Rc<Waiter>>>,
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.waiters.borrow().len()
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiters.borrow().is_empty()
    }

    /// Returns whether all in the line are cancelled: they only have not noticed yet.
    #[inline(always)]
    pub(crate) fn all_cancelled(&self) -> bool {
        self.is_empty() || self.waiters.borrow().iter().all(|it| it.is_cancelled())
    }

    /// Wakes the first, unless it is done: then it is about to run, and sees to the others.
    #[inline]
    pub(crate) fn wake_first(&self) {
        if self.is_empty() {
            return;
        }
        let first = self.waiters.borrow().front().cloned();
        if let Some(first) = first {
            first.wake();
        }
    }

    /// Wakes the first that is not done, and returns whether there was one.
    #[inline]
    pub(crate) fn wake_next(&self) -> bool {
        self.wake_up_to(1) == 1
    }

    /// Wakes the first `most` that are not done, and returns how many there were.
    pub(crate) fn wake_up_to(&self, most: usize) -> usize {
        let (mut woken, mut at) = (0, 0);
        while woken < most {
            let waiter = self.waiters.borrow().get(at).cloned();
            let Some(waiter) = waiter else { break };
            woken += usize::from(waiter.wake());
            at += 1;
        }
        woken
    }

    /// Takes waiters off the front until one was not done, and wakes that one.
    #[inline(always)]
    pub(crate) fn take_next(&self) {
        if !self.is_empty() {
            self.take_waiting();
        }
    }

    #[inline(never)]
    fn take_waiting(&self) {
        loop {
            let waiter = self.waiters.borrow_mut().pop_front();
            if waiter.is_none_or(|waiter| waiter.wake()) {
                return;
            }
        }
    }

    /// Takes all off the line, and wakes them.
    pub(crate) fn take_all(&self) {
        for waiter in self.waiters.take() {
            waiter.wake();
        }
    }

    /// Waits at the end of the line until woken, and leaves the line.
    ///
    /// The reason is the same for all of a line: waiters are used again. If the wait ends in another way, `pass_on` gets the waiter, which has left the line.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn wait(
        &self,
        co: &Co,
        reason: impl FnOnce() -> Reason,
        pass_on: impl FnOnce(&Waiter),
    ) -> Result<()> {
        let waiter = self.wait_in_place(co, reason, pass_on)?;
        self.remove(&waiter);
        self.recycle(waiter);
        Ok(())
    }

    /// As [`wait`](Self::wait), for lines whose waiters are taken off by whoever wakes them.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn wait_until_taken(
        &self,
        co: &Co,
        reason: impl FnOnce() -> Reason,
        pass_on: impl FnOnce(&Waiter),
    ) -> Result<()> {
        let waiter = self.wait_in_place(co, reason, pass_on)?;
        self.recycle(waiter);
        Ok(())
    }

    #[inline(always)]
    #[track_caller]
    fn wait_in_place(
        &self,
        co: &Co,
        reason: impl FnOnce() -> Reason,
        pass_on: impl FnOnce(&Waiter),
    ) -> Result<Rc<Waiter>> {
        let new = || Waiter::new(reason());
        let waiter = self.spare.take().unwrap_or_else(new);
        self.waiters.borrow_mut().push_back(Rc::clone(&waiter));
        let mut place = Place {
            line: self,
            waiter: &waiter,
            pass_on: Some(pass_on),
        };
        waiter.wait(co)?;
        place.pass_on = None;
        drop(place);
        Ok(waiter)
    }

    /// Keeps a waiter, unless somebody else has it still, and might wake it.
    #[inline]
    fn recycle(&self, waiter: Rc<Waiter>) {
        if Rc::strong_count(&waiter) == 1 {
            waiter.reset();
            self.spare.set(Some(waiter));
        }
    }

    fn remove(&self, waiter: &Rc<Waiter>) {
        let mut line = self.waiters.borrow_mut();
        let place = line.iter().position(|other| Rc::ptr_eq(other, waiter));
        let removed = place.and_then(|place| line.remove(place));
        drop(line);
        drop(removed);
    }
}

/// Shows what follows an object's state: nothing, or how many wait.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            0 => Ok(()),
            waiters => write!(f, ", waiters:{waiters}"),
        }
    }
}

/// A task's place in a line while it waits.
///
/// What is due when the wait fails is done by dropping it: a task that is unwound leaves its place,
/// too.
struct Place<'a, F: FnOnce(&Waiter)> {
    line: &'a Line,
    waiter: &'a Rc<Waiter>,
    /// None once the wait has succeeded.
    pass_on: Option<F>,
}

impl<F: FnOnce(&Waiter)> Drop for Place<'_, F> {
    fn drop(&mut self) {
        if let Some(pass_on) = self.pass_on.take() {
            self.line.remove(self.waiter);
            pass_on(self.waiter);
        }
    }
}

/// Returns whether a task was woken, but its wait ended otherwise: what it was woken for is lost,
/// unless it passes that on.
pub(crate) fn was_woken(waiter: &Waiter) -> bool {
    waiter.is_done() && !waiter.is_cancelled()
}
