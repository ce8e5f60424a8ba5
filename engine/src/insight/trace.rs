//! A timeline: what a loop or generators did, and when, as a file for a viewer or as a picture.
//!
//! The recording has the turns and waits of the loop. Of each task it has the steps, the line where
//! each step was suspended, what the task waited for in between, and which step woke it.
//!
//! ```
//! use std::time::Duration;
//! use yieldfrom::{Co, EventLoop, create_task, sleep};
//!
//! let event_loop = EventLoop::builder().virtual_clock().trace(None).build()?;
//! event_loop.run_until_complete(|co: &Co| {
//!     let napping = create_task(|co: &Co| co.yield_from(sleep(Duration::from_secs(2))));
//!     napping.set_name("napping");
//!     co.yield_from(napping)
//! })?;
//! let trace = event_loop.stop_trace()?;
//! assert_eq!(trace.task_names(), ["Task-1", "napping"]);
//! # let folder = std::env::temp_dir();
//! # let (json, svg) = (folder.join("yieldfrom-doc.json"), folder.join("yieldfrom-doc.svg"));
//! trace.write(&json)?; // for https://ui.perfetto.dev or chrome://tracing
//! trace.write(&svg)?; // a picture, for any browser
//! # std::fs::remove_file(json)?;
//! # std::fs::remove_file(svg)?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! In a viewer the loop has a track, and each task has one: dark steps, and the waits between them.
//! Times are those of the loop. On a virtual clock, a step takes no time.
//!
//! Generators that callbacks and tasks drive by hand, by `next` or `send`, have tracks as well: each
//! operation is an event there. It lies inside the step, or inside the operation, that makes it, and an
//! arrow leads there. Without a loop, [`record_generators`](crate::record_generators) records them.
//!
//! The processes of a [`simulation`](crate::guide::simulation) are recorded by `record_simulation`, with the feature `simulation`.
//!
//! # Limits
//!
//! Memory is bounded: at most 100,000 events are kept by default. Later events are only counted, and
//! the files say how many there were. A picture shows at most 60 tracks. Recording costs some tenths of a
//! microsecond for each step or operation. While nothing is recorded, each turn looks at one flag.

mod chrome;
mod file;
mod notes;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "no recording is written as a page yet")
)]
mod player;
mod svg;

use std::fmt;

use yieldfrom_delegation::Link;
use yieldfrom_delegation::recorder::{Operation, Outcome};

pub use file::TraceFile;
pub(super) use notes::TraceNotes;

use crate::kernel::{Nanos, WaitKind};

/// At most this many events are kept unless another limit is set.
pub(super) const DEFAULT_LIMIT: usize = 100_000;

/// A task that ran, or a generator.
pub(super) struct Track {
    pub(super) kind: TrackKind,
    pub(super) number: u32,
    pub(super) name: String,
    /// The name of its body, and where that was made.
    pub(super) origin: Link,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TrackKind {
    Task,
    Generator,
}

/// The clock that the times are of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TraceClock {
    Loop,
    VirtualLoop,
    /// The thread's, which starts with the recording.
    Thread,
    /// That of a simulation, from the beginning of the recording. One unit of time is a second.
    #[cfg_attr(
        not(feature = "simulation"),
        expect(dead_code, reason = "only simulations have it")
    )]
    Simulation,
}

/// Something that took some time.
struct TraceEvent {
    begin: Nanos,
    end: Nanos,
    activity: Activity,
}

enum Activity {
    /// A turn of the loop. It is the turn of this number, and has this many entries.
    Turn { number: u64, entries: usize },
    /// The loop had nothing to do.
    Idle { ready: usize },
    /// A task ran.
    Step {
        track: usize,
        stop: StepEnd,
        woken_by: Option<usize>,
    },
    /// A callback ran.
    Callback {
        name: String,
        woken_by: Option<usize>,
    },
    /// Somebody operated on a generator.
    Operation {
        track: usize,
        operation: Operation,
        outcome: Option<Outcome>,
        stop: StepEnd,
        /// The step, callback or operation that did it.
        made_by: Option<usize>,
    },
    /// A task waited.
    Wait {
        track: usize,
        kind: WaitKind,
        text: String,
    },
}

