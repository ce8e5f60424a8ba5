//! Tasks that borrow from the coroutine whose group they belong to.
//!
//! The compiler knows of no task when it ends. So the body of a borrowing task is handed to the loop as if it
//! borrowed nothing, and these rules make up for that. `'scope` is the time in which the body may be used; it
//! begins before the body of the group does, and ends after the guard of the group, `OpenGroup`. For a [`Scope`],
//! which is a group without the state of one, the guard is `EndOfScope`.
//!
//! 1. What borrows (the closure before it runs, and its result) stands in one block, [`Parts`]. The handle of the
//!    task has it, and the coroutine of the task, in a [`Child`](super::children::Child). So a task, a report or a
//!    generator that is kept for longer refers to nothing that was borrowed.
//! 2. While the closure runs, its frames are on the stack of the task's coroutine, and nowhere else. When that
//!    coroutine is closed, they are gone, and so is the `Child`.
//! 3. The frame of the group's operation owns the guard. The frame is left by a return, by a panic or by the
//!    unwinding of a coroutine that is closed or dropped; each of them drops the guard. A coroutine that is
//!    forgotten is never unwound, and its stack is never unmapped nor used again (rule 2 of the pool in
//!    `delegation`). So what the tasks borrow from it stays.
//! 4. The guard closes the coroutine of each task that is in the group's list, which unwinds a body that does not
//!    end by itself. No task can be added from then on. If a `Child` has not let go of its block afterwards, because
//!    its coroutine runs below the guard, catches the unwinding again and again, or is just being dropped below
//!    before it has run, the process is aborted.
//! 5. A task leaves the list without the guard only when its `Child` has let go of the block. Only the `Child`
//!    tells that: a coroutine counts as closed before what its body has captured is dropped.
//! 6. The state of a group is used for the next one only when nothing refers to it any more: no task, no handle, no
//!    report. So what belongs to a group that has ended cannot reach another one.
//! 7. The lifetimes are those of `std::thread::scope`: a [`ScopedTask`] cannot leave the group's body. If it is
//!    forgotten, what is in its block is never dropped.
//!
//! A part of a coroutine that runs on a stack of its own (`own_stack.rs`) has ended when the call that began it
//! returns, so it needs no guard.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::rc::Rc;

use super::children::{Body, Children};
use super::state::{GroupState, TaskGroupHandle};
use crate::errors::InvalidStateError;
use crate::kernel::{
    AnyTask, Co, CoroutineBuilder, EventLoop, IntoCoroutine, Lent, Place, Request, Task,
};
use yieldfrom_delegation::{Builder, Delegate, Error, Result};

/// Tasks that end together: 3.11's `asyncio.TaskGroup`.
///
/// See [`task_group`](crate::task_group()). The lifetimes are those of [`std::thread::Scope`]: tasks that the group
/// [`spawn`](Self::spawn)s may borrow what lives longer than `'scope`, such as the group itself and the variables of
/// the coroutine around it.
#[doc(alias = "JoinSet")]
#[doc(alias = "nursery")]
pub struct TaskGroup<'scope, 'env: 'scope> {
    pub(super) state: Rc<GroupState>,
    _scope: PhantomData<&'scope mut &'scope ()>,
    _env: PhantomData<&'env mut &'env ()>,
}

