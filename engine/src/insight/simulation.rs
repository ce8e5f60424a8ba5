//! The recording of a simulation.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::trace::{How, Index, NONE, Recording, Trace, TraceClock, TraceOptions, TrackKind};
use crate::kernel::{Nanos, WaitKind, nanos};
use crate::simulation::{AnyEvent, AnyProcess, Env, Observer, Observing};

/// Begins to record what the processes of a simulation do: see [`trace`](crate::trace).
///
/// Each process has a track, with its steps and what it waits for in between. Times are those of the simulation, from its present
/// one on: one unit of time is shown as one second, and a step takes no time. The options say how much is kept.
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
/// assert_eq!((trace.task_names(), trace.len()), (vec!["clock"], 5)); // it is made, and runs twice
/// # let path = std::env::temp_dir().join("yieldfrom-simulation.json");
/// trace.write(&path)?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn record_simulation(env: &Env, options: impl Into<TraceOptions>) -> SimulationRecording {
    let recorder = Rc::new(Recorder {
        notes: RefCell::new(Some(Recording::new(&options.into(), 0))),
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
    notes: RefCell<Option<Recording>>,
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

    /// Has the recording note something at this time, unless it was taken, or is full.
    fn note<T: Default>(&self, now: f64, what: impl FnOnce(&mut Recording) -> T) -> T {
        let now = self.nanos(now);
        match &mut *self.notes.borrow_mut() {
            Some(notes) if notes.is_full() => {
                notes.drop_more(1);
                T::default()
            }
            Some(notes) => {
                notes.advance(now);
                what(notes)
            }
            None => T::default(),
        }
    }

    fn add(notes: &mut Recording, process: &AnyProcess) -> Index {
        let (address, number) = (process.address().addr(), process.number() as u32);
        let about = || (process.name(), process.origin());
        notes.task(TrackKind::Process, address, number, about)
    }
}

impl Observer for Recorder {
    fn started(&self, now: f64, process: &AnyProcess) {
        self.note(now, |notes| Self::add(notes, process));
    }

    fn resumed(&self, now: f64, process: &AnyProcess) {
        self.note(now, |notes| {
            Self::add(notes, process);
            notes.begin_process(process.address().addr());
        });
    }

    fn suspended(&self, now: f64, process: &AnyProcess, target: &AnyEvent) {
        let mut links = Vec::new();
        process.append_links(&mut links);
        let awaited = target.process_address();
        let kind = match awaited {
            Some(_) => WaitKind::Task,
            None if target.is_timeout() => WaitKind::Sleep,
            None => WaitKind::Future,
        };
        // It may show a value of the program.
        let text = format!("{target:?}");
        self.note(now, |notes| {
            let awaited = awaited.and_then(|it| notes.tracks.at(it.addr()));
            let wait = notes.wait(kind, &text, awaited.unwrap_or(NONE));
            notes.end_entry(How::Waits, &links, wait);
        });
    }

    fn ended(&self, now: f64, process: &AnyProcess) {
        let error = process.to_any().error();
        let error = error.map(|error| error.to_string());
        self.note(now, |notes| {
            let how = if error.is_some() {
                How::Error
            } else {
                How::Result
            };
            let text = error.map_or(NONE, |error| notes.texts.add(&error));
            notes.end_entry(how, &[], text);
        });
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
        let notes = self.recorder.notes.take();
        let mut notes = notes.expect("only this takes the notes");
        notes.advance(self.recorder.nanos(self.env.now()));
        Trace::new(notes, TraceClock::Simulation)
    }
}

impl fmt::Debug for SimulationRecording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulationRecording")
            .finish_non_exhaustive()
    }
}
