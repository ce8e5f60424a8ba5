//! Which loop a thread uses.

use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::thread::LocalKey;

use yieldfrom_delegation::{Result, stack};

use super::{Core, EventLoop, Holder};
use crate::errors::{AtCaller, RuntimeError, panics};
use crate::kernel::task::AnyTask;

thread_local! {
    /// The loop that is running on this thread. It has no destructor, so that loops also run inside
    /// of those of other thread locals: [`Entered`] takes it out again.
    static RUNNING: Cell<Option<ManuallyDrop<EventLoop>>> = const { Cell::new(None) };
    /// The loop that was set for this thread.
    static CURRENT: Cell<Kept> = const { Cell::new(Kept(None)) };
    /// Whether one was ever set, so that none is made by itself any more.
    static WAS_SET: Cell<bool> = const { Cell::new(false) };
    static STACK_SIZE: Cell<usize> = const { Cell::new(stack::DEFAULT_SIZE) };
    /// The pool of stacks is made as this is, and so before it: thread locals are destroyed in the
    /// reverse order.
    static CLOSER: Closer = {
        let _ = stack::stats();
        Closer
    };
    /// Whether this is the process's main thread; none until that was asked for once.
    static IS_MAIN: Cell<Option<bool>> = const { Cell::new(None) };
}

/// A thread's loop, which is closed with the thread.
#[derive(Clone, Default)]
struct Kept(Option<EventLoop>);

/// A panic that left the destructor of a thread local would end the process.
impl Drop for Kept {
    #[inline]
    fn drop(&mut self) {
        if let Some(event_loop) = self.0.take() {
            panics::contain(|| drop(event_loop));
        }
    }
}

/// Closes the thread's loop at the end of the thread.
///
/// That comes before the thread's pool of stacks is destroyed. After that, no task can be resumed.
struct Closer;

impl Closer {
    fn register() {
        let _ = CLOSER.try_with(|_| ());
    }
}

impl Drop for Closer {
    fn drop(&mut self) {
        drop(CURRENT.try_with(Cell::take));
    }
}

/// Clones what is in a cell; none while the thread is ending.
#[inline(always)]
fn peek<T: Clone + Default>(cell: &'static LocalKey<Cell<T>>) -> T {
    cell.try_with(|cell| {
        let content = cell.take();
        let clone = content.clone();
        cell.set(content);
        clone
    })
    .unwrap_or_default()
}

pub(super) fn running() -> Option<EventLoop> {
    peek(&RUNNING).map(ManuallyDrop::into_inner)
}

fn running_or_set() -> Option<EventLoop> {
    running().or_else(|| peek(&CURRENT).0.take())
}

/// Returns the stack size that the thread's current loop gives to its coroutines.
#[inline(always)]
pub(crate) fn default_stack_size() -> usize {
    STACK_SIZE
        .try_with(Cell::get)
        .unwrap_or(stack::DEFAULT_SIZE)
}

/// Returns whether this is the main thread of the process: any thread may be called "main".
pub(crate) fn on_main_thread() -> bool {
    let known = IS_MAIN.try_with(Cell::get).ok().flatten();
    known.unwrap_or_else(|| {
        let is_main = is_main_thread();
        let _ = IS_MAIN.try_with(|known| known.set(Some(is_main)));
        is_main
    })
}

#[cfg(target_os = "linux")]
fn is_main_thread() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

/// Without a way to ask the system, the name that the standard library gives has to do.
#[cfg(not(target_os = "linux"))]
fn is_main_thread() -> bool {
    std::thread::current().name() == Some("main")
}

fn update_stack_size() {
    let size = running_or_set().map_or(stack::DEFAULT_SIZE, |event_loop| {
        event_loop.core().stack_size
    });
    let _ = STACK_SIZE.try_with(|own| own.set(size));
}

/// A loop that is running, for as long as this lives.
pub(super) struct Entered(EventLoop);

impl Entered {
    /// Marks a loop as running.
    pub(super) fn new(event_loop: &EventLoop, operation: &str) -> Result<Self> {
        let core = event_loop.core();
        core.check_open(operation)?;
        if core.running.get() {
            let why = format!("{operation}: this event loop is already running");
            return Err(RuntimeError::new(why).into());
        }
        if running().is_some() {
            let why = format!("{operation}: another event loop is running on this thread");
            return Err(RuntimeError::new(why).into());
        }
        let handle = ManuallyDrop::new(event_loop.clone());
        let set = RUNNING.try_with(|running| running.set(Some(handle)));
        set.map_err(|_| RuntimeError::new(format!("{operation}: the thread is ending")))?;
        core.running.set(true);
        update_stack_size();
        Closer::register();
        Ok(Self(event_loop.clone()))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.core().running.set(false);
        let before = RUNNING.try_with(Cell::take).ok().flatten();
        update_stack_size();
        drop(before.map(ManuallyDrop::into_inner));
    }
}

/// Writes the name of the task that runs, for the report of an overflow.
///
/// A signal handler calls it, which may have interrupted anything: it allocates no memory, and gives up where something
/// is borrowed.
pub(super) fn name_running_task(out: &mut dyn fmt::Write) -> fmt::Result {
    let look = |running: &Cell<Option<ManuallyDrop<EventLoop>>>| {
        let event_loop = running.take();
        let written = event_loop
            .as_ref()
            .map(|it| it.core().name_running_task(out));
        running.set(event_loop);
        written
    };
    RUNNING.try_with(look).ok().flatten().unwrap_or(Ok(()))
}