/// How a step has ended, or an operation on a generator.
pub(super) enum StepEnd {
    /// It has not: the task or generator is running.
    Running,
    /// The task or generator is suspended here.
    At { file: &'static str, line: u32 },
    /// The task or generator has ended.
    Ended,
    /// It was cut short.
    Panicked,
}

/// Shows a name as files have it.
fn lowercase(name: impl fmt::Debug) -> String {
    format!("{name:?}").to_lowercase()
}

impl TraceEvent {
    /// Returns the track of its task or generator.
    fn track(&self) -> Option<usize> {
        match self.activity {
            Activity::Step { track, .. }
            | Activity::Operation { track, .. }
            | Activity::Wait { track, .. } => Some(track),
            _ => None,
        }
    }

    /// Returns whether it is code of a task or a generator that ran.
    fn is_run(&self) -> bool {
        matches!(
            self.activity,
            Activity::Step { .. } | Activity::Operation { .. }
        )
    }

    /// Returns the event that has made this one ready, or that has made this operation.
    fn cause(&self) -> Option<usize> {
        match self.activity {
            Activity::Step { woken_by, .. } | Activity::Callback { woken_by, .. } => woken_by,
            Activity::Operation { made_by, .. } => made_by,
            _ => None,
        }
    }
}

/// A recording of a loop, or of generators: see [`trace`](crate::trace).
///
/// It is what [`EventLoop::stop_trace`](crate::EventLoop::stop_trace) and
/// [`GeneratorRecording::stop`](crate::GeneratorRecording::stop) return, and that of `record_simulation`.
pub struct Trace {
    tracks: Vec<Track>,
    events: Vec<TraceEvent>,
    dropped: u64,
    began: Nanos,
    ended: Nanos,
    clock: TraceClock,
}

impl Trace {
    /// Returns how many events there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop, yield_now};
    ///
    /// let event_loop = EventLoop::new()?;
    /// event_loop.start_trace(4)?;
    /// event_loop.run_until_complete(|co: &Co| (0..10).try_for_each(|_| co.yield_from(yield_now())))?;
    /// let trace = event_loop.stop_trace()?;
    /// assert_eq!(trace.len(), 4);
    /// assert!(trace.dropped() > 4 && !trace.is_empty());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Returns whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Returns how many events were not kept, because the limit was reached.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Returns the names of the tasks that ran, in the order of their first steps.
    pub fn task_names(&self) -> Vec<&str> {
        let tasks = self.tracks_of(TrackKind::Task);
        tasks.map(|track| &*track.name).collect()
    }

    /// Returns the names of the generators that were driven by hand, in the order of their first
    /// operations.
    ///
    /// It is the name of the body. Several generators may have the same.
    pub fn generator_names(&self) -> Vec<&str> {
        let generators = self.tracks_of(TrackKind::Generator);
        generators.map(|track| track.origin.name()).collect()
    }

    fn tracks_of(&self, kind: TrackKind) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(move |track| track.kind == kind)
    }

    /// Returns how many tracks stand before those of tasks and generators: that of the loop.
    fn first_track(&self) -> usize {
        usize::from(matches!(
            self.clock,
            TraceClock::Loop | TraceClock::VirtualLoop
        ))
    }

    /// Says what is missing, if anything is.
    fn note(&self) -> Option<String> {
        let (kept, dropped) = (self.events.len(), self.dropped);
        (dropped > 0).then(|| format!("the first {kept} events; {dropped} later ones were dropped"))
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("tracks", &self.tracks.len())
            .field("events", &self.events.len())
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}
