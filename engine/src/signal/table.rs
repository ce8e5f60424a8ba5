//! The part of signals that all loops of the process share.
//!
//! The handlers of the system are signal-hook's. Once installed, they stay. So the default action is
//! one of the things that they do: as long as [`IS_DEFAULT`] says so, which is whenever no loop wants
//! the signal. They act in the order of registration. For `SIGINT` during a run that is the default
//! action first, if the last Ctrl-C was not noticed, and then a note that there was one. See
//! [`ctrl_c`](super::ctrl_c).

use std::io::{self, PipeReader, PipeWriter, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use signal_hook::SigId;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use signal_hook::low_level::{pipe, signal_name, unregister};

use super::action;
use crate::errors::{ValueError, panics};
use crate::kernel::INTERRUPTED;
use yieldfrom_delegation::Error;

/// Signals have the numbers from 1 to 64.
const COUNT: usize = 65;

/// Whether a signal has its default action now.
static IS_DEFAULT: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

static TABLE: Mutex<SignalTable> = Mutex::new(SignalTable {
    emulated: [false; COUNT],
    handlers: [0; COUNT],
    ctrl_c: None,
    is_taken: false,
    wake: None,
});

struct SignalTable {
    /// Whether the default action is registered.
    emulated: [bool; COUNT],
    /// How many loops have a handler.
    handlers: [usize; COUNT],
    /// The actions that are registered for Ctrl-C. There is none while a loop has a handler for it.
    ctrl_c: Option<[SigId; 3]>,
    /// Whether the program had made its own arrangements for Ctrl-C before the first run.
    is_taken: bool,
    /// What becomes readable at a Ctrl-C, and what makes it so.
    wake: Option<&'static (PipeReader, PipeWriter)>,
}

fn table() -> MutexGuard<'static, SignalTable> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether the number is that of a signal.
pub(super) fn is_signal(signum: i32) -> bool {
    (1..COUNT as i32).contains(&signum)
}

/// Returns the error for a number that is no signal, or that the system keeps for itself.
pub(super) fn invalid(signum: i32, operation: &str) -> Error {
    let why = format!("{operation}: there is no signal with the number {signum}");
    ValueError::new(why).into()
}

/// Sets whether a signal has its default action now.
fn set_default(signum: i32, is_default: bool) {
    IS_DEFAULT[signum as usize].store(is_default, Ordering::SeqCst);
}

/// Makes a pipe whose ends do not block. (signal-hook sees to the second one.)
pub(super) fn nonblocking_pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let pipe = io::pipe()?;
    rustix::io::ioctl_fionbio(&pipe.0, true)?;
    Ok(pipe)
}

impl SignalTable {
    /// Registers the default action, for the time when no loop wants the signal.
    fn emulate_default(&mut self, signum: i32) -> io::Result<()> {
        let index = signum as usize;
        if !self.emulated[index] {
            let condition = &IS_DEFAULT[index];
            match signal_name(signum) {
                Some(_) => flag::register_conditional_default(signum, condition)?,
                // A signal of real time, all of which end the process.
                None => flag::register_conditional_shutdown(signum, 128 + signum, condition)?,
            };
            self.emulated[index] = true;
        }
        Ok(())
    }

    /// Has Ctrl-C noted, and the second in a row end the process.
    fn register_ctrl_c(&mut self) -> io::Result<()> {
        let is_unread = &IS_DEFAULT[SIGINT as usize];
        let wake = self.wake()?.1.try_clone()?;
        self.emulate_default(SIGINT)?;
        self.ctrl_c = Some([
            flag::register(SIGINT, is_unread)?,
            flag::register(SIGINT, &INTERRUPTED)?,
            pipe::register(SIGINT, wake)?,
        ]);
        Ok(())
    }

    fn wake(&mut self) -> io::Result<&'static (PipeReader, PipeWriter)> {
        if let Some(wake) = self.wake {
            return Ok(wake);
        }
        // It lasts as long as the process, whose handler writes to it.
        let wake = Box::leak(Box::new(nonblocking_pipe()?));
        self.wake = Some(wake);
        Ok(wake)
    }
}

/// The handler of one loop for one signal, as far as the process is concerned.
pub(super) struct Registration {
    signum: i32,
    id: SigId,
}

impl Registration {
    /// Has a byte written to `end` at each signal.
    pub(super) fn new(signum: i32, end: PipeWriter) -> io::Result<Self> {
        let mut table = table();
        let id = pipe::register(signum, end)?;
        if let Err(error) = table.emulate_default(signum) {
            unregister(id);
            return Err(error);
        }
        table.handlers[signum as usize] += 1;
        if signum == SIGINT {
            for id in table.ctrl_c.take().into_iter().flatten() {
                unregister(id);
            }
        }
        set_default(signum, false);
        Ok(Self { signum, id })
    }
}

/// The last one restores the default action.
impl Drop for Registration {
    fn drop(&mut self) {
        let mut table = table();
        let handlers = &mut table.handlers[self.signum as usize];
        *handlers -= 1;
        if *handlers == 0 {
            set_default(self.signum, true);
        }
        unregister(self.id);
    }
}

/// Begins to note Ctrl-C, and returns what becomes readable then. Returns none if the program has
/// made other arrangements for Ctrl-C before the first run: it keeps them.
pub(super) fn begin_run() -> Option<&'static PipeReader> {
    let mut table = table();
    if table.has_interrupt_handler() || table.is_taken() {
        return None;
    }
    if table.ctrl_c.is_none()
        && let Err(error) = table.register_ctrl_c()
    {
        set_default(SIGINT, true);
        drop(table);
        panics::contain(|| log::debug!("Ctrl-C has its default action: {error}"));
        return None;
    }
    set_default(SIGINT, false);
    table.wake.map(|wake| &wake.0)
}

/// Stops noting Ctrl-C; returns whether one came that was not noticed.
pub(super) fn end_run() -> bool {
    let table = table();
    if !table.has_interrupt_handler() {
        set_default(SIGINT, true);
    }
    table.take_interrupt()
}

/// Notices a Ctrl-C, so that the next one is noted as well. Returns false if there was none.
pub(super) fn notice() -> bool {
    let table = table();
    let noticed = table.take_interrupt();
    if !table.has_interrupt_handler() {
        set_default(SIGINT, false);
    }
    noticed
}

impl SignalTable {
    fn has_interrupt_handler(&self) -> bool {
        self.handlers[SIGINT as usize] > 0
    }

    fn is_taken(&mut self) -> bool {
        if self.emulated[SIGINT as usize] {
            return false;
        }
        // Once it was taken, it stays so.
        self.is_taken |= !action::has_default(SIGINT).unwrap_or(false);
        self.is_taken
    }

    fn take_interrupt(&self) -> bool {
        let came = INTERRUPTED.swap(false, Ordering::SeqCst);
        if came && let Some(wake) = self.wake {
            while (&wake.0).read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
        }
        came
    }
}
