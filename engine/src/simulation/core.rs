//! `Core`: the state of an environment, and how an event is processed.

mod pool;
mod schedule;

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::{Rc, Weak};

use super::callbacks::Callback;
use super::condition;
use super::entry::Entry;
use super::node::{Kind, Node};
use super::observer::{Observer, remove_one};
use super::places::Places;
use super::process::ProcessCell;
use super::queue::Queue;
use super::realtime::Pace;
use super::ties::{Tied, Ties};
use crate::errors::RuntimeError;
use crate::errors::panics::Panics;
use yieldfrom_delegation::{Error, Result};

/// What an environment is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    Running,
    /// The owner was dropped.
    Closed,
}

/// The state of an environment. No cell is borrowed while code of the program runs.
pub(super) struct Core {
    now: Cell<f64>,
    queue: RefCell<Queue<Entry>>,
    active: Cell<Option<Rc<ProcessCell>>>,
    /// The body that this environment drives now.
    driven: Cell<*const ()>,
    /// The timeout for which that body is about to wait.
    awaited: (Cell<u32>, Cell<u64>),
    processes: RefCell<Places<Rc<ProcessCell>>>,
    /// What is separated at the end.
    ties: RefCell<Ties>,
    /// Events for further use.
    spare: RefCell<Vec<Rc<Node>>>,
    /// What stands in the place of an event that was taken out.
    nothing: Rc<Node>,
    phase: Cell<Phase>,
    /// Whether an event has ended the run.
    is_stopped: Cell<bool>,
    processed: Cell<u64>,
    next_number: Cell<u64>,
    pub(super) stack_size: usize,
    pub(super) pace: Option<Pace>,
    observers: RefCell<Vec<Rc<dyn Observer>>>,
    is_observed: Cell<bool>,
}

impl Core {
    pub(super) fn new(now: f64, stack_size: usize, pace: Option<Pace>) -> Self {
        Self {
            now: Cell::new(now),
            queue: RefCell::new(Queue::new(now)),
            active: Cell::default(),
            driven: Cell::new(ptr::null()),
            awaited: Default::default(),
            processes: RefCell::default(),
            ties: RefCell::default(),
            spare: RefCell::default(),
            nothing: Rc::new(Node::nothing()),
            phase: Cell::new(Phase::Idle),
            is_stopped: Cell::new(false),
            processed: Cell::new(0),
            next_number: Cell::new(0),
            stack_size,
            pace,
            observers: RefCell::default(),
            is_observed: Cell::new(false),
        }
    }

    #[inline(always)]
    pub(super) fn now(&self) -> f64 {
        self.now.get()
    }

    pub(super) fn processed(&self) -> u64 {
        self.processed.get()
    }

    pub(super) fn scheduled(&self) -> usize {
        self.queue.borrow().len()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.phase.get() == Phase::Closed
    }

    /// Fails if the environment cannot run now.
    pub(super) fn check_idle(&self, operation: &str) -> Result<()> {
        let why = match self.phase.get() {
            Phase::Idle => return Ok(()),
            Phase::Running => {
                "the environment is running; wait for events by yield_from in a process"
            }
            Phase::Closed => "the environment was dropped",
        };
        Err(Error::from(RuntimeError::new(format!(
            "{operation}: {why}"
        ))))
    }

    /// Returns a number that nothing else of this environment has.
    pub(super) fn new_number(&self) -> u64 {
        let number = self.next_number.get();
        self.next_number.set(number + 1);
        number
    }

    /// Returns the time of the next event.
    pub(super) fn peek(&self) -> f64 {
        let next = self.queue.borrow_mut().next_time();
        next.unwrap_or(f64::INFINITY)
    }

    /// Processes the next event. Returns whether there was one.
    #[inline(always)]
    pub(super) fn step(self: &Rc<Self>) -> Result<bool> {
        if let Some(pace) = &self.pace {
            pace.wait_for(self.peek())?;
        }
        let next = self.queue.borrow_mut().pop();
        let Some((time, entry)) = next else {
            return Ok(false);
        };
        self.now.set(time);
        self.processed.set(self.processed.get() + 1);
        if let Some(process) = entry.process {
            process.resume_with(self, entry.ticket);
        } else if let Some(node) = entry.event {
            self.process(node)?;
        }
        Ok(true)
    }

    #[inline(always)]
    fn process(self: &Rc<Self>, node: Rc<Node>) -> Result<()> {
        node.set_processed();
        match &node.kind {
            Kind::Condition(_) if !node.is_put_back() => condition::build(&node),
            Kind::Request(requested) if !node.is_put_back() => requested.done(),
            Kind::Interrupt(thrown) => {
                if let Some((process, error)) = thrown.take() {
                    process.throw(self, error);
                }
            }
            _ => {}
        }
        node.callbacks().take_first().call(self, &node);
        if let Some(list) = node.callbacks().take_others() {
            self.call_each(list.callbacks, &node);
        }
        let is_stopped = self.is_stopped.get();
        if node.is_failed() && (!node.is_defused() || is_stopped) {
            let error = node.error();
            return Err(error.expect("a failed event keeps its error"));
        }
        match is_stopped {
            true => self.put_back(node),
            false => self.recycle(node),
        }
        Ok(())
    }