impl Holder {
    /// Returns the task that is running on this thread.
    #[inline(always)]
    pub(crate) fn current() -> Self {
        let look = |running: &Cell<Option<ManuallyDrop<EventLoop>>>| {
            let event_loop = running.take();
            let holder = event_loop.as_ref().map(|it| Self::of(it.core()));
            running.set(event_loop);
            holder
        };
        RUNNING.try_with(look).ok().flatten().unwrap_or_default()
    }
}

/// Returns the task that is running on this thread, and its loop. This makes no handle of the loop.
pub(crate) fn running_task() -> Option<(Rc<Core>, AnyTask)> {
    let look = |running: &Cell<Option<ManuallyDrop<EventLoop>>>| {
        let event_loop = running.take();
        let found = event_loop.as_ref().and_then(|event_loop| {
            let core = event_loop.core();
            Some((Rc::clone(core), AnyTask(core.current_task()?)))
        });
        running.set(event_loop);
        found
    };
    RUNNING.try_with(look).ok().flatten()
}

/// Returns the thread's current loop: the one that is running, or else the one that was set.
///
/// On the main thread of the process one is made, and set, if none was ever set; asyncio's
/// `get_event_loop`.
///
/// # Errors
///
/// - [`RuntimeError`]: there is none. Other threads than the main one set one first, by
///   [`set_event_loop`].
/// - The errors of [`EventLoop::new`].
///
/// # Examples
///
/// ```
/// use yieldfrom::get_event_loop;
///
/// let event_loop = get_event_loop()?;
/// assert!(event_loop.ptr_eq(&get_event_loop()?));
/// std::thread::spawn(|| assert!(get_event_loop().is_err())).join().unwrap();
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn get_event_loop() -> Result<EventLoop> {
    if let Some(event_loop) = running_or_set() {
        return Ok(event_loop);
    }
    if WAS_SET.try_with(Cell::get).unwrap_or(true) || !on_main_thread() {
        let why = "get_event_loop: there is no current event loop in this thread; \
                   call set_event_loop first";
        return Err(RuntimeError::new(why).into());
    }
    let event_loop = EventLoop::new()?;
    set_event_loop(Some(&event_loop));
    Ok(event_loop)
}

/// Sets the thread's current loop, or that it has none.
///
/// In a destructor of another thread local, when the thread's own are gone already, it has no
/// effect.
///
/// # Examples
///
/// ```
/// use yieldfrom::{get_event_loop, new_event_loop, set_event_loop};
///
/// std::thread::spawn(|| {
///     set_event_loop(Some(&new_event_loop().unwrap()));
///     assert!(get_event_loop().is_ok());
///     set_event_loop(None);
///     assert!(get_event_loop().is_err());
/// });
/// ```
pub fn set_event_loop(event_loop: Option<&EventLoop>) {
    let _ = WAS_SET.try_with(|was_set| was_set.set(true));
    let kept = Kept(event_loop.cloned());
    let before = CURRENT.try_with(|current| current.replace(kept));
    update_stack_size();
    drop(before);
}

impl EventLoop {
    /// Returns the loop that runs on this thread, or was set for it. None is made.
    #[cfg(feature = "futures")]
    pub(crate) fn known(operation: &str) -> Result<Self> {
        let why = "this thread has no event loop that runs, or that set_event_loop has set";
        let none = || RuntimeError::new(format!("{operation}: {why}"));
        Ok(running_or_set().ok_or_else(none)?)
    }

    /// Sets it for this thread, unless another one is; returns whether it did.
    #[cfg(feature = "futures")]
    pub(crate) fn set_if_none(&self) -> bool {
        let is_first = running_or_set().is_none();
        if is_first {
            drop(CURRENT.try_with(|current| current.replace(Kept(Some(self.clone())))));
            update_stack_size();
        }
        is_first
    }

    /// Takes back what [`set_if_none`](Self::set_if_none) has done, unless another loop was set since.
    #[cfg(feature = "futures")]
    pub(crate) fn unset(&self) {
        let current = peek(&CURRENT);
        if current.0.as_ref().is_some_and(|set| set.ptr_eq(self)) {
            drop(CURRENT.try_with(Cell::take));
            update_stack_size();
        }
    }
}

/// Makes a loop: asyncio's name for [`EventLoop::new`].
///
/// # Errors
///
/// As [`EventLoop::new`].
#[track_caller]
pub fn new_event_loop() -> Result<EventLoop> {
    EventLoop::new()
}

/// Returns the loop that is running on this thread.
///
/// # Errors
///
/// [`RuntimeError`]: none is.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, get_running_loop, run_sync};
///
/// assert!(get_running_loop().is_err());
/// run_sync(|_: &Co| get_running_loop().map(drop))?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn get_running_loop() -> Result<EventLoop> {
    let why = "get_running_loop: no event loop is running on this thread";
    EventLoop::running()
        .ok_or_else(|| RuntimeError::new(why).into())
        .at_caller()
}
