//! The state of a group of tasks.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::children::{Body, Children, Parent, Place};
use crate::errors::RuntimeError;
use crate::errors::panics::contain;
use crate::kernel::{
    AnyTask, Co, Core, CoroutineBuilder, ErrorContext, EventLoop, Future, IntoCoroutine, Reason,
    Subject, Task, Waitable, Waiter, running_task,
};
use yieldfrom_delegation::{Error, Result};

thread_local! {
    /// The memory of the last group that ended well, kept for the next one: it saves an allocation.
    static SPARE: Cell<Option<Rc<GroupState>>> = const { Cell::new(None) };
}

/// A spare keeps room for this many tasks.
const SPARE_ROOM: usize = 64;

#[derive(Default)]
pub(super) struct GroupState {
    /// None in a spare only.
    owner: Option<Owner>,
    /// Those that borrow nothing, by number, which is the order in which they were made.
    tasks: RefCell<BTreeMap<u32, AnyTask>>,
    /// Those that may borrow.
    pub(super) children: Children,
    pub(super) errors: RefCell<Vec<Error>>,
    /// Is woken when the last task ends.
    all_done: Cell<Option<Rc<Waiter>>>,
    /// The body has ended.
    pub(super) exiting: Cell<bool>,
    /// The tasks were cancelled.
    aborting: Cell<bool>,
    /// The group has cancelled its own task, and has not taken that back.
    pub(super) parent_cancelled: Cell<bool>,
    /// The group was left, and does not wait for its tasks any more.
    abandoned: Cell<bool>,
}

/// The task whose group it is.
struct Owner {
    core: Rc<Core>,
    task: AnyTask,
}

impl GroupState {
    /// Makes the state of a group of the current task.
    pub(super) fn begin() -> Result<Rc<Self>> {
        let Some((core, task)) = running_task() else {
            return Err(RuntimeError::new("task_group: it works inside a task only").into());
        };
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let mut state = spare.unwrap_or_default();
        let only = Rc::get_mut(&mut state).expect("nobody else has a spare, or what was just made");
        only.owner = Some(Owner { core, task });
        Ok(state)
    }

    /// Keeps the memory of a group that has ended well for the next one, unless something still refers to it.
    pub(super) fn keep(mut self: Rc<Self>) {
        debug_assert!(self.is_at_peace(), "a task is left, or an error");
        if let Some(state) = Rc::get_mut(&mut self)
            && state.children.clear(SPARE_ROOM)
        {
            state.exiting.set(false);
            drop(state.owner.take());
            let _ = SPARE.try_with(|spare| spare.set(Some(self)));
        }
    }

    fn owner(&self) -> &Owner {
        let owner = self.owner.as_ref();
        owner.expect("the state of a group that has begun has an owner")
    }

    /// Makes a task, unless the group takes no more.
    #[track_caller]
    pub(super) fn create_task<C: IntoCoroutine>(self: &Rc<Self>, coroutine: C) -> Task<C::Output> {
        let event_loop = EventLoop::of(&self.owner().core);
        if let Some(error) = self.refusal("create_task") {
            return Task::failed(&event_loop, coroutine, error);
        }
        let task = event_loop.create_task(coroutine);
        // On a closed loop it has failed at once, and the loop would never tell its end.
        if !task.done() {
            let any = task.to_any();
            self.tasks.borrow_mut().insert(any.number(), any);
            let group = Rc::clone(self);
            task.add_done_callback(move |task| group.task_done(task));
        }
        task
    }

    /// Makes a task that may borrow, unless the group takes no more.
    #[track_caller]
    pub(super) fn spawn(self: &Rc<Self>, name: &'static str, body: Rc<dyn Body>) -> Task<()> {
        let core = &self.owner().core;
        let settings = CoroutineBuilder::new().name(name);
        if let Some(error) = self.refusal("spawn") {
            let coroutine = settings.build(move |co| body.run(co));
            return Task::failed(&EventLoop::of(core), coroutine, error);
        }
        self.children.spawn(self, core, settings, body, None)
    }

    /// Returns why the group takes no more tasks, if it does not.
    #[inline]
    fn refusal(&self, operation: &str) -> Option<Error> {
        let may_refuse = self.exiting.get() || self.aborting.get();
        may_refuse.then(|| self.refuse(operation))?
    }

    #[cold]
    fn refuse(&self, operation: &str) -> Option<Error> {
        let why = if self.exiting.get() && self.is_empty() {
            "has ended"
        } else if self.aborting.get() {
            "is shutting down"
        } else {
            return None;
        };
        let why = format!("{operation}: the task group {why}");
        Some(RuntimeError::new(why).into())
    }

    /// Returns whether all tasks have ended, and nothing has made the group cancel them, such as an error.
    #[inline]
    pub(super) fn is_at_peace(&self) -> bool {
        self.is_empty() && !self.aborting.get()
    }

