//! The handlers of a loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe, Location};
use std::rc::Rc;

use super::interrupt::CtrlC;
use super::table::{self, Registration};
use crate::errors::Panicked;
use crate::event_loop::{Context, Core, Direction, Ready};
use crate::net::describe;
use crate::source::Source;
use crate::{Error, Result};

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

    /// Returns how many handlers wait for their signal, but wake nobody.
    pub(crate) fn idle_waits(&self) -> usize {
        let handlers = self.handlers.borrow();
        let idle = handlers.values().filter(|handler| !handler.may_wake);
        idle.count()
    }

    /// Takes all handlers out, for its caller to drop: the loop is closed.
    pub(crate) fn take(&self) -> impl Sized + use<> {
        self.handlers.take()
    }
}

/// A callback that is called for each byte in its pipe, which are as many as there were signals.
struct Handler {
    callback: Cell<Option<Box<dyn FnMut()>>>,
    source: Source<UnixStream>,
    cancelled: Cell<bool>,
    core: Rc<Core>,
    made_at: &'static Location<'static>,
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
    let (ours, theirs) = UnixStream::pair().map_err(|error| describe(error, operation))?;
    ours.set_nonblocking(true)?;
    let registration = Registration::new(signum, index, theirs).map_err(|error| {
        match error.kind() {
            // The system keeps some numbers for itself.
            std::io::ErrorKind::InvalidInput => super::invalid(signum, operation),
            _ => describe(error, operation).into(),
        }
    })?;
    let handler = Rc::new(Handler {
        callback: Cell::new(Some(callback)),
        source: Source::new(ours),
        cancelled: Cell::new(false),
        core: Rc::clone(core),
        made_at: Location::caller(),
        registration: Cell::new(Some(registration)),
        may_wake,
    });
    let told = Rc::clone(&handler) as Rc<dyn Ready>;
    handler
        .source
        .set_callback(core, Direction::Read, Some(told))?;
    let before = core.signals.handlers.borrow_mut().insert(signum, handler);
    before.into_iter().for_each(|handler| handler.end());
    Ok(())
}

pub(super) fn remove(core: &Rc<Core>, signum: i32) -> bool {
    let handler = core.signals.handlers.borrow_mut().remove(&signum);
    let found = handler.is_some();
    handler.into_iter().for_each(|handler| handler.end());
    found
}

impl Handler {
    /// Makes sure that it is not called any more, even if it is in the ready queue.
    fn end(&self) {
        drop(self.registration.take());
        self.cancelled.set(true);
        // Without a callback, this fails for nothing.
        let _ = self.source.set_callback(&self.core, Direction::Read, None);
        drop(self.callback.take());
    }

    /// Returns how many signals have come.
    fn count(&self) -> usize {
        let (mut count, mut buffer) = (0, [0; 64]);
        let receive = |mut io: &UnixStream, buffer: &mut [u8]| io.read(buffer);
        while let Ok(n) = self
            .source
            .attempt(Direction::Read, |io| receive(io, &mut buffer))
        {
            if n == 0 {
                break;
            }
            count += n;
        }
        count
    }

    fn call(&self, core: &Rc<Core>) {
        let Some(mut callback) = self.callback.take() else {
            return;
        };
        let called = panic::catch_unwind(AssertUnwindSafe(&mut callback));
        if !self.cancelled.get() {
            self.callback.set(Some(callback));
        }
        if let Err(payload) = called {
            let context = Context::new("Exception in callback")
                .source(format!("<Handle created at {}>", self.made_at))
                .error(Error::new(Panicked::new(payload)));
            core.call_exception_handler(&context);
        }
    }
}

impl Ready for Handler {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        for _ in 0..self.count() {
            self.call(core);
        }
    }

    fn schedule(self: Rc<Self>) {
        let core = Rc::clone(&self.core);
        core.schedule(self);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Handle created at {}>", self.made_at)
    }
}
