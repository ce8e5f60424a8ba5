//! The recording of a simulation.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::trace::{DEFAULT_LIMIT, StepEnd, Trace, TraceClock, TraceNotes, Track, TrackKind};
use crate::kernel::{Nanos, WaitKind, nanos};
use crate::simulation::{AnyEvent, AnyProcess, Env, Observer, Observing};

/// Begins to record what the processes of a simulation do: see [`trace`](crate::trace).
///
/// Each process has a track, with its steps and what it waits for in between. Times are those of the simulation, from its present
/// one on: one unit of time is shown as one second, and a step takes no time. At most `limit` events are kept; with `None`,
/// 100,000.
///
/// # Examples
///
/// ```
/// use yieldfrom::record_simulation;
/// use yieldfrom::simulation::{Co, Environment};
///
/// let env = Environment::new();
/// let recording = record_simulation(&env, None);
/// let handle = env.handle();
/// env.named_process("clock", move |co: &Co| co.yield_from(handle.timeout(5)));
/// env.run()?;
/// let trace = recording.stop();
/// assert_eq!((trace.task_names(), trace.len()), (vec!["clock"], 3)); // two steps, and the wait
/// # let path = std::env::temp_dir().join("yieldfrom-simulation.json");
/// trace.write(&path)?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn record_simulation(env: &Env, limit: impl Into<Option<usize>>) -> SimulationRecording {
    let limit = limit.into().unwrap_or(DEFAULT_LIMIT);
    let recorder = Rc::new(Recorder {
        notes: RefCell::new(Some(TraceNotes::new(limit, 0, TraceClock::Simulation))),
        begin: env.now(),
        last: Cell::new(0),
    });
    SimulationRecording {
        _observing: env.observe(recorder.clone()),
        recorder,
        env: env.clone(),
    }
}

struct Recorder {
    /// None once the recording was stopped.
    notes: RefCell<Option<TraceNotes>>,
    /// The time of the simulation at which the recording has begun.
    begin: f64,
    last: Cell<Nanos>,
}

impl Recorder {
    fn nanos(&self, now: f64) -> Nanos {
        let passed = Duration::try_from_secs_f64(now - self.begin);
        // A time that no viewer can show counts as the last one before it.
        let now = passed.map_or(self.last.get(), nanos);
        self.last.set(now);
        now
    }

    fn note(&self, what: impl FnOnce(&mut TraceNotes)) {
        if let Some(notes) = &mut *self.notes.borrow_mut() {
            what(notes);
        }
    }

    fn end_step(&self, now: f64, end: StepEnd, wait: Option<(WaitKind, String)>) {
        let now = self.nanos(now);
        self.note(|notes| notes.end_entry(now, end, wait, Vec::new()));
    }
}

impl Observer for Recorder {
    fn resumed(&self, now: f64, process: &AnyProcess) {
        let (now, number) = (self.nanos(now), process.number() as u32);
        let track = || Track {
            kind: TrackKind::Task,
            number,
            name: process.name(),
            origin: process.origin(),
        };
        self.note(|notes| notes.begin_step(now, process.address(), number, track));
    }

    fn suspended(&self, now: f64, process: &AnyProcess, target: &AnyEvent) {
        let chain = process.delegation_chain();
        let end = chain.last().map_or(StepEnd::Running, |at| StepEnd::At {
            file: at.file(),
            line: at.line(),
        });
        let kind = match target.is_timeout() {
            true => WaitKind::Sleep,
            false => WaitKind::Future,
        };
        self.end_step(now, end, Some((kind, format!("{target:?}"))));
    }

    fn ended(&self, now: f64, process: &AnyProcess) {
        self.end_step(now, StepEnd::Ended, None);
        self.note(|notes| notes.forget(process.address()));
    }
}

/// A recording of a simulation, until this is stopped or dropped.
///
/// It is what [`record_simulation`] returns.
#[must_use = "the recording ends when this is dropped"]
pub struct SimulationRecording {
    recorder: Rc<Recorder>,
    env: Env,
    _observing: Observing,
}

impl SimulationRecording {
    /// Ends the recording, and returns it.
    pub fn stop(self) -> Trace {
        let notes = self
            .recorder
            .notes
            .take()
            .expect("only this takes the notes");
        notes.into_trace(self.recorder.nanos(self.env.now()))
    }
}

impl fmt::Debug for SimulationRecording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulationRecording")
            .finish_non_exhaustive()
    }
}
