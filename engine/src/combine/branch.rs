//! What [`first`](super::first()) waits for: how each kind of branch is begun, looked at and ended.

use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::task_group::{Code, Delegated, Scope, ScopedTask, Spawned};
use super::{NextCompleted, Wait, WaitFor, WaitItem, WaitOutcome};
use crate::errors::RuntimeError;
use crate::kernel::{
    AnyTask, AwaitableResult, Co, Core, Coroutine, EventLoop, Future, FutureObject, Limited,
    Operation, Place, Ready, Reason, Request, Subject, Task, Waiter, other_loop,
};
use crate::threads::Job;
use yieldfrom_delegation::{Builder, Generator, Result};

/// One of several waits of a [`first`](super::first()).
///
/// | branch | what is waited for | how it is ended |
/// | --- | --- | --- |
/// | a future, a task, a job, by value or by reference | its result, which is moved or cloned | it is cancelled; [`shield`](crate::shield()) it if it is to go on |
/// | `sleep`, `Queue.get`, `put` and `next`, `Lock.acquire`, `Semaphore.acquire`, `Event.wait` | the operation, without a task | the wait is given up |
/// | a future of async/await, by `from_std` | its output, without a task | it is dropped |
/// | a closure, a coroutine, another operation | its result, from a task that may borrow | the task is cancelled |
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no branch",
    label = "expected an operation, a coroutine, a closure that takes `&Co`, a task or a future",
    note = "by a reference to it, a task or a future gives a clone: the type of the result needs `Clone`"
)]
pub trait Branch {
    /// The type of the result.
    type Output;

    /// What waits.
    #[doc(hidden)]
    type Wait: BranchWait<Output = Self::Output>;

    /// Begins the wait.
    #[doc(hidden)]
    #[track_caller]
    fn begin<'scope>(self, scope: &'scope Scope<'scope, '_>) -> Self::Wait
    where
        Self: 'scope,
        Self::Output: 'scope;
}

/// A branch that was begun.
#[doc(hidden)]
#[allow(
    private_interfaces,
    reason = "it is sealed: the kinds of waits are the library's"
)]
pub trait BranchWait {
    type Output;

    /// Returns the result if it has come. Otherwise it sees to it that `alarm` rings when it may have come.
    fn poll(&mut self, alarm: &Rc<Alarm>) -> Option<Result<Self::Output>>;

    /// Whether a poll takes something that would otherwise stay where it is, such as an item of a queue.
    const TAKES: bool = false;

    /// Asks the wait to end. Returns whether it has ended; otherwise it goes on to be polled.
    fn cancel(&mut self) -> bool;

    /// Lets go of what would ring the alarm.
    fn leave(&mut self, alarm: &Rc<Alarm>);
}

/// Rings when one of several waits may be over.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct Alarm {
    core: Rc<Core>,
    /// The address of the task that waits.
    task: Option<*const ()>,
    rung: Cell<bool>,
    /// Nobody waits any more.
    stopped: Cell<bool>,
    waiter: RefCell<Option<Rc<Waiter>>>,
}

impl Alarm {
    /// Makes the alarm of the current task.
    pub(super) fn new() -> Rc<Self> {
        let event_loop = EventLoop::current_or_closed();
        Rc::new(Self {
            core: Rc::clone(event_loop.core()),
            task: event_loop.current_task().map(|task| task.0.address()),
            rung: Cell::new(false),
            stopped: Cell::new(false),
            waiter: RefCell::new(None),
        })
    }

    /// Fails for what would never ring, as it cannot end while the current task waits.
    fn check(&self, what: &dyn FutureObject) -> Result<()> {
        if self.task == Some(what.address()) {
            return Err(RuntimeError::new("first: a task cannot wait for itself").into());
        }
        match what.core() {
            Some(core) if !Rc::ptr_eq(core, &self.core) => Err(other_loop("first")),
            _ => Ok(()),
        }
    }

    /// Returns whether a future is done, or fails for one that would never ring. Otherwise it rings when
    /// the future is done; `follows` says whether that was arranged before.
    #[inline]
    fn follow(
        self: &Rc<Self>,
        future: &dyn FutureObject,
        follows: &mut bool,
    ) -> Option<Result<()>> {
        if future.is_done() {
            return Some(Ok(()));
        }
        if !*follows {
            if let Err(error) = self.check(future) {
                return Some(Err(error));
            }
            *follows = true;
            future.add_numbered_callback(Rc::clone(self) as Rc<dyn Ready>, 0);
        }
        None
    }

    /// Waits until it rings, unless it has rung since the last wait.
    #[track_caller]
    pub(crate) fn wait(self: &Rc<Self>, co: &Co) -> Result<()> {
        if !self.rung.get() {
            let waiter = Waiter::new(Reason::futures("first", self));
            self.waiter.replace(Some(Rc::clone(&waiter)));
            waiter.wait(co)?;
        }
        self.rung.set(false);
        Ok(())
    }

    pub(crate) fn ring(&self) {
        self.rung.set(true);
        let waiter = self.waiter.borrow().clone();
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    pub(crate) fn stop(&self) {
        self.stopped.set(true);
    }
}

impl Subject for Alarm {}

/// As a callback of what is waited for.
impl Ready for Alarm {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        unreachable!("it rings at once")
    }

    fn schedule(self: Rc<Self>) {
        self.ring();
    }

    fn is_wanted(&self) -> bool {
        !self.stopped.get()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<first>")
    }
}

/// The wait for a future or task.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct FutureWait<T: 'static> {
    future: Future<T>,
    outcome: fn(&Future<T>, Place) -> Result<T>,
    made_at: Place,
    follows: bool,
}