    /// Calls these, in order. Those after the end of the run are left to the next one, unless the event has failed.
    fn call_each(self: &Rc<Self>, callbacks: Vec<Callback>, node: &Rc<Node>) {
        let mut callbacks = callbacks.into_iter();
        for callback in callbacks.by_ref() {
            callback.call(self, node);
            if self.is_stopped.get() {
                break;
            }
        }
        match node.is_failed() {
            true => Panics::default().drop_each(callbacks),
            false => callbacks.for_each(|callback| node.add_callback(callback)),
        }
    }

    /// Has the event that has ended a run be processed once more, before all others. As in SimPy, it counts as not processed until
    /// then.
    #[cold]
    fn put_back(&self, node: Rc<Node>) {
        node.set_put_back();
        if !self.is_closed() {
            self.queue.borrow_mut().push_first(Entry::event(node));
        }
    }

    pub(super) fn stop(&self) {
        self.is_stopped.set(true);
    }

    /// Processes events until one of them ends the run, or there is none.
    pub(super) fn run(self: &Rc<Self>) -> Result<Ran> {
        let _running = Running::begin(self, "run")?;
        while self.step()? {
            if self.is_stopped.get() {
                return Ok(Ran::Stopped);
            }
        }
        Ok(Ran::OutOfEvents)
    }

    /// Processes one event, on behalf of the program.
    pub(super) fn single_step(self: &Rc<Self>) -> Result<bool> {
        let _running = Running::begin(self, "step")?;
        self.step()
    }

    pub(super) fn active(&self) -> Option<Rc<ProcessCell>> {
        let active = self.active.take();
        let copy = active.clone();
        self.active.set(active);
        copy
    }

    pub(super) fn is_active(&self, process: &ProcessCell) -> bool {
        let active = self.active.take();
        let is_it = active
            .as_deref()
            .is_some_and(|active| ptr::eq(active, process));
        self.active.set(active);
        is_it
    }

    #[inline(always)]
    pub(super) fn set_active(&self, process: Option<Rc<ProcessCell>>) {
        drop(self.active.replace(process));
    }

    /// Notes a process. Returns the number of its place.
    pub(super) fn enter(&self, process: &Rc<ProcessCell>) -> usize {
        self.processes.borrow_mut().insert(Rc::clone(process))
    }

    /// Forgets a process that has ended.
    pub(super) fn leave(&self, place: usize) {
        let process = self.processes.borrow_mut().remove(place);
        drop(process);
    }

    /// Returns the processes that have not ended, in the order in which they were made.
    pub(super) fn processes(&self) -> Vec<Rc<ProcessCell>> {
        let mut all: Vec<_> = self.processes.borrow().iter().cloned().collect();
        all.sort_unstable_by_key(|process| process.number());
        all
    }

    /// Notes what may hold itself.
    pub(super) fn tie(&self, tied: Weak<dyn Tied>) {
        self.ties.borrow_mut().add(tied);
    }

    pub(super) fn add_observer(&self, observer: Rc<dyn Observer>) {
        self.observers.borrow_mut().push(observer);
        self.is_observed.set(true);
    }

    pub(super) fn remove_observer(&self, observer: &Rc<dyn Observer>) {
        let mut observers = self.observers.take();
        remove_one(&mut observers, observer);
        self.is_observed.set(!observers.is_empty());
        let before = self.observers.replace(observers);
        drop(before);
    }

    /// Tells those who observe the environment.
    #[inline(always)]
    pub(super) fn observe(&self, tell: impl Fn(&dyn Observer)) {
        if self.is_observed.get() {
            let observers = self.observers.borrow().clone();
            observers.iter().for_each(|observer| tell(&**observer));
        }
    }

    /// Ends everything: processes are closed in the order in which they were made, each innermost first. Then what
    /// was scheduled is dropped.
    pub(super) fn close(&self) {
        if self.phase.replace(Phase::Closed) == Phase::Closed {
            return;
        }
        let mut panics = Panics::default();
        for process in self.processes() {
            panics.catch(|| process.close());
        }
        let processes = self.processes.take();
        panics.drop_each(processes.into_all());
        let scheduled = self.queue.borrow_mut().drain();
        for tied in self.ties.take().into_all() {
            panics.catch(|| tied.separate());
        }
        for entry in scheduled {
            if let Some(node) = &entry.event {
                panics.catch(|| node.separate());
            }
            panics.catch(|| drop(entry));
        }
        let spare = self.spare.take();
        panics.drop_each(spare);
        panics.drop_each(self.observers.take());
        panics.resume();
    }
}

/// How a run has ended.
pub(super) enum Ran {
    /// The event that it waited for was processed.
    Stopped,
    OutOfEvents,
}

/// Marks the environment as running, up to the end of the scope.
struct Running<'a>(&'a Core);

impl<'a> Running<'a> {
    fn begin(core: &'a Core, operation: &str) -> Result<Self> {
        core.check_idle(operation)?;
        core.phase.set(Phase::Running);
        core.is_stopped.set(false);
        Ok(Self(core))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.0.phase.get() == Phase::Running {
            self.0.phase.set(Phase::Idle);
        }
        self.0.set_driven(ptr::null());
        self.0.set_active(None);
    }
}
