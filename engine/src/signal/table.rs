//! What the process does at a signal: the part that all loops share.
//!
//! The handlers of the system are signal-hook's, which stay once they are there. So the default
//! action is one of the things that they do: as long as [`IS_DEFAULT`] says so, which is whenever
//! no loop wants the signal. What they do, they do in the order in which it was registered; for
//! `SIGINT` during a run that is the default action first, if the last one was not noticed, and
//! then the note that there was one. See [`ctrl_c`](super::interrupt).

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use signal_hook::SigId;
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use signal_hook::low_level::{pipe, signal_name, unregister};

use crate::errors::panics;
use crate::kernel::INTERRUPTED;

/// Signals have the numbers from 1 to 64.
const COUNT: usize = 65;

/// Whether a signal has its default action now.
static IS_DEFAULT: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

static TABLE: Mutex<Table> = Mutex::new(Table {
    emulated: [false; COUNT],
    handlers: [0; COUNT],
    ctrl_c: None,
    is_taken: false,
    wake: None,
});

struct Table {
    /// Whether the default action is registered.
    emulated: [bool; COUNT],
    /// How many loops have a handler.
    handlers: [usize; COUNT],
    /// What is registered for Ctrl-C: nothing while a loop has a handler for it.
    ctrl_c: Option<[SigId; 3]>,
    /// Whether the program had made its own arrangements for Ctrl-C before the first run.
    is_taken: bool,
    /// What becomes readable at a Ctrl-C, and what makes it so.
    wake: Option<&'static (UnixStream, UnixStream)>,
}

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a signal's place in the table, if the number is that of a signal.
pub(super) fn index(signum: i32) -> Option<usize> {
    usize::try_from(signum)
        .ok()
        .filter(|i| (1..COUNT).contains(i))
}

impl Table {
    /// Registers the default action, for when nobody wants the signal.
    fn emulate_default(&mut self, signum: i32, index: usize) -> io::Result<()> {
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
        self.emulate_default(SIGINT, SIGINT as usize)?;
        self.ctrl_c = Some([
            flag::register(SIGINT, is_unread)?,
            flag::register(SIGINT, &INTERRUPTED)?,
            pipe::register(SIGINT, wake)?,
        ]);
        Ok(())
    }

    fn wake(&mut self) -> io::Result<&'static (UnixStream, UnixStream)> {
        if let Some(wake) = self.wake {
            return Ok(wake);
        }
        let pair = UnixStream::pair()?;
        pair.0.set_nonblocking(true)?;
        // For as long as the process, whose handler writes to it.
        let wake = Box::leak(Box::new(pair));
        self.wake = Some(wake);
        Ok(wake)
    }
}

/// The handler of one loop for one signal, as far as the process is concerned.
pub(super) struct Registration {
    index: usize,
    id: SigId,
}

impl Registration {
    /// Has a byte written to `end` at each signal.
    pub(super) fn new(signum: i32, index: usize, end: UnixStream) -> io::Result<Self> {
        let mut table = table();
        let id = pipe::register(signum, end)?;
        if let Err(error) = table.emulate_default(signum, index) {
            unregister(id);
            return Err(error);
        }
        table.handlers[index] += 1;
        if signum == SIGINT {
            for id in table.ctrl_c.take().into_iter().flatten() {
                unregister(id);
            }
        }
        IS_DEFAULT[index].store(false, Ordering::SeqCst);
        Ok(Self { index, id })
    }
}

/// The last one restores the default action.
impl Drop for Registration {
    fn drop(&mut self) {
        let mut table = table();
        table.handlers[self.index] -= 1;
        if table.handlers[self.index] == 0 {
            IS_DEFAULT[self.index].store(true, Ordering::SeqCst);
        }
        unregister(self.id);
    }
}

/// Begins to note Ctrl-C, unless that is somebody else's; returns what becomes readable then.
///
/// Whoever has arranged something else before the first run is found out then, and keeps it.
pub(super) fn begin_run() -> Option<&'static UnixStream> {
    let mut table = table();
    if table.handlers[SIGINT as usize] > 0 || table.is_taken() {
        return None;
    }
    if table.ctrl_c.is_none()
        && let Err(error) = table.register_ctrl_c()
    {
        panics::contain(|| log::debug!("Ctrl-C has its default action: {error}"));
        IS_DEFAULT[SIGINT as usize].store(true, Ordering::SeqCst);
        return None;
    }
    IS_DEFAULT[SIGINT as usize].store(false, Ordering::SeqCst);
    table.wake.map(|wake| &wake.0)
}

/// Ends that; returns whether there was a Ctrl-C that nobody has noticed.
pub(super) fn end_run() -> bool {
    let table = table();
    if table.handlers[SIGINT as usize] == 0 {
        IS_DEFAULT[SIGINT as usize].store(true, Ordering::SeqCst);
    }
    table.take_interrupt()
}

/// Notices a Ctrl-C: the next one is noted as well. Returns false if there was none.
pub(super) fn notice() -> bool {
    let table = table();
    let noticed = table.take_interrupt();
    if table.handlers[SIGINT as usize] == 0 {
        IS_DEFAULT[SIGINT as usize].store(false, Ordering::SeqCst);
    }
    noticed
}

impl Table {
    fn is_taken(&mut self) -> bool {
        if self.emulated[SIGINT as usize] {
            return false;
        }
        // Asked once; where it cannot be known, it is left alone for now.
        let is_default = if self.is_taken {
            Some(false)
        } else {
            has_default_action()
        };
        self.is_taken = is_default == Some(false);
        is_default != Some(true)
    }

    fn take_interrupt(&self) -> bool {
        let came = INTERRUPTED.swap(false, Ordering::SeqCst);
        if came && let Some(wake) = self.wake {
            while (&wake.0).read(&mut [0; 64]).is_ok_and(|n| n > 0) {}
        }
        came
    }
}

/// Returns whether nobody has changed what Ctrl-C does, if that can be known.
#[cfg(target_os = "linux")]
fn has_default_action() -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let is_in = |set: &str| {
        let mask = status.lines().find_map(|line| line.strip_prefix(set))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask >> (SIGINT - 1) & 1 == 1)
    };
    Some(!is_in("SigIgn:")? && !is_in("SigCgt:")?)
}

#[cfg(not(target_os = "linux"))]
fn has_default_action() -> Option<bool> {
    Some(true)
}
