//! A child process, from its start until it is reaped.
//!
//! 1. The first to learn that the child has ended reaps it, and at once: a loop's callback of the
//!    descriptor below, a signal that is to be sent, or the end of the loop.
//! 2. Until then its number is its own, so that signals reach nobody else; after that, none is sent.
//! 3. Only this child is ever waited for. Nobody else's are.
//!
//! The *exit descriptor* becomes readable when the child ends. It is the child's pidfd; where there
//! are none, the end of a pipe whose other end is a thread's, which waits for the child without
//! reaping it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};

use super::ProcessLookupError;
use crate::errors::ValueError;
use crate::errors::describe;
use crate::errors::panics;
use crate::io::source::Source;
use crate::kernel::{Core, Direction, Place, Ready, caller};
use crate::sync::Event;
use crate::{Error, Result};

/// What is returned for a child whose end somebody else has noticed, as in asyncio.
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
    ended: Event,
    /// Who else is told of the end.
    told: Cell<Option<Box<dyn FnOnce()>>>,
}

#[derive(Clone)]
struct Exit {
    descriptor: Rc<Source<OwnedFd>>,
    is_pidfd: bool,
}

impl Child {
    /// Watches a child that was just started; without success, it is killed and reaped.
    #[track_caller]
    pub(super) fn watch(
        core: &Rc<Core>,
        mut child: std::process::Child,
        by_thread: bool,
    ) -> Result<Rc<Self>> {
        let (pid, made_at) = (Pid::from_child(&child), caller());
        let watched = exit_descriptor(pid, by_thread).map_err(Error::from);
        let watched = watched.and_then(|exit| Self::start(made_at, core, pid, exit));
        if watched.is_err() {
            // It is this process's child, and not reaped: that cannot fail.
            let _ = child.kill();
            let _ = child.wait();
        }
        watched
    }

