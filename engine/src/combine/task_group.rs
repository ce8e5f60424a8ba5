//! Tasks that end together.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use yieldfrom_delegation::Delegate;

use crate::errors::panics::contain;
use crate::errors::{ExceptionGroup, RuntimeError};
use crate::kernel::{
    AnyTask, Core, ErrorContext, EventLoop, Future, IntoCoroutine, Reason, Request, Subject, Task,
    Waitable, Waiter,
};
use crate::{Co, Error, Result};

/// Tasks that end together: 3.11's `asyncio.TaskGroup`.
///
/// See [`task_group`](task_group()). Clones refer to the same group.
#[derive(Clone)]
pub struct TaskGroup(Rc<Group>);

struct Group {
    core: Rc<Core>,
    parent: AnyTask,
    /// By number, which is the order of their making.
    tasks: RefCell<BTreeMap<u32, AnyTask>>,
    errors: RefCell<Vec<Error>>,
    /// Woken when the last task ends.
    all_done: Cell<Option<Rc<Waiter>>>,
    /// The body has ended.
    exiting: Cell<bool>,
    /// The tasks were cancelled.
    aborting: Cell<bool>,
    /// The group has cancelled its own task, and has not taken that back.
    parent_cancelled: Cell<bool>,
    /// Nobody waits for the tasks any more.
    abandoned: Cell<bool>,
}

impl TaskGroup {
    fn new() -> Result<Self> {
        let (Some(event_loop), Some(parent)) = (EventLoop::running(), crate::current_task()) else {
            return Err(RuntimeError::new("task_group: it works inside a task only").into());
        };
        Ok(Self(Rc::new(Group {
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
    /// In a group that is ending because of an error, or has ended, the task has failed already,
    /// with a [`RuntimeError`].
    ///
    /// # Examples
    ///
    /// See [`task_group`](task_group()).
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

impl Group {
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
        self.forget(task);
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

    fn forget<T: 'static>(&self, task: &Future<T>) {
        let Some(task) = task.as_task() else { return };
        let taken = self.tasks.borrow_mut().remove(&task.to_any().number());
        drop(taken);
    }

    fn abort(&self) {
        self.aborting.set(true);
        let tasks = self.tasks.borrow().clone();
        for task in tasks.values().filter(|task| !task.done()) {
            task.cancel();
        }
    }

    /// Waits for all tasks; returns the error of a cancellation meanwhile, and otherwise `error`.
    #[track_caller]
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

    /// Takes the group's own request to cancel its task back, if there is one.
    fn take_request_back(&self) {
        if self.parent_cancelled.replace(false) {
            self.parent.uncancel();
        }
    }

    /// Leaves the tasks to themselves: nobody waits for them any more.
    fn abandon(self: &Rc<Self>) {
        self.exiting.set(true);
        self.abandoned.set(true);
        if !self.aborting.get() {
            self.abort();
        }
        self.take_request_back();
        let errors = self.errors.take();
        if errors.is_empty() {
            return;
        }
        // The handler is anybody's: it does not run while a coroutine is unwound. Nor may the
        // destructor of an error panic then, which goes away at once if the loop is closed.
        let group = Rc::clone(self);
        let report = move || {
            let source = group.parent.to_string();
            for error in errors {
                group.report(error, &source);
            }
        };
        contain(|| _ = EventLoop::of(&self.core).call_soon(report));
    }

    /// Tells the exception handler of an error that the group cannot give to anybody.
    fn report(&self, error: Error, task: &str) {
        const LOST: &str = "Task of a group failed after the group was left without waiting for it";
        const LATE: &str = "Task of a group failed after the group's own task had ended";
        let why = if self.abandoned.get() { LOST } else { LATE };
        let context = ErrorContext::new(why).error(error).source(task);
        self.core.call_exception_handler(&context);
    }
}

/// A group whose body runs, or whose tasks are waited for.
struct Entered(TaskGroup);

impl Entered {
    fn new() -> Result<Self> {
        TaskGroup::new().map(Self)
    }

    /// Ends the group after its body, as `TaskGroup.__aexit__` does since 3.13.
    #[track_caller]
    fn end<R>(self, co: &Co, result: Result<R>) -> Result<R> {
        let group = &self.0.0;
        group.exiting.set(true);
        let (value, failure) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        if failure.is_some() && !group.aborting.get() {
            group.abort();
        }
        if let Some(exit) = failure.as_ref().filter(|error| error.is_generator_exit()) {
            let alone = group.errors.borrow().is_empty();
            if alone || !group.tasks.borrow().is_empty() {
                // The coroutine is closed: it must not suspend any more.
                return Err(exit.clone());
            }
        }
        let cancelled = failure.clone().filter(Error::is_cancelled);
        let cancelled = group.join(co, cancelled)?;
        group.take_request_back();
        let mut errors = group.errors.take();
        // If it was this group that had its task cancelled, there are errors.
        if let Some(cancelled) = cancelled.filter(|_| errors.is_empty()) {
            return Err(cancelled);
        }
        errors.extend(failure.filter(|error| !error.is_cancelled()));
        match value {
            Some(value) if errors.is_empty() => return Ok(value),
            _ => {}
        }
        if group.parent.cancelling() > 0 {
            // Others want the task to end as well: their cancellation comes at its next wait.
            group.parent.uncancel();
            group.parent.cancel();
        }
        Err(ExceptionGroup::new("unhandled errors in a task group", errors).into())
    }
}

/// Ends a group that did not come to its end: by a panic, by an error that was thrown in, or as the
/// coroutine was dropped. Its tasks are cancelled.
impl Drop for Entered {
    fn drop(&mut self) {
        let group = &self.0.0;
        let ended = group.exiting.get() && group.tasks.borrow().is_empty();
        if !ended || group.parent_cancelled.get() || !group.errors.borrow().is_empty() {
            group.abandon();
        }
    }
}

impl Subject for Group {
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

/// What [`task_group`](task_group()) returns: a delegate for `yield_from`.
#[must_use = "it runs when a coroutine delegates to it by yield_from"]
pub struct Grouped<F>(F);

/// Runs a body that makes tasks, and waits until all of them have ended.
///
/// `async with asyncio.TaskGroup() as group`, as of 3.13. When a task, or the body, fails, the others
/// are cancelled; when they have ended, all errors come out together, as an [`ExceptionGroup`].
///
/// A cancellation of the current task by somebody else is never lost: it passes through, or, if
/// there are errors to tell, comes again at the task's next wait. When a panic leaves the body, or
/// the coroutine is closed, the tasks are cancelled, but not waited for.
///
/// # Errors
///
/// `yield_from` gives an [`ExceptionGroup`], or the error of a cancellation.
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
pub fn task_group<F, R>(body: F) -> Grouped<F>
where
    F: FnOnce(&Co, &TaskGroup) -> Result<R>,
{
    Grouped(body)
}

impl<F, R> Delegate<Request, ()> for Grouped<F>
where
    F: FnOnce(&Co, &TaskGroup) -> Result<R>,
{
    type Output = R;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<R> {
        let entered = Entered::new()?;
        let group = &entered.0;
        let result = co.yield_from(|co: &Co| (self.0)(co, group));
        entered.end(co, result)
    }
}

impl<F> fmt::Debug for Grouped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grouped")
    }
}
