//! How a task goes on: its steps.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Generator, GeneratorState, Link};

use super::any::TaskObject;
use super::part::{Sleep, TaskPart, Waiting};
use crate::coroutines::{Request, Wish};
use crate::errors::{Panicked, RuntimeError};
use crate::event_loop::{Core, Ready, Timed};
use crate::future::{Inner, Role, Waitable};
use crate::{Error, Result};

impl<T: 'static> Inner<T> {
    /// Makes a task, whose first step is scheduled.
    #[inline(always)]
    pub(super) fn new_task(core: &Rc<Core>, generator: Generator<Request, (), T>) -> Rc<Self> {
        let part = TaskPart::new(generator, core.next_task_number());
        let task = Rc::new(Self::new(core, Role::Task(part)));
        task.part().slot.set(core.add_task(task.clone()));
        core.ready.push(task.clone());
        task
    }

    /// Makes a task that has failed, and never runs.
    #[cold]
    pub(super) fn new_failed_task(
        core: &Rc<Core>,
        generator: Generator<Request, (), T>,
        error: Error,
    ) -> Rc<Self> {
        generator.abandon();
        let part = TaskPart::new(generator, core.next_task_number());
        let task = Rc::new(Self::new(core, Role::Task(part)));
        drop(task.finish(Err(error)));
        task
    }

    #[inline(always)]
    pub(super) fn part(&self) -> &TaskPart<T> {
        match &self.role {
            Role::Task(part) => part,
            _ => unreachable!("only tasks are driven"),
        }
    }

    /// Drives the coroutine to its next suspension, or its end.
    #[inline(always)]
    fn step(self: Rc<Self>, core: &Core, error: Option<Error>) {
        if self.is_done() {
            return;
        }
        let part = self.part();
        let error = if part.must_cancel.replace(false) {
            Some(Error::cancelled())
        } else {
            error
        };
        core.enter_task(self.clone());
        let resumed = match error {
            None => part.generator.next(),
            Some(error) => part.generator.throw(error),
        };
        core.leave_task();
        match resumed {
            Ok(Yielded(Request(Wish::Sleep(0)))) => core.ready.push(self),
            Ok(Yielded(Request(Wish::Sleep(delay)))) => self.sleep(core, delay),
            Ok(Yielded(Request(Wish::Wait(what)))) => self.wait_for(core, what),
            ended => self.end_task(ended),
        }
    }

    fn sleep(self: Rc<Self>, core: &Core, delay: u64) {
        let part = self.part();
        let deadline = core.now().saturating_add(delay);
        if part.must_cancel.replace(false) {
            // The task has cancelled itself: the sleep is cancelled before it begins.
            part.waiting.set(Waiting::Sleep(0, Sleep::Cancelled));
            return core.ready.push(self);
        }
        let number = core.start_timer(deadline, self.clone());
        part.waiting.set(Waiting::Sleep(number, Sleep::Asleep));
    }

    fn wait_for(self: Rc<Self>, core: &Core, what: Rc<dyn Waitable>) {
        let part = self.part();
        if let Err(error) = self.check_awaited(&*what) {
            part.waiting.set(Waiting::Throw(error));
            return core.ready.push(self);
        }
        part.waiting.set(Waiting::On(Rc::clone(&what)));
        let wakeup = self.clone();
        Rc::clone(&what).subscribe(wakeup);
        // The task may have cancelled itself during the step.
        if part.must_cancel.get() && crate::future::cancel(what) {
            part.must_cancel.set(false);
        }
    }

    #[inline]
    fn check_awaited(&self, what: &dyn Waitable) -> Result<()> {
        if what.address() == self.address() {
            let why = format!("yield_from: the task cannot wait for itself: {self}");
            return Err(RuntimeError::new(why).into());
        }
        match what.core() {
            Some(core) if !Rc::ptr_eq(core, &self.core) => {
                let why = format!("yield_from: the task {self} waits for a future of another loop");
                Err(RuntimeError::new(why).into())
            }
            _ => Ok(()),
        }
    }

    /// Ends the task as its coroutine has ended.
    fn end_task(self: Rc<Self>, ended: Result<GeneratorState<Request, T>>) {
        let part = self.part();
        let outcome = match ended {
            Ok(Complete(_)) if part.must_cancel.replace(false) => Err(Error::cancelled()),
            Ok(Complete(value)) => Ok(value),
            Ok(Yielded(_)) => unreachable!("the coroutine has ended"),
            Err(error) => Err(error),
        };
        self.conclude(outcome);
    }

    fn conclude(&self, outcome: Result<T>) {
        // Kept until the end: it may be the last reference.
        let _task = self.core.remove_task(self.part().slot.get());
        match outcome {
            Err(error) if error.is_cancelled() => {
                self.end_cancelled();
            }
            outcome => drop(self.finish(outcome)),
        }
    }
}

