//! Tasks that end together.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::errors::panics::contain;
use crate::errors::{ExceptionGroup, RuntimeError};
use crate::kernel::{
    AnyTask, Co, Core, ErrorContext, EventLoop, Future, IntoCoroutine, Operation, Reason, Subject,
    Task, Waitable, Waiter,
};
use yieldfrom_delegation::{Delegate, Error, Result};

/// Tasks that end together: 3.11's `asyncio.TaskGroup`.
///
/// See [`task_group`](task_group()). A clone is the same group.
#[derive(Clone)]
pub struct TaskGroup(Rc<GroupState>);

struct GroupState {
    core: Rc<Core>,
    parent: AnyTask,
    /// By number, which is the order in which they were made.
    tasks: RefCell<BTreeMap<u32, AnyTask>>,
    errors: RefCell<Vec<Error>>,
    /// Is woken when the last task ends.
    all_done: Cell<Option<Rc<Waiter>>>,
    /// The body has ended.
    exiting: Cell<bool>,
    /// The tasks were cancelled.
    aborting: Cell<bool>,
    /// The group has cancelled its own task, and has not taken that back.
    parent_cancelled: Cell<bool>,
    /// The group was left, and does not wait for its tasks any more.
    abandoned: Cell<bool>,
}

impl TaskGroup {
    fn new() -> Result<Self> {
        let (Some(event_loop), Some(parent)) = (EventLoop::running(), crate::current_task()) else {
            return Err(RuntimeError::new("task_group: it works inside a task only").into());
        };
        Ok(Self(Rc::new(GroupState {
            core: Rc::clone(event_loop.core()),
            parent,
            tasks: RefCell::default(),
            errors: RefCell::default(),
            all_done: Cell::new(None),
            exiting: Cell::new(false),
            aborting: Cell::new(false),
            parent_cancelled: Cell::new(false),
            abandoned: Cell::new(false),
        })))
    }

    /// Makes a task of a coroutine, in this group.
    ///
    /// If the group has ended, or is ending because of an error, the task that you get has failed
    /// already, with a [`RuntimeError`].
    #[track_caller]
    pub fn create_task<C: IntoCoroutine>(&self, coroutine: C) -> Task<C::Output> {
        let group = &self.0;
        if let Some(why) = group.refusal() {
            let error = RuntimeError::new(format!("create_task: the task group {why}"));
            return Task::failed(&EventLoop::of(&group.core), coroutine, error.into());
        }
        let task = EventLoop::of(&group.core).create_task(coroutine);
        let any = task.to_any();
        group.tasks.borrow_mut().insert(any.number(), any);
        let group = Rc::clone(group);
        task.add_done_callback(move |task| group.task_done(task));
        task
    }
}

