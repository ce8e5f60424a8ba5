//! The handlers of a loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, PipeReader, Read};
use std::rc::Rc;

use super::table::{Registration, invalid, nonblocking_pipe};
use crate::errors::describe;
use crate::errors::panics::Panics;
use crate::io::Source;
use crate::kernel::{Core, Direction, Layer, OnDrop, Ready, Repeating};
use yieldfrom_delegation::Result;

/// The part of a loop that has its handlers, by the signals' numbers.
#[derive(Default)]
pub(crate) struct SignalHandlers(RefCell<BTreeMap<i32, Rc<Handler>>>);

impl SignalHandlers {
    /// Puts a handler into a signal's place, or none. Ends the one before, and returns whether there
    /// was one.
    fn set(&self, core: &Core, signum: i32, new: Option<Rc<Handler>>) -> bool {
        let mut handlers = self.0.borrow_mut();
        let before = match new {
            Some(new) => handlers.insert(signum, new),
            None => handlers.remove(&signum),
        };
        let idle = handlers.values().filter(|handler| !handler.may_wake);
        core.hooks.set_idle_waits(idle.count());
        drop(handlers);
        if let Some(before) = &before {
            before.end();
        }
        before.is_some()
    }
}

impl Layer for SignalHandlers {
    fn close(&self, panics: &mut Panics) {
        panics.drop_each(self.0.take().into_values());
    }
}

/// A callback that is called for each byte in its pipe: there is one for each signal.
struct Handler {
    callback: Repeating,
    /// None once it has ended: its entry in the ready queue may outlive it, and holds no descriptor.
    source: RefCell<Option<Source<PipeReader>>>,
    core: Rc<Core>,
    /// How many signals have come for which it was not called yet.
    due: Cell<usize>,
    registration: Cell<Option<Registration>>,
    /// Whether a run that waits only for this signal goes on: otherwise it is a deadlock.
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
    let handlers = core.part::<SignalHandlers>(operation)?;
    let (ours, theirs) = nonblocking_pipe().map_err(|error| describe(error, operation))?;
    let registration = Registration::new(signum, theirs).map_err(|error| {
        match error.kind() {
            // The system keeps some numbers for itself.
            io::ErrorKind::InvalidInput => invalid(signum, operation),
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
    handlers.set(core, signum, Some(handler));
    Ok(())
}

pub(super) fn remove(core: &Rc<Core>, signum: i32) -> bool {
    let handlers = SignalHandlers::of(core);
    handlers.is_some_and(|handlers| handlers.set(core, signum, None))
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
            // Taking a callback away does not fail.
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
        while let Ok(n @ 1..) = receive() {
            self.due.set(self.due.get() + n);
        }
    }
}

impl Ready for Handler {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        self.count();
        // After a panic that ends the run, the signals that are due are for the next run.
        let rest = OnDrop::new(|| {
            if self.due.get() > 0 {
                Rc::clone(&self).schedule();
            }
        });
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