impl<T: 'static> Ready for Inner<T> {
    #[inline(always)]
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let part = self.part();
        let error = match part.waiting.replace(Waiting::Nothing) {
            Waiting::Nothing => None,
            Waiting::Throw(error) => Some(error),
            Waiting::On(what) => {
                if part.must_cancel.get() {
                    what.mark_seen();
                }
                None
            }
            Waiting::Sleep(_, Sleep::Over) => None,
            Waiting::Sleep(_, Sleep::Cancelled) => Some(Error::cancelled()),
            Waiting::Sleep(number, Sleep::Due) => {
                part.waiting.set(Waiting::Sleep(number, Sleep::Over));
                return core.ready.push(self);
            }
            Waiting::Sleep(number, Sleep::DueCancelled) => {
                part.waiting.set(Waiting::Sleep(number, Sleep::Cancelled));
                return;
            }
            waiting @ Waiting::Sleep(_, Sleep::Asleep) => {
                part.waiting.set(waiting);
                return;
            }
        };
        self.step(core, error);
    }

    #[inline]
    fn schedule(self: Rc<Self>) {
        let core = Rc::clone(&self.core);
        core.ready.push(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn prefetch(&self) {
        self.part().generator.prefetch();
    }
}

impl<T: 'static> Timed for Inner<T> {
    fn is_live(&self, number: u64) -> bool {
        let part = self.part();
        let waiting = part.waiting.replace(Waiting::Nothing);
        let live = matches!(waiting, Waiting::Sleep(n, Sleep::Asleep) if n == number);
        part.waiting.set(waiting);
        live
    }

    fn fire(self: Rc<Self>) {
        if let Waiting::Sleep(number, Sleep::Asleep) = self.part().waiting.replace(Waiting::Nothing)
        {
            self.part().waiting.set(Waiting::Sleep(number, Sleep::Due));
            self.schedule();
        }
    }
}

impl<T: 'static> TaskObject for Inner<T> {
    fn panicked(&self, payload: Box<dyn Any + Send>) {
        self.conclude(Err(Error::new(Panicked::new(payload))));
    }

    fn destroy(&self) {
        let part = self.part();
        if self.is_done() || part.destroyed.replace(true) {
            return;
        }
        part.report_destroyed(self);
        drop(part.waiting.replace(Waiting::Nothing));
        part.generator.abandon();
    }

    fn is_done(&self) -> bool {
        self.is_done()
    }

    fn number(&self) -> u32 {
        self.part().number
    }

    fn name(&self) -> String {
        self.part().name()
    }

    fn set_name(&self, name: String) {
        drop(self.part().name.replace(Some(Box::new(name))));
    }

    fn stack(&self) -> Vec<Link> {
        self.part().stack()
    }

    fn cancelling(&self) -> &Cell<u32> {
        &self.part().cancelling
    }

    fn as_waitable(self: Rc<Self>) -> Rc<dyn Waitable> {
        self
    }
}
