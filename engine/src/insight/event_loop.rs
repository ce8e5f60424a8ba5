//! The methods of an event loop for insight: reports, and recordings.

use super::debug::{Report, report_of};
use crate::kernel::EventLoop;
#[cfg(feature = "trace")]
use {
    super::environment::ByEnvironment,
    super::recorder::TraceRecorder,
    super::trace::{Trace, TraceOptions},
    crate::errors::RuntimeError,
    crate::kernel::Core,
    std::rc::Rc,
    yieldfrom_delegation::Result,
};

impl EventLoop {
    /// Returns what each task waits for, and which tasks wait for each other.
    ///
    /// You can ask for it at any time: in a callback, in a task, or between two runs. It is what
    /// 3.14's `python -m asyncio pstree` shows from outside. [`debug`](crate::debug) has an example.
    pub fn report(&self) -> Report {
        report_of(self.core())
    }
}

#[cfg(feature = "trace")]
impl EventLoop {
    /// Begins to record what the loop does: see [`trace`](crate::trace).
    ///
    /// The options say how much is kept; a number is a limit on events, and `None` stands for the defaults. You can
    /// call it at any time, also in a callback or a task. The recording begins with the next turn.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is recorded already.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::new()?;
    /// event_loop.start_trace(None)?;
    /// assert!(event_loop.start_trace(None).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn start_trace(&self, options: impl Into<TraceOptions>) -> Result<()> {
        let core = self.core();
        match TraceRecorder::of(core) {
            Some(recorder) if recorder.is_by_environment() => recorder.write_by_environment(core),
            _ => {}
        }
        if core.hooks.recorder().is_some() {
            let why = "start_trace: the loop is recorded already; call stop_trace first";
            return Err(RuntimeError::new(why).into());
        }
        record(core, &options.into());
        Ok(())
    }

    /// Ends the recording, and returns it. It can still be called after the loop was closed.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is not recorded.
    #[track_caller]
    pub fn stop_trace(&self) -> Result<Trace> {
        let core = self.core();
        let recorder = TraceRecorder::of(core);
        let recorder = recorder.filter(|recorder| !recorder.is_by_environment());
        let Some(trace) = recorder.and_then(|recorder| recorder.finish(core)) else {
            let why = "stop_trace: the loop is not recorded; call start_trace before";
            return Err(RuntimeError::new(why).into());
        };
        core.hooks.set_recorder(None);
        Ok(trace)
    }
}

/// Begins to record a loop.
#[cfg(feature = "trace")]
fn record(core: &Rc<Core>, options: &TraceOptions) -> Rc<TraceRecorder> {
    let weak = Rc::downgrade(core);
    let now = move || weak.upgrade().map_or(0, |core| core.now());
    let recorder = TraceRecorder::new(options, core.now(), now);
    recorder.begin(core);
    core.hooks.set_recorder(Some(recorder.clone()));
    recorder
}

/// Begins to record a new loop if the environment variable `YIELDFROM_TRACE` asks for it.
#[cfg(feature = "trace")]
pub(crate) fn record_by_environment(core: &Rc<Core>) {
    if let Some(environment) = ByEnvironment::find() {
        record(core, &TraceOptions::new()).write_at_end(environment);
    }
}
