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
//! whatever they may. A signal wakes a loop that waits. A loop has one handler for each signal; if
//! several loops, on whatever threads, handle the same signal, each of them is told. While a loop
//! has a handler, a run waits for what that may bring, and is no deadlock. Handlers go with their
//! loop when that is closed.
//!
//! A signal that no loop handles any more has its default action again, whatever it had before.
//! That action is done by the library's handler, which stays in the process: code that wants to
//! handle such a signal by other means should do so in a loop's handler.
//!
//! # Ctrl-C
//!
//! [`run_until_complete`](EventLoop::run_until_complete) and [`run`](crate::run) behave as 3.11's
//! `asyncio.run`, on the main thread, unless the program has made its own arrangements for `SIGINT`
//! before the first run, was started with `SIGINT` ignored (as `nohup` and `&` do), or one of its
//! loops has a handler for it:
//!
//! 1. The first Ctrl-C of a run cancels the task, or future, that is run. If that ends as cancelled,
//!    the run fails with a [`KeyboardInterrupt`](crate::KeyboardInterrupt); if it catches the
//!    cancellation and returns something, the run gives that.
//! 2. The second one ends the run at once, with the same error. The task stays where it is.
//!    [`run`](crate::run) then cancels it like all others, and waits for their end, but not for jobs:
//!    a thread that blocks stays behind, and ends with the process. A second one that comes while
//!    `run` cleans up, after the end of the main task, ends that at once as well.
//! 3. Where a callback holds the loop, so that the first was not even noticed, the second has the
//!    default action: the process ends.
//!
//! Python's `asyncio.run` raises at once at the second one as well. It then waits for the threads of
//! jobs until there is a third one, and once more where the interpreter ends; here nothing does.
//!
//! Outside of these runs, and in [`run_forever`](EventLoop::run_forever), Ctrl-C has its default
//! action. [`LoopBuilder::handle_sigint`] and
//! [`EventLoop::set_handle_sigint`] switch all of this off. It does not keep a run from ending with a
//! [`DeadlockError`](crate::DeadlockError).
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
//!     co.yield_from(stop.wait())?; // here would be a server; somebody does `kill PID`
//!     Ok("ended in order")
//! }
//!
//! assert_eq!(run(serve)?, "ended in order");
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod handler;
mod interrupt;
mod reporting;
mod table;

use crate::errors::{RuntimeError, ValueError};
use crate::kernel::EventLoop;
use crate::{LoopBuilder, Result};
pub(crate) use handler::Signals;

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
    SIGPIPE: "A write to a pipe that nobody reads. Rust programs ignore it from the start.";
    SIGSTOP: "Stops the process, which no handler can catch.";
    SIGTSTP: "Ctrl-Z, which stops a process by default.";
    SIGTTIN: "A process in the background reads from its terminal.";
    SIGTTOU: "A process in the background writes to its terminal.";
    SIGURG: "Urgent data on a socket; ignored by default.";
    SIGWINCH: "The window of the terminal has another size; ignored by default.";
}

/// Refuses numbers that are no signals.
fn check_number(signum: i32, operation: &str) -> Result<()> {
    if table::index(signum).is_none() {
        return Err(invalid(signum, operation));
    }
    Ok(())
}

fn invalid(signum: i32, operation: &str) -> crate::Error {
    let why = format!("{operation}: there is no signal with the number {signum}");
    ValueError::new(why).into()
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

/// Signals; they need the feature `signal`. See [`signal`](crate::signal).
impl EventLoop {
    /// Has `callback` called inside the loop each time that a signal comes, instead of the
    /// signal's default action. Needs the feature `signal`.
    ///
    /// A handler that the loop had for this signal is replaced. Unlike in asyncio, loops on any
    /// thread may have handlers; each of several loops is told.
    ///
    /// # Errors
    ///
    /// - [`ValueError`]: there is no signal with this number.
    /// - [`RuntimeError`]: the signal cannot be caught (`SIGKILL`, `SIGSTOP`), or tells of a fault
    ///   (`SIGSEGV`, `SIGBUS`, `SIGILL`, `SIGFPE`); or the loop is closed.
    /// - What the system says when it has no descriptors left.
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
    /// event_loop.run_forever()?; // until somebody does `kill -USR1 PID`
    /// assert!(event_loop.remove_signal_handler(SIGUSR1)?);
    /// assert!(event_loop.add_signal_handler(SIGKILL, || ()).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn add_signal_handler(&self, signum: i32, callback: impl FnMut() + 'static) -> Result<()> {
        const NAME: &str = "add_signal_handler";
        self.core().check_open(NAME)?;
        check_catchable(signum, NAME)?;
        handler::add(self.core(), signum, Box::new(callback), true, NAME)
    }

    /// Removes the handler of a signal; returns whether there was one. Needs the feature `signal`.
    ///
    /// If it was the last one in all loops, the signal has its default action from now on, also
    /// `SIGINT`.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: there is no signal with this number.
    ///
    /// # Examples
    ///
    /// See [`add_signal_handler`](Self::add_signal_handler).
    pub fn remove_signal_handler(&self, signum: i32) -> Result<bool> {
        check_number(signum, "remove_signal_handler")?;
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
        if let Some(signals) = Signals::of(self.core()) {
            signals.ctrl_c.wanted.set(on);
        }
    }
}

impl LoopBuilder {
    /// Sets whether Ctrl-C ends runs of the loop in order: true by default. Needs the feature
    /// `signal`.
    ///
    /// With false, Ctrl-C has its default action, or what the program has made of it. See
    /// [`signal`](crate::signal#ctrl-c).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::builder().handle_sigint(false).build()?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn handle_sigint(mut self, on: bool) -> Self {
        self.handles_sigint = on;
        self
    }
}
