//! Signals, and Ctrl-C. Needs the feature `signal`.
//!
//! | asyncio | here |
//! | --- | --- |
//! | `loop.add_signal_handler(signal.SIGTERM, f)` | [`event_loop.add_signal_handler(SIGTERM, f)`](EventLoop::add_signal_handler) |
//! | `loop.remove_signal_handler(signal.SIGTERM)` | [`event_loop.remove_signal_handler(SIGTERM)`](EventLoop::remove_signal_handler) |
//! | `signal.SIGTERM` | [`SIGTERM`], a number |
//! | `except KeyboardInterrupt` | `Err(error) if error.is::<KeyboardInterrupt>()`, see [`KeyboardInterrupt`](crate::KeyboardInterrupt) |
//!
//! # Handlers
//!
//! A handler is a callback of its loop: it runs in a turn, between other callbacks, and may do
//! all that they may. A signal wakes a loop that waits. A loop has one handler for each signal. If
//! several loops handle the same signal, each of them is called, whatever its thread. While a loop
//! has a handler, a run waits for the signal, and is no deadlock. Closing a loop removes its
//! handlers.
//!
//! A signal that no loop handles any more has its default action again, even if the program had set
//! another one before. The library's own handler, which stays in the process, carries it out. Code
//! that wants to handle such a signal by other means should do so in a loop's handler.
//!
//! # Ctrl-C
//!
//! [`run_until_complete`](EventLoop::run_until_complete) and [`run`](crate::run) behave as 3.11's
//! `asyncio.run` on the main thread, unless one of these is true: the program has made its own
//! arrangements for `SIGINT` before the first run; it was started with `SIGINT` ignored (as `nohup`
//! and `&` do); or one of its loops has a handler for `SIGINT`.
//!
//! 1. The first Ctrl-C of a run cancels the task, or future, that is run. If that ends as cancelled,
//!    the run fails with a [`KeyboardInterrupt`](crate::KeyboardInterrupt). If it catches the
//!    cancellation and returns a value, the run returns that value.
//! 2. The second one ends the run at once, with the same error. The task stays where it is.
//!    [`run`](crate::run) then cancels it like all others, and waits for their end, but not for jobs:
//!    a thread that blocks stays behind, and ends with the process. While `run` cleans up after the
//!    end of the main task, a second one ends that at once as well.
//! 3. If a callback holds the loop, so that the first was not even noticed, the second has the
//!    default action: the process ends.
//!
//! Python's `asyncio.run` raises at once at the second one as well. It then waits for the threads of
//! jobs until there is a third one, and waits once more when the interpreter ends. Here neither is
//! waited for.
//!
//! Outside of these runs, and in [`run_forever`](EventLoop::run_forever), Ctrl-C has its default
//! action. [`LoopBuilder::handle_sigint`](crate::LoopBuilder::handle_sigint) and
//! [`EventLoop::set_handle_sigint`] switch all of this off. Ctrl-C does not count as something that
//! could wake a run, so a run may still end with a [`DeadlockError`](crate::DeadlockError).
//!
//! # Examples
//!
//! A server that ends by `SIGTERM`:
//!
//! ```
//! use yieldfrom::signal::SIGTERM;
//! use yieldfrom::{Co, Event, get_running_loop, run};
//!
//! fn serve(co: &Co) -> yieldfrom::Result<&'static str> {
//!     let stop = Event::new();
//!     let asked = stop.clone();
//!     get_running_loop()?.lend().add_signal_handler(SIGTERM, move || asked.set())?;
//!     # std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status()?;
//!     co.yield_from(stop.wait())?; // a server would serve here until `kill PID`
//!     Ok("ended in order")
//! }
//!
//! assert_eq!(run(serve)?, "ended in order");
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod action;
mod ctrl_c;
mod handler;
mod table;

use std::io::Write;

use crate::errors::{AtCaller, RuntimeError};
use crate::kernel::{EventLoop, Layer};
pub(crate) use ctrl_c::CtrlC;
pub(crate) use handler::SignalHandlers;
use yieldfrom_delegation::Result;

macro_rules! constants {
    ($($name:ident: $doc:literal;)*) => {$(
        #[doc = concat!($doc, " See [`add_signal_handler`](EventLoop::add_signal_handler).")]
        pub const $name: i32 = signal_hook::consts::$name;
    )*};
}

constants! {
    SIGHUP: "The terminal was closed; for servers: read the settings again.";
    SIGINT: "Ctrl-C.";
    SIGQUIT: "Ctrl-\\, which ends a process with a core dump by default.";
    SIGTERM: "A request to end.";
    SIGUSR1: "Whatever a program likes; ends a process by default.";
    SIGUSR2: "Whatever a program likes; ends a process by default.";
    SIGALRM: "A timer of the system.";
    SIGCHLD: "A child process has changed its state; ignored by default.";
    SIGCONT: "Goes on after a stop.";
    SIGKILL: "The end, which no handler can catch.";
    SIGPIPE: "A write to a pipe without a reader. Rust programs ignore it from the start.";
    SIGSTOP: "Stops the process, which no handler can catch.";
    SIGTSTP: "Ctrl-Z, which stops a process by default.";
    SIGTTIN: "A process in the background reads from its terminal.";
    SIGTTOU: "A process in the background writes to its terminal.";
    SIGURG: "Urgent data on a socket; ignored by default.";
    SIGWINCH: "The window of the terminal has another size; ignored by default.";
}

