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
//! # let page = folder.join("yieldfrom-doc.html");
//! trace.write(&json)?; // for https://ui.perfetto.dev or chrome://tracing
//! trace.write(&svg)?; // a picture, for any browser
//! trace.write(&page)?; // a page that plays the run step by step
//! # std::fs::remove_file(json)?;
//! # std::fs::remove_file(page)?;
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
//! # Programs that know nothing of it
//!
//! The environment variable `YIELDFROM_TRACE` has the loops of a program recorded that was built with the feature
//! `trace`, unless the program records them itself:
//!
//! ```console
//! $ YIELDFROM_TRACE=run.html ./program
//! ```
//!
//! The end of the name says what is written: `.html`, `.svg` or `.json`. The first loop that runs has this file.
//! Those after it, up to a hundred, have `run-2.html` and so on. A loop is recorded from its start, with the
//! default limits, and written when it is closed or dropped, also if a panic does that. A program that exits in
//! the middle of a run writes nothing. What goes wrong is logged, and the program goes on.
//!
//! Child processes inherit the variable. One that was built with the feature as well writes the same files: remove the
//! variable for it, by [`Command::env_remove`](std::process::Command::env_remove).
//!
//! # Limits
//!
//! Memory is bounded: a recording takes at most 16 MiB by default, which is enough for some 600,000 events. Later
//! events are only counted, or the oldest make room: see [`TraceOptions`]. The files say how many are missing. A
//! picture shows at most 60 tracks. While nothing is recorded, each turn looks at one flag.

mod chrome;
mod file;
mod html;
mod options;
mod player;
mod recording;
mod svg;
mod timeline;
mod values;

use std::collections::HashSet;
use std::fmt;

use yieldfrom_delegation::Link;

pub(super) use file::Format;
pub use file::TraceFile;
pub use options::{Keep, TraceOptions};
pub(super) use recording::{Action, Cause, How, Index, NONE, Recording, Running, TrackKind};
pub(super) use values::Values;

use crate::kernel::Nanos;
use recording::{Frame, What};

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

/// Shows a name as files have it.
fn lowercase(name: impl fmt::Debug) -> String {
    format!("{name:?}").to_lowercase()
}

/// A recording of a loop, or of generators: see [`trace`](crate::trace).
///
/// It is what [`EventLoop::stop_trace`](crate::EventLoop::stop_trace) and
/// [`GeneratorRecording::stop`](crate::GeneratorRecording::stop) return, and that of `record_simulation`.
pub struct Trace {
    recording: Recording,
    ended: Nanos,
    clock: TraceClock,
}

impl TraceClock {
    /// Returns whether a loop was recorded, which has a track of its own.
    fn is_of_a_loop(self) -> bool {
        matches!(self, Self::Loop | Self::VirtualLoop)
    }
}

impl Recording {
    /// Returns the name of a track.
    fn name_of(&self, index: Index) -> String {
        let Some(track) = self.tracks.get(index) else {
            return String::new();
        };
        match track.kind {
            TrackKind::Generator => format!("Generator-{}", track.number),
            TrackKind::Timer => format!("timer of {}", self.name_of(track.number)),
            _ => self.texts.get(track.name).to_owned(),
        }
    }

    /// Returns the name of a track's body, and where that was made.
    fn origin_of(&self, index: Index) -> Link {
        let track = self.tracks.get(index);
        let origin = track.and_then(|track| track.origin);
        let link = origin.map(|frame| frame.link(&self.texts));
        link.unwrap_or_else(|| Link::new("", std::panic::Location::caller()))
    }
}

impl Trace {
    pub(super) fn new(recording: Recording, clock: TraceClock) -> Self {
        let ended = recording.last();
        Self {
            recording,
            ended,
            clock,
        }
    }

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
        self.recording.len()
    }

    /// Returns whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.recording.len() == 0
    }

    /// Returns how many events were not kept, because the limit was reached.
    pub fn dropped(&self) -> u64 {
        self.recording.dropped()
    }

    /// Returns the names of the tasks that ran, in the order of their first steps.
    pub fn task_names(&self) -> Vec<&str> {
        let tasks = self.tracks_that_ran([TrackKind::Task, TrackKind::Process]);
        let names = tasks
            .into_iter()
            .map(|track| self.recording.tracks.get(track));
        let names = names.flatten().map(|track| track.name);
        names.map(|name| self.recording.texts.get(name)).collect()
    }

    /// Returns the names of the generators that were driven by hand, in the order of their first
    /// operations.
    ///
    /// It is the name of the body. Several generators may have the same.
    pub fn generator_names(&self) -> Vec<&str> {
        let generators = self.tracks_that_ran([TrackKind::Generator; 2]);
        let tracks = generators.into_iter();
        let tracks = tracks.filter_map(|track| self.recording.tracks.get(track));
        let origins = tracks.filter_map(|track| track.origin.as_ref());
        origins.map(|frame| self.name_in(frame)).collect()
    }

    fn name_in(&self, frame: &Frame) -> &str {
        frame.given_name(&self.recording.texts)
    }

    /// Returns the tracks of these kinds that ran, in the order in which they did first.
    fn tracks_that_ran(&self, kinds: [TrackKind; 2]) -> Vec<Index> {
        let mut seen = HashSet::new();
        let begun = self
            .recording
            .events()
            .filter_map(|event| match event.what {
                What::Begin { track, .. } => Some(track),
                _ => None,
            });
        let begun = begun.filter(|&track| {
            let track = self.recording.tracks.get(track);
            track.is_some_and(|track| kinds.contains(&track.kind))
        });
        begun.filter(|&track| seen.insert(track)).collect()
    }

    /// Says what is missing, if anything is.
    fn note(&self) -> Option<String> {
        let (kept, dropped) = (self.len(), self.dropped());
        let note = match self.recording.keep() {
            Keep::Oldest => format!("the first {kept} events; {dropped} later ones were dropped"),
            Keep::Newest => format!("the last {kept} events; {dropped} earlier ones were dropped"),
        };
        (dropped > 0).then_some(note)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("tracks", &self.recording.tracks.all().len())
            .field("events", &self.len())
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}