impl<'scope> TaskGroup<'scope, '_> {
    pub(super) fn new(state: &Rc<GroupState>) -> Self {
        Self {
            state: Rc::clone(state),
            _scope: PhantomData,
            _env: PhantomData,
        }
    }

    /// Makes a task of a coroutine, in this group.
    ///
    /// The task may be used when the group has ended; in return, it borrows nothing. If the group is ending
    /// because of an error, or was left, the task that you get has failed already, with a
    /// [`RuntimeError`](crate::RuntimeError).
    #[track_caller]
    pub fn create_task<C: IntoCoroutine>(&self, coroutine: C) -> Task<C::Output> {
        self.state.create_task(coroutine)
    }

    /// Returns a handle that borrows nothing, for code that may outlive the group, such as a server's.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, RuntimeError, create_task, run_sync, task_group};
    ///
    /// let handle = run_sync(|co: &Co| {
    ///     co.yield_from(task_group(|co, group| {
    ///         let handle = group.handle();
    ///         // A task outside of the group starts one in it.
    ///         let outside = create_task({
    ///             let handle = handle.clone();
    ///             move |_: &Co| Ok(handle.create_task(|_: &Co| Ok(1)))
    ///         });
    ///         let inside = co.yield_from(&outside)?;
    ///         assert_eq!(co.yield_from(inside)?, 1);
    ///         Ok(handle)
    ///     }))
    /// })?;
    /// let late = handle.create_task(|_: &Co| Ok(2));
    /// assert!(late.exception()?.unwrap().is::<RuntimeError>());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn handle(&self) -> TaskGroupHandle {
        TaskGroupHandle(Rc::clone(&self.state))
    }

    /// Makes a task that may borrow, in this group: `std::thread::scope` for tasks.
    ///
    /// The body may use variables of the coroutine around the group, and the group itself. Nothing has to be cloned
    /// or put into an `Rc`. A result that nobody takes is dropped with the group. If the group is ending
    /// because of an error, or was left, the task that you get has failed already, with a
    /// [`RuntimeError`](crate::RuntimeError).
    ///
    /// If the group is left without waiting (by a panic, or as its coroutine is closed), the task is ended at
    /// once: its coroutine is closed, and its body is unwound if it goes on.
    ///
    /// # Aborts
    ///
    /// Aborts the process if the group is left so, and the task cannot be ended: it runs below (it has itself
    /// dropped the coroutine of the group, also by a destructor of what it has captured), or it catches each unwinding.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use std::time::Duration;
    /// use yieldfrom::{Co, EventLoop, sleep, task_group};
    ///
    /// let total = EventLoop::builder().virtual_clock().run(|co: &Co| {
    ///     let (flags, total) = (["BR", "CN", "US"], Cell::new(0));
    ///     co.yield_from(task_group(|_, group| {
    ///         for flag in &flags {
    ///             let total = &total;
    ///             group.spawn(move |co| {
    ///                 co.yield_from(sleep(Duration::from_secs(1)))?;
    ///                 Ok(total.set(total.get() + flag.len()))
    ///             });
    ///         }
    ///         Ok(())
    ///     }))?;
    ///     Ok(total.get())
    /// })?;
    /// assert_eq!(total, 6);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    ///
    /// What lives only in the body of the group is not there for long enough:
    ///
    /// ```compile_fail,E0597
    /// use yieldfrom::{Co, run_sync, task_group};
    ///
    /// run_sync(|co: &Co| {
    ///     co.yield_from(task_group(|_, group| {
    ///         let name = String::from("BR");
    ///         group.spawn(|_| Ok(name.len()));
    ///         Ok(())
    ///     }))
    /// });
    /// ```
    ///
    /// Neither a task nor what it borrows leaves the group:
    ///
    /// ```compile_fail
    /// use yieldfrom::{Co, run_sync, task_group};
    ///
    /// run_sync(|co: &Co| {
    ///     co.yield_from(task_group(|_, group| Ok(group.spawn(|_| Ok(1)))))?;
    ///     Ok(())
    /// });
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, body: F) -> ScopedTask<'scope, T>
    where
        F: FnOnce(&Co) -> Result<T> + 'scope,
        T: 'scope,
    {
        let (parts, body) = Parts::new(Code(body));
        ScopedTask {
            task: self.state.spawn(Builder::name_as_given::<F>(), body),
            outcome: parts,
            _scope: PhantomData,
        }
    }
}

/// A place for borrowing tasks, without a group: what `first` runs its branches in.
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct Scope<'scope, 'env: 'scope> {
    /// Made for the first task.
    children: OnceCell<Rc<Children>>,
    made_at: Place,
    _scope: PhantomData<&'scope mut &'scope ()>,
    _env: PhantomData<&'env mut &'env ()>,
}

