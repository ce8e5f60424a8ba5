//! A timeline: what the loop did, and when, as a file for a viewer or as a picture.
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
//! # Limits
//!
//! Memory is bounded: at most 100,000 events are kept by default. Later events are only counted, and
//! the files say how many there were. A picture shows at most 60 tasks. Recording costs some tenths of a
//! microsecond for each step. While nothing is recorded, each turn looks at one flag.

mod chrome;
mod file;
mod notes;
mod svg;

use std::fmt;

use yieldfrom_delegation::Link;

pub use file::TraceFile;
pub(super) use notes::TraceNotes;

use crate::kernel::{Nanos, WaitKind};

/// At most this many events are kept unless another limit is set.
pub(super) const DEFAULT_LIMIT: usize = 100_000;

/// A task that ran.
pub(super) struct Track {
    pub(super) number: u32,
    pub(super) name: String,
    /// The name of its coroutine, and where that was made.
    pub(super) origin: Link,
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
    /// A task waited.
    Wait {
        track: usize,
        kind: WaitKind,
        text: String,
    },
}

/// How a step has ended.
pub(super) enum StepEnd {
    /// It has not: the task is running.
    Running,
    /// The task is suspended here.
    At { file: &'static str, line: u32 },
    /// The task has ended.
    Ended,
    /// It was cut short.
    Panicked,
}

impl TraceEvent {
    /// Returns the event that has made this one ready.
    fn woken_by(&self) -> Option<usize> {
        match self.activity {
            Activity::Step { woken_by, .. } | Activity::Callback { woken_by, .. } => woken_by,
            _ => None,
        }
    }
}

/// A recording of a loop: see [`trace`](crate::trace).
///
/// It is what [`EventLoop::stop_trace`](crate::EventLoop::stop_trace) returns.
pub struct Trace {
    tracks: Vec<Track>,
    events: Vec<TraceEvent>,
    dropped: u64,
    began: Nanos,
    ended: Nanos,
    is_virtual: bool,
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
        self.tracks.iter().map(|track| &*track.name).collect()
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
            .field("tasks", &self.tracks.len())
            .field("events", &self.events.len())
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}
