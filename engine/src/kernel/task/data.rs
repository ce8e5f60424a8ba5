//! The data of a task, beside that of a future, and how a task is cancelled.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::{Generator, Link};

use crate::kernel::context::Context;
use crate::kernel::event_loop::{Core, ErrorContext, Ready, Slot, is_ours};
use crate::kernel::future::{Cancelling, DEEP, FutureData, Waitable};
use crate::kernel::request::{Request, set_sleep_over};

/// Where a task is between two steps.
///
/// For a sleep, asyncio makes a future, which its timer's callback sets; so the task goes on in
/// the turn after that callback. All of it happens here without the future and the callback: the
/// task itself is what the timer makes ready, and the first of its two turns stands for the
/// callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskPhase {
    /// Its first step is scheduled. Of tasks without a coroutine only: a coroutine knows this itself.
    #[cfg(feature = "futures")]
    New,
    /// It is running, or its next step is scheduled and only resumes the coroutine.
    Scheduled,
    /// It waits for a future, or the step is scheduled that fetches the future's result.
    Waiting,
    /// Its next step is scheduled, and raises the error that it cannot wait for that future.
    Refused,
    /// It sleeps: the timer runs.
    Asleep,
    /// The timer's callback is in the ready queue.
    Due,
    /// The callback has run: the next step is in the ready queue.
    Over,
    /// The sleep was cancelled: the next step is in the ready queue.
    Cancelled,
    /// The sleep was cancelled while the timer's callback was in the queue, before the next step.
    DueCancelled,
    /// The coroutine was closed outside of a step, and the task has ended.
    Ended,
}

/// What a task waits for.
pub(super) enum Awaited {
    Future(Rc<dyn Waitable>),
    /// The timer with this number.
    Timer(u64),
}

impl Default for Awaited {
    fn default() -> Self {
        Self::Timer(0)
    }
}

/// The wait of a task, for reports.
pub(crate) enum Suspension {
    /// Nothing: its next step is scheduled, or it is running.
    Scheduled,
    /// The timer with this number.
    Asleep(u64),
    Waiting(Rc<dyn Waitable>),
}

/// What all tasks have, whatever they drive.
#[repr(C)]
pub(crate) struct TaskHead {
    pub(super) must_cancel: Cell<bool>,
    pub(super) phase: Cell<TaskPhase>,
    /// Whether the loop that was closed has ended the coroutine.
    pub(super) destroyed: Cell<bool>,
    /// Whether the loop keeps something of it: a name, or a context.
    pub(super) is_noted: Cell<bool>,
    /// How many requests to cancel are open: 3.11's `cancelling`.
    pub(super) cancelling: Cell<u32>,
    /// Its place among the loop's tasks.
    pub(super) slot: Cell<Slot>,
    pub(super) number: u32,
}

impl TaskHead {
    #[inline(always)]
    pub(super) fn new(number: u32) -> Self {
        Self {
            must_cancel: Cell::new(false),
            phase: Cell::new(TaskPhase::Scheduled),
            destroyed: Cell::new(false),
            is_noted: Cell::new(false),
            cancelling: Cell::new(0),
            slot: Cell::new(Slot::NONE),
            number,
        }
    }

    pub(crate) fn name(&self, core: &Core) -> String {
        self.given_name(core)
            .unwrap_or_else(|| format!("Task-{}", self.number))
    }

    /// Returns the name that the program has given. Few tasks have one, so the loop keeps them.
    pub(super) fn given_name(&self, core: &Core) -> Option<String> {
        self.is_noted.get().then(|| core.task_name(self.number))?
    }

    /// Counts a request to cancel.
    pub(super) fn count_request(&self) {
        self.cancelling.set(self.cancelling.get().saturating_add(1));
    }

    /// Returns whether the task goes away while what it drives has not ended, which is reported.
    #[inline]
    pub(crate) fn is_lost<T>(&self, task: &FutureData<T>) -> bool {
        !task.is_done() && !self.destroyed.get()
    }

    /// Returns whether the loop keeps something of the task, which is to be forgotten with it.
    #[inline]
    pub(crate) fn is_noted(&self) -> bool {
        self.is_noted.get()
    }

    /// Has the loop forget the task's name and context; returns the context, for the caller to drop.
    pub(crate) fn forget_notes(&self, core: &Core) -> Option<Context> {
        self.is_noted
            .get()
            .then(|| core.forget_notes(self.number))?
    }

    pub(crate) fn report_lost<T>(&self, task: &FutureData<T>) {
        if self.is_lost(task) {
            self.destroyed.set(true);
            report_destroyed(task);
        }
    }
}

/// The data that makes a future a task with a coroutine.
// In the order in which a step touches it.
#[repr(C)]
pub(crate) struct TaskData<T: 'static> {
    pub(crate) head: TaskHead,
    pub(super) generator: Generator<Request, (), T>,
    pub(super) awaited: Cell<Awaited>,
}

