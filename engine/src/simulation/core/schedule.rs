//! What is scheduled, and for which timeouts processes wait.

use std::any::Any;
use std::mem;
use std::rc::Rc;

use super::Core;
use crate::simulation::entry::Entry;
use crate::simulation::node::Node;
use crate::simulation::process::ProcessCell;
use crate::simulation::queue::{Priority, Scheduled};

impl Core {
    #[inline]
    pub(in crate::simulation) fn schedule(&self, node: Rc<Node>, priority: Priority, delay: f64) {
        if self.is_closed() {
            return;
        }
        let time = self.now.get() + delay;
        let entry = Entry::event(node);
        self.queue.borrow_mut().push(time, priority, entry);
    }

    /// Schedules the start of a process, for the present time and before its timeouts.
    pub(in crate::simulation) fn schedule_start(&self, process: &Rc<ProcessCell>) -> Scheduled {
        let start = Entry {
            process: Some(Rc::clone(process)),
            ticket: process.ticket(),
            ..Entry::timeout(f64::NAN)
        };
        let now = self.now.get();
        self.queue.borrow_mut().push(now, Priority::Urgent, start)
    }

    /// Schedules a timeout that is no event yet. Returns none if the delay makes no sense, or if the environment has ended.
    ///
    /// It is not inlined: each place of a program that waits would have a copy of the queue.
    #[inline(never)]
    pub(in crate::simulation) fn schedule_timeout(&self, delay: f64) -> Option<Scheduled> {
        if delay >= 0.0 && !self.is_closed() {
            let (time, entry) = (self.now.get() + delay, Entry::timeout(delay));
            let mut queue = self.queue.borrow_mut();
            return Some(queue.push(time, Priority::Normal, entry));
        }
        None
    }

    /// Has a timeout that is no event, and for which nothing waits, resume a process. Returns whether there is such a timeout.
    #[inline(always)]
    pub(in crate::simulation) fn attach(
        &self,
        scheduled: Scheduled,
        process: &Rc<ProcessCell>,
    ) -> bool {
        let mut queue = self.queue.borrow_mut();
        match queue.get_mut(scheduled) {
            Some(entry) if entry.process.is_none() && entry.event.is_none() => {
                // There is none, so there is nothing to drop, which the compiler does not see.
                mem::forget(entry.process.replace(Rc::clone(process)));
                entry.ticket = process.ticket();
                true
            }
            _ => false,
        }
    }

    /// Has what is scheduled resume a process no more. Returns the delay, or none if that was not the case.
    pub(in crate::simulation) fn detach(
        &self,
        scheduled: Scheduled,
        process: &Rc<ProcessCell>,
    ) -> Option<f64> {
        let mut queue = self.queue.borrow_mut();
        let entry = queue.get_mut(scheduled)?;
        if !entry.resumes(process) {
            return None;
        }
        // The caller has the process, too, so nothing of the program is dropped.
        entry.process = None;
        Some(entry.delay)
    }

    /// Puts an event into the place of a timeout or a start that has none. Returns whether it is still scheduled.
    pub(in crate::simulation) fn put_event(&self, scheduled: Scheduled, event: &Rc<Node>) -> bool {
        let mut queue = self.queue.borrow_mut();
        match queue.get_mut(scheduled) {
            Some(entry) if entry.event.is_none() => {
                mem::forget(entry.event.replace(Rc::clone(event)));
                true
            }
            _ => false,
        }
    }

    /// Notes which body is driven from now on, or that none is.
    #[inline(always)]
    pub(in crate::simulation) fn set_driven(&self, body: *const ()) {
        self.driven.set(body);
    }

    /// Returns whether this environment drives the generator with this address.
    #[inline(always)]
    pub(in crate::simulation) fn is_driven(&self, generator: *const ()) -> bool {
        self.driven.get() == generator
    }

    /// Notes the timeout for which the body that is driven is about to wait.
    #[inline(always)]
    pub(in crate::simulation) fn note_awaited(&self, scheduled: Scheduled) {
        // Each part by itself: the processor stalls if it reads in one piece what was written in two a moment ago.
        let (slot, number) = scheduled.into_parts();
        self.awaited.0.set(slot);
        self.awaited.1.set(number);
    }

    #[inline(always)]
    pub(in crate::simulation) fn awaited(&self) -> Scheduled {
        Scheduled::from_parts(self.awaited.0.get(), self.awaited.1.get())
    }

    /// Triggers an event with a value, and schedules it for the present.
    #[inline(always)]
    pub(in crate::simulation) fn succeed(&self, node: &Rc<Node>, value: Option<Rc<dyn Any>>) {
        node.set_succeeded(value);
        self.schedule(Rc::clone(node), Priority::Normal, 0.0);
    }
}