impl GroupState {
    /// Returns why the group takes no more tasks, if it does not.
    fn refusal(&self) -> Option<&'static str> {
        if self.exiting.get() && self.tasks.borrow().is_empty() {
            Some("has ended")
        } else if self.aborting.get() {
            Some("is shutting down")
        } else {
            None
        }
    }

    fn task_done<T: 'static>(&self, task: &Future<T>) {
        if let Some(task) = task.as_task() {
            let taken = self.tasks.borrow_mut().remove(&task.to_any().number());
            drop(taken);
        }
        if self.tasks.borrow().is_empty()
            && let Some(all_done) = self.all_done.take()
        {
            all_done.wake();
        }
        let Ok(Some(error)) = task.exception() else {
            return;
        };
        if self.abandoned.get() || self.parent.done() {
            return self.report(error, &task.to_string());
        }
        self.errors.borrow_mut().push(error);
        if !self.aborting.get() && !self.parent_cancelled.get() {
            self.abort();
            self.parent_cancelled.set(true);
            self.parent.cancel();
        }
    }

    /// Cancels the tasks, unless that was done before.
    fn abort(&self) {
        if self.aborting.replace(true) {
            return;
        }
        let tasks = self.tasks.borrow().clone();
        for task in tasks.values().filter(|task| !task.done()) {
            task.cancel();
        }
    }

    /// Waits for all tasks; returns the error of a cancellation meanwhile, and otherwise `error`.
    fn join(self: &Rc<Self>, co: &Co, mut error: Option<Error>) -> Result<Option<Error>> {
        while !self.tasks.borrow().is_empty() {
            let waiter = Waiter::new(Reason::futures("the end of a task group", self));
            self.all_done.set(Some(Rc::clone(&waiter)));
            match waiter.wait(co) {
                Ok(()) => {}
                Err(cancelled) if cancelled.is_cancelled() => {
                    if !self.aborting.get() {
                        error = Some(cancelled);
                        self.abort();
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(error)
    }

    /// Returns whether all tasks have ended, and some of them with errors.
    fn ends_with_errors(&self) -> bool {
        self.tasks.borrow().is_empty() && !self.errors.borrow().is_empty()
    }

    /// If other code wants the task to end as well, lets its cancellation come at the next wait.
    fn renew_cancellation(&self) {
        if self.parent.cancelling() > 0 {
            self.parent.uncancel();
            self.parent.cancel();
        }
    }

    /// Takes the group's own request to cancel its task back, if there is one.
    fn take_request_back(&self) {
        if self.parent_cancelled.replace(false) {
            self.parent.uncancel();
        }
    }

    /// Cancels the tasks without waiting for them, since the group is left.
    fn abandon(self: &Rc<Self>) {
        self.exiting.set(true);
        self.abandoned.set(true);
        self.abort();
        self.take_request_back();
        let errors = self.errors.take();
        if errors.is_empty() {
            return;
        }
        // The exception handler is user code: it does not run while a coroutine is unwound. Nor may
        // the destructor of an error panic then, which runs at once if the loop is closed.
        let group = Rc::clone(self);
        let report = move || {
            let source = group.parent.to_string();
            for error in errors {
                group.report(error, &source);
            }
        };
        contain(|| _ = EventLoop::of(&self.core).call_soon(report));
    }

    /// Reports an error that the group cannot return to the exception handler.
    fn report(&self, error: Error, task: &str) {
        const LOST: &str = "Task of a group failed after the group was left without waiting for it";
        const LATE: &str = "Task of a group failed after the group's own task had ended";
        let why = if self.abandoned.get() { LOST } else { LATE };
        let context = ErrorContext::new(why).error(error).source(task);
        self.core.call_exception_handler(&context);
    }
}

/// A group whose body runs, or that waits for its tasks.
struct OpenGroup(TaskGroup);

impl OpenGroup {
    /// Ends the group after its body, as `TaskGroup.__aexit__` does since 3.13.
    fn end<R>(self, co: &Co, result: Result<R>) -> Result<R> {
        let group = &self.0.0;
        group.exiting.set(true);
        if result.is_err() {
            group.abort();
        }
        let failure = result.as_ref().err();
        if failure.is_some_and(Error::is_generator_exit) && !group.ends_with_errors() {
            // The coroutine is closed: it must not suspend any more.
            return result;
        }
        let cancelled = failure.filter(|error| error.is_cancelled()).cloned();
        let cancelled = group.join(co, cancelled)?;
        group.take_request_back();
        let mut errors = group.errors.take();
        // If it was this group that had its task cancelled, there are errors.
        if let Some(cancelled) = cancelled.filter(|_| errors.is_empty()) {
            return Err(cancelled);
        }
        match result {
            Ok(value) if errors.is_empty() => return Ok(value),
            Err(error) if !error.is_cancelled() => errors.push(error),
            _ => {}
        }
        group.renew_cancellation();
        Err(ExceptionGroup::new("unhandled errors in a task group", errors).into())
    }
}

/// Ends a group whose end was not reached, because of a panic, of an error that was thrown in, or
/// because the coroutine was dropped. Its tasks are cancelled.
impl Drop for OpenGroup {
    fn drop(&mut self) {
        let group = &self.0.0;
        let ended = group.exiting.get() && group.tasks.borrow().is_empty();
        if !ended || group.parent_cancelled.get() || !group.errors.borrow().is_empty() {
            group.abandon();
        }
    }
}

impl Subject for GroupState {
    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        let tasks = self.tasks.borrow();
        all.extend(tasks.values().map(|task| Rc::clone(&task.0).as_waitable()));
    }
}

impl fmt::Debug for TaskGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tasks, errors) = (self.0.tasks.borrow().len(), self.0.errors.borrow().len());
        write!(f, "<TaskGroup tasks={tasks} errors={errors}>")
    }
}

/// Runs a body that makes tasks, and waits until all of them have ended.
///
/// This is `async with asyncio.TaskGroup() as group`, as of 3.13. When a task, or the body, fails, the
/// others are cancelled; when they have ended, all errors are returned together, as an
/// [`ExceptionGroup`].
///
/// A cancellation of the current task by other code is never lost: it passes through, or, if there
/// are errors to return, it comes again at the task's next wait. When a panic leaves the body, or the
/// coroutine is closed, the tasks are cancelled, but not waited for.
///
/// # Errors
///
/// `yield_from` returns an [`ExceptionGroup`], or the error of a cancellation.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, coroutine, sleep_with, task_group};
///
/// let later = |ms| coroutine(move |co| co.yield_from(sleep_with(Duration::from_millis(ms), ms)));
/// let (one, two) = EventLoop::builder().virtual_clock().run(move |co: &Co| {
///     co.yield_from(task_group(|_co, group| {
///         Ok((group.create_task(later(1)), group.create_task(later(2))))
///     }))
/// })?;
/// assert_eq!(one.result()? + two.result()?, 3);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it runs when a coroutine delegates to it by yield_from"]
pub fn task_group<F, R>(body: F) -> Operation<impl FnOnce(&Co) -> Result<R>>
where
    F: FnOnce(&Co, &TaskGroup) -> Result<R>,
{
    Operation::new("task_group", |co| {
        let group = OpenGroup(TaskGroup::new()?);
        let part = |co: &Co| body(co, &group.0);
        let result = co.keep_line(|| part.delegate(co));
        group.end(co, result)
    })
}
