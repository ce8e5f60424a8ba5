//! What can be put on a loop: callbacks, timers, futures and tasks.

use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use super::{EventLoop, Place};
use crate::Result;
use crate::kernel::awaitable::IntoCoroutine;
use crate::kernel::future::{Future, Role};
use crate::kernel::handle::{Handle, Scheduled, TimerHandle};
use crate::kernel::nanos::{Nanos, nanos};
use crate::kernel::task::{AnyTask, Task};

fn start_timer(scheduled: Rc<Scheduled>, now: Nanos, when: Nanos) -> TimerHandle {
    scheduled.start_timer(now, when);
    TimerHandle { scheduled, when }
}

impl EventLoop {
    /// Has `callback` called in the next turn, after what is ready already.
    ///
    /// Python's extra arguments are what the closure captures.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the loop is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let order = Rc::new(RefCell::new(String::new()));
    /// for letter in ['a', 'b'] {
    ///     let order = order.clone();
    ///     event_loop.call_soon(move || order.borrow_mut().push(letter))?;
    /// }
    /// event_loop.stop(); // after one turn
    /// event_loop.run_forever()?;
    /// assert_eq!(*order.borrow(), "ab");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn call_soon(&self, callback: impl FnOnce() + 'static) -> Result<Handle> {
        self.core().check_open("call_soon")?;
        let scheduled = Scheduled::new(self.core(), Box::new(callback));
        self.core().ready.push(scheduled.clone());
        Ok(Handle(scheduled))
    }

    /// Has `callback` called when `delay` has passed.
    ///
    /// Delays longer than about 584 years are as good as endless.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the loop is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::builder().virtual_clock().build()?;
    /// let stopper = event_loop.clone();
    /// event_loop.call_later(Duration::from_secs(60), move || stopper.stop())?;
    /// event_loop.run_forever()?;
    /// assert_eq!(event_loop.time(), Duration::from_secs(60));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn call_later(
        &self,
        delay: Duration,
        callback: impl FnOnce() + 'static,
    ) -> Result<TimerHandle> {
        self.core().check_open("call_later")?;
        Ok(self.schedule_after(Location::caller(), delay, Box::new(callback)))
    }

    /// Has `callback` called at a loop time, see [`time`](EventLoop::time).
    ///
    /// A time in the past means in the next turn. Equal times are served in the order of the
    /// calls.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`](crate::RuntimeError): the loop is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::builder().virtual_clock().build()?;
    /// let stopper = event_loop.clone();
    /// let when = event_loop.time() + Duration::from_secs(1);
    /// event_loop.call_at(when, move || stopper.stop())?;
    /// event_loop.run_forever()?;
    /// assert_eq!(event_loop.time(), when);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn call_at(
        &self,
        when: Duration,
        callback: impl FnOnce() + 'static,
    ) -> Result<TimerHandle> {
        self.core().check_open("call_at")?;
        let scheduled = Scheduled::new(self.core(), Box::new(callback));
        Ok(start_timer(scheduled, self.core().now(), nanos(when)))
    }

    /// Has a callback called later on behalf of a line of the program.
    pub(crate) fn schedule_after(
        &self,
        made_at: Place,
        delay: Duration,
        callback: Box<dyn FnOnce()>,
    ) -> TimerHandle {
        let scheduled = Scheduled::at(made_at, self.core(), callback);
        let now = self.core().now();
        start_timer(scheduled, now, now.saturating_add(nanos(delay)))
    }

    /// Returns the loop time: how much time has passed on the loop's clock since it was made.
    ///
    /// It has nothing to do with the time of day.
    ///
    /// # Examples
    ///
    /// See [`call_at`](EventLoop::call_at).
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.core().now())
    }

    /// Makes a task that drives a coroutine. Its first step runs in the next turn.
    ///
    /// On a closed loop, the task has failed already, with a [`RuntimeError`](crate::RuntimeError).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(42));
    /// assert!(!task.done());
    /// assert_eq!(event_loop.run_until_complete(task)?, 42);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn create_task<C: IntoCoroutine>(&self, coroutine: C) -> Task<C::Output> {
        let task = Task::new(self, coroutine);
        if self.core().has_task_factory() {
            self.core().call_task_factory(&task.to_any());
        }
        task
    }

    /// Makes a task for a line of the program, of a coroutine or of what becomes one here.
    pub(crate) fn create_task_for<C: IntoCoroutine>(
        &self,
        made_at: Place,
        coroutine: C,
    ) -> Task<C::Output> {
        let coroutine = coroutine.into_coroutine();
        coroutine.stands_for(made_at);
        let task = self.create_task(coroutine);
        task.inner.replace_place(made_at);
        task
    }

    /// Makes a pending future.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let future = EventLoop::new()?.create_future::<i32>();
    /// assert!(!future.done());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn create_future<T: 'static>(&self) -> Future<T> {
        Future::with_role(self, Role::Other(None))
    }

    /// Returns the task that is running now, if one is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// assert!(EventLoop::new()?.current_task().is_none());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn current_task(&self) -> Option<AnyTask> {
        self.core().current_task().map(AnyTask)
    }

    /// Returns the tasks that have not ended, in the order of their making.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(()));
    /// assert_eq!(event_loop.all_tasks().len(), 1);
    /// event_loop.run_until_complete(task)?;
    /// assert!(event_loop.all_tasks().is_empty());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn all_tasks(&self) -> Vec<AnyTask> {
        let tasks = self.core().tasks.borrow().all();
        tasks.into_iter().map(AnyTask).collect()
    }
}
