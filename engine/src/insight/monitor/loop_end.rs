//! The loop's end of a monitor: it notes what is asked for, while somebody watches.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::link::MonitorLink;
use super::snapshot::{Snapshot, TaskNote};
use super::turn_times::TurnTimes;
use crate::insight::LoopMetrics;
use crate::insight::debug::report_of_tasks;
use crate::kernel::{Core, Nanos, TaskObject};

/// What a loop notes for its monitor.
pub(in crate::insight) struct LoopEnd {
    link: Arc<MonitorLink>,
    /// The last request that was answered.
    answered: Cell<u64>,
    /// What is noted while somebody watches.
    notes: RefCell<Option<Notes>>,
}

struct Notes {
    since: Nanos,
    times: TurnTimes,
    /// When the turn began that runs, if it has entries.
    turn: Option<Nanos>,
    /// The tasks' numbers, and when their last steps ended, by the tasks' places.
    steps: Vec<(u32, Nanos)>,
}

impl LoopEnd {
    pub(in crate::insight) fn new(link: Arc<MonitorLink>) -> Self {
        Self {
            link,
            answered: Cell::new(0),
            notes: RefCell::default(),
        }
    }

    /// Makes a snapshot if one is wanted. Returns whether somebody watches.
    pub(in crate::insight) fn begin_turn(&self, core: &Core, entries: usize) -> bool {
        let is_watched = self.link.is_watched();
        if is_watched != self.notes.borrow().is_some() {
            let notes = is_watched.then(|| Notes::new(self.link.now()));
            self.notes.replace(notes);
        }
        let wanted = self.link.wanted();
        if wanted != self.answered.replace(wanted) {
            self.link.publish(wanted, || self.snapshot(core));
        }
        if let Some(notes) = &mut *self.notes.borrow_mut() {
            notes.turn = (entries > 0).then(|| self.link.now());
        }
        is_watched
    }

    pub(in crate::insight) fn end_turn(&self) {
        if let Some(notes) = &mut *self.notes.borrow_mut()
            && let Some(began) = notes.turn.take()
        {
            let now = self.link.now();
            notes.times.add(now, now.saturating_sub(began));
        }
    }

    /// Notes that the step of a task has ended.
    pub(in crate::insight) fn end_step(&self, task: &dyn TaskObject) {
        if let Some(notes) = &mut *self.notes.borrow_mut()
            && let Some(index) = task.slot().index()
        {
            if index >= notes.steps.len() {
                notes.steps.resize(index + 1, (0, 0));
            }
            notes.steps[index] = (task.number(), self.link.now());
        }
    }

    #[cold]
    fn snapshot(&self, core: &Core) -> Snapshot {
        let began = self.link.now();
        let tasks = core.first_tasks(self.link.most_tasks());
        let report = report_of_tasks(core, &tasks);
        let mut notes = self.notes.borrow_mut();
        let task_notes = tasks.iter().map(|task| TaskNote {
            number: task.number(),
            since: notes.as_ref().and_then(|notes| notes.last_step(task)),
        });
        let task_notes = task_notes.collect();
        let taken = self.link.now();
        Snapshot {
            taken,
            took: taken.saturating_sub(began),
            loop_time: core.now(),
            watched_since: notes.as_ref().map_or(taken, |notes| notes.since),
            metrics: LoopMetrics::of(core),
            turns: notes
                .as_mut()
                .map(|notes| notes.times.numbers(taken))
                .unwrap_or_default(),
            report,
            notes: task_notes,
        }
    }
}

impl Notes {
    fn new(now: Nanos) -> Self {
        Self {
            since: now,
            times: TurnTimes::new(now),
            turn: None,
            steps: Vec::new(),
        }
    }

    fn last_step(&self, task: &Rc<dyn TaskObject>) -> Option<Nanos> {
        let &(number, time) = self.steps.get(task.slot().index()?)?;
        (number == task.number()).then_some(time)
    }
}
