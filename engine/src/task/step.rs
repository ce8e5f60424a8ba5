//! How a task goes on: its steps.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Driver, Generator, GeneratorState, Link, Unresolved};

use super::any::TaskObject;
use super::part::{Sleep, TaskPart, Waiting};
use crate::coroutines::{Request, Wish};
use crate::errors::{Panicked, RuntimeError};
use crate::event_loop::{Core, Ready, Timed};
use crate::future::{Callbacks, Inner, Role, Waitable};
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

    /// Throws an error into the coroutine, and goes on to its next suspension, or its end.
    fn throw(self: Rc<Self>, core: &Core, error: Error) {
        core.enter_task(self.clone());
        let thrown = self.part().generator.throw(error);
        let request = self.outcome(thrown);
        core.leave_task();
        if let Some(request) = request {
            self.suspend(core, request);
        }
    }

    /// Returns what the coroutine requests, or ends the task if the coroutine has ended.
    fn outcome(&self, state: Result<GeneratorState<Request, T>>) -> Option<Request> {
        let part = self.part();
        let outcome = match state {
            Ok(Yielded(request)) => return Some(request),
            Ok(Complete(_)) if part.must_cancel.replace(false) => Err(Error::cancelled()),
            Ok(Complete(value)) => Ok(value),
            Err(error) => Err(error),
        };
        self.conclude(outcome);
        None
    }

    fn sleep(self: Rc<Self>, core: &Core, delay: u64) {
        let part = self.part();
        let deadline = core.now().saturating_add(delay);
        if part.must_cancel.replace(false) {
            // The task has cancelled itself: the sleep is cancelled before it begins.
            part.set_waiting(Waiting::Sleep(0, Sleep::Cancelled));
            return core.ready.push(self);
        }
        let number = core.start_timer(deadline, self.clone());
        part.set_waiting(Waiting::Sleep(number, Sleep::Asleep));
    }

    fn wait_for(self: Rc<Self>, core: &Core, what: Rc<dyn Waitable>) {
        let part = self.part();
        if let Err(error) = self.check_awaited(&*what) {
            part.set_waiting(Waiting::Throw(error));
            return core.ready.push(self);
        }
        part.set_waiting(Waiting::On(Rc::clone(&what)));
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

    fn conclude(&self, outcome: Result<T>) {
        if let Some(task) = self.core.remove_task(self.part().slot.get()) {
            self.core.ended.keep(task);
        }
        match outcome {
            Err(error) if error.is_cancelled() => {
                self.end_cancelled();
            }
            outcome => drop(self.finish(outcome)),
        }
    }
}

impl<T: 'static> Ready for Inner<T> {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let part = self.part();
        let waiting = part.take_waiting();
        let error = match waiting {
            Waiting::Sleep(number, Sleep::Due) => {
                part.set_waiting(Waiting::Sleep(number, Sleep::Over));
                return core.ready.push(self);
            }
            Waiting::Sleep(number, Sleep::DueCancelled) => {
                return part.set_waiting(Waiting::Sleep(number, Sleep::Cancelled));
            }
            Waiting::Throw(error) => error,
            Waiting::On(what) => {
                what.mark_seen();
                Error::cancelled()
            }
            Waiting::Nothing | Waiting::Sleep(..) => Error::cancelled(),
        };
        // A cancellation comes in place of everything else.
        let error = if part.must_cancel.replace(false) {
            Error::cancelled()
        } else {
            error
        };
        self.throw(core, error);
    }

    #[inline]
    fn begin(&self) -> Option<Driver<'_, Request, ()>> {
        let part = self.part();
        if part.must_cancel.get() || !part.is_next_plain() {
            return None;
        }
        drop(part.take_waiting());
        Some(part.generator.driver())
    }

    fn resolve(&self, unresolved: Unresolved<'_, Request, ()>) -> Option<Request> {
        self.outcome(self.part().generator.resolve(unresolved))
    }

    #[inline]
    fn suspend(self: Rc<Self>, core: &Core, request: Request) {
        match request.0 {
            Wish::Wait(what) => self.wait_for(core, what),
            Wish::Sleep(0) => core.ready.push(self),
            Wish::Sleep(delay) => self.sleep(core, delay),
        }
    }

    fn into_task(self: Rc<Self>) -> Option<Rc<dyn TaskObject>> {
        Some(self)
    }

    #[inline]
    fn schedule(self: Rc<Self>) {
        let core = Rc::clone(&self.core);
        core.schedule(self);
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
        let waiting = part.take_waiting();
        let live = matches!(waiting, Waiting::Sleep(n, Sleep::Asleep) if n == number);
        part.set_waiting(waiting);
        live
    }

    fn fire(self: Rc<Self>) {
        if let Waiting::Sleep(number, Sleep::Asleep) = self.part().take_waiting() {
            self.part().set_waiting(Waiting::Sleep(number, Sleep::Due));
            self.schedule();
        }
    }
}

impl<T: 'static> TaskObject for Inner<T> {
    fn panicked(&self, payload: Box<dyn Any + Send>) {
        self.conclude(Err(Error::new(Panicked::new(payload))));
    }

    fn destroy(&self, lost: &mut Vec<Callbacks>) {
        let part = self.part();
        if self.is_done() || part.destroyed.replace(true) {
            return;
        }
        part.report_destroyed(self);
        drop(part.take_waiting());
        part.generator.abandon();
        lost.push(self.take_callbacks());
    }

    fn is_done(&self) -> bool {
        self.is_done()
    }

    fn number(&self) -> u32 {
        self.part().number
    }

    fn name(&self) -> String {
        self.part().name(&self.core)
    }

    fn set_name(&self, name: String) {
        self.part().is_named.set(true);
        self.core.set_task_name(self.part().number, name);
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