impl<T: 'static> BranchWait for FutureWait<T> {
    type Output = T;

    #[inline]
    fn poll(&mut self, alarm: &Rc<Alarm>) -> Option<Result<T>> {
        let is_done = alarm.follow(&*self.future.inner, &mut self.follows)?;
        Some(is_done.and_then(|()| (self.outcome)(&self.future, self.made_at)))
    }

    fn cancel(&mut self) -> bool {
        self.future.cancel();
        false
    }

    fn leave(&mut self, alarm: &Rc<Alarm>) {
        self.future.inner.drop_callback(Rc::as_ptr(alarm).cast());
    }
}

/// Implements [`Branch`] for what is a future, by value and by reference.
macro_rules! future_branches {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> Branch for $type {
            type Output = T;
            type Wait = FutureWait<T>;

            #[track_caller]
            fn begin<'scope>(self, scope: &'scope Scope<'scope, '_>) -> FutureWait<T>
            where
                Self: 'scope,
                Self::Output: 'scope,
            {
                FutureWait {
                    future: crate::ensure_future(self).into(),
                    outcome: <$type as AwaitableResult>::outcome,
                    made_at: scope.made_at(),
                    follows: false,
                }
            }
        }
    )*};
}

future_branches! {
    [T: 'static] Future<T>;
    [T: Clone + 'static] &Future<T>;
    [T: 'static] Task<T>;
    [T: Clone + 'static] &Task<T>;
    [T: 'static] Job<T>;
    [T: Clone + 'static] &Job<T>;
}

/// The wait for a task of whatever type.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct AnyWait {
    task: AnyTask,
    follows: bool,
}

impl BranchWait for AnyWait {
    type Output = ();

    fn poll(&mut self, alarm: &Rc<Alarm>) -> Option<Result<()>> {
        let is_done = alarm.follow(&*self.task.0, &mut self.follows)?;
        Some(is_done.and_then(|()| self.task.outcome()))
    }

    fn cancel(&mut self) -> bool {
        self.task.cancel();
        false
    }

    fn leave(&mut self, alarm: &Rc<Alarm>) {
        self.task.0.drop_callback(Rc::as_ptr(alarm).cast());
    }
}

impl Branch for AnyTask {
    type Output = ();
    type Wait = AnyWait;

    fn begin<'scope>(self, _: &'scope Scope<'scope, '_>) -> AnyWait
    where
        Self: 'scope,
        Self::Output: 'scope,
    {
        AnyWait {
            task: self,
            follows: false,
        }
    }
}

impl Branch for &AnyTask {
    type Output = ();
    type Wait = AnyWait;

    fn begin<'scope>(self, scope: &'scope Scope<'scope, '_>) -> AnyWait
    where
        Self: 'scope,
        Self::Output: 'scope,
    {
        self.clone().begin(scope)
    }
}

/// The wait for code of its own, which runs as a task that may borrow.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "nobody sees it")]
pub struct CodeWait<B, T> {
    spawned: Spawned<B, T>,
    any: AnyWait,
}

impl<B, T> CodeWait<B, T> {
    fn new(spawned: Spawned<B, T>) -> Self {
        let any = AnyWait {
            task: spawned.task.to_any(),
            follows: false,
        };
        Self { spawned, any }
    }
}

impl<B, T> BranchWait for CodeWait<B, T> {
    type Output = T;

    fn poll(&mut self, alarm: &Rc<Alarm>) -> Option<Result<T>> {
        // The error is that of the result.
        let _ = self.any.poll(alarm)?;
        Some(self.spawned.take_result())
    }

    /// One that has not begun to run never does.
    fn cancel(&mut self) -> bool {
        if self.any.task.0.has_not_started() {
            return self.any.task.0.abandon();
        }
        self.any.cancel()
    }

    fn leave(&mut self, alarm: &Rc<Alarm>) {
        self.any.leave(alarm);
    }
}

impl<T, F: FnOnce(&Co) -> Result<T>> Branch for F {
    type Output = T;
    type Wait = CodeWait<Code<F>, T>;

    #[track_caller]
    fn begin<'scope>(self, scope: &'scope Scope<'scope, '_>) -> Self::Wait
    where
        Self: 'scope,
        Self::Output: 'scope,
    {
        CodeWait::new(scope.spawn(Builder::name_as_given::<F>(), Code(self)))
    }
}

/// Implements [`Branch`] for what is delegated to by a task.
macro_rules! delegated_branches {
    ($([$($generics:tt)*] $type:ty => $output:ty;)*) => {$(
        impl<$($generics)*> Branch for $type {
            type Output = $output;
            type Wait = CodeWait<Delegated<$type>, $output>;

            #[track_caller]
            fn begin<'scope>(self, scope: &'scope Scope<'scope, '_>) -> Self::Wait
            where
                Self: 'scope,
                Self::Output: 'scope,
            {
                CodeWait::new(scope.spawn(type_name::<$type>(), Delegated(self)))
            }
        }
    )*};
}

delegated_branches! {
    [T, F: FnOnce(&Co) -> Result<T>] Operation<F> => T;
    [T: 'static] Coroutine<T> => T;
    [T: 'static] Generator<Request, (), T> => T;
    ['a, T: 'static] &'a Generator<Request, (), T> => T;
    [A: Limited] WaitFor<A> => A::Output;
    [A: AwaitableResult] NextCompleted<A> => A::Output;
    [I: IntoIterator<Item: WaitItem>] Wait<I> => WaitOutcome<<I::Item as WaitItem>::Handle>;
    ['a, T] ScopedTask<'a, T> => T;
    ['r, 'a, T: Clone] &'r ScopedTask<'a, T> => T;
}
