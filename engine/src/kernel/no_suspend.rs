//! Regions in which a task does not suspend.
//!
//! The loop refuses a suspension when it gets the request, so every way to suspend is covered: by a
//! delegate, by a request that is passed on, by a generator that another one delegates to. It throws the
//! error in at once, before anything else runs. Generators that are driven by hand do not concern it.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;

use super::event_loop::{Core, EventLoop, Place, is_ours};
use crate::errors::RuntimeError;
use yieldfrom_delegation::{Error, Link};

/// Runs code during which the current task does not suspend.
///
/// Between two waits, no other task runs, so data can be changed in several steps. This says so, and holds
/// it when the code changes: a wait in the region, however deep, does not happen, and returns an error that
/// names both places. A wait that need not suspend, such as to get an item that is there, is allowed. Regions
/// may be nested.
///
/// Only a suspension of the task is refused. A generator that you drive inside the region may yield to
/// you. If it leaves the region open and yields to code outside of it, the region goes on until the
/// generator has left it, or is dropped. Outside of a task, as in a callback, nothing can suspend, and this
/// only runs the code.
///
/// # Errors
///
/// The waits in the region fail with a [`RuntimeError`]. What becomes of that is up to the code.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use yieldfrom::{Co, Result, no_suspend, run_sync, sleep};
///
/// fn transfer(co: &Co, from: &Cell<i32>, to: &Cell<i32>) -> Result<()> {
///     no_suspend(|| {
///         from.set(from.get() - 10);
///         audit(co)?; // somebody has added a wait there
///         to.set(to.get() + 10);
///         Ok(())
///     })
/// }
///
/// fn audit(co: &Co) -> Result<()> {
///     co.yield_from(sleep(1))
/// }
///
/// let error = run_sync(|co: &Co| transfer(co, &Cell::new(10), &Cell::new(0))).unwrap_err();
/// assert!(error.to_string().starts_with("no_suspend: the task would suspend at "));
/// ```
#[track_caller]
pub fn no_suspend<R>(body: impl FnOnce() -> R) -> R {
    let began_at = Location::caller();
    let event_loop = EventLoop::running();
    let _region = event_loop.and_then(|event_loop| Region::open(event_loop.core(), began_at));
    body()
}

/// The open regions of a loop's tasks.
#[derive(Default)]
pub(crate) struct Regions {
    any: Cell<bool>,
    open: RefCell<Vec<OpenRegion>>,
    count: Cell<u64>,
}

#[derive(Clone, Copy)]
struct OpenRegion {
    id: u64,
    /// The number of the task.
    task: u32,
    began_at: Place,
}

impl Regions {
    /// Returns whether there is one at all, which is asked at each suspension.
    #[inline(always)]
    pub(crate) fn any(&self) -> bool {
        self.any.get()
    }

    /// Returns where the innermost region of a task began, if it has one.
    pub(crate) fn of(&self, task: u32) -> Option<Place> {
        let open = self.open.borrow();
        let innermost = open.iter().rev().find(|region| region.task == task);
        innermost.map(|region| region.began_at)
    }

    fn add(&self, task: u32, began_at: Place) -> u64 {
        let id = self.count.get();
        self.count.set(id + 1);
        self.open
            .borrow_mut()
            .push(OpenRegion { id, task, began_at });
        self.any.set(true);
        id
    }

    fn remove(&self, id: u64) {
        let mut open = self.open.borrow_mut();
        open.retain(|region| region.id != id);
        self.any.set(!open.is_empty());
    }
}

/// A region that ends when this is dropped, also by a panic.
struct Region {
    core: Rc<Core>,
    id: u64,
}

impl Region {
    fn open(core: &Rc<Core>, began_at: Place) -> Option<Self> {
        let task = core.current_task()?.number();
        let id = core.regions.add(task, began_at);
        let core = Rc::clone(core);
        Some(Self { core, id })
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        self.core.regions.remove(self.id);
    }
}

/// Returns why a task with these delegations may not suspend.
pub(crate) fn refusal(stack: &[Link], began_at: Place) -> Error {
    let by_program = stack.iter().rev().find(|at| !is_ours(at.location()));
    let at = by_program.or(stack.last()).map(Link::location);
    let (file, line) = at.map_or(("?", 0), |at| (at.file(), at.line()));
    RuntimeError::new(format!(
        "no_suspend: the task would suspend at {file}:{line}, in the region that began at {}:{}; wait \
         before the region or after it",
        began_at.file(),
        began_at.line()
    ))
    .into()
}