/// Refuses numbers that are no signals.
fn check_number(signum: i32, operation: &str) -> Result<()> {
    if !table::is_signal(signum) {
        return Err(table::invalid(signum, operation));
    }
    Ok(())
}

/// Refuses signals for which a handler makes no sense.
fn check_catchable(signum: i32, operation: &str) -> Result<()> {
    use signal_hook::consts::{SIGBUS, SIGFPE, SIGILL, SIGSEGV};
    check_number(signum, operation)?;
    let why = match signum {
        SIGKILL | SIGSTOP => "cannot be caught",
        SIGSEGV | SIGBUS | SIGILL | SIGFPE => {
            "tells of a fault of the running code, which no event loop can deal with"
        }
        _ => return Ok(()),
    };
    Err(RuntimeError::new(format!("{operation}: signal {signum} {why}")).into())
}

/// The methods for signals, see [`signal`](crate::signal). They need the feature `signal`.
impl EventLoop {
    /// Has `callback` called inside the loop each time that a signal comes, instead of the
    /// signal's default action. Needs the feature `signal`.
    ///
    /// It replaces the handler that the loop had for this signal. Unlike in asyncio, loops on any
    /// thread may have handlers. If several loops have one, each of them is called.
    ///
    /// # Errors
    ///
    /// - [`ValueError`](crate::ValueError): there is no signal with this number.
    /// - [`RuntimeError`]: the signal cannot be caught (`SIGKILL`, `SIGSTOP`), or tells of a fault
    ///   (`SIGSEGV`, `SIGBUS`, `SIGILL`, `SIGFPE`); or the loop is closed.
    /// - The system's error when it has no descriptors left.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    /// use yieldfrom::signal::{SIGKILL, SIGUSR1};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let stopper = event_loop.clone();
    /// event_loop.add_signal_handler(SIGUSR1, move || stopper.stop())?;
    /// # std::process::Command::new("kill").args(["-USR1", &std::process::id().to_string()]).status()?;
    /// event_loop.run_forever()?; // until `kill -USR1 PID`
    /// assert!(event_loop.remove_signal_handler(SIGUSR1)?);
    /// assert!(event_loop.add_signal_handler(SIGKILL, || ()).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    #[doc(alias = "ctrl_c")]
    pub fn add_signal_handler(&self, signum: i32, callback: impl FnMut() + 'static) -> Result<()> {
        const NAME: &str = "add_signal_handler";
        self.core().check_open(NAME).at_caller()?;
        check_catchable(signum, NAME).at_caller()?;
        handler::add(self.core(), signum, Box::new(callback), true, NAME).at_caller()
    }

    /// Removes the handler of a signal; returns whether there was one. Needs the feature `signal`.
    ///
    /// If no other loop has a handler for the signal, it has its default action from now on. This is
    /// true of `SIGINT` as well.
    ///
    /// # Errors
    ///
    /// [`ValueError`](crate::ValueError): there is no signal with this number.
    #[track_caller]
    pub fn remove_signal_handler(&self, signum: i32) -> Result<bool> {
        check_number(signum, "remove_signal_handler").at_caller()?;
        Ok(handler::remove(self.core(), signum))
    }

    /// Sets whether Ctrl-C ends runs of this loop in order: true by default. Needs the feature
    /// `signal`.
    ///
    /// It has an effect on runs that begin after it, see [`signal`](crate::signal#ctrl-c).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// event_loop.set_handle_sigint(false); // Ctrl-C kills the process, as without a loop
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn set_handle_sigint(&self, on: bool) {
        if let Some(ctrl_c) = CtrlC::of(self.core()) {
            ctrl_c.wanted.set(on);
        }
    }

    /// Writes a [`report`](EventLoop::report) of all tasks to standard error at each `SIGQUIT`, from
    /// now on. Needs the feature `signal`.
    ///
    /// Ctrl-\ sends this signal, and so does `kill -QUIT PID`. Its default action is to end the
    /// process with a core dump. The report comes when the loop next turns: while a callback holds the
    /// loop, there is none. It wakes no task: a run that only waits for this signal is a deadlock.
    ///
    /// Another handler of `SIGQUIT` takes its place, and
    /// [`remove_signal_handler`](EventLoop::remove_signal_handler) ends it.
    ///
    /// # Errors
    ///
    /// - [`RuntimeError`]: the loop is closed.
    /// - The system's error when it has no descriptors left.
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
        let report = Box::new(write_report);
        handler::add(self.core(), SIGQUIT, report, false, "report_on_sigquit").at_caller()
    }
}

/// Writes the report of the loop that is running.
fn write_report() {
    let Some(event_loop) = EventLoop::running() else {
        return;
    };
    let (time, report) = (event_loop.time(), event_loop.report());
    let tasks = report.tasks().len();
    let text = format!("SIGQUIT at loop time {time:?}, {tasks} tasks:\n{report}");
    // A program that has closed its standard error does not want it.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
