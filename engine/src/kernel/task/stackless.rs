//! Tasks that drive something without a stack of its own, such as a future of async/await.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;

use yieldfrom_delegation::{Error, Link};

use super::data::{Suspension, TaskHead, TaskPhase, report_destroyed, show_task};
use crate::errors::panics::{self, Panics};
use crate::kernel::event_loop::Core;
use crate::kernel::future::{Callbacks, FutureData, Role, Waitable, Waiter};

/// How far a step of such a task has come.
pub(crate) enum Step<T> {
    /// It has ended.
    Ended(T),
    /// It goes on in the next turn.
    Turn,
    /// It goes on when its waiter was woken.
    Wait,
}

/// What such a task drives, in place of a coroutine.
pub(crate) trait Stackless<T> {
    /// Makes a step.
    fn step(self: Pin<&mut Self>) -> Step<T>;
}

/// What drives, without its type.
pub(crate) type StacklessBody<T> = Pin<Box<dyn Stackless<T>>>;

/// The data that makes a future a task without a coroutine.
pub(crate) struct StacklessData<T: 'static> {
    pub(crate) head: TaskHead,
    /// None while it is driven, and at the end.
    body: Cell<Option<StacklessBody<T>>>,
    /// What the task waits for between two steps. Its reason has the name and the line of the task.
    waiter: Rc<Waiter>,
}

impl<T: 'static> StacklessData<T> {
    pub(super) fn origin(&self) -> Link {
        self.waiter.origin()
    }

    /// Returns its only frame, unless it has ended.
    pub(super) fn stack(&self, task: &FutureData<T>) -> Vec<Link> {
        let frame = (!task.is_done()).then(|| self.origin());
        frame.into_iter().collect()
    }

    pub(super) fn suspension(&self) -> Suspension {
        match self.head.phase.get() {
            TaskPhase::Waiting => Suspension::Waiting(Rc::clone(&self.waiter) as Rc<dyn Waitable>),
            _ => Suspension::Scheduled,
        }
    }

    /// Cancels a pending task: its wait, or its next step.
    pub(crate) fn cancel(&self, task: &FutureData<T>) {
        self.head.count_request();
        if let Some(recorder) = task.core.hooks.recorder() {
            recorder.cancelled(&task.core, task);
        }
        let is_waiting = self.head.phase.get() == TaskPhase::Waiting;
        if !is_waiting || !self.waiter.cancel() {
            self.head.must_cancel.set(true);
        }
    }

    /// Writes the task as asyncio shows it.
    pub(crate) fn show(&self, task: &FutureData<T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_task(task, &self.head, (&self.origin(), &self.stack(task)), f)
    }
}

impl<T: 'static> FutureData<T> {
    /// Makes a task without a coroutine, whose first step is scheduled. The body wakes it by the waiter.
    #[track_caller]
    pub(crate) fn new_stackless(
        core: &Rc<Core>,
        body: StacklessBody<T>,
        waiter: Rc<Waiter>,
    ) -> Rc<Self> {
        let head = TaskHead::new(core.next_task_number());
        head.phase.set(TaskPhase::New);
        let body = Cell::new(Some(body));
        let role = Role::Stackless(StacklessData { head, body, waiter });
        let task = Rc::new(Self::new(core, role));
        task.place();
        core.inherit_context(&*task);
        task.head().slot.set(core.add_task(task.clone()));
        core.schedule(task.clone());
        task
    }

    /// Makes a step of a task without a coroutine.
    pub(super) fn run_stackless(self: Rc<Self>, core: &Core, data: &StacklessData<T>) {
        let head = &data.head;
        let before = head.phase.replace(TaskPhase::Scheduled);
        let is_cancelled = before == TaskPhase::Waiting && data.waiter.is_cancelled();
        // None if the task was ended outside of a step, while it stood in the queue.
        let Some(body) = data.body.take() else {
            return;
        };
        core.enter_task(head.slot.get());
        if head.must_cancel.replace(false) || is_cancelled {
            drop(body);
            return self.conclude(Err(Error::cancelled()));
        }
        match drive(body) {
            (Step::Ended(value), _) => {
                let is_cancelled = head.must_cancel.replace(false);
                let cancelled = is_cancelled.then(Error::cancelled);
                self.conclude(cancelled.map_or(Ok(value), Err));
            }
            (step, body) => {
                core.leave_task();
                drop(data.body.replace(body));
                match step {
                    Step::Wait => self.wait_stackless(data),
                    _ => core.ready.push(self),
                }
            }
        }
    }

    fn wait_stackless(self: Rc<Self>, data: &StacklessData<T>) {
        data.head.phase.set(TaskPhase::Waiting);
        Rc::clone(&data.waiter).subscribe(self.clone());
        // The task may have cancelled itself during the step.
        if data.head.must_cancel.get() && data.waiter.cancel() {
            data.head.must_cancel.set(false);
        }
    }

    /// Ends what the task of a closed loop drives. Pushes its callbacks, which never run any more, onto `lost`.
    pub(super) fn destroy_stackless(&self, data: &StacklessData<T>, lost: &mut Vec<Callbacks>) {
        let mut panics = Panics::default();
        panics.catch(|| report_destroyed(self));
        panics.catch(|| drop(data.body.take()));
        lost.push(self.take_callbacks());
        panics.resume();
    }

    /// Drops what the task drives, unless it runs now; the task has ended as cancelled then.
    pub(super) fn abandon_stackless(&self, data: &StacklessData<T>) -> bool {
        let Some(body) = data.body.take() else {
            return self.is_done();
        };
        let mut panics = Panics::default();
        panics.catch(|| drop(body));
        if let Some(task) = self.core.remove_task(data.head.slot.get()) {
            self.core.ended.keep(task);
        }
        self.end_cancelled();
        panics.resume();
        true
    }
}

/// Makes a step, and gives the body back unless it has ended. Its destructors run as part of the step.
fn drive<T>(body: StacklessBody<T>) -> (Step<T>, Option<StacklessBody<T>>) {
    let mut body = Spared(Some(body));
    match body.get().as_mut().step() {
        Step::Ended(value) => {
            let value = Spared(Some(value));
            drop(body.take());
            (Step::Ended(value.take()), None)
        }
        step => (step, Some(body.take())),
    }
}

/// Something of the program that no panic leaves when another one drops it: two would end the process.
struct Spared<V>(Option<V>);

impl<V> Spared<V> {
    fn get(&mut self) -> &mut V {
        self.0.as_mut().expect(IT_IS_THERE)
    }

    fn take(mut self) -> V {
        self.0.take().expect(IT_IS_THERE)
    }
}

const IT_IS_THERE: &str = "it is taken out once";

impl<V> Drop for Spared<V> {
    #[inline]
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            panics::contain(|| drop(value));
        }
    }
}
