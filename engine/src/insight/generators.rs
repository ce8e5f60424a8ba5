//! The recording of the generators of a thread, without a loop.

use std::fmt;
use std::ptr;
use std::rc::Rc;
use std::time::Instant;

use super::recorder::TraceRecorder;
use super::trace::{Trace, TraceClock, TraceOptions};
use crate::errors::RuntimeError;
use crate::kernel::nanos;
use yieldfrom_delegation::Result;
use yieldfrom_delegation::recorder::{self, Recorder};

/// Begins to record the generators of this thread that the program drives by hand: see
/// [`trace`](crate::trace).
///
/// Each `next`, `send`, `throw` and `close` becomes an event, with the line where the generator is
/// suspended afterwards. The options say how much is kept. Generators that were started before are not
/// recorded ([`recorder`](yieldfrom_delegation::recorder) says more). While a
/// loop that is traced makes a turn, generators are in the loop's trace instead.
///
/// # Errors
///
/// [`RuntimeError`]: the thread is recorded already.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Generator, Result, record_generators};
///
/// fn averager(co: &Co<f64, f64>) -> Result<()> {
///     let (mut total, mut count, mut average) = (0.0, 0.0, 0.0);
///     loop {
///         total += co.yield_(average)?;
///         count += 1.0;
///         average = total / count;
///     }
/// }
///
/// let recording = record_generators(None)?;
/// let average = Generator::new(averager).primed()?;
/// average.send(10.0)?;
/// average.send(30.0)?;
/// let trace = recording.stop();
/// assert_eq!((trace.generator_names(), trace.len()), (vec!["averager"], 7));
/// # let path = std::env::temp_dir().join("yieldfrom-averager.svg");
/// trace.write(&path)?;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn record_generators(options: impl Into<TraceOptions>) -> Result<GeneratorRecording> {
    let began = Instant::now();
    let ours = TraceRecorder::new(&options.into(), 0, move || nanos(began.elapsed()));
    if let Some(before) = recorder::replace(Some(ours.clone())) {
        recorder::replace(Some(before));
        let why = "record_generators: the thread is recorded already; stop that recording first";
        return Err(RuntimeError::new(why).into());
    }
    Ok(GeneratorRecording(ours))
}

/// A recording of the generators of this thread, until this is stopped or dropped.
///
/// It is what [`record_generators`] returns.
#[must_use = "the recording ends when this is dropped"]
pub struct GeneratorRecording(Rc<TraceRecorder>);

impl GeneratorRecording {
    /// Ends the recording, and returns it.
    pub fn stop(self) -> Trace {
        let mut notes = self.0.notes.take().expect("only this takes the notes");
        notes.advance(self.0.now());
        Trace::new(notes, TraceClock::Thread)
    }
}

impl Drop for GeneratorRecording {
    fn drop(&mut self) {
        self.0.notes.take();
        let installed = recorder::replace(None);
        let ours: *const dyn Recorder = &*self.0;
        if installed
            .as_ref()
            .is_some_and(|it| !ptr::addr_eq(Rc::as_ptr(it), ours))
        {
            recorder::replace(installed);
        }
    }
}

impl fmt::Debug for GeneratorRecording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratorRecording").finish_non_exhaustive()
    }
}
