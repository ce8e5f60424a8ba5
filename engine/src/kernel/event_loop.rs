//! The event loop: one thread, a queue of entries that are ready, and timers.
//!
//! A *turn* (one pass of the loop) is asyncio's:
//!
//! 1. If nothing is ready, the loop waits for the next deadline, a descriptor or another thread. If
//!    something is, it looks for descriptors after every 61 entries.
//! 2. Calls that other threads have sent become ready, and then the timers that are due, in order.
//! 3. The entries that are ready now run, in order. Entries that become ready meanwhile wait for the
//!    next turn.
//! 4. If a stop was requested, the run ends.
//!
//! [`Core`] is the state; the files below are its parts. Futures and tasks refer to the core; users
//! have [`EventLoop`], a handle. When the last handle goes away, the loop is closed, which breaks the
//! cycle of references between the loop and its tasks.
//!
//! No cell of the core is borrowed while code of the program runs. A value that is taken out of a cell
//! is dropped after the borrow.

mod alive;
mod api;
mod batch;
mod clock;
mod closing;
mod counters;
mod current;
mod descriptors;
mod error_context;
mod exceptions;
mod fetch;
mod inbox;
mod places;
mod reactor;
mod ready;
mod recorded;
mod slow_callbacks;
mod task_names;
mod tasks;
mod timers;
mod turn;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

pub use api::EventLoop;
pub(crate) use clock::Clock;
pub(super) use current::default_stack_size;
#[cfg(feature = "signal")]
pub(crate) use current::on_main_thread;
pub(crate) use current::running_task;
pub use current::{get_event_loop, get_running_loop, new_event_loop, set_event_loop};
pub use error_context::ErrorContext;
pub(crate) use inbox::{Call, Inbox};
use places::introduce_ourselves;
pub(super) use places::is_ours;
pub(crate) use places::{Place, caller};
pub(crate) use reactor::{Direction, Poller, Readiness, Watched};
pub(crate) use ready::Ready;
pub(crate) use tasks::{Holder, Slot};
pub(crate) use timers::Timed;

use super::context::Context;
use super::hooks::{Hooks, Layer};
use super::nanos::Nanos;
use super::no_suspend::Regions;
use super::on_drop::OnDrop;
use super::task::TaskObject;
use crate::errors::panics;
use crate::errors::{RuntimeError, refused};
use counters::Counters;
use descriptors::Descriptors;
use exceptions::{ExceptionHandler, TaskFactory};
use places::Places;
use reactor::{Mode, Reactor};
use ready::ReadyQueue;
use slow_callbacks::{EndedEntries, Pace};
use tasks::Tasks;
use timers::{Lost, Timers};
use yieldfrom_delegation::{Result, report};

/// A loop's state.
pub(crate) struct Core {
    pub(crate) ready: ReadyQueue,
    /// The slot of the task that is running.
    current_task: Cell<Slot>,
    /// Where tasks may not suspend.
    pub(crate) regions: Regions,
    timers: RefCell<Timers>,
    clock: Clock,
    tasks: RefCell<Tasks>,
    task_numbers: Cell<u32>,
    running: Cell<bool>,
    stopping: Cell<bool>,
    closed: Cell<bool>,
    /// Whether an entry that becomes ready needs more than a place in the queue: the loop is closed, or a host waits
    /// on its behalf.
    needs_care: Cell<bool>,
    /// How many hosts wait.
    hosts: Cell<u32>,
    debug: Cell<bool>,
    slow_callback_duration: Cell<Duration>,
    pub(crate) ended: EndedEntries,
    pace: Cell<Pace>,
    counters: Counters,
    /// Whether a panic is being reported, so that another one ends the run.
    reporting: Cell<bool>,
    /// The names that tasks were given, by number.
    task_names: RefCell<HashMap<u32, String>>,
    /// How often a task was given a name.
    namings: Cell<u64>,
    /// The contexts that tasks have, by number.
    pub(super) contexts: RefCell<HashMap<u32, Context>>,
    /// Where futures and tasks were made, by their address: those made in debug mode.
    pub(super) places: Places,
    /// How many [`EventLoop`] handles there are.
    handles: Cell<usize>,
    stack_size: usize,
    exception_handler: RefCell<Option<ExceptionHandler>>,
    task_factory: RefCell<Option<TaskFactory>>,
    reactor: Reactor,
    /// How many entries have run since the last look for descriptors that are ready.
    ran: Cell<usize>,
    /// The descriptors that callbacks were added for.
    descriptors: Descriptors,
    /// What the layers above have plugged in.
    pub(crate) hooks: Hooks,
    /// The queue by which other threads reach the loop. A loop that was never open has none.
    pub(crate) inbox: Option<Arc<Inbox>>,
}