    fn start(made_at: Place, core: &Rc<Core>, pid: Pid, exit: Exit) -> Result<Rc<Self>> {
        let descriptor = Rc::clone(&exit.descriptor);
        let child = Rc::new(Self {
            core: Rc::clone(core),
            made_at,
            pid,
            exit: RefCell::new(Some(exit)),
            returncode: Cell::new(None),
            ended: Event::for_operation("Process.wait"),
            told: Cell::new(None),
        });
        let step = Rc::new(Step(Rc::clone(&child)));
        descriptor.set_callback(core, Direction::Read, Some(step))?;
        core.hooks.add_work();
        Ok(child)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(super) fn returncode(&self) -> Option<i32> {
        self.returncode.get()
    }

    pub(super) fn ended(&self) -> &Event {
        &self.ended
    }

    /// Has this called when the child has ended.
    pub(super) fn tell(&self, told: impl FnOnce() + 'static) {
        drop(self.told.replace(Some(Box::new(told))));
    }

    /// Looks whether it has ended, and reaps it if so.
    fn poll(&self) -> Option<i32> {
        let exit = self.exit.borrow().clone();
        let Some(exit) = exit else {
            return self.returncode();
        };
        let status = loop {
            match waitid(
                exit.id(self.pid),
                WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
            ) {
                Err(Errno::INTR) => {}
                other => break other,
            }
        };
        let returncode = match status {
            Ok(status) => returncode(&status?),
            Err(error) => {
                panics::contain(|| {
                    log::warn!(
                        target: "yieldfrom::process",
                        "the end of child {} was noticed elsewhere: {error}", self.pid()
                    );
                });
                UNKNOWN
            }
        };
        self.end(exit, returncode);
        Some(returncode)
    }

    fn end(&self, exit: Exit, returncode: i32) {
        self.returncode.set(Some(returncode));
        let kept = self.exit.take();
        // Without a callback, this fails for nothing.
        let _ = exit
            .descriptor
            .set_callback(&self.core, Direction::Read, None);
        drop((exit, kept));
        self.core.hooks.remove_work(1);
        self.ended.set();
        if let Some(told) = self.told.take() {
            told();
        }
    }

    /// Sends a signal, unless it has ended.
    pub(super) fn send_signal(&self, signum: i32, operation: &str) -> Result<()> {
        let Some(signal) = Signal::from_named_raw(signum) else {
            let why = format!("{operation}: there is no signal with the number {signum}");
            return Err(ValueError::new(why).into());
        };
        let gone = || {
            let why = format!("{operation}: the child process {} has ended", self.pid());
            Error::from(ProcessLookupError(why))
        };
        self.poll();
        let exit = self.exit.borrow().clone();
        match exit.ok_or_else(gone)?.send(self.pid, signal) {
            Ok(()) => Ok(()),
            Err(Errno::SRCH) => Err(gone()),
            Err(error) => Err(describe(error.into(), operation).into()),
        }
    }

    /// Kills it, if it runs.
    pub(super) fn kill(&self) {
        match self.send_signal(Signal::KILL.as_raw(), "kill") {
            Err(error) if !error.is::<ProcessLookupError>() => {
                panics::contain(|| log::warn!(target: "yieldfrom::process", "{error}"));
            }
            _ => {}
        }
    }

    /// Kills and reaps it: its loop is closed, and nobody will watch it any more.
    fn abandon(&self) {
        self.kill();
        let exit = self.exit.borrow().clone();
        let Some(exit) = exit else { return };
        // A killed process ends soon, unless the system holds it.
        let patience = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        let _ = poll(
            &mut [PollFd::new(&*exit.descriptor, PollFlags::IN)],
            Some(&patience),
        );
        if self.poll().is_none() {
            let pid = self.pid;
            self.end(exit, -Signal::KILL.as_raw());
            let reap = move || wait_for_end(pid, WaitIdOptions::EXITED);
            // Without a thread, it stays until this process ends.
            let _ = thread::Builder::new().spawn(reap);
        }
    }
}

impl Exit {
    #[cfg(target_os = "linux")]
    fn id(&self, pid: Pid) -> WaitId<'_> {
        match self.is_pidfd {
            true => WaitId::PidFd(self.descriptor.as_fd()),
            false => WaitId::Pid(pid),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn id(&self, pid: Pid) -> WaitId<'_> {
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

/// Returns what asyncio does: negative for a signal.
fn returncode(status: &WaitIdStatus) -> i32 {
    let by_signal = || Some(-status.terminating_signal()?);
    status.exit_status().or_else(by_signal).unwrap_or(UNKNOWN)
}

fn exit_descriptor(pid: Pid, by_thread: bool) -> io::Result<Exit> {
    #[cfg(target_os = "linux")]
    if !by_thread {
        match rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
            Ok(descriptor) => {
                return Ok(Exit {
                    descriptor: Rc::new(Source::new(descriptor)),
                    is_pidfd: true,
                });
            }
            // A system that is too old, or does not allow it.
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::SRCH) => {}
            Err(error) => return Err(describe(error.into(), "watch a child process")),
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = by_thread;
    let told = |error| describe(error, "watch a child process");
    let (ours, theirs) = io::pipe().map_err(told)?;
    let wait = move || {
        let _ended = theirs;
        wait_for_end(pid, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    };
    let named = thread::Builder::new().name("yieldfrom-child".to_owned());
    named.stack_size(64 << 10).spawn(wait).map_err(told)?;
    Ok(Exit {
        descriptor: Rc::new(Source::new(ours.into())),
        is_pidfd: false,
    })
}

fn wait_for_end(pid: Pid, options: WaitIdOptions) {
    while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
}

/// What is called when the exit descriptor is readable.
struct Step(Rc<Child>);

impl Ready for Step {
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
impl Drop for Step {
    fn drop(&mut self) {
        if self.0.core.is_closed() {
            self.0.abandon();
        }
    }
}
