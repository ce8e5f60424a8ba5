//! A recording as what took some time: the form that the Chrome trace and the picture have.

use std::collections::HashMap;

use super::recording::{Action, Cause, Event, How, Index, Recording, TrackKind, Wait, What};
use super::{Trace, TraceClock};
use crate::kernel::{Nanos, WaitKind};
use yieldfrom_delegation::Link;

/// A task, a process or a generator.
pub(super) struct Row {
    pub(super) name: String,
    /// The name of its body, and where that was made.
    pub(super) origin: Link,
    pub(super) is_generator: bool,
}

/// Something that took some time.
pub(super) struct TraceEvent {
    pub(super) begin: Nanos,
    pub(super) end: Nanos,
    pub(super) activity: Activity,
}

pub(super) enum Activity {
    /// A turn of the loop. It is the turn of this number, and has this many entries.
    Turn { number: u64, entries: usize },
    /// The loop had nothing to do.
    Idle,
    /// A task ran.
    Step {
        track: usize,
        stop: StepEnd,
        woken_by: Option<usize>,
    },
    /// A callback ran.
    Callback {
        track: Index,
        woken_by: Option<usize>,
    },
    /// Somebody operated on a generator.
    Operation {
        track: usize,
        operation: Action,
        outcome: Option<How>,
        stop: StepEnd,
        /// The step, callback or operation that did it.
        made_by: Option<usize>,
    },
    /// A task waited.
    Wait { track: usize, wait: Wait },
}

/// How a step has ended, or an operation on a generator.
#[derive(Clone, Copy)]
pub(super) enum StepEnd {
    /// It has not: the task or generator is running.
    Running,
    /// The task or generator is suspended here.
    At { file: &'static str, line: u32 },
    /// The task or generator has ended, with this.
    Ended(How),
}

impl TraceEvent {
    /// Returns the row of its task or generator.
    pub(super) fn track(&self) -> Option<usize> {
        match self.activity {
            Activity::Step { track, .. }
            | Activity::Operation { track, .. }
            | Activity::Wait { track, .. } => Some(track),
            _ => None,
        }
    }

    /// Returns whether it is code of a task or a generator that ran.
    pub(super) fn is_run(&self) -> bool {
        matches!(
            self.activity,
            Activity::Step { .. } | Activity::Operation { .. }
        )
    }

    /// Returns the event that has made this one ready, or that has made this operation.
    pub(super) fn cause(&self) -> Option<usize> {
        match self.activity {
            Activity::Step { woken_by, .. } | Activity::Callback { woken_by, .. } => woken_by,
            Activity::Operation { made_by, .. } => made_by,
            _ => None,
        }
    }
}

pub(super) struct Timeline<'a> {
    recording: &'a Recording,
    pub(super) tracks: Vec<Row>,
    pub(super) events: Vec<TraceEvent>,
    pub(super) dropped: u64,
    pub(super) began: Nanos,
    pub(super) ended: Nanos,
    pub(super) clock: TraceClock,
    note: Option<String>,
}

impl<'a> Timeline<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        let recording = &trace.recording;
        let timeline = Self {
            recording,
            tracks: Vec::new(),
            events: Vec::new(),
            dropped: recording.dropped(),
            began: recording.began(),
            ended: trace.ended,
            clock: trace.clock,
            note: trace.note(),
        };
        let mut building = Building::new(timeline);
        recording.events().for_each(|event| building.add(event));
        building.finish()
    }

    /// Says what is missing, if anything is.
    pub(super) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns how many rows stand before those of tasks and generators: that of the loop.
    pub(super) fn first_track(&self) -> usize {
        usize::from(self.clock.is_of_a_loop())
    }

    /// Returns how many rows there are of tasks and processes, and of generators.
    pub(super) fn counts(&self) -> (usize, usize) {
        let generators = self.tracks.iter().filter(|row| row.is_generator).count();
        (self.tracks.len() - generators, generators)
    }

    /// Returns the name of a callback.
    pub(super) fn callback(&self, track: Index) -> String {
        self.recording.name_of(track)
    }

    /// Returns what is waited for.
    pub(super) fn wait(&self, wait: &Wait) -> (WaitKind, &'a str) {
        (wait.kind, self.recording.texts.get(wait.text))
    }
}

/// A timeline that is being made of events.
struct Building<'a> {
    timeline: Timeline<'a>,
    /// The rows of tracks that have one.
    rows: HashMap<Index, usize>,
    turn: Option<usize>,
    /// The step or callback that runs.
    running: Option<(Index, usize)>,
    operations: Vec<(Index, usize)>,
    /// The waits that last, by row.
    waits: HashMap<usize, usize>,
    /// What has made the entries in the ready queue ready.
    woken: HashMap<Index, std::collections::VecDeque<Option<usize>>>,
}

impl<'a> Building<'a> {
    fn new(timeline: Timeline<'a>) -> Self {
        Self {
            timeline,
            rows: HashMap::new(),
            turn: None,
            running: None,
            operations: Vec::new(),
            waits: HashMap::new(),
            woken: HashMap::new(),
        }
    }

    fn push(&mut self, begin: Nanos, activity: Activity) -> usize {
        let end = begin;
        let event = TraceEvent {
            begin,
            end,
            activity,
        };
        self.timeline.events.push(event);
        self.timeline.events.len() - 1
    }

