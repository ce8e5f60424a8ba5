//! A growing set of tasks, whose results are taken as they end.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::rc::{Rc, Weak};

use super::futures::AsObject;
use crate::errors::panics;
use crate::kernel::{
    AnyFuture, Co, Core, EventLoop, Follower, IntoCoroutine, Operation, SharedCallback, Task,
    caller, other_loop,
};
use crate::sync::Event;
use yieldfrom_delegation::{Delegate, Result};

/// A growing set of tasks of one result type, whose results are taken as they end.
///
/// To add a task and to take a result takes the same time whatever the size. asyncio's programs keep a set for this, and
/// wait for it again and again. When the set is dropped, its tasks are cancelled, and not waited for.
///
/// # Examples
///
/// ```
/// use yieldfrom::{EventLoop, TaskSet, sleep_with};
///
/// let order = EventLoop::builder().virtual_clock().run(|co: &yieldfrom::Co| {
///     let (tasks, mut order) = (TaskSet::new(), Vec::new());
///     for n in [3, 1] {
///         tasks.create_task(sleep_with(n, n));
///     }
///     while let Some(result) = co.yield_from(tasks.next())? {
///         let n = result?;
///         order.push(n);
///         if n == 1 {
///             tasks.create_task(sleep_with(1, 2)); // it may grow meanwhile
///         }
///     }
///     Ok(order)
/// })?;
/// assert_eq!(order, [1, 2, 3]);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias("JoinSet", "FuturesUnordered"))]
pub struct TaskSet<T: 'static>(Rc<Members<T>>);

struct Members<T: 'static> {
    /// The loop of the tasks.
    core: OnceCell<Weak<Core>>,
    /// By number.
    running: RefCell<Slots<T>>,
    done: RefCell<VecDeque<Task<T>>>,
    /// How many are in `running`.
    left: Cell<usize>,
    /// Is set for a moment when a task has ended, and when the last result is taken.
    changed: Event,
    callback: Rc<SharedCallback<Weak<Self>>>,
}

struct Slots<T: 'static> {
    tasks: Vec<Option<Task<T>>>,
    free: Vec<u32>,
}

impl<T: 'static> TaskSet<T> {
    /// Makes an empty set.
    #[track_caller]
    pub fn new() -> Self {
        let made_at = caller();
        Self(Rc::new_cyclic(|members: &Weak<Members<T>>| Members {
            core: OnceCell::new(),
            running: RefCell::new(Slots {
                tasks: Vec::new(),
                free: Vec::new(),
            }),
            done: RefCell::default(),
            left: Cell::new(0),
            changed: Event::new(),
            callback: SharedCallback::new(made_at, Weak::clone(members)),
        }))
    }

    /// Makes a task of a coroutine on the current loop, and adds it.
    #[track_caller]
    pub fn create_task<C: IntoCoroutine<Output = T>>(&self, coroutine: C) -> Task<T> {
        let task = EventLoop::current_or_closed().create_task(coroutine);
        self.add(task.clone());
        task
    }

    /// Adds a task.
    ///
    /// All tasks of a set belong to one loop: that of the first. One of another loop, or one that was lost with a
    /// closed loop, comes as a [`ValueError`](crate::ValueError).
    pub fn add(&self, task: Task<T>) {
        let members = &self.0;
        let (core, is_done) = (&task.inner.core, task.done());
        let own = members.core.get_or_init(|| Rc::downgrade(core));
        if core.is_closed() || !std::ptr::eq(own.as_ptr(), Rc::as_ptr(core)) {
            // No callback of its loop comes, or it comes too late.
            let task = match is_done {
                true => task,
                false => Task::refused(&task.get_loop(), other_loop("TaskSet")),
            };
            members.done.borrow_mut().push_back(task);
            return members.tell();
        }
        members.left.set(members.left.get() + 1);
        let number = members.running.borrow_mut().put(task.clone());
        members.callback.follow(number, task.as_object());
    }

    /// Waits for the next task to end, and gives its result: `None` when there is no task left.
    ///
    /// A result that was moved out by other code comes as an [`InvalidStateError`](crate::InvalidStateError).
    ///
    /// # Errors
    ///
    /// `yield_from` returns the error of a cancellation, or a [`ValueError`](crate::ValueError) if tasks of another
    /// loop are left. The error of a task is its result.
    #[must_use = "waits for nothing unless delegated to: co.yield_from(tasks.next())?"]
    #[allow(clippy::type_complexity, reason = "it is what a loop takes apart")]
    pub fn next(&self) -> Operation<impl FnOnce(&Co) -> Result<Option<Result<T>>> + use<T>> {
        let members = Rc::clone(&self.0);
        Operation::new("TaskSet.next", move |co| {
            loop {
                let next = members.done.borrow_mut().pop_front();
                if let Some(task) = next {
                    members.tell_if_empty();
                    return Ok(Some(task.take_result()));
                }
                if members.left.get() == 0 {
                    return Ok(None);
                }
                members.check_loop()?;
                members.changed.wait().delegate(co)?;
            }
        })
    }

    /// Returns how many tasks have not ended, or have a result that was not taken.
    pub fn len(&self) -> usize {
        self.0.left.get() + self.0.done.borrow().len()
    }

    /// Returns whether there is nothing left to wait for.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Asks all tasks to end. Their ends come by [`next`](Self::next).
    pub fn cancel_all(&self) {
        let running = self.0.running.borrow();
        let tasks: Vec<_> = running.tasks.iter().flatten().cloned().collect();
        drop(running);
        for task in tasks {
            task.cancel();
        }
    }
}