    /// Returns whether all tasks have ended.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty() && self.tasks.borrow().is_empty()
    }

    fn task_done<T: 'static>(&self, task: &Future<T>) {
        if let Some(task) = task.as_task() {
            let taken = self.tasks.borrow_mut().remove(&task.to_any().number());
            drop(taken);
        }
        self.ended(task);
    }

    /// Tells the end of a task, which is in the list no more.
    fn ended<T: 'static>(&self, task: &Future<T>) {
        self.wake_if_empty();
        let Ok(Some(error)) = task.exception() else {
            return;
        };
        if self.abandoned.get() || self.owner().task.done() {
            return self.report(error, &task.to_string());
        }
        self.errors.borrow_mut().push(error);
        if !self.aborting.get() && !self.parent_cancelled.get() {
            self.abort();
            self.parent_cancelled.set(true);
            self.owner().task.cancel();
        }
    }

    #[inline(always)]
    fn wake_if_empty(&self) {
        if self.is_empty()
            && let Some(all_done) = self.all_done.take()
        {
            all_done.wake();
        }
    }

    /// Cancels the tasks, unless that was done before.
    pub(super) fn abort(&self) {
        if self.aborting.replace(true) {
            return;
        }
        let mut all: Vec<_> = self.tasks.borrow().values().cloned().collect();
        all.extend(self.children.all());
        for task in all.iter().filter(|task| !task.done()) {
            task.cancel();
        }
    }

    /// Waits for all tasks; returns the error of a cancellation meanwhile, and otherwise `error`.
    pub(super) fn join(
        self: &Rc<Self>,
        co: &Co,
        mut error: Option<Error>,
    ) -> Result<Option<Error>> {
        while !self.is_empty() {
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
    pub(super) fn ends_with_errors(&self) -> bool {
        self.is_empty() && !self.errors.borrow().is_empty()
    }

    /// If other code wants the task to end as well, lets its cancellation come at the next wait.
    pub(super) fn renew_cancellation(&self) {
        self.owner().task.renew_cancellation();
    }

    /// Takes the group's own request to cancel its task back, if there is one.
    pub(super) fn take_request_back(&self) {
        if self.parent_cancelled.replace(false) {
            self.owner().task.uncancel();
        }
    }

    /// Cancels the tasks without waiting for them, since the group is left.
    pub(super) fn abandon(self: &Rc<Self>) {
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
            let source = group.owner().task.to_string();
            for error in errors {
                group.report(error, &source);
            }
        };
        contain(|| _ = EventLoop::of(&self.owner().core).call_soon(report));
    }

    /// Reports an error that the group cannot return to the exception handler.
    fn report(&self, error: Error, task: &str) {
        const LOST: &str = "Task of a group failed after the group was left without waiting for it";
        const LATE: &str = "Task of a group failed after the group's own task had ended";
        let why = if self.abandoned.get() { LOST } else { LATE };
        let context = ErrorContext::new(why).error(error).source(task);
        self.owner().core.call_exception_handler(&context);
    }
}

impl Parent for GroupState {
    #[inline]
    fn child_over(&self, place: Place) {
        drop(self.children.take(place));
        self.wake_if_empty();
    }

    fn child_lost(self: Rc<Self>, place: Place) {
        // The guard of a group that is left looks itself.
        if let Some(task) = self.children.lose(place)
            && !self.abandoned.get()
        {
            task.add_done_callback(move |task| {
                drop(self.children.take(place));
                self.ended(task);
            });
        }
    }
}

impl Subject for GroupState {
    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        let tasks = self.tasks.borrow();
        all.extend(
            tasks
                .values()
                .map(|task| Rc::clone(&task.0) as Rc<dyn Waitable>),
        );
        let children = self.children.all();
        all.extend(children.into_iter().map(|task| task.0 as Rc<dyn Waitable>));
    }
}

impl fmt::Debug for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.tasks.borrow().len() + self.children.len();
        let errors = self.errors.borrow().len();
        write!(f, "<TaskGroup tasks={tasks} errors={errors}>")
    }
}

/// A handle of a group that borrows nothing, see [`TaskGroup::handle`](super::TaskGroup::handle). A clone is a handle
/// of the same group.
#[derive(Clone)]
pub struct TaskGroupHandle(pub(super) Rc<GroupState>);

impl TaskGroupHandle {
    /// Makes a task of a coroutine, in the group, as [`TaskGroup::create_task`](super::TaskGroup::create_task).
    #[track_caller]
    pub fn create_task<C: IntoCoroutine>(&self, coroutine: C) -> Task<C::Output> {
        self.0.create_task(coroutine)
    }
}

impl fmt::Debug for TaskGroupHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
