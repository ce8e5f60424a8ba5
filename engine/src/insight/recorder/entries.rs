//! Entries of the ready queue: what they are, why they are there, and how they stop.

use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

use super::super::trace::{Cause, How, Index, NONE, Recording, Running, TrackKind};
use super::{TraceRecorder, address};
use crate::kernel::{
    Core, Explanation, Nanos, Ready, Suspension, TaskEnding, TaskObject, WaitKind, Waitable,
};

impl TraceRecorder {
    /// Notes the end of a step that has done nothing but to give way. Returns false for all others.
    #[inline]
    pub(super) fn gave_way(&self, core: &Core, entry: &Rc<dyn Ready>, now: Nanos) -> bool {
        let address = address(&**entry);
        if !core.ready.ends_with(address) {
            return false;
        }
        let Some(task) = entry.as_task() else {
            return false;
        };
        let mut links = self.links.take();
        task.append_links(&mut links);
        let ready = core.ready.len();
        let gave_way = self.note(|notes| notes.give_way(now, address, ready, &links));
        links.clear();
        self.links.set(links);
        gave_way
    }

    /// Notes the entries that were put into the ready queue since the last report.
    ///
    /// A step that gives way puts its own task there, as the last thing it does: that is noted after its end.
    #[inline]
    pub(super) fn catch_up(&self, core: &Core, cause: Cause) {
        let known = self.note(|notes| (!notes.is_full()).then(|| notes.ready_len()));
        // Without a recording, there is nothing to look for.
        if let Some(known) = known
            && known < core.ready.len()
        {
            self.announce_from(core, known, cause);
        }
    }

    fn announce_from(&self, core: &Core, known: usize, cause: Cause) {
        for index in known..core.ready.len() {
            let Some(entry) = core.ready.get(index) else {
                return;
            };
            let running = self.note(|notes| notes.running());
            let is_itself = |it: Running| it.is_step && it.address == address(&*entry);
            if running.is_some_and(is_itself) {
                return;
            }
            self.announce(&entry, cause);
        }
    }

    /// Notes the entries of a turn that became ready before it, unless they are known.
    pub(super) fn announce_rest(&self, entries: &[Rc<dyn Ready>]) {
        let known = self.note(|notes| notes.ready_len());
        if self.is_full() {
            return self.note(Recording::forget_ready);
        }
        if known > entries.len() {
            return self.note(|notes| {
                notes.forget_ready();
                let addresses = entries.iter().rev().map(|entry| address(&**entry));
                addresses.for_each(|address| notes.ready_again(address));
            });
        }
        for entry in entries.iter().rev().skip(known) {
            self.announce(entry, Cause::Woken);
        }
    }

    /// Notes that an entry stands in the ready queue.
    fn announce(&self, entry: &Rc<dyn Ready>, cause: Cause) {
        let address = address(&**entry);
        if self.is_full() {
            return self.note(|notes| notes.drop_more(1));
        }
        let is_due = entry.as_task().is_some_and(TaskObject::is_due);
        let is_new = self.note(|notes| notes.tracks.at(address).is_none());
        let track = self.track(entry);
        let is_callback = entry.as_task().is_none();
        let cause = match cause {
            Cause::Woken | Cause::Other if is_new && is_made(&**entry) => Cause::Made,
            Cause::Other if !is_callback => Cause::Woken,
            cause => cause,
        };
        self.note(|notes| {
            // A timer's turn wakes the task that has slept.
            let cause = match notes.running() {
                Some(running) if running.address == address && !running.is_step => Cause::Timer,
                _ => cause,
            };
            match is_due {
                true => notes.due(address, track),
                false => notes.ready(address, track, cause),
            }
        });
    }

    /// Returns the track of an entry, which is made if there is none.
    pub(super) fn track(&self, entry: &Rc<dyn Ready>) -> Index {
        if let Some(task) = entry.as_task() {
            return self.add_task(task);
        }
        let address = address(&**entry);
        let known = self.note(|notes| notes.tracks.at(address));
        known.unwrap_or_else(|| {
            let name = ShownEntry(&**entry).to_string();
            self.note(|notes| Some(notes.callback(address, &name)))
                .unwrap_or(NONE)
        })
    }

    /// Returns the track of a task, which is made if there is none.
    pub(super) fn add_task(&self, task: &dyn TaskObject) -> Index {
        let (address, number) = (task.address().addr(), task.number());
        let about = || (task.name(), task.origin());
        let track = self.note(|notes| Some(notes.task(TrackKind::Task, address, number, about)));
        track.unwrap_or(NONE)
    }

