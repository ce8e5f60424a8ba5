//! How a task goes on: its steps.

use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Driver, Error, Generator, GeneratorState, Result, Unresolved};

use super::any::TaskObject;
use super::data::{Awaited, TaskData, TaskPhase};
use crate::errors::RuntimeError;
use crate::kernel::event_loop::{Core, Ready, Slot, Timed};
use crate::kernel::future::{FutureData, Role, Waitable};
use crate::kernel::nanos::Nanos;
use crate::kernel::no_suspend::refusal;
use crate::kernel::request::{Request, set_sleep_over};

impl<T: 'static> FutureData<T> {
    /// Makes a task, whose first step is scheduled.
    #[inline(always)]
    #[track_caller]
    pub(super) fn new_task(core: &Rc<Core>, generator: Generator<Request, (), T>) -> Rc<Self> {
        let data = TaskData::new(generator, core.next_task_number());
        let task = Rc::new(Self::new(core, Role::Task(data)));
        task.place();
        core.inherit_context(&*task);
        task.data().head.slot.set(core.add_task(task.clone()));
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
        let data = TaskData::new(generator, core.next_task_number());
        let task = Rc::new(Self::new(core, Role::Task(data)));
        drop(task.finish(Err(error)));
        task
    }

    #[inline(always)]
    pub(super) fn data(&self) -> &TaskData<T> {
        match &self.role {
            Role::Task(data) => data,
            _ => unreachable!("only tasks with a coroutine are driven by it"),
        }
    }

    /// Throws an error into the coroutine, and goes on to its next suspension, or its end.
    fn throw(self: Rc<Self>, core: &Core, error: Error) {
        if let Some(request) = self.throw_in(core, error) {
            core.suspend(self, request);
        }
    }

    /// Throws an error into the coroutine, and returns what it requests then, if it has not ended.
    fn throw_in(&self, core: &Core, error: Error) -> Option<Request> {
        core.enter_task(self.data().head.slot.get());
        let request = match self.data().generator.driver().throw(error) {
            Ok(request) => Some(request),
            Err(unresolved) => self.resolve(unresolved),
        };
        core.leave_task();
        request
    }

    /// Returns what the coroutine requests, or ends the task if the coroutine has ended.
    fn outcome(&self, state: Result<GeneratorState<Request, T>>) -> Option<Request> {
        let data = self.data();
        let outcome = match state {
            Ok(Yielded(request)) => return Some(request),
            Ok(Complete(_)) if data.head.must_cancel.replace(false) => Err(Error::cancelled()),
            Ok(Complete(value)) => Ok(value),
            Err(error) => {
                self.forget_body();
                Err(error)
            }
        };
        self.conclude(outcome);
        None
    }

    /// Drops a body that has got no stack. It would stay for as long as the task, which never tries again.
    #[inline]
    fn forget_body(&self) {
        if self.has_not_started() {
            self.data().generator.abandon();
        }
    }

    #[inline]
    fn check_awaited(&self, what: &dyn Waitable) -> Result<()> {
        let why = match what.core() {
            Some(_) if what.address() == self.address() => "it cannot wait for itself",
            Some(core) if !Rc::ptr_eq(core, &self.core) => "the future is of another loop",
            _ => return Ok(()),
        };
        Err(RuntimeError::new(format!("yield_from in {self}: {why}")).into())
    }

    /// Ends the task as cancelled, since its coroutine was closed outside of a step. It may stand in the
    /// ready queue, or among the callbacks of what it waits for: from there, it does nothing any more.
    #[cold]
    pub(super) fn conclude_abandoned(&self) {
        let data = self.data();
        if data.head.phase.replace(TaskPhase::Ended) == TaskPhase::Asleep {
            self.core.cancel_timer(self);
        }
        if let Some(recorder) = self.core.hooks.recorder() {
            recorder.abandoned(&self.core, self);
        }
        let awaited = data.awaited.take();
        if let Some(task) = self.core.remove_task(data.head.slot.get()) {
            self.core.ended.keep(task);
        }
        self.end_cancelled();
        drop(awaited);
    }

    pub(super) fn conclude(&self, outcome: Result<T>) {
        set_sleep_over(false);
        if let Some(task) = self.core.remove_task(self.head().slot.get()) {
            self.core.ended.keep(task);
        }
        // From here on its place may be another task's, which a panic below must not reach.
        self.core.leave_task();
        match outcome {
            Err(error) if error.is_cancelled() => {
                self.end_cancelled();
            }
            outcome => drop(self.finish(outcome)),
        }
    }
}

