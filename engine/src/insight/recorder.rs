//! The recorder of a trace: it notes what a loop reports of its turns, steps and waits, and what
//! generators report of the operations on them.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::trace::{StepEnd, TraceNotes, Track, TrackKind};
use crate::kernel::{
    Core, Explanation, LoopRecorder, Nanos, Ready, Suspension, TaskObject, WaitKind,
};
use yieldfrom_delegation::State;
use yieldfrom_delegation::recorder::{self, Operation, Outcome, RecordedGenerator, Recorder};

/// Records one loop, or the generators of a thread. No cell is borrowed while an entry describes
/// itself, which may run user code.
pub(super) struct TraceRecorder {
    /// None once the trace was taken.
    pub(super) notes: RefCell<Option<TraceNotes>>,
    running: Cell<RecordedEntry>,
    /// Tells the time when a generator reports.
    clock: Box<dyn Fn() -> Nanos>,
}

/// The entry that runs. It is not kept here: after a panic, this may stay for long.
#[derive(Clone, Copy, Default)]
struct RecordedEntry {
    /// Whether it is a task's step.
    is_step: bool,
    /// How many entries were ready before.
    ready: usize,
}

impl TraceRecorder {
    pub(super) fn new(notes: TraceNotes, clock: impl Fn() -> Nanos + 'static) -> Rc<Self> {
        Rc::new(Self {
            notes: RefCell::new(Some(notes)),
            running: Cell::default(),
            clock: Box::new(clock),
        })
    }

    pub(super) fn now(&self) -> Nanos {
        (self.clock)()
    }

    fn note(&self, what: impl FnOnce(&mut TraceNotes)) {
        if let Some(notes) = &mut *self.notes.borrow_mut() {
            what(notes);
        }
    }
}

impl LoopRecorder for TraceRecorder {
    fn begin_turn(&self, core: &Core, entries: usize) {
        self.note(|notes| notes.begin_turn(core.now(), entries));
    }

    fn begin_entry(&self, core: &Core, entry: &Rc<dyn Ready>) {
        let (now, ready, address) = (core.now(), core.ready.len(), address(&**entry));
        // The first of the two turns of a sleep that is over belongs to its timer.
        let (timer, task) = match Rc::clone(entry).as_task() {
            Some(task) if task.is_due() => (Some(format!("timer of {}", task.name())), None),
            task => (None, task),
        };
        if let Some(task) = &task {
            let number = task.number();
            let track = || Track {
                kind: TrackKind::Task,
                number,
                name: task.name(),
                origin: task.origin(),
            };
            self.note(|notes| notes.begin_step(now, address, number, track));
        } else {
            let name = timer.unwrap_or_else(|| ShownEntry(&**entry).to_string());
            self.note(|notes| notes.begin_callback(now, address, name));
        }
        let is_step = task.is_some();
        self.running.set(RecordedEntry { is_step, ready });
    }

    fn end_entry(&self, core: &Core, entry: &Rc<dyn Ready>) {
        let (now, address) = (core.now(), address(&**entry));
        let RecordedEntry { is_step, ready } = self.running.take();
        let task = is_step.then(|| Rc::clone(entry).as_task()).flatten();
        let mut woken = core.ready.addresses_from(ready);
        woken.retain(|&woken| woken != address);
        let (end, wait) = match &task {
            Some(task) => stopped(&**task),
            None => (StepEnd::Ended, None),
        };
        let ended = task.filter(|task| task.is_done()).map(|task| task.name());
        self.note(|notes| {
            notes.end_entry(now, end, wait, woken);
            if let Some(name) = ended {
                notes.rename(address, name);
                notes.forget(address);
            }
        });
    }

    fn end_turn(&self, core: &Core) {
        self.note(|notes| notes.end_turn(core.now()));
    }

    fn idle(&self, core: &Core, began: Nanos) {
        self.note(|notes| notes.idle(began, core.now(), core.ready.len()));
    }
}

impl Recorder for TraceRecorder {
    fn begin(&self, generator: &RecordedGenerator<'_>, operation: Operation) {
        if self.notes.borrow().is_none() {
            // The recording was stopped while another recorder had its place.
            drop(recorder::replace(None));
        }
        let (now, address) = (self.now(), generator.address());
        self.note(|notes| notes.begin_operation(now, address, operation, || generator.origin()));
    }

    fn end(&self, generator: &RecordedGenerator<'_>, outcome: Outcome) {
        let (now, address) = (self.now(), generator.address());
        let end = match generator.state() {
            State::Closed if outcome == Outcome::Panicked => StepEnd::Panicked,
            State::Closed => StepEnd::Ended,
            State::Running => StepEnd::Running,
            State::Created | State::Suspended => {
                let chain = generator.delegation_chain();
                let at = chain.last().expect("it has not ended");
                StepEnd::At {
                    file: at.file(),
                    line: at.line(),
                }
            }
        };
        self.note(|notes| notes.end_operation(now, address, outcome, end));
    }
}

/// An entry as it shows itself.
struct ShownEntry<'a>(&'a dyn Ready);

impl fmt::Display for ShownEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

fn address(entry: &dyn Ready) -> *const () {
    std::ptr::from_ref(entry).cast()
}

/// Returns where a task has stopped, and what it waits for.
fn stopped(task: &dyn TaskObject) -> (StepEnd, Option<(WaitKind, String)>) {
    let stack = task.stack();
    let Some(at) = stack.last().filter(|_| !task.is_done()) else {
        return (StepEnd::Ended, None);
    };
    let (file, line) = (at.file(), at.line());
    let wait = match task.suspension() {
        Suspension::Scheduled => None,
        Suspension::Asleep(_) => Some((WaitKind::Sleep, "sleep".to_owned())),
        Suspension::Waiting(what) => {
            let mut explanation = Explanation::default();
            what.explain(&mut explanation);
            (!explanation.over).then_some((explanation.kind, explanation.text))
        }
    };
    (StepEnd::At { file, line }, wait)
}