impl<T: 'static> TaskData<T> {
    /// If the next step only resumes the coroutine, with nothing to throw, marks the task as running and
    /// returns true.
    #[inline(always)]
    pub(super) fn start_plain_step(&self) -> bool {
        if self.head.must_cancel.get() {
            return false;
        }
        match self.head.phase.get() {
            TaskPhase::Scheduled => true,
            TaskPhase::Over => {
                self.head.phase.set(TaskPhase::Scheduled);
                set_sleep_over(true);
                true
            }
            TaskPhase::Waiting => {
                self.head.phase.set(TaskPhase::Scheduled);
                drop(self.awaited.take());
                true
            }
            _ => false,
        }
    }

    #[inline]
    pub(super) fn wait(&self, phase: TaskPhase, awaited: Awaited) {
        self.head.phase.set(phase);
        drop(self.awaited.replace(awaited));
    }

    #[inline(always)]
    pub(super) fn new(generator: Generator<Request, (), T>, number: u32) -> Self {
        Self {
            head: TaskHead::new(number),
            generator,
            awaited: Cell::default(),
        }
    }

    /// Cancels a pending task: passes it on to what it waits for, or to its next step.
    pub(crate) fn cancel(&self, task: &Rc<FutureData<T>>, rest: &mut Cancelling) {
        self.head.count_request();
        if let Some(recorder) = task.core.hooks.recorder() {
            recorder.cancelled(&task.core, &**task);
        }
        match self.head.phase.get() {
            TaskPhase::Waiting => {
                let awaited = self.awaited.take();
                match &awaited {
                    Awaited::Future(what) if what.can_cancel(DEEP) => rest.push(Rc::clone(what)),
                    _ => self.head.must_cancel.set(true),
                }
                self.awaited.set(awaited);
            }
            TaskPhase::Asleep => {
                self.head.phase.set(TaskPhase::Cancelled);
                task.core.cancel_timer(&**task);
                Rc::clone(task).schedule();
            }
            TaskPhase::Due => {
                self.head.phase.set(TaskPhase::DueCancelled);
                Rc::clone(task).schedule();
            }
            _ => self.head.must_cancel.set(true),
        }
    }

    pub(super) fn stack(&self) -> Vec<Link> {
        self.generator.delegation_chain()
    }

    pub(super) fn suspension(&self) -> Suspension {
        let awaited = self.awaited.take();
        let suspension = match (self.head.phase.get(), &awaited) {
            (TaskPhase::Waiting, Awaited::Future(what)) => Suspension::Waiting(Rc::clone(what)),
            (TaskPhase::Asleep, Awaited::Timer(number)) => Suspension::Asleep(*number),
            _ => Suspension::Scheduled,
        };
        self.awaited.set(awaited);
        suspension
    }

    /// Writes the task as asyncio shows it.
    pub(crate) fn show(&self, task: &FutureData<T>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (origin, stack) = (self.generator.origin(), self.stack());
        show_task(task, &self.head, (&origin, &stack), f)
    }
}

#[cold]
pub(super) fn report_destroyed<T>(task: &FutureData<T>) {
    let context =
        ErrorContext::new("Task was destroyed but it is pending!").source(task.to_string());
    task.core.call_exception_handler(&context);
}

/// Writes a task as asyncio shows it: with the name of its coroutine, and with the line where it is.
pub(super) fn show_task<T>(
    task: &FutureData<T>,
    head: &TaskHead,
    (origin, stack): (&Link, &[Link]),
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    write!(f, "<Task {}", task.state().name())?;
    if let Some(name) = head.given_name(&task.core) {
        write!(f, " name='{name}'")?;
    }
    // A line of the library would tell the reader nothing.
    let at = stack.iter().rev().find(|at| !is_ours(at.location()));
    let at = at.unwrap_or(origin);
    let state = if stack.is_empty() {
        "done, defined"
    } else {
        "running"
    };
    let (call, file, line) = (origin.call(), at.file(), at.line());
    write!(f, " coro=<{call} {state} at {file}:{line}>")?;
    if let Some(error) = task.peek_error() {
        write!(f, " exception={error}")?;
    }
    task.show_place(f)?;
    f.write_str(">")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Co, EventLoop};

    /// With two counts of references and the allocator's word, this makes 128 bytes. Tasks without a stack need a word
    /// to be told from the others.
    #[test]
    fn a_task_is_small() {
        assert_eq!(size_of::<Awaited>(), 16);
        assert_eq!(size_of::<crate::kernel::future::Callbacks>(), 16);
        assert_eq!(size_of::<TaskData<()>>(), 56);
        assert_eq!(
            (
                size_of::<crate::kernel::future::Role<()>>(),
                size_of::<FutureData<()>>()
            ),
            if cfg!(feature = "futures") {
                (64, 112)
            } else {
                (56, 104)
            }
        );
    }

    #[test]
    fn the_loop_forgets_the_name_of_a_task_that_is_gone() {
        let event_loop = EventLoop::builder().build().unwrap();
        let task = event_loop.create_task(|_: &Co| Ok(()));
        task.set_name("download");
        let number = task.to_any().number();
        event_loop.run_until_complete(&task).unwrap();
        let name = || event_loop.core().task_name(number);
        assert_eq!(name().as_deref(), Some("download"));
        drop(task);
        assert_eq!(name(), None);
    }
}
