//! The methods of an event loop for insight: reports, and recordings.

use super::debug::{Report, report_of};
use crate::kernel::EventLoop;
#[cfg(feature = "trace")]
use {
    super::recorder::TraceRecorder,
    super::trace::{DEFAULT_LIMIT, Trace, TraceClock, TraceNotes},
    crate::errors::RuntimeError,
    std::any::Any,
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
    /// At most `limit` events are kept; with `None`, 100,000. You can call it at any time, also in a
    /// callback or a task. The recording begins with the next turn.
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
    pub fn start_trace(&self, limit: impl Into<Option<usize>>) -> Result<()> {
        let core = self.core();
        if core.hooks.recorder().is_some() {
            let why = "start_trace: the loop is recorded already; call stop_trace first";
            return Err(RuntimeError::new(why).into());
        }
        let limit = limit.into().unwrap_or(DEFAULT_LIMIT);
        let clock = match core.is_virtual() {
            true => TraceClock::VirtualLoop,
            false => TraceClock::Loop,
        };
        let notes = TraceNotes::new(limit, core.now(), clock);
        let core = Rc::downgrade(core);
        let now = move || core.upgrade().map_or(0, |core| core.now());
        let recorder = TraceRecorder::new(notes, now);
        self.core().hooks.set_recorder(Some(recorder));
        Ok(())
    }

    /// Ends the recording, and returns it. It can still be called after the loop was closed.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is not recorded.
    #[track_caller]
    pub fn stop_trace(&self) -> Result<Trace> {
        let hooks = &self.core().hooks;
        let recorder = hooks.recorder().map(|recorder| recorder as Rc<dyn Any>);
        let recorder = recorder.and_then(|any| any.downcast::<TraceRecorder>().ok());
        let Some(mut notes) = recorder.and_then(|recorder| recorder.notes.take()) else {
            let why = "stop_trace: the loop is not recorded; call start_trace before";
            return Err(RuntimeError::new(why).into());
        };
        hooks.set_recorder(None);
        for task in self.core().all_tasks() {
            notes.rename(Rc::as_ptr(&task).cast(), task.name());
        }
        Ok(notes.into_trace(self.core().now()))
    }
}