/// What a loop is made with.
pub(crate) struct Settings {
    pub(crate) clock: Clock,
    /// The stack size of its coroutines, in bytes.
    pub(crate) stack_size: usize,
    pub(crate) debug: bool,
}

impl Core {
    /// Makes the state of a loop; without an inbox, of one that is closed from the start.
    pub(crate) fn new(settings: Settings, hooks: Hooks, inbox: Option<Arc<Inbox>>) -> Rc<Self> {
        introduce_ourselves();
        Rc::new(Self {
            ready: ReadyQueue::default(),
            current_task: Cell::new(Slot::NONE),
            regions: Regions::default(),
            timers: RefCell::default(),
            clock: settings.clock,
            tasks: RefCell::default(),
            task_numbers: Cell::new(0),
            task_names: RefCell::default(),
            namings: Cell::new(0),
            contexts: RefCell::default(),
            running: Cell::new(false),
            stopping: Cell::new(false),
            closed: Cell::new(inbox.is_none()),
            needs_care: Cell::new(inbox.is_none()),
            hosts: Cell::new(0),
            debug: Cell::new(settings.debug),
            slow_callback_duration: Cell::new(Duration::from_millis(100)),
            ended: EndedEntries::default(),
            pace: Cell::default(),
            counters: Counters::default(),
            reporting: Cell::new(false),
            places: Places::default(),
            handles: Cell::new(0),
            stack_size: settings.stack_size,
            exception_handler: RefCell::new(None),
            task_factory: RefCell::new(None),
            reactor: Reactor::default(),
            ran: Cell::new(0),
            descriptors: Descriptors::default(),
            hooks,
            inbox,
        })
    }

    /// Returns the part that a layer has plugged into an open loop.
    pub(crate) fn part<L: Layer>(&self, operation: &str) -> Result<&L> {
        self.check_open(operation)?;
        Ok(L::of(self).expect("the layers have plugged their parts into an open loop"))
    }

    /// Returns whether the loop's time is virtual.
    #[cfg(any(feature = "futures", feature = "trace"))]
    pub(crate) fn is_virtual(&self) -> bool {
        self.clock.is_virtual()
    }

    #[inline(always)]
    pub(crate) fn now(&self) -> Nanos {
        self.clock.now()
    }

    #[inline(always)]
    pub(crate) fn in_debug_mode(&self) -> bool {
        self.debug.get()
    }

