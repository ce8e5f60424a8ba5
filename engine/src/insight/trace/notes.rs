//! The notes that become a trace, while a loop or generators run.

use std::collections::{HashMap, VecDeque};
use std::mem;

use super::{Activity, StepEnd, Trace, TraceClock, TraceEvent, Track, TrackKind};
use crate::kernel::{Nanos, WaitKind};
use yieldfrom_delegation::Link;
use yieldfrom_delegation::recorder::{Operation, Outcome};

/// The step or callback that runs now.
struct RunningEntry {
    /// The track of its task, if it is a step.
    track: Option<usize>,
    /// Its event, if there was room for one.
    event: Option<usize>,
}

/// Notes what happens, up to a limit.
pub(crate) struct TraceNotes {
    limit: usize,
    trace: Trace,
    /// The tracks of tasks that have not ended, by the tasks' addresses.
    by_address: HashMap<*const (), usize>,
    /// The waits of tasks that have not ended, by track.
    waits: HashMap<usize, usize>,
    turn: Option<usize>,
    turns: u64,
    running: Option<RunningEntry>,
    /// The tracks of generators that have not ended, by their addresses.
    generators: HashMap<*const (), usize>,
    generator_count: u32,
    /// The operations that run, by the addresses of their generators, with their events.
    operations: Vec<(*const (), Option<usize>)>,
    woken_now: WokenEntries,
    woken_next: WokenEntries,
}

/// The events that have woken the entries of a turn, by the address of the entry. An entry may stand in the
/// ready queue several times.
#[derive(Default)]
struct WokenEntries(HashMap<*const (), VecDeque<usize>>);

impl WokenEntries {
    fn add(&mut self, address: *const (), event: usize) {
        self.0.entry(address).or_default().push_back(event);
    }

    /// Returns the event that has woken the entry that runs now.
    fn next(&mut self, address: *const ()) -> Option<usize> {
        self.0.get_mut(&address)?.pop_front()
    }
}

impl TraceNotes {
    pub(crate) fn new(limit: usize, began: Nanos, clock: TraceClock) -> Self {
        let trace = Trace {
            tracks: Vec::new(),
            events: Vec::new(),
            dropped: 0,
            began,
            ended: began,
            clock,
        };
        Self {
            limit,
            trace,
            by_address: HashMap::new(),
            waits: HashMap::new(),
            turn: None,
            turns: 0,
            running: None,
            generators: HashMap::new(),
            generator_count: 0,
            operations: Vec::new(),
            woken_now: WokenEntries::default(),
            woken_next: WokenEntries::default(),
        }
    }

    fn is_full(&self) -> bool {
        self.trace.events.len() >= self.limit
    }

    fn push(&mut self, begin: Nanos, activity: Activity) -> Option<usize> {
        if self.is_full() {
            self.trace.dropped += 1;
            return None;
        }
        let end = begin;
        self.trace.events.push(TraceEvent {
            begin,
            end,
            activity,
        });
        Some(self.trace.events.len() - 1)
    }

    fn end(&mut self, event: Option<usize>, now: Nanos) {
        if let Some(event) = event {
            self.trace.events[event].end = now;
        }
    }

    pub(crate) fn begin_turn(&mut self, now: Nanos, entries: usize) {
        self.end_running(now, StepEnd::Panicked);
        self.turns += 1;
        let number = self.turns;
        self.turn = self.push(now, Activity::Turn { number, entries });
        self.woken_now = mem::take(&mut self.woken_next);
    }

    pub(crate) fn end_turn(&mut self, now: Nanos) {
        let turn = self.turn.take();
        self.end(turn, now);
    }

    pub(crate) fn idle(&mut self, began: Nanos, now: Nanos, ready: usize) {
        let event = self.push(began, Activity::Idle { ready });
        self.end(event, now);
    }

    /// Begins the step of a task; `track` describes the task, if this is its first step.
    pub(crate) fn begin_step(
        &mut self,
        now: Nanos,
        address: *const (),
        number: u32,
        track: impl FnOnce() -> Track,
    ) {
        self.end_running(now, StepEnd::Panicked);
        let woken_by = self.woken_now.next(address);
        let known = self.by_address.get(&address).copied();
        let known = known.filter(|&known| self.trace.tracks[known].number == number);
        if known.is_none() && self.is_full() {
            // There is no room for more tracks either.
            self.trace.dropped += 1;
            return;
        }
        let track = known.unwrap_or_else(|| {
            self.trace.tracks.push(track());
            self.by_address.insert(address, self.trace.tracks.len() - 1);
            self.trace.tracks.len() - 1
        });
        let wait = self.waits.remove(&track);
        self.end(wait, now);
        let stop = StepEnd::Running;
        let event = self.push(
            now,
            Activity::Step {
                track,
                stop,
                woken_by,
            },
        );
        let track = Some(track);
        self.running = Some(RunningEntry { track, event });
    }