    fn end(&mut self, event: Option<usize>, now: Nanos) {
        if let Some(event) = event {
            self.timeline.events[event].end = now;
        }
    }

    fn kind(&self, track: Index) -> Option<TrackKind> {
        let track = self.timeline.recording.tracks.get(track);
        track.map(|track| track.kind)
    }

    /// Returns the row of a track, which is made if there is none.
    fn row(&mut self, track: Index) -> usize {
        let next = self.timeline.tracks.len();
        let row = *self.rows.entry(track).or_insert(next);
        if row == next {
            let recording = self.timeline.recording;
            self.timeline.tracks.push(Row {
                name: recording.name_of(track),
                origin: recording.origin_of(track),
                is_generator: self.kind(track) == Some(TrackKind::Generator),
            });
        }
        row
    }

    fn add(&mut self, Event { time, what }: Event) {
        match what {
            What::Turn { number, ready } => {
                let entries = ready as usize;
                self.turn = Some(self.push(time, Activity::Turn { number, entries }));
            }
            What::EndTurn => {
                let turn = self.turn.take();
                self.end(turn, time);
            }
            What::Idle { until } => {
                let idle = self.push(time, Activity::Idle);
                self.end(Some(idle), until);
            }
            What::Ready { track, cause, .. } => self.ready(track, cause),
            What::Begin {
                track, operation, ..
            } => self.begin(time, track, operation),
            What::End {
                track,
                how,
                chain,
                detail,
            } => self.stop(time, track, how, (chain, detail)),
            _ => {}
        }
    }

    fn ready(&mut self, track: Index, cause: Cause) {
        let running = self.running.map(|(_, event)| event);
        let by = running.filter(|_| cause != Cause::Again);
        self.woken.entry(track).or_default().push_back(by);
    }

    fn begin(&mut self, time: Nanos, track: Index, operation: Action) {
        match self.kind(track) {
            Some(TrackKind::Generator) => self.begin_operation(time, track, operation),
            Some(TrackKind::Callback | TrackKind::Timer) => {
                let woken_by = self.waker(track);
                let event = self.push(time, Activity::Callback { track, woken_by });
                self.running = Some((track, event));
            }
            _ => {
                let woken_by = self.waker(track);
                let row = self.row(track);
                let wait = self.waits.remove(&row);
                self.end(wait, time);
                let (stop, running) = (StepEnd::Running, track);
                let track = row;
                let step = Activity::Step {
                    track,
                    stop,
                    woken_by,
                };
                self.running = Some((running, self.push(time, step)));
            }
        }
    }

    fn waker(&mut self, track: Index) -> Option<usize> {
        self.woken.get_mut(&track)?.pop_front()?
    }

    fn begin_operation(&mut self, time: Nanos, track: Index, operation: Action) {
        let (row, running) = (self.row(track), self.running.map(|(_, event)| event));
        let made_by = self.operations.last().map(|(_, event)| *event).or(running);
        let (outcome, stop) = (None, StepEnd::Running);
        let operation = Activity::Operation {
            track: row,
            operation,
            outcome,
            stop,
            made_by,
        };
        let event = self.push(time, operation);
        self.operations.push((track, event));
    }

    fn stop(&mut self, time: Nanos, track: Index, how: How, (chain, detail): (Index, Index)) {
        let at = self.timeline.recording.chains.get(chain).last();
        let stopped = match (how, at) {
            (How::Waits | How::Yielded, Some(frame)) => StepEnd::At {
                file: frame.at.file(),
                line: frame.at.line(),
            },
            (How::Yielded, None) => StepEnd::Running,
            _ => StepEnd::Ended(how),
        };
        if self.kind(track) == Some(TrackKind::Generator) {
            return self.end_operation(time, track, how, stopped);
        }
        let running = self.running.filter(|&(running, _)| running == track);
        if let Some((_, event)) = running {
            self.running = None;
            self.end(Some(event), time);
            if let Activity::Step { stop, .. } = &mut self.timeline.events[event].activity {
                *stop = stopped;
            }
        }
        let wait = self.timeline.recording.waits.all().get(detail as usize);
        if let (How::Waits, Some(&wait)) = (how, wait) {
            let track = self.row(track);
            let event = self.push(time, Activity::Wait { track, wait });
            self.waits.insert(track, event);
        }
    }

    fn end_operation(&mut self, time: Nanos, track: Index, how: How, stopped: StepEnd) {
        let mut operations = self.operations.iter();
        let Some(at) = operations.rposition(|&(running, _)| running == track) else {
            return;
        };
        let (_, event) = self.operations.remove(at);
        self.end(Some(event), time);
        let activity = &mut self.timeline.events[event].activity;
        if let Activity::Operation { outcome, stop, .. } = activity {
            (*outcome, *stop) = (Some(how), stopped);
        }
    }

    /// Ends what lasts when the recording does.
    fn finish(mut self) -> Timeline<'a> {
        let ended = self.timeline.ended;
        let running = self.running.map(|(_, event)| event);
        let operations = std::mem::take(&mut self.operations);
        let operations = operations.into_iter().map(|(_, event)| event);
        let waits = std::mem::take(&mut self.waits).into_values();
        let lasting = running.into_iter().chain(self.turn).chain(operations);
        for event in lasting.chain(waits).collect::<Vec<_>>() {
            self.end(Some(event), ended);
        }
        self.timeline
    }
}
