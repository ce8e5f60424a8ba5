//! A child process, from its start until it is reaped.
//!
//! 1. The code that first learns that the child has ended reaps it at once: the loop's callback of the
//!    descriptor below, a signal that is to be sent, or the end of the loop.
//! 2. Until then nobody else can have its number, so that signals reach the right process; after
//!    that, none is sent.
//! 3. Only this child is ever waited for, never the children of other code.
//!
//! The *exit descriptor* becomes readable when the child ends. It is the child's pidfd. Where there
//! are none, it is the end of a pipe whose other end belongs to a thread, which waits for the child
//! without reaping it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};

use super::ProcessLookupError;
use crate::errors::{ValueError, describe, panics};
use crate::io::source::Source;
use crate::kernel::{Core, Direction, Place, Ready, caller};
use crate::sync::Event;
use yieldfrom_delegation::{Error, Result, report};

/// The exit status of a child that other code has reaped, as in asyncio.
const UNKNOWN: i32 = 255;

/// A child of a loop.
pub(super) struct Child {
    core: Rc<Core>,
    /// The line of the program that has started it.
    made_at: Place,
    pid: Pid,
    /// None once it is reaped.
    exit: RefCell<Option<Exit>>,
    returncode: Cell<Option<i32>>,
    pub(super) ended: Event,
    /// Called when the child has ended.
    on_end: Cell<Option<Box<dyn FnOnce()>>>,
}

#[derive(Clone)]
struct Exit {
    descriptor: Rc<Source<OwnedFd>>,
    is_pidfd: bool,
}

/// A process that was started, and this process's ends of its pipes.
pub(super) struct SpawnedChild {
    pub(super) child: Rc<Child>,
    pub(super) pipes: [Option<OwnedFd>; 3],
}

impl Child {
    /// Watches a child that was just started. If that fails, the child is killed and reaped.
    pub(super) fn watch(
        core: &Rc<Core>,
        mut child: std::process::Child,
        by_thread: bool,
    ) -> Result<Rc<Self>> {
        let pid = Pid::from_child(&child);
        let exit = Exit::open(pid, by_thread).map_err(Error::from);
        let watched = exit.and_then(|exit| Self::start(core, pid, exit));
        if watched.is_err() {
            // It is this process's child, and not reaped: that cannot fail.
            let _ = child.kill();
            let _ = child.wait();
        }
        watched
    }

