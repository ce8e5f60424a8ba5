//! The handlers of a loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use super::interrupt::CtrlC;
use super::table::{self, Registration};
use crate::Result;
use crate::errors::describe;
use crate::errors::panics::Panics;
use crate::io::Source;
use crate::kernel::{Core, Direction, Layer, Ready, Repeating, Waitable};

/// What a loop has to do with signals.
pub(crate) struct Signals {
    handlers: RefCell<BTreeMap<i32, Rc<Handler>>>,
    pub(super) ctrl_c: CtrlC,
}

impl Signals {
    pub(crate) fn new(handles_sigint: bool) -> Self {
        Self {
            handlers: RefCell::default(),
            ctrl_c: CtrlC::new(handles_sigint),
        }
    }

    /// Returns what a loop has that was ever open.
    pub(crate) fn of(core: &Core) -> Option<&Self> {
        core.hooks.find()
    }

    /// Has each Ctrl-C from now on end a run at once.
    pub(crate) fn interrupt_at_once(&self) {
        self.ctrl_c.interrupt_at_once();
    }

    /// Returns whether a Ctrl-C has ended a run at once.
    pub(crate) fn is_hurried(&self) -> bool {
        self.ctrl_c.is_hurried()
    }

    /// Puts a handler into a signal's place, or none, and returns the one before.
    fn replace(&self, core: &Core, signum: i32, new: Option<Rc<Handler>>) -> Option<Rc<Handler>> {
        let mut handlers = self.handlers.borrow_mut();
        let before = match new {
            Some(new) => handlers.insert(signum, new),
            None => handlers.remove(&signum),
        };
        let idle = handlers.values().filter(|handler| !handler.may_wake);
        core.hooks.set_idle_waits(idle.count());
        before
    }
}

impl Layer for Signals {
    fn begin_run(&self, core: &Core, main: &Rc<dyn Waitable>) {
        self.ctrl_c.begin_run(core, main);
    }

    fn end_run(&self, run: &Result<()>, is_cancelled: bool) -> Result<()> {
        self.ctrl_c.end_run(run, is_cancelled)
    }

    fn leave_run(&self) {
        self.ctrl_c.leave_run();
    }

    fn interrupt(&self, core: &Core) -> Result<()> {
        self.ctrl_c.interrupt(core)
    }

    fn close(&self, panics: &mut Panics) {
        panics.drop_each(self.handlers.take().into_values());
    }
}

/// A callback that is called for each byte in its pipe, which are as many as there were signals.
struct Handler {
    callback: Repeating,
    /// None once it has ended: what is left of it in the ready queue holds no descriptor.
    source: RefCell<Option<Source<UnixStream>>>,
    core: Rc<Core>,
    /// How many signals have come for which it was not called yet.
    due: Cell<usize>,
    registration: Cell<Option<Registration>>,
    /// Whether a run may count on it to wake somebody, so that it is no deadlock.
    may_wake: bool,
}

#[track_caller]
pub(super) fn add(
    core: &Rc<Core>,
    signum: i32,
    callback: Box<dyn FnMut()>,
    may_wake: bool,
    operation: &str,
) -> Result<()> {
    let Some(index) = table::index(signum) else {
        return Err(super::invalid(signum, operation));
    };
    let Some(signals) = Signals::of(core) else {
        return core.check_open(operation);
    };
    let (ours, theirs) = UnixStream::pair().map_err(|error| describe(error, operation))?;
    let unblocked = ours.set_nonblocking(true);
    unblocked.map_err(|error| describe(error, operation))?;
    let registration = Registration::new(signum, index, theirs).map_err(|error| {
        match error.kind() {
            // The system keeps some numbers for itself.
            std::io::ErrorKind::InvalidInput => super::invalid(signum, operation),
            _ => describe(error, operation).into(),
        }
    })?;
    let handler = Rc::new(Handler {
        callback: Repeating::new(callback),
        source: RefCell::new(Some(Source::new(ours))),
        core: Rc::clone(core),
        due: Cell::new(0),
        registration: Cell::new(Some(registration)),
        may_wake,
    });
    handler.listen()?;
    let before = signals.replace(core, signum, Some(handler));
    before.into_iter().for_each(|handler| handler.end());
    Ok(())
}

pub(super) fn remove(core: &Rc<Core>, signum: i32) -> bool {
    let handler = Signals::of(core).and_then(|signals| signals.replace(core, signum, None));
    let found = handler.is_some();
    handler.into_iter().for_each(|handler| handler.end());
    found
}

impl Handler {
    /// Has itself scheduled when there is something in the pipe.
    fn listen(self: &Rc<Self>) -> Result<()> {
        let told = Rc::clone(self) as Rc<dyn Ready>;
        let source = self.source.borrow();
        let source = source.as_ref().expect("it is not ended yet");
        source.set_callback(&self.core, Direction::Read, Some(told))
    }

    /// Makes sure that it is not called any more, even if it is in the ready queue.
    fn end(&self) {
        drop(self.registration.take());
        let source = self.source.take();
        if let Some(source) = &source {
            // Without a callback, this fails for nothing.
            let _ = source.set_callback(&self.core, Direction::Read, None);
        }
        drop(source);
        self.callback.cancel();
    }

    /// Counts the signals that have come.
    fn count(&self) {
        let mut buffer = [0; 64];
        let source = self.source.borrow();
        let Some(source) = &*source else { return };
        let mut receive = || source.attempt(Direction::Read, |mut io| io.read(&mut buffer));
        while let Ok(n) = receive() {
            if n == 0 {
                break;
            }
            self.due.set(self.due.get() + n);
        }
    }
}

/// What is due is not lost when a report of a panic ends the run.
struct Rest<'a>(&'a Rc<Handler>);

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        if self.0.due.get() > 0 {
            Rc::clone(self.0).schedule();
        }
    }
}

impl Ready for Handler {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        self.count();
        let rest = Rest(&self);
        while let Some(due) = self.due.get().checked_sub(1) {
            self.due.set(due);
            self.callback.call(core);
        }
        drop(rest);
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        let core = Rc::clone(&self.core);
        core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.callback.describe(f)
    }
}