impl<T: 'static> Slots<T> {
    /// Returns the number of the task.
    fn put(&mut self, task: Task<T>) -> u32 {
        if let Some(number) = self.free.pop() {
            self.tasks[number as usize] = Some(task);
            return number;
        }
        self.tasks.push(Some(task));
        u32::try_from(self.tasks.len() - 1).expect("4 billion tasks do not fit into memory")
    }

    fn take(&mut self, number: u32) -> Option<Task<T>> {
        let task = self.tasks.get_mut(number as usize)?.take();
        if task.is_some() {
            self.free.push(number);
        }
        task
    }
}

impl<T: 'static> Members<T> {
    /// Fails if the tasks belong to another loop than the one that runs, or to a closed one.
    fn check_loop(&self) -> Result<()> {
        let event_loop = EventLoop::current_or_closed();
        let own = self.core.get().and_then(Weak::upgrade);
        match own.is_some_and(|core| !core.is_closed() && Rc::ptr_eq(&core, event_loop.core())) {
            true => Ok(()),
            false => Err(other_loop("TaskSet")),
        }
    }

    fn ended(&self, number: u32) {
        let task = self.running.borrow_mut().take(number);
        if let Some(task) = task {
            self.left.set(self.left.get() - 1);
            self.done.borrow_mut().push_back(task);
            self.tell();
        }
    }

    /// Wakes whoever waits for a result.
    fn tell(&self) {
        self.changed.set();
        self.changed.clear();
    }

    /// Others may wait for a result that will never come.
    fn tell_if_empty(&self) {
        if self.left.get() == 0 && self.done.borrow().is_empty() {
            self.tell();
        }
    }
}

impl<T: 'static> Follower for Weak<Members<T>> {
    fn future(&self, number: u32) -> Option<AnyFuture> {
        let members = self.upgrade()?;
        let running = members.running.borrow();
        let task = running.tasks.get(number as usize)?.as_ref()?;
        Some(task.to_object())
    }

    fn future_done(&self, number: u32, _: &AnyFuture) {
        if let Some(members) = self.upgrade() {
            members.ended(number);
        }
    }
}

impl<T: 'static> Default for TaskSet<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// Cancels the tasks that have not ended.
impl<T: 'static> Drop for TaskSet<T> {
    fn drop(&mut self) {
        let tasks = mem::take(&mut self.0.running.borrow_mut().tasks);
        let tasks: Vec<_> = tasks.into_iter().flatten().collect();
        self.0.left.set(0);
        self.0
            .callback
            .unfollow(tasks.iter().map(|task| task.as_object()));
        for task in &tasks {
            task.cancel();
        }
        let done = self.0.done.take();
        // Results may have destructors that panic.
        panics::drop_each(done);
        panics::drop_each(tasks);
    }
}

impl<T: 'static> fmt::Debug for TaskSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, done) = (self.0.left.get(), self.0.done.borrow().len());
        write!(f, "<TaskSet running={left} done={done}>")
    }
}
