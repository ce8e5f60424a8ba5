//! A report of all tasks at a signal.

use std::io::{self, Write};

use super::{SIGQUIT, handler};
use crate::Result;
use crate::kernel::EventLoop;

impl EventLoop {
    /// Writes a [`report`](EventLoop::report) of all tasks to standard error at each `SIGQUIT`, from
    /// now on. Needs the feature `signal`.
    ///
    /// That is what Ctrl-\ sends, and `kill -QUIT PID`; its default action is to end the process with
    /// a core dump. The report comes when the loop next turns, so a loop that a callback holds is
    /// silent. Nobody is woken by it: a run that only waits for this signal is a deadlock.
    ///
    /// Another handler of `SIGQUIT` takes its place, and
    /// [`remove_signal_handler`](EventLoop::remove_signal_handler) ends it.
    ///
    /// # Errors
    ///
    /// - [`RuntimeError`](crate::RuntimeError): the loop is closed.
    /// - What the system says when it has no descriptors left.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::signal::SIGQUIT;
    /// # use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// event_loop.report_on_sigquit()?;
    /// assert!(event_loop.remove_signal_handler(SIGQUIT)?);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn report_on_sigquit(&self) -> Result<()> {
        const NAME: &str = "report_on_sigquit";
        self.core().check_open(NAME)?;
        handler::add(self.core(), SIGQUIT, Box::new(tell), false, NAME)
    }
}

/// Writes the report of the loop that is running. A program with standard error closed does not
/// want it.
fn tell() {
    let Some(event_loop) = EventLoop::running() else {
        return;
    };
    let (time, report) = (event_loop.time(), event_loop.report());
    let tasks = report.tasks().len();
    let text = format!("SIGQUIT at loop time {time:?}, {tasks} tasks:\n{report}");
    let _ = io::stderr().write_all(text.as_bytes());
}
