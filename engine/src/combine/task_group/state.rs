//! The state of a group of tasks.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::process;
use std::rc::Rc;

use crate::errors::RuntimeError;
use crate::errors::panics::{Panics, contain};
use crate::kernel::{
    AnyTask, Co, Core, ErrorContext, EventLoop, Future, IntoCoroutine, Reason, Subject, Task,
    Waitable, Waiter,
};
use yieldfrom_delegation::{Error, Result};

pub(super) struct GroupState {
    core: Rc<Core>,
    parent: AnyTask,
    /// By number, which is the order in which they were made.
    pub(super) members: RefCell<BTreeMap<u32, Member>>,
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

/// A task of a group.
pub(super) struct Member {
    task: AnyTask,
    /// What has to be ended before the group is left. It is dropped without that only when the
    /// coroutine of the task is closed.
    borrowing: Option<Borrowing>,
}

/// The block of a borrowing task, as its group sees it.
pub(super) trait Body {
    fn run(&self, co: &Co) -> Result<()>;

    /// Drops the closure, if it has not run, and the result, if nobody has taken it.
    fn empty(&self);
}

/// What a group has to end before it may be left: the block of a borrowing task.
pub(super) struct Borrowing(pub(super) Rc<dyn Body>);

impl Borrowing {
    /// Ends the coroutine of a task, and drops what it has borrowed.
    fn end(self, task: &AnyTask) {
        let mut panics = Panics::default();
        panics.catch(|| task.0.abandon());
        if !task.0.is_closed() {
            cannot_end(task);
        }
        panics.catch(|| self.0.empty());
        panics.resume();
    }
}

/// Aborts the process, as a coroutine that goes on would use memory that goes away.
#[cold]
fn cannot_end(task: &AnyTask) -> ! {
    contain(|| {
        log::error!(
            target: "yieldfrom::task_group",
            "{task} borrows from a coroutine that goes away, and cannot be ended: it is running, or it catches \
             every unwinding. The process is aborted."
        );
    });
    process::abort()
}

impl GroupState {
    pub(super) fn new() -> Result<Rc<Self>> {
        let (Some(event_loop), Some(parent)) = (EventLoop::running(), crate::current_task()) else {
            return Err(RuntimeError::new("task_group: it works inside a task only").into());
        };
        Ok(Rc::new(Self {
            core: Rc::clone(event_loop.core()),
            parent,
            members: RefCell::default(),
            errors: RefCell::default(),
            all_done: Cell::new(None),
            exiting: Cell::new(false),
            aborting: Cell::new(false),
            parent_cancelled: Cell::new(false),
            abandoned: Cell::new(false),
        }))
    }

    /// Makes a task, unless the group takes no more.
    #[track_caller]
    pub(super) fn create<C: IntoCoroutine>(
        self: &Rc<Self>,
        operation: &str,
        coroutine: C,
        borrowing: Option<Borrowing>,
    ) -> Task<C::Output> {
        let event_loop = EventLoop::of(&self.core);
        if let Some(why) = self.refusal() {
            let error = RuntimeError::new(format!("{operation}: the task group {why}"));
            return Task::failed(&event_loop, coroutine, error.into());
        }
        let task = event_loop.create_task(coroutine);
        let member = Member {
            task: task.to_any(),
            borrowing,
        };
        self.members
            .borrow_mut()
            .insert(member.task.number(), member);
        let group = Rc::clone(self);
        task.add_done_callback(move |task| group.task_done(task));
        task
    }

    /// Returns why the group takes no more tasks, if it does not.
    fn refusal(&self) -> Option<&'static str> {
        if self.exiting.get() && self.members.borrow().is_empty() {
            Some("has ended")
        } else if self.aborting.get() {
            Some("is shutting down")
        } else {
            None
        }
    }

    fn task_done<T: 'static>(&self, task: &Future<T>) {
        // It is dropped at the end: the destructor of a result is the program's.
        let _member = task.as_task().and_then(|task| self.remove(&task.to_any()));
        if self.members.borrow().is_empty()
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

    /// Takes a task that has ended out of the list.
    fn remove(&self, task: &AnyTask) -> Option<Member> {
        let mut member = self.members.borrow_mut().remove(&task.number())?;
        if !task.0.is_closed()
            && let Some(borrowing) = member.borrowing.take()
        {
            borrowing.end(task);
        }
        Some(member)
    }

    /// Cancels the tasks, unless that was done before.
    pub(super) fn abort(&self) {
        if self.aborting.replace(true) {
            return;
        }
        let members = self.members.borrow();
        let tasks: Vec<_> = members.values().map(|member| member.task.clone()).collect();
        drop(members);
        for task in tasks.iter().filter(|task| !task.done()) {
            task.cancel();
        }
    }

    /// Ends the tasks that borrow, at once, since the group is left. It takes no more tasks.
    pub(super) fn end_borrowing(&self) {
        let mut members = self.members.borrow_mut();
        let borrowing = |member: &mut Member| Some((member.borrowing.take()?, member.task.clone()));
        let left: Vec<_> = members.values_mut().filter_map(borrowing).collect();
        drop(members);
        let mut panics = Panics::default();
        for (borrowing, task) in left {
            panics.catch(|| borrowing.end(&task));
        }
        panics.resume();
    }

    /// Waits for all tasks; returns the error of a cancellation meanwhile, and otherwise `error`.
    pub(super) fn join(
        self: &Rc<Self>,
        co: &Co,
        mut error: Option<Error>,
    ) -> Result<Option<Error>> {
        while !self.members.borrow().is_empty() {
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
        self.members.borrow().is_empty() && !self.errors.borrow().is_empty()
    }

    /// If other code wants the task to end as well, lets its cancellation come at the next wait.
    pub(super) fn renew_cancellation(&self) {
        if self.parent.cancelling() > 0 {
            self.parent.uncancel();
            self.parent.cancel();
        }
    }

    /// Takes the group's own request to cancel its task back, if there is one.
    pub(super) fn take_request_back(&self) {
        if self.parent_cancelled.replace(false) {
            self.parent.uncancel();
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

impl Subject for GroupState {
    fn awaited(self: Rc<Self>, all: &mut Vec<Rc<dyn Waitable>>) {
        let members = self.members.borrow();
        let tasks = members.values().map(|member| &member.task);
        all.extend(tasks.map(|task| Rc::clone(&task.0).as_waitable()));
    }
}

impl fmt::Debug for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tasks, errors) = (self.members.borrow().len(), self.errors.borrow().len());
        write!(f, "<TaskGroup tasks={tasks} errors={errors}>")
    }
}

/// A handle of a group that borrows nothing, see [`TaskGroup::handle`](super::TaskGroup::handle). A clone is a handle of the same group.
#[derive(Clone)]
pub struct TaskGroupHandle(pub(super) Rc<GroupState>);

impl TaskGroupHandle {
    /// Makes a task of a coroutine, in the group, as [`TaskGroup::create_task`](super::TaskGroup::create_task).
    #[track_caller]
    pub fn create_task<C: IntoCoroutine>(&self, coroutine: C) -> Task<C::Output> {
        self.0.create("create_task", coroutine, None)
    }
}

impl fmt::Debug for TaskGroupHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