/// The guard of a scope, see rule 4.
struct EndOfScope<'a>(&'a OnceCell<Rc<Children>>);

impl Drop for EndOfScope<'_> {
    fn drop(&mut self) {
        if let Some(children) = self.0.get() {
            children.end();
        }
    }
}

/// Runs `body`, which may spawn borrowing tasks, on behalf of a line of the program. Those that have not ended when it
/// ends are ended at once.
pub(in crate::combine) fn scope<'env, R>(
    made_at: Place,
    body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
) -> R {
    let scope = Scope {
        children: OnceCell::new(),
        made_at,
        _scope: PhantomData,
        _env: PhantomData,
    };
    let _end = EndOfScope(&scope.children);
    body(&scope)
}

impl<'scope> Scope<'scope, '_> {
    /// Returns the line of the program on behalf of which it was made.
    pub(in crate::combine) fn made_at(&self) -> Place {
        self.made_at
    }

    /// Makes a task on the loop that runs.
    #[track_caller]
    pub(in crate::combine) fn spawn<B, T>(
        &'scope self,
        name: &'static str,
        body: B,
    ) -> Spawned<B, T>
    where
        B: Run<T> + 'scope,
        T: 'scope,
    {
        let (parts, body) = Parts::new(body);
        let event_loop = EventLoop::current_or_closed();
        let children = self.children.get_or_init(Rc::default);
        let settings = CoroutineBuilder::new().name(name);
        let made_at = Some(self.made_at);
        let task = children.spawn(children, event_loop.core(), settings, body, made_at);
        Spawned { task, parts }
    }
}

/// A borrowing task of a [`Scope`].
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub(in crate::combine) struct Spawned<B, T> {
    pub(in crate::combine) task: Task<()>,
    parts: Rc<Parts<B, T>>,
}

impl<B, T> Spawned<B, T> {
    /// Returns what the task has ended with, once.
    pub(in crate::combine) fn take_result(&self) -> Result<T> {
        self.task.result()?;
        let value = self.parts.value.take();
        Ok(value.expect("the task has ended with a result, which nobody else takes"))
    }
}

/// Hides what the block of a task borrows from the compiler. The two `spawn`s, and `on_own_stack`, give it to the
/// coroutine of the task, and to nobody else.
#[allow(
    unsafe_code,
    reason = "the group checks the lifetime of a body, as the compiler knows of no task when it ends"
)]
fn forget_lifetime<'scope>(body: Rc<dyn Body + 'scope>) -> Rc<dyn Body> {
    // SAFETY: the coroutine has the block only until the guard of the group has run, which it does while 'scope
    // lasts (rules 1 to 5 of this module).
    unsafe { mem::transmute::<Rc<dyn Body + 'scope>, Rc<dyn Body>>(body) }
}

impl fmt::Debug for TaskGroup<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(f)
    }
}

/// What a borrowing task runs.
pub(in crate::combine) trait Run<T> {
    fn run(self, co: &Co) -> Result<T>;
}

/// Code of the program.
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct Code<F>(pub(in crate::combine) F);

impl<T, F: FnOnce(&Co) -> Result<T>> Run<T> for Code<F> {
    fn run(self, co: &Co) -> Result<T> {
        (self.0)(co)
    }
}

/// Something that can be delegated to.
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct Delegated<D>(pub(in crate::combine) D);

impl<D: Delegate<Request, ()>> Run<D::Output> for Delegated<D> {
    fn run(self, co: &Co) -> Result<D::Output> {
        co.yield_from(self.0)
    }
}

/// What a borrowing task runs, and what that has returned.
pub(super) struct Parts<B, T> {
    body: Cell<Option<B>>,
    pub(super) value: Cell<Option<T>>,
}