impl<T: 'static> Ready for FutureData<T> {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        #[cfg(feature = "futures")]
        if let Role::Stackless(data) = &self.role {
            return Rc::clone(&self).run_stackless(core, data);
        }
        let data = self.data();
        let phase = data.head.phase.get();
        match phase {
            TaskPhase::Due => {
                data.head.phase.set(TaskPhase::Over);
                return core.ready.push(self);
            }
            TaskPhase::DueCancelled => return data.head.phase.set(TaskPhase::Cancelled),
            TaskPhase::Ended => return,
            _ => data.head.phase.set(TaskPhase::Scheduled),
        }
        let error = match data.awaited.take() {
            // A cancellation comes in place of everything else.
            Awaited::Future(what)
                if phase == TaskPhase::Refused && !data.head.must_cancel.get() =>
            {
                self.check_awaited(&*what).err()
            }
            Awaited::Future(what) => {
                what.mark_seen();
                None
            }
            Awaited::Timer(_) => None,
        };
        data.head.must_cancel.set(false);
        self.throw(core, error.unwrap_or_else(Error::cancelled));
    }

    #[inline]
    fn begin(&self) -> Option<(Driver<'_, Request, ()>, Slot)> {
        let Role::Task(data) = &self.role else {
            return None;
        };
        data.start_plain_step()
            .then(|| (data.generator.driver(), data.head.slot.get()))
    }

    fn resolve(&self, unresolved: Unresolved<'_, Request, ()>) -> Option<Request> {
        self.outcome(self.data().generator.resolve(unresolved))
    }

    #[cold]
    #[inline(never)]
    fn suspend_with_care(self: Rc<Self>, core: &Core, mut request: Request) {
        // Not by recursion: the body may catch the error, and try again.
        while let Some(began_at) = core.regions.of(self.data().head.number) {
            set_sleep_over(false);
            let error = refusal(&self.data().stack(), began_at);
            let refused = request;
            let next = self.throw_in(core, error);
            drop(refused);
            match next {
                Some(next) => request = next,
                None => return,
            }
        }
        core.suspend_freely(self, request);
    }

    #[inline]
    fn wait(self: Rc<Self>, core: &Core, what: Rc<dyn Waitable>) {
        set_sleep_over(false);
        let data = self.data();
        if self.check_awaited(&*what).is_err() {
            data.wait(TaskPhase::Refused, Awaited::Future(what));
            return core.ready.push(self);
        }
        data.wait(TaskPhase::Waiting, Awaited::Future(Rc::clone(&what)));
        let wakeup = self.clone();
        Rc::clone(&what).subscribe(wakeup);
        // The task may have cancelled itself during the step.
        if data.head.must_cancel.get() && crate::kernel::future::cancel(what) {
            data.head.must_cancel.set(false);
        }
    }

    fn sleep(self: Rc<Self>, core: &Core, delay: Nanos) {
        set_sleep_over(false);
        let data = self.data();
        let now = core.now();
        if data.head.must_cancel.replace(false) {
            // The task has cancelled itself: the sleep is cancelled before it begins.
            data.head.phase.set(TaskPhase::Cancelled);
            return core.ready.push(self);
        }
        let number = core.start_timer(now, now.saturating_add(delay), self.clone());
        data.wait(TaskPhase::Asleep, Awaited::Timer(number));
    }

    #[inline]
    fn schedule(self: Rc<Self>) {
        let core = Rc::clone(&self.core);
        core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn as_task(&self) -> Option<&dyn TaskObject> {
        Some(self)
    }

    fn prefetch(&self) {
        let Role::Task(data) = &self.role else {
            return;
        };
        if data.head.phase.get() != TaskPhase::Due {
            data.generator.prefetch();
        }
    }

    fn prefetch_state(&self, core: &Core) {
        let Role::Task(data) = &self.role else {
            return;
        };
        if data.head.phase.get() != TaskPhase::Due {
            data.generator.prefetch_state();
            core.prefetch_slot(data.head.slot.get());
        }
    }
}

impl<T: 'static> Timed for FutureData<T> {
    fn is_live(&self, number: u64) -> bool {
        let data = self.data();
        if data.head.phase.get() != TaskPhase::Asleep {
            return false;
        }
        let awaited = data.awaited.take();
        let live = matches!(awaited, Awaited::Timer(n) if n == number);
        data.awaited.set(awaited);
        live
    }

    fn fire(self: Rc<Self>, core: &Core) {
        self.data().head.phase.set(TaskPhase::Due);
        core.ready.push(self);
    }

    #[cfg(feature = "trace")]
    fn as_entry(self: Rc<Self>) -> Option<Rc<dyn Ready>> {
        Some(self)
    }
}