    fn start(core: &Rc<Core>, pid: Pid, exit: Exit) -> Result<Rc<Self>> {
        let descriptor = Rc::clone(&exit.descriptor);
        let child = Rc::new(Self {
            core: Rc::clone(core),
            made_at: caller(),
            pid,
            exit: RefCell::new(Some(exit)),
            returncode: Cell::new(None),
            ended: Event::for_operation("Process.wait"),
            on_end: Cell::new(None),
        });
        let callback = Rc::new(ExitCallback(Rc::clone(&child)));
        descriptor.set_callback(core, Direction::Read, Some(callback))?;
        core.hooks.add_work();
        Ok(child)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(super) fn returncode(&self) -> Option<i32> {
        self.returncode.get()
    }

    /// Sets the function that is called when the child has ended.
    pub(super) fn on_end(&self, call: impl FnOnce() + 'static) {
        self.on_end.set(Some(Box::new(call)));
    }

    fn exit(&self) -> Option<Exit> {
        self.exit.borrow().clone()
    }

    /// Looks whether the child has ended, and reaps it if so.
    fn poll(&self) -> Option<i32> {
        let Some(exit) = self.exit() else {
            return self.returncode();
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let status = retry_on_intr(|| waitid(exit.id(self.pid), options));
        let returncode = match &status {
            Ok(status) => returncode(status.as_ref()?),
            Err(_) => UNKNOWN,
        };
        self.end(&exit, returncode);
        if let Err(error) = status {
            // The logger may ask for the child again, so it comes after its end.
            let pid = self.pid();
            warn(format_args!(
                "the end of child {pid} was noticed elsewhere: {error}"
            ));
        }
        Some(returncode)
    }

    fn end(&self, exit: &Exit, returncode: i32) {
        let Some(kept) = self.exit.take() else {
            return;
        };
        self.returncode.set(Some(returncode));
        // Removing a callback cannot fail.
        let _ = exit
            .descriptor
            .set_callback(&self.core, Direction::Read, None);
        drop(kept);
        self.core.hooks.remove_work(1);
        self.ended.set();
        if let Some(call) = self.on_end.take() {
            call();
        }
    }

    /// Sends a signal, unless the child has ended.
    pub(super) fn send_signal(&self, signum: i32, operation: &str) -> Result<()> {
        let Some(signal) = Signal::from_named_raw(signum) else {
            let why = format!("{operation}: there is no signal with the number {signum}");
            return Err(ValueError::new(why).into());
        };
        self.poll();
        let exit = self.exit().ok_or(Errno::SRCH);
        let sent = exit.and_then(|exit| exit.send(self.pid, signal));
        sent.map_err(|error| match error {
            Errno::SRCH => {
                let why = format!("{operation}: the child process {} has ended", self.pid());
                ProcessLookupError(why).into()
            }
            error => describe(error.into(), operation).into(),
        })
    }

    /// Kills the child, if it runs.
    pub(super) fn kill(&self) {
        if let Err(error) = self.send_signal(Signal::KILL.as_raw(), "kill")
            && !error.is::<ProcessLookupError>()
        {
            warn(format_args!("{error}"));
        }
    }

    /// Kills and reaps the child: its loop is closed, so that nothing will watch it any more.
    fn abandon(&self) {
        self.kill();
        let Some(exit) = self.exit() else { return };
        // A killed process ends soon, unless the system holds it.
        let patience = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        let mut polled = [PollFd::new(&*exit.descriptor, PollFlags::IN)];
        let _ = poll(&mut polled, Some(&patience));
        if self.poll().is_none() {
            let pid = self.pid;
            self.end(&exit, -Signal::KILL.as_raw());
            let reap = move || wait_for_end(pid, WaitIdOptions::EXITED);
            // Without a thread, it stays until this process ends.
            let _ = thread::Builder::new().spawn(reap);
        }
    }

    /// Shows the number and the state, after this beginning: `<Process 1234 returncode=0>`.
    pub(super) fn show(&self, f: &mut fmt::Formatter<'_>, beginning: &str) -> fmt::Result {
        write!(f, "<{beginning}{}", self.pid())?;
        match self.returncode() {
            Some(code) => write!(f, " returncode={code}>"),
            None => f.write_str(" running>"),
        }
    }
}

fn warn(message: fmt::Arguments<'_>) {
    panics::contain(|| report!(target: "yieldfrom::process", Warn, "{message}"));
}

/// Returns the result as asyncio does: negative for a signal.
fn returncode(status: &WaitIdStatus) -> i32 {
    let by_signal = || Some(-status.terminating_signal()?);
    status.exit_status().or_else(by_signal).unwrap_or(UNKNOWN)
}

fn wait_for_end(pid: Pid, options: WaitIdOptions) {
    // If other code has reaped the child, it has ended as well.
    let _ = retry_on_intr(|| waitid(WaitId::Pid(pid), options));
}

impl Exit {
    fn open(pid: Pid, by_thread: bool) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if !by_thread {
            match rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
                Ok(descriptor) => return Ok(Self::new(descriptor, true)),
                // A system that is too old, or does not allow it.
                Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::SRCH) => {}
                Err(error) => return Err(describe(error.into(), "watch a child process")),
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = by_thread;
        Self::by_thread(pid).map_err(|error| describe(error, "watch a child process"))
    }

    fn by_thread(pid: Pid) -> io::Result<Self> {
        let (ours, theirs) = io::pipe()?;
        let wait = move || {
            let _closed_at_the_end = theirs;
            wait_for_end(pid, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        };
        let thread = thread::Builder::new().name("yieldfrom-child".to_owned());
        thread.stack_size(64 << 10).spawn(wait)?;
        Ok(Self::new(ours.into(), false))
    }

    fn new(descriptor: OwnedFd, is_pidfd: bool) -> Self {
        let descriptor = Rc::new(Source::new(descriptor));
        Self {
            descriptor,
            is_pidfd,
        }
    }

    fn id(&self, pid: Pid) -> WaitId<'_> {
        #[cfg(target_os = "linux")]
        if self.is_pidfd {
            return WaitId::PidFd(self.descriptor.as_fd());
        }
        WaitId::Pid(pid)
    }

    fn send(&self, pid: Pid, signal: Signal) -> rustix::io::Result<()> {
        #[cfg(target_os = "linux")]
        if self.is_pidfd {
            return rustix::process::pidfd_send_signal(&*self.descriptor, signal);
        }
        kill_process(pid, signal)
    }
}

/// The entry of the loop that runs when the exit descriptor is readable.
struct ExitCallback(Rc<Child>);

impl Ready for ExitCallback {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        self.0.poll();
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        let core = Rc::clone(&self.0.core);
        core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pid, made_at) = (self.0.pid(), self.0.made_at);
        write!(f, "<child process {pid} created at {made_at}>")
    }
}

/// With the loop, its children end.
impl Drop for ExitCallback {
    fn drop(&mut self) {
        if self.0.core.is_closed() {
            self.0.abandon();
        }
    }
}
