//! The recorder of a trace: it notes what a loop reports of its turns, steps and waits.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::trace::{StepEnd, TraceNotes, Track};
use crate::kernel::{Core, Explanation, Nanos, Ready, Recorder, Suspension, TaskObject, WaitKind};

/// Records one loop. No cell is borrowed while an entry describes itself, which may run user code.
pub(super) struct TraceRecorder {
    /// None once the trace was taken.
    pub(super) notes: RefCell<Option<TraceNotes>>,
    running: Cell<RecordedEntry>,
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
    pub(super) fn new(notes: TraceNotes) -> Rc<Self> {
        Rc::new(Self {
            notes: RefCell::new(Some(notes)),
            running: Cell::default(),
        })
    }

    fn note(&self, what: impl FnOnce(&mut TraceNotes)) {
        if let Some(notes) = &mut *self.notes.borrow_mut() {
            what(notes);
        }
    }
}

impl Recorder for TraceRecorder {
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
