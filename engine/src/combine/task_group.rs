//! Tasks that end together.

mod children;
mod own_stack;
mod scope;
mod state;

use std::mem;
use std::rc::Rc;

use crate::errors::ExceptionGroup;
use crate::errors::panics::Panics;
use crate::kernel::{Co, Operation};
use state::GroupState;
use yieldfrom_delegation::{Delegate, Error, Result};

pub(crate) use own_stack::on_own_stack;
pub(crate) use scope::Scope;
pub(super) use scope::scope;
pub(super) use scope::{Code, Delegated, Spawned};
pub use scope::{ScopedTask, TaskGroup};
pub use state::TaskGroupHandle;

/// A group whose body runs, or that waits for its tasks.
struct OpenGroup<'a>(&'a Rc<GroupState>);

impl OpenGroup<'_> {
    /// Ends the group after its body, as `TaskGroup.__aexit__` does since 3.13.
    #[inline(always)]
    fn end<R>(self, co: &Co, result: Result<R>) -> Result<R> {
        self.0.exiting.set(true);
        if result.is_err() || !self.0.is_at_peace() {
            return self.end_slowly(co, result);
        }
        // Nothing is left to be ended: this saves the destructor.
        mem::forget(self);
        result
    }

    /// Ends a group that has to wait for tasks, or to return errors.
    #[inline(never)]
    fn end_slowly<R>(self, co: &Co, result: Result<R>) -> Result<R> {
        let group = self.0;
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
            // Not when the errors are on their way out: a panic of its destructor would leak them.
            result => drop(result),
        }
        group.renew_cancellation();
        Err(ExceptionGroup::new("unhandled errors in a task group", errors).into())
    }
}

/// Ends a group whose end was not reached, because of a panic, of an error that was thrown in, or
/// because the coroutine was dropped. Its tasks are cancelled; those that borrow have ended when this has.
impl Drop for OpenGroup<'_> {
    fn drop(&mut self) {
        let group = self.0;
        if !group.exiting.get() || !group.is_at_peace() {
            let mut panics = Panics::default();
            panics.catch(|| group.abandon());
            panics.catch(|| group.children.end());
            panics.resume();
        }
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
#[doc(alias = "JoinSet")]
#[doc(alias = "nursery")]
#[must_use = "it runs when a coroutine delegates to it by yield_from"]
pub fn task_group<'env, F, R>(body: F) -> Operation<impl FnOnce(&Co) -> Result<R>>
where
    F: for<'scope> FnOnce(&Co, &'scope TaskGroup<'scope, 'env>) -> Result<R>,
{
    Operation::new("task_group", |co| {
        let state = GroupState::begin()?;
        let result = run(co, &state, body);
        if result.is_ok() {
            state.keep();
        }
        result
    })
}

fn run<'env, F, R>(co: &Co, state: &Rc<GroupState>, body: F) -> Result<R>
where
    F: for<'scope> FnOnce(&Co, &'scope TaskGroup<'scope, 'env>) -> Result<R>,
{
    let group = TaskGroup::new(state);
    let open = OpenGroup(state);
    let part = |co: &Co| body(co, &group);
    let result = co.keep_line(|| part.delegate(co));
    open.end(co, result)
}
