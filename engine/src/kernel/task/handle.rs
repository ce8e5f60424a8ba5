//! The handle of a task, and how tasks are made and found.

use std::fmt;
use std::io;
use std::rc::Rc;

use yieldfrom_delegation::{Delegate, Error, Generator, Link, Result};

use super::any::AnyTask;
use crate::errors::RuntimeError;
use crate::kernel::awaitable::{Awaitable, IntoCoroutine};
use crate::kernel::coroutine::CoroutineBuilder;
use crate::kernel::event_loop::{Core, EventLoop};
use crate::kernel::future::{Future, FutureData};
use crate::kernel::request::{Co, Request};

/// A future that drives a coroutine: asyncio's `Task`.
///
/// [`create_task`], [`ensure_future`] and many functions that take coroutines make tasks. A task's first
/// step runs in the loop's next turn. Each further step runs after the wait that ended the step before
/// is over. Every task is a [`Future`], and has its methods. The loop keeps a task alive until
/// it has ended: dropping the handle detaches it.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, create_task, run_sync, yield_now};
///
/// fn work(co: &Co) -> yieldfrom::Result<i32> {
///     co.yield_from(yield_now())?;
///     Ok(42)
/// }
///
/// run_sync(|co: &Co| {
///     let task = create_task(work);
///     assert!(task.to_string().starts_with("<Task pending coro=<work() running at "));
///     assert_eq!(co.yield_from(&task)?, 42);
///     assert!(task.to_string().starts_with("<Task finished coro=<work() done, defined at "));
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "JoinHandle")]
pub struct Task<T: 'static>(pub(crate) Future<T>);

impl<T: 'static> Task<T> {
    #[inline]
    #[track_caller]
    pub(crate) fn new(core: &Rc<Core>, coroutine: impl IntoCoroutine<Output = T>) -> Self {
        let generator = coroutine.into_coroutine().into_generator();
        let inner = if core.needs_care() {
            Self::new_with_care(core, generator)
        } else {
            FutureData::new_task(core, generator)
        };
        Self(Future { inner })
    }

    #[cold]
    #[track_caller]
    fn new_with_care(core: &Rc<Core>, generator: Generator<Request, (), T>) -> Rc<FutureData<T>> {
        if core.is_closed() {
            let why = "create_task: the event loop is closed, or there is none in this thread";
            return FutureData::new_failed_task(core, generator, RuntimeError::new(why).into());
        }
        core.wake_host();
        FutureData::new_task(core, generator)
    }

    /// Makes a task that has failed, and never runs.
    #[track_caller]
    pub(crate) fn failed(
        event_loop: &EventLoop,
        coroutine: impl IntoCoroutine<Output = T>,
        error: Error,
    ) -> Self {
        let generator = coroutine.into_coroutine().into_generator();
        let inner = FutureData::new_failed_task(event_loop.core(), generator, error);
        Self(Future { inner })
    }

    /// Makes a task that has failed, for one that was refused.
    #[cold]
    #[track_caller]
    pub(crate) fn refused(event_loop: &EventLoop, error: Error) -> Self {
        let nothing = CoroutineBuilder::new().name("refused");
        let never = |_: &Co| -> Result<T> { unreachable!("the task has failed already") };
        Self::failed(event_loop, nothing.build(never), error)
    }

    /// Returns the task without its result type.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(()));
    /// assert_eq!(task.to_any(), event_loop.all_tasks()[0]);
    /// # event_loop.run_until_complete(task)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn to_any(&self) -> AnyTask {
        AnyTask(Rc::clone(&self.0.inner) as _)
    }

    /// Returns the task's name: `Task-1` and so on, unless it was given one.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(()));
    /// task.set_name("download");
    /// assert_eq!(task.get_name(), "download");
    /// assert!(task.to_string().starts_with("<Task pending name='download' coro="));
    /// # event_loop.run_until_complete(task)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn get_name(&self) -> String {
        self.to_any().get_name()
    }

    /// Sets the task's name, such as one made from its arguments, and returns the task.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Coroutine, EventLoop, coroutine};
    ///
    /// fn download_one(cc: &'static str) -> Coroutine<usize> {
    ///     coroutine(move |_| Ok(cc.len()))
    /// }
    ///
    /// let event_loop = EventLoop::new()?;
    /// let cc = "BR";
    /// let task = event_loop.create_task(download_one(cc)).named(format_args!("download_one({cc})"));
    /// assert!(task.to_string().starts_with("<Task pending name='download_one(BR)' coro=<download_one() "));
    /// # event_loop.run_until_complete(task)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn named(self, name: impl fmt::Display) -> Self {
        self.set_name(name.to_string());
        self
    }

    /// Sets the task's name.
    pub fn set_name(&self, name: impl Into<String>) {
        self.to_any().0.set_name(name.into());
    }

    /// Returns the delegations that are under way, outermost to innermost.
    ///
    /// asyncio's `get_stack`, which shows one frame of a suspended task; here it is all of them.
    /// Empty once the task has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Result, create_task, run_sync, yield_now};
    ///
    /// fn inner(co: &Co) -> Result<()> { co.yield_from(yield_now()) }
    /// fn outer(co: &Co) -> Result<()> { co.yield_from(inner) }
    ///
    /// run_sync(|co: &Co| {
    ///     let task = create_task(outer);
    ///     co.yield_from(yield_now())?;
    ///     let names: Vec<_> = task.stack().iter().map(|link| link.name().to_string()).collect();
    ///     assert_eq!(names, ["outer", "inner"]);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "get_stack")]
    pub fn stack(&self) -> Vec<Link> {
        self.to_any().stack()
    }

    /// Writes the stack to `out`, a line for each delegation.
    ///
    /// # Errors
    ///
    /// What writing fails with.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(()));
    /// let mut text = Vec::new();
    /// task.print_stack(&mut text)?;
    /// assert!(text.starts_with(b"Stack for <Task pending"));
    /// # event_loop.run_until_complete(task)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn print_stack(&self, out: &mut dyn io::Write) -> io::Result<()> {
        self.to_any().print_stack(out)
    }

    /// Returns how many requests to cancel the task are open: 3.11's `cancelling`.
    pub fn cancelling(&self) -> usize {
        self.to_any().cancelling()
    }

    /// Takes one request to cancel back, and returns how many are left: `uncancel`, as of 3.13.
    ///
    /// Call it if your code has cancelled the task and has dealt with the cancellation, as
    /// [`timeout`](crate::timeout()) does. The wait of the task is cancelled already at that time. Only a
    /// cancellation that has not begun yet ends with the last request.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let task = event_loop.create_task(|_: &Co| Ok(()));
    /// task.cancel();
    /// assert_eq!(task.cancelling(), 1);
    /// assert_eq!(task.uncancel(), 0);
    /// event_loop.run_until_complete(task)?; // the cancellation had not begun
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn uncancel(&self) -> usize {
        self.to_any().uncancel()
    }
}