    pub(crate) fn slow_callback_duration(&self) -> Duration {
        self.slow_callback_duration.get()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Fails with an error that names the operation if the loop is closed.
    pub(crate) fn check_open(&self, operation: &str) -> Result<()> {
        if self.is_closed() {
            let why = format!("{operation}: the event loop is closed; make a new one");
            return Err(RuntimeError::new(why).into());
        }
        Ok(())
    }

    /// Returns all tasks, in the order of their making.
    pub(crate) fn all_tasks(&self) -> Vec<Rc<dyn TaskObject>> {
        self.tasks.borrow().all()
    }

    /// Returns the first tasks, up to this many, in the order of their making. It does not take much longer if there
    /// are many others.
    #[cfg(feature = "monitor")]
    pub(crate) fn first_tasks(&self, most: usize) -> Vec<Rc<dyn TaskObject>> {
        self.tasks.borrow().first(most)
    }

    /// Returns the deadlines of some timers.
    pub(crate) fn deadlines(&self, numbers: &HashSet<u64>) -> HashMap<u64, Nanos> {
        if numbers.is_empty() {
            return HashMap::new();
        }
        let timers = self.timers.borrow();
        timers.deadlines(|number| numbers.contains(&number))
    }

    /// Starts a timer, and returns its number. A closed loop's timers never fire.
    pub(crate) fn start_timer(&self, now: Nanos, deadline: Nanos, timed: Rc<dyn Timed>) -> u64 {
        if let Some(recorder) = self.hooks.recorder() {
            recorder.timer_set(self, now, deadline, &timed);
        }
        let mut timers = self.timers.borrow_mut();
        let number = timers.next_number();
        timers.insert(now, deadline, number, timed);
        number
    }

    /// Counts a timer that was cancelled. What it is for, which is at this address, says so itself when it is asked.
    pub(crate) fn cancel_timer<T>(&self, timed: *const T) {
        if let Some(recorder) = self.hooks.recorder() {
            recorder.timer_cancelled(self, timed.cast());
        }
        let lost: Lost = self.timers.borrow_mut().cancel();
        drop(lost);
    }

    /// Registers a descriptor for edge-triggered events.
    pub(crate) fn watch(&self, fd: BorrowedFd<'_>, operation: &str) -> Result<Rc<Watched>> {
        const TAKEN: &str = "the descriptor has a callback of add_reader or add_writer, or a \
                             sock_ operation waits for it; remove that first";
        let inbox = self.inbox(operation)?;
        let added = self.reactor.add(&inbox.poller, fd, Mode::Edge);
        Ok(added.map_err(|error| refused(error, operation, TAKEN))?)
    }

    /// Forgets a descriptor, before it is closed.
    pub(crate) fn unwatch(&self, fd: BorrowedFd<'_>, watched: &Watched) {
        let Some(inbox) = &self.inbox else {
            return;
        };
        if let Err(error) = self.reactor.remove(&inbox.poller, fd, watched) {
            panics::contain(|| {
                report!(Error, "cannot remove a descriptor from the poller: {error}");
            });
        }
    }

    /// Returns the inbox of an open loop.
    pub(crate) fn inbox(&self, operation: &str) -> Result<&Arc<Inbox>> {
        self.check_open(operation)?;
        let inbox = self.inbox.as_ref();
        Ok(inbox.expect("a loop without one was never open"))
    }

    /// Appends an entry to the ready queue; a closed loop drops it.
    pub(crate) fn schedule(&self, entry: Rc<dyn Ready>) {
        if self.needs_care.get() {
            return self.schedule_with_care(entry);
        }
        self.ready.push(entry);
    }

    #[inline(always)]
    pub(super) fn needs_care(&self) -> bool {
        self.needs_care.get()
    }

    #[cold]
    fn schedule_with_care(&self, entry: Rc<dyn Ready>) {
        if !self.is_closed() {
            self.ready.push(entry);
            self.wake_host();
        }
    }

    /// Counts a host that waits on behalf of the loop, outside of its runs.
    #[cfg(feature = "futures")]
    pub(crate) fn add_host(&self) {
        self.hosts.set(self.hosts.get() + 1);
        self.needs_care.set(true);
    }

    /// Counts such a host out.
    #[cfg(feature = "futures")]
    pub(crate) fn remove_host(&self) {
        self.hosts.set(self.hosts.get() - 1);
        self.needs_care
            .set(self.hosts.get() > 0 || self.is_closed());
    }

    /// Wakes a host at the end of a run that is not its own: what that leaves, such as a timer, is not what the host
    /// waits for.
    fn tell_host(&self) -> OnDrop<impl FnOnce() + use<'_>> {
        OnDrop::new(|| self.wake_host())
    }

    /// Wakes a host that waits on behalf of the loop, as there is something new to do.
    #[inline]
    pub(crate) fn wake_host(&self) {
        if self.hosts.get() > 0
            && let Some(inbox) = &self.inbox
        {
            inbox.wake();
        }
    }

    #[inline(always)]
    pub(crate) fn enter_task(&self, slot: Slot) {
        self.current_task.set(slot);
    }

    #[inline(always)]
    pub(crate) fn leave_task(&self) {
        self.current_task.set(Slot::NONE);
    }

    /// Returns the task at an address, if a task lies there.
    pub(crate) fn find_task(&self, address: *const ()) -> Option<Rc<dyn TaskObject>> {
        self.tasks.borrow().find(address)
    }

    pub(crate) fn current_task(&self) -> Option<Rc<dyn TaskObject>> {
        self.tasks.borrow().get(self.current_task.get())
    }

    #[inline(always)]
    pub(crate) fn next_task_number(&self) -> u32 {
        let number = self.task_numbers.get().wrapping_add(1);
        self.task_numbers.set(number);
        number
    }

    #[inline(always)]
    pub(crate) fn add_task(&self, task: Rc<dyn TaskObject>) -> Slot {
        self.tasks.borrow_mut().insert(task)
    }

    #[inline(always)]
    pub(crate) fn remove_task(&self, slot: Slot) -> Option<Rc<dyn TaskObject>> {
        self.tasks.borrow_mut().remove(slot)
    }

    /// Fetches a task's place among the loop's tasks into the cache.
    pub(crate) fn prefetch_slot(&self, slot: Slot) {
        self.tasks.borrow().prefetch(slot);
    }
}
