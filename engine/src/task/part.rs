//! What a future has that is a task, and how a task is cancelled.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::{Generator, Link};

use crate::Error;
use crate::coroutines::Request;
use crate::event_loop::{Context, Core, Ready};
use crate::future::{Cancelling, Inner, Waitable};

/// What a suspended task waits for, or what its next step is to bring.
pub(super) enum Waiting {
    /// It is running, or its next step is scheduled and brings nothing.
    Nothing,
    /// For this to be done; the step that follows asks it for its result.
    On(Rc<dyn Waitable>),
    /// Its next step is scheduled, and throws this.
    Throw(Error),
    /// For the timer with this number.
    Sleep(u64, Sleep),
}

/// The life of a sleep.
///
/// asyncio makes a future for each, which its timer's callback sets; so the task goes on in the
/// turn after that callback. All of it happens here without the future and the callback: the task
/// itself is what the timer makes ready, and the first of its two turns stands for the callback.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sleep {
    /// The timer runs.
    Asleep,
    /// The timer's callback is in the ready queue.
    Due,
    /// The callback has run: the next step is in the ready queue.
    Over,
    /// The sleep was cancelled: the next step is in the ready queue.
    Cancelled,
    /// It was, while the callback was in the queue, which comes before the step.
    DueCancelled,
}

/// What makes a future a task.
// In the order in which a step touches it.
#[repr(C)]
pub(crate) struct TaskPart<T: 'static> {
    pub(super) must_cancel: Cell<bool>,
    /// Whether `waiting` is anything but `Nothing`, so that a step need not look there.
    is_waiting: Cell<bool>,
    /// Whether the loop that was closed has ended the coroutine.
    pub(super) destroyed: Cell<bool>,
    /// Whether the loop has a name for it.
    pub(super) is_named: Cell<bool>,
    /// How many requests to cancel are open: 3.11's `cancelling`.
    pub(super) cancelling: Cell<u32>,
    pub(super) generator: Generator<Request, (), T>,
    waiting: Cell<Waiting>,
    /// Its place among the loop's tasks.
    pub(super) slot: Cell<u32>,
    pub(super) number: u32,
}

impl<T: 'static> TaskPart<T> {
    /// Takes what the task waits for.
    #[inline(always)]
    pub(super) fn take_waiting(&self) -> Waiting {
        if !self.is_waiting.replace(false) {
            return Waiting::Nothing;
        }
        self.waiting.replace(Waiting::Nothing)
    }

    /// Returns whether the next step brings nothing but what a future has to tell.
    #[inline(always)]
    pub(super) fn is_next_plain(&self) -> bool {
        if !self.is_waiting.get() {
            return true;
        }
        let waiting = self.waiting.replace(Waiting::Nothing);
        let plain = matches!(waiting, Waiting::On(_) | Waiting::Sleep(_, Sleep::Over));
        self.waiting.set(waiting);
        plain
    }

    #[inline]
    pub(super) fn set_waiting(&self, waiting: Waiting) {
        self.is_waiting.set(!matches!(waiting, Waiting::Nothing));
        drop(self.waiting.replace(waiting));
    }

    #[inline(always)]
    pub(super) fn new(generator: Generator<Request, (), T>, number: u32) -> Self {
        Self {
            must_cancel: Cell::new(false),
            is_waiting: Cell::new(false),
            destroyed: Cell::new(false),
            is_named: Cell::new(false),
            cancelling: Cell::new(0),
            generator,
            waiting: Cell::new(Waiting::Nothing),
            slot: Cell::new(0),
            number,
        }
    }

    /// Cancels a pending task: passes it on to what it waits for, or to its next step.
    pub(crate) fn cancel(&self, task: &Rc<Inner<T>>, rest: &mut Cancelling) {
        self.cancelling.set(self.cancelling.get().saturating_add(1));
        let waiting = match self.take_waiting() {
            Waiting::On(what) if what.can_cancel() => {
                rest.push(Rc::clone(&what));
                Waiting::On(what)
            }
            Waiting::Sleep(number, Sleep::Asleep) => {
                task.core.cancel_timer();
                Rc::clone(task).schedule();
                Waiting::Sleep(number, Sleep::Cancelled)
            }
            Waiting::Sleep(number, Sleep::Due) => {
                Rc::clone(task).schedule();
                Waiting::Sleep(number, Sleep::DueCancelled)
            }
            other => {
                self.must_cancel.set(true);
                other
            }
        };
        self.set_waiting(waiting);
    }

    pub(super) fn name(&self, core: &Core) -> String {
        self.given_name(core)
            .unwrap_or_else(|| format!("Task-{}", self.number))
    }

    /// Names are rare, so that the loop has them.
    fn given_name(&self, core: &Core) -> Option<String> {
        self.is_named.get().then(|| core.task_name(self.number))?
    }

    pub(super) fn stack(&self) -> Vec<Link> {
        self.generator.delegation_chain()
    }

    /// Writes the task as asyncio shows it.
    pub(crate) fn show(
        &self,
        task: &Inner<T>,
        state: &str,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        write!(f, "<Task {state}")?;
        if let Some(name) = self.given_name(&task.core) {
            write!(f, " name='{name}'")?;
        }
        let coroutine = self.generator.name();
        match self.stack().last() {
            Some(at) => write!(
                f,
                " coro=<{coroutine}() running at {}:{}>",
                at.file(),
                at.line()
            )?,
            None => {
                let origin = self.generator.origin();
                let (file, line) = (origin.file(), origin.line());
                write!(f, " coro=<{coroutine}() done, defined at {file}:{line}>")?;
            }
        }
        if let Some(error) = task.peek_error() {
            write!(f, " exception={error:?}")?;
        }
        f.write_str(">")
    }

    /// Reports a task that goes away before its coroutine has ended.
    #[inline]
    pub(crate) fn report_drop(&self, task: &Inner<T>) {
        if !task.is_done() && !self.destroyed.replace(true) {
            self.report_destroyed(task);
        }
        if self.is_named.get() {
            task.core.forget_task_name(self.number);
        }
    }

    #[cold]
    pub(super) fn report_destroyed(&self, task: &Inner<T>) {
        let context =
            Context::new("Task was destroyed but it is pending!").source(task.to_string());
        task.core.call_exception_handler(&context);
    }
}