/// Makes another handle of the same task.
impl<T: 'static> Clone for Task<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> From<Task<T>> for Future<T> {
    fn from(task: Task<T>) -> Self {
        task.0
    }
}

impl<T: 'static> AsRef<Future<T>> for Task<T> {
    fn as_ref(&self) -> &Future<T> {
        &self.0
    }
}

/// Shows the task as asyncio does: `<Task pending coro=<spin() running at spinner.rs:12>>`.
///
/// The line is the one where the innermost of its coroutines is suspended now.
impl<T: 'static> fmt::Display for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As `Display`.
impl<T: 'static> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Waits until the task has ended, and clones its result.
impl<T: Clone + 'static> Delegate<Request, ()> for &Task<T> {
    type Output = T;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        (&self.0).delegate(co)
    }
}

/// Waits until the task has ended, and moves its result out.
impl<T: 'static> Delegate<Request, ()> for Task<T> {
    type Output = T;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.0.delegate(co)
    }
}

/// Makes a task on the thread's current loop: 3.7's `create_task`.
///
/// As [`EventLoop::create_task`]. Where there is no current loop (see
/// [`get_event_loop`](crate::get_event_loop)), the task has failed already, with a
/// [`RuntimeError`](crate::RuntimeError).
#[doc(alias = "spawn_local")]
#[doc(alias = "async")]
#[inline]
#[track_caller]
pub fn create_task<C: IntoCoroutine>(coroutine: C) -> Task<C::Output> {
    EventLoop::current_or_closed().create_task(coroutine)
}

/// Makes a task of a closure, as [`create_task`] does of all coroutines. Its parameter needs no type.
///
/// For captures by clone, and for an endless `loop`, see [`co!`](crate::co!).
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, run_sync, sleep, spawn};
///
/// run_sync(|co: &Co| {
///     let task = spawn(|co| {
///         co.yield_from(sleep(0.001))?;
///         Ok(42)
///     });
///     assert_eq!(co.yield_from(task)?, 42);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn spawn<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Task<T> {
    create_task(body)
}

/// Makes a task of a coroutine; a future or a task stays what it is.
///
/// asyncio's `ensure_future`, which in Python 3.4.0 was called `async`. For a coroutine it uses the
/// current loop, as [`create_task`] does; [`Awaitable::ensure_future`] takes a loop.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, ensure_future, run_sync};
///
/// run_sync(|co: &Co| {
///     let task = ensure_future(|_: &Co| Ok(42)); // scheduled, not yet running
///     assert!(ensure_future(&task).ptr_eq(&task));
///     assert_eq!(co.yield_from(task)?, 42);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "async")]
#[track_caller]
pub fn ensure_future<A: Awaitable>(awaitable: A) -> A::Future {
    let own_loop = awaitable.own_loop();
    awaitable.ensure_future(&own_loop.unwrap_or_else(EventLoop::current_or_closed))
}

/// Returns the task that is running now on this thread's loop, if one is.
pub fn current_task() -> Option<AnyTask> {
    EventLoop::running()?.current_task()
}

/// Returns the tasks of the thread's running loop that have not ended, in the order of their making.
///
/// Empty if no loop is running.
pub fn all_tasks() -> Vec<AnyTask> {
    EventLoop::running().map_or_else(Vec::new, |event_loop| event_loop.all_tasks())
}