    /// Begins an entry that was not announced: a call that another thread has sent.
    pub(super) fn begin_unknown(&self, entry: &Rc<dyn Ready>) {
        let (address, track) = (address(&**entry), self.track(entry));
        self.note(|notes| {
            notes.ready_first(address, track, Cause::Thread);
            notes.begin_next(address)
        });
    }

    /// Ends the entry that runs: a step, or a callback.
    pub(super) fn end_running(&self, core: &Core, entry: &dyn Ready) {
        let running = self.note(|notes| notes.running());
        let Some(running) = running else {
            // Its begin was not noted.
            return self.note_if_room(|_| ());
        };
        match entry.as_task().filter(|_| running.is_step) {
            Some(task) => self.end_step(core, task),
            None => self.note(|notes| notes.end_entry(How::Result, &[], NONE)),
        }
    }

    fn end_step(&self, core: &Core, task: &dyn TaskObject) {
        if task.is_done() {
            return self.end_task(task);
        }
        let mut links = self.links.take();
        task.append_links(&mut links);
        let wait = wait_of(task);
        self.note(|notes| {
            let how = if wait.is_some() {
                How::Waits
            } else {
                How::Yielded
            };
            let track = notes.running().map_or(NONE, |running| running.track);
            let detail = wait.map_or(NONE, |wait| add_wait(notes, core, track, wait));
            notes.end_entry(how, &links, detail);
        });
        links.clear();
        self.links.set(links);
    }

    fn end_task(&self, task: &dyn TaskObject) {
        let (how, text) = match task.ending() {
            TaskEnding::Result => (How::Result, None),
            TaskEnding::Cancelled => (How::Cancelled, None),
            TaskEnding::Error(error) => (How::Error, Some(error.to_string())),
        };
        let name = task.name();
        self.note(|notes| {
            notes.rename(task.number(), &name);
            let text = text.map_or(NONE, |text| notes.texts.add(&text));
            notes.end_entry(how, &[], text);
        });
    }

    /// Notes what a task waits for that has stopped before the recording began.
    pub(super) fn note_wait_of(&self, core: &Core, task: &dyn TaskObject) {
        let Some(wait) = wait_of(task) else {
            return;
        };
        let deadline = match task.suspension() {
            Suspension::Asleep(number) => core
                .deadlines(&HashSet::from([number]))
                .get(&number)
                .copied(),
            _ => None,
        };
        let mut links = Vec::new();
        task.append_links(&mut links);
        self.note(|notes| {
            let track = notes.tracks.at(task.address().addr()).unwrap_or(NONE);
            if let Some(deadline) = deadline {
                notes.timer(track, deadline);
            }
            let detail = add_wait(notes, core, track, wait);
            notes.wait_from_before(track, &links, detail);
        });
    }
}

/// Returns whether an entry that is not known yet was made for the queue.
fn is_made(entry: &dyn Ready) -> bool {
    entry.as_task().is_some() || entry.is_scheduled_callback()
}

/// What a task waits for, and what that stands for.
struct WaitOfTask {
    explanation: Explanation,
    what: Option<Rc<dyn Waitable>>,
}

/// Returns what a task waits for, if it waits.
fn wait_of(task: &dyn TaskObject) -> Option<WaitOfTask> {
    let mut explanation = Explanation::default();
    let what = match task.suspension() {
        Suspension::Scheduled => return None,
        Suspension::Asleep(_) => {
            explanation.says(WaitKind::Sleep, "sleep".to_owned());
            None
        }
        Suspension::Waiting(what) => {
            what.explain(&mut explanation);
            Some(what)
        }
    };
    (!explanation.over).then_some(WaitOfTask { explanation, what })
}

/// Adds a wait to the recording, and the descriptor if it is for one.
fn add_wait(notes: &mut Recording, core: &Core, track: Index, wait: WaitOfTask) -> Index {
    let WaitOfTask { explanation, what } = wait;
    let awaited = what.iter().chain(&explanation.awaited);
    let target = awaited
        .filter_map(|it| notes.tracks.at(it.address().addr()))
        .next();
    let holder = explanation.holder.as_ref();
    let holder = holder.and_then(|holder| holder.number(core));
    let target = target.or_else(|| notes.tracks.task_with_number(holder?));
    if let Some((descriptor, direction)) = explanation.descriptor {
        notes.watch_once(track, descriptor, direction);
    }
    notes.wait(explanation.kind, &explanation.text, target.unwrap_or(NONE))
}

/// An entry as it shows itself.
struct ShownEntry<'a>(&'a dyn Ready);

impl fmt::Display for ShownEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}
