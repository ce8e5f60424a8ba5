//! What is noted while the loop runs.

use std::collections::HashMap;

use yieldfrom_delegation::Link;

use super::{Event, Trace, What};
use crate::kernel::{Nanos, WaitKind};

/// A task that ran.
pub(crate) struct Track {
    pub(crate) number: u32,
    pub(crate) name: String,
    /// The name of its coroutine, and where that was made.
    pub(crate) origin: Link,
}

/// Where a step has ended.
pub(crate) enum Stop {
    /// It has not: the task is running.
    Running,
    /// The task is suspended here.
    At { file: &'static str, line: u32 },
    /// The task has ended.
    Ended,
    /// Its step was cut short.
    Panicked,
}

/// Who runs.
#[derive(Clone, Copy)]
enum Runner {
    Task(usize),
    Callback,
}

/// What runs now.
struct Running {
    runner: Runner,
    /// Its event, unless there was no room for that.
    event: Option<usize>,
}

/// Keeps what it is told, up to a limit.
pub(crate) struct Notes {
    limit: usize,
    began: Nanos,
    tracks: Vec<Track>,
    events: Vec<Event>,
    dropped: u64,
    /// The tracks of tasks that have not ended, by the tasks' addresses.
    by_address: HashMap<*const (), usize>,
    /// The waits of tasks that have not ended, by track.
    waits: HashMap<usize, usize>,
    turn: Option<usize>,
    turns: u64,
    running: Option<Running>,
    /// The events that have woken what runs in this turn, and in the next, by address.
    woken_now: HashMap<*const (), usize>,
    woken_next: HashMap<*const (), usize>,
}

impl Notes {
    pub(crate) fn new(limit: usize, now: Nanos) -> Self {
        Self {
            limit,
            began: now,
            tracks: Vec::new(),
            events: Vec::new(),
            dropped: 0,
            by_address: HashMap::new(),
            waits: HashMap::new(),
            turn: None,
            turns: 0,
            running: None,
            woken_now: HashMap::new(),
            woken_next: HashMap::new(),
        }
    }

    fn push(&mut self, begin: Nanos, what: What) -> Option<usize> {
        if self.events.len() >= self.limit {
            self.dropped += 1;
            return None;
        }
        let end = begin;
        self.events.push(Event { begin, end, what });
        Some(self.events.len() - 1)
    }

    fn end(&mut self, event: Option<usize>, now: Nanos) {
        if let Some(event) = event {
            self.events[event].end = now;
        }
    }

    pub(crate) fn begin_turn(&mut self, now: Nanos, entries: usize) {
        self.cut_short(now);
        self.turns += 1;
        let number = self.turns;
        self.turn = self.push(now, What::Turn { number, entries });
        self.woken_now = std::mem::take(&mut self.woken_next);
    }

    pub(crate) fn end_turn(&mut self, now: Nanos) {
        let turn = self.turn.take();
        self.end(turn, now);
    }

    pub(crate) fn idle(&mut self, began: Nanos, now: Nanos, ready: usize) {
        let event = self.push(began, What::Idle { ready });
        self.end(event, now);
    }

    /// Begins the step of a task; who it is, is asked for at its first.
    pub(crate) fn begin_step(
        &mut self,
        now: Nanos,
        address: *const (),
        number: u32,
        track: impl FnOnce() -> Track,
    ) {
        self.cut_short(now);
        let known = self.by_address.get(&address).copied();
        let known = known.filter(|&known| self.tracks[known].number == number);
        let woken_by = self.woken_now.remove(&address);
        if known.is_none() && self.events.len() >= self.limit {
            // Nor is there room for more tracks.
            self.dropped += 1;
            return;
        }
        let track = known.unwrap_or_else(|| {
            self.tracks.push(track());
            self.by_address.insert(address, self.tracks.len() - 1);
            self.tracks.len() - 1
        });
        let wait = self.waits.remove(&track);
        self.end(wait, now);
        let stop = Stop::Running;
        let what = What::Step {
            track,
            stop,
            woken_by,
        };
        let event = self.push(now, what);
        let runner = Runner::Task(track);
        self.running = Some(Running { runner, event });
    }

    pub(crate) fn begin_callback(&mut self, now: Nanos, address: *const (), name: String) {
        self.cut_short(now);
        let woken_by = self.woken_now.remove(&address);
        let event = self.push(now, What::Callback { name, woken_by });
        let runner = Runner::Callback;
        self.running = Some(Running { runner, event });
    }

    /// Ends what runs, which has made these ready. A task stops here, and waits for this.
    pub(crate) fn end_step(
        &mut self,
        now: Nanos,
        stop: Stop,
        wait: Option<(WaitKind, String)>,
        woken: Vec<*const ()>,
    ) {
        let Some(Running { runner, event }) = self.running.take() else {
            return;
        };
        self.finish(event, now, stop);
        if let Some(event) = event {
            let woken = woken.into_iter().map(|address| (address, event));
            self.woken_next.extend(woken);
        }
        if let (Runner::Task(track), Some((kind, text))) = (runner, wait) {
            let wait = self.push(now, What::Wait { track, kind, text });
            self.waits.extend(wait.map(|wait| (track, wait)));
        }
    }

    fn finish(&mut self, event: Option<usize>, now: Nanos, stopped: Stop) {
        let Some(event) = event else { return };
        self.events[event].end = now;
        if let What::Step { stop, .. } = &mut self.events[event].what {
            *stop = stopped;
        }
    }

    /// Ends what was left by a panic.
    fn cut_short(&mut self, now: Nanos) {
        if let Some(Running { event, .. }) = self.running.take() {
            self.finish(event, now, Stop::Panicked);
        }
    }

    /// Notes the name of a task as it is now.
    pub(crate) fn rename(&mut self, address: *const (), name: String) {
        if let Some(&track) = self.by_address.get(&address) {
            self.tracks[track].name = name;
        }
    }

    /// Forgets a task that has ended: its memory may become another's.
    pub(crate) fn forget(&mut self, address: *const ()) {
        self.by_address.remove(&address);
    }

    pub(crate) fn into_trace(mut self, now: Nanos, is_virtual: bool) -> Trace {
        self.end_step(now, Stop::Running, None, Vec::new());
        self.end_turn(now);
        let waits: Vec<usize> = self.waits.drain().map(|(_, wait)| wait).collect();
        for wait in waits {
            self.end(Some(wait), now);
        }
        Trace {
            tracks: self.tracks,
            events: self.events,
            dropped: self.dropped,
            began: self.began,
            ended: now,
            is_virtual,
        }
    }
}