    pub(crate) fn begin_callback(&mut self, now: Nanos, address: *const (), name: String) {
        self.end_running(now, StepEnd::Panicked);
        let woken_by = self.woken_now.next(address);
        let event = self.push(now, Activity::Callback { name, woken_by });
        let track = None;
        self.running = Some(RunningEntry { track, event });
    }

    /// Ends the step or callback that runs, which has made the entries at these addresses ready. A
    /// task stops here, and waits for this.
    pub(crate) fn end_entry(
        &mut self,
        now: Nanos,
        stop: StepEnd,
        wait: Option<(WaitKind, String)>,
        woken: Vec<*const ()>,
    ) {
        let Some(RunningEntry { track, event }) = self.end_running(now, stop) else {
            return;
        };
        if let Some(event) = event {
            for address in woken {
                self.woken_next.add(address, event);
            }
        }
        if let (Some(track), Some((kind, text))) = (track, wait) {
            let wait = self.push(now, Activity::Wait { track, kind, text });
            self.waits.extend(wait.map(|wait| (track, wait)));
        }
    }

    /// Ends the step or callback that runs. At the beginning of another one, a panic has cut it short.
    fn end_running(&mut self, now: Nanos, end: StepEnd) -> Option<RunningEntry> {
        let running = self.running.take()?;
        self.end(running.event, now);
        let event = running.event.map(|event| &mut self.trace.events[event]);
        if let Some(Activity::Step { stop, .. }) = event.map(|event| &mut event.activity) {
            *stop = end;
        }
        Some(running)
    }

    /// Begins an operation on a generator; `origin` describes the generator.
    pub(crate) fn begin_operation(
        &mut self,
        now: Nanos,
        address: *const (),
        operation: Operation,
        origin: impl FnOnce() -> Link,
    ) {
        let known = self.generators.get(&address).copied();
        if known.is_none() && self.is_full() {
            self.trace.dropped += 1;
            return;
        }
        let track = known.unwrap_or_else(|| self.add_generator(address, origin()));
        let made_by = match self.operations.last() {
            Some((_, event)) => *event,
            None => self.running.as_ref().and_then(|running| running.event),
        };
        let event = self.push(
            now,
            Activity::Operation {
                track,
                operation,
                outcome: None,
                stop: StepEnd::Running,
                made_by,
            },
        );
        self.operations.push((address, event));
    }

    fn add_generator(&mut self, address: *const (), origin: Link) -> usize {
        self.generator_count += 1;
        self.trace.tracks.push(Track {
            kind: TrackKind::Generator,
            number: self.generator_count,
            name: format!("Generator-{}", self.generator_count),
            origin,
        });
        let track = self.trace.tracks.len() - 1;
        self.generators.insert(address, track);
        track
    }

    /// Ends the last operation on a generator, which stops here.
    ///
    /// Without an operation under way, its begin was not noted.
    pub(crate) fn end_operation(
        &mut self,
        now: Nanos,
        address: *const (),
        came_out: Outcome,
        end: StepEnd,
    ) {
        let mut running = self.operations.iter();
        let Some(at) = running.rposition(|&(running, _)| running == address) else {
            return;
        };
        // Another generator may get its memory.
        if matches!(end, StepEnd::Ended | StepEnd::Panicked) {
            self.generators.remove(&address);
        }
        let (_, event) = self.operations.remove(at);
        self.end(event, now);
        let event = event.map(|event| &mut self.trace.events[event].activity);
        if let Some(Activity::Operation { outcome, stop, .. }) = event {
            (*outcome, *stop) = (Some(came_out), end);
        }
    }

    /// Notes the name of a task as it is now.
    pub(crate) fn rename(&mut self, address: *const (), name: String) {
        if let Some(&track) = self.by_address.get(&address) {
            self.trace.tracks[track].name = name;
        }
    }

    /// Forgets a task that has ended: another one may get its memory.
    pub(crate) fn forget(&mut self, address: *const ()) {
        self.by_address.remove(&address);
    }

    pub(crate) fn into_trace(mut self, now: Nanos) -> Trace {
        self.end_running(now, StepEnd::Running);
        self.end_turn(now);
        for (_, operation) in mem::take(&mut self.operations) {
            self.end(operation, now);
        }
        for wait in mem::take(&mut self.waits).into_values() {
            self.end(Some(wait), now);
        }
        self.trace.ended = now;
        self.trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_was_woken_twice_has_two_causes_in_order() {
        let (mut woken, [one, other]) = (WokenEntries::default(), [1u8, 2]);
        let [one, other] = [&raw const one, &raw const other].map(<*const u8>::cast);
        woken.add(one, 5);
        woken.add(other, 6);
        woken.add(one, 7);
        let next = [one, one, other, one].map(|entry| woken.next(entry));
        assert_eq!(next, [Some(5), Some(7), Some(6), None]);
    }
}