impl<B: Run<T>, T> Parts<B, T> {
    /// Makes the block of a task, and hides what it borrows for the coroutine of that task.
    pub(super) fn new<'scope>(body: B) -> (Rc<Self>, Rc<dyn Body>)
    where
        B: 'scope,
        T: 'scope,
    {
        let parts = Rc::new(Self {
            body: Cell::new(Some(body)),
            value: Cell::new(None),
        });
        let body = forget_lifetime(parts.clone());
        (parts, body)
    }
}

/// The block of a borrowing task, as the handle of the task sees it.
trait Outcome<T> {
    fn value(&self) -> &Cell<Option<T>>;
}

impl<T, B: Run<T>> Body for Parts<B, T> {
    fn run(&self, co: &Co) -> Result<()> {
        if let Some(body) = self.body.take() {
            self.value.set(Some(body.run(co)?));
        }
        Ok(())
    }
}

impl<T, B> Outcome<T> for Parts<B, T> {
    fn value(&self) -> &Cell<Option<T>> {
        &self.value
    }
}

/// A task that may borrow: what [`TaskGroup::spawn`](super::TaskGroup::spawn) returns.
///
/// `co.yield_from(task)` waits for it and moves the result out; `co.yield_from(&task)` clones the result.
/// It cannot leave the body of its group, nor change places with a task of another group:
///
/// ```compile_fail
/// use yieldfrom::{Co, run_sync, task_group};
///
/// run_sync(|co: &Co| {
///     co.yield_from(task_group(|co, outer| {
///         let mut kept = outer.spawn(|_| Ok(0));
///         co.yield_from(task_group(|_, inner| {
///             let text = String::from("BR");
///             let mut task = inner.spawn(|_| Ok(1));
///             Ok(std::mem::swap(&mut kept, &mut task))
///         }))
///     }))
/// });
/// ```
pub struct ScopedTask<'scope, T: 'scope> {
    task: Task<()>,
    outcome: Rc<dyn Outcome<T> + 'scope>,
    _scope: PhantomData<&'scope mut &'scope ()>,
}

impl<T> ScopedTask<'_, T> {
    /// Returns whether the task has ended.
    pub fn done(&self) -> bool {
        self.task.done()
    }

    /// Returns whether the task has ended as cancelled.
    pub fn cancelled(&self) -> bool {
        self.task.cancelled()
    }

    /// Asks the task to end, as [`Future::cancel`](crate::Future::cancel).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{EventLoop, sleep, task_group};
    ///
    /// EventLoop::builder().virtual_clock().run(|co: &yieldfrom::Co| {
    ///     co.yield_from(task_group(|_, group| {
    ///         let task = group.spawn(|co| co.yield_from(sleep(Duration::from_secs(60))));
    ///         assert!(task.cancel());
    ///         Ok(())
    ///     }))
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn cancel(&self) -> bool {
        self.task.cancel()
    }

    /// Returns the task without its result type, for reports. You may keep it for longer than the group.
    pub fn to_any(&self) -> AnyTask {
        self.task.to_any()
    }

    /// Returns the error of the task, which has ended without a result.
    #[cold]
    fn error(&self) -> Error {
        let result = self.task.result();
        result.expect_err("the handle is the only one, so nobody else has taken a result")
    }
}

impl<T> Delegate<Request, ()> for ScopedTask<'_, T> {
    type Output = T;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.task.wait_done(co)?;
        match self.outcome.value().take() {
            // A task can be cancelled at its end, when its result is there.
            Some(value) if !self.task.cancelled() => Ok(value),
            _ => Err(self.error()),
        }
    }
}

impl<T: Clone> Delegate<Request, ()> for &ScopedTask<'_, T> {
    type Output = T;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.task.wait_done(co)?;
        self.task.result()?;
        let lent = Lent::of(self.outcome.value());
        let value = lent.value.as_ref();
        value.cloned().ok_or_else(|| {
            InvalidStateError::new("yield_from: the result of the task is being cloned").into()
        })
    }
}

impl<T> fmt::Debug for ScopedTask<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.task, f)
    }
}
