//! Ctrl-C, during a run on the main thread.
//!
//! The run notices it at the beginning of its next turn. The descriptor that becomes readable wakes
//! a loop that waits, but nobody waits for it: otherwise no run would ever be a deadlock.

use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::AsFd;
use std::rc::Rc;

use super::table;
use crate::errors::KeyboardInterrupt;
use crate::event_loop::{Core, Watched, on_main_thread};
use crate::future::{Future, Waitable, cancel};
use crate::task::AnyTask;
use crate::{Error, Result, panics};

/// What a loop knows of Ctrl-C.
pub(super) struct CtrlC {
    /// Whether it is to end runs in order.
    pub(super) wanted: Cell<bool>,
    /// What is run; none outside of runs that Ctrl-C ends in order.
    main: RefCell<Option<Rc<dyn Waitable>>>,
    /// How often it came in this run.
    count: Cell<usize>,
    /// Whether the first one ends runs at once already: what comes after the main task is cleaned up.
    at_once: Cell<bool>,
    /// Whether a run was ended at once.
    hurried: Cell<bool>,
    /// The task that was cancelled.
    cancelled: RefCell<Option<AnyTask>>,
    watched: OnceCell<Option<Rc<Watched>>>,
}

impl CtrlC {
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            wanted: Cell::new(wanted),
            main: RefCell::default(),
            count: Cell::new(0),
            at_once: Cell::new(false),
            hurried: Cell::new(false),
            cancelled: RefCell::default(),
            watched: OnceCell::new(),
        }
    }
}

/// A run during which Ctrl-C is noticed.
pub(crate) struct Interruptible<'a>(Option<&'a Core>);

impl Core {
    /// Begins a run that Ctrl-C ends in order, if it is on the main thread.
    pub(crate) fn interruptible<T: 'static>(&self, main: &Future<T>) -> Interruptible<'_> {
        let ctrl_c = &self.signals.ctrl_c;
        if !ctrl_c.wanted.get() || !on_main_thread() {
            return Interruptible(None);
        }
        let Some(wake) = table::begin_run() else {
            return Interruptible(None);
        };
        ctrl_c.watched.get_or_init(|| {
            let watched = self.watch(wake.as_fd(), "watch for Ctrl-C");
            // Without it, a loop that waits may notice Ctrl-C a little late.
            let tell = |error: &Error| panics::contain(|| log::debug!("{error}"));
            watched.inspect_err(tell).ok()
        });
        let main = Rc::clone(&main.inner) as Rc<dyn Waitable>;
        drop(ctrl_c.main.replace(Some(main)));
        Interruptible(Some(self))
    }

    /// Returns whether there was a Ctrl-C.
    #[inline(always)]
    pub(crate) fn is_interrupted(&self) -> bool {
        table::is_interrupted()
    }

    /// Deals with a Ctrl-C.
    ///
    /// # Errors
    ///
    /// `KeyboardInterrupt`: the run is to end at once.
    #[cold]
    pub(crate) fn interrupt(&self) -> Result<()> {
        let ctrl_c = &self.signals.ctrl_c;
        let main = ctrl_c.main.borrow().clone();
        let Some(main) = main else {
            return Ok(());
        };
        if !table::notice() {
            return Ok(());
        }
        let count = ctrl_c.count.get() + 1;
        ctrl_c.count.set(count);
        let task = self.find_task(main.address()).map(AnyTask);
        if count == 1 && !ctrl_c.at_once.get() && cancel(main) {
            drop(ctrl_c.cancelled.replace(task));
            return Ok(());
        }
        ctrl_c.hurried.set(true);
        Err(KeyboardInterrupt.into())
    }

    /// Has each Ctrl-C from now on end a run at once.
    pub(crate) fn interrupt_at_once(&self) {
        self.signals.ctrl_c.at_once.set(true);
    }

    /// Returns whether a Ctrl-C has ended a run at once.
    pub(crate) fn is_hurried(&self) -> bool {
        self.signals.ctrl_c.hurried.get()
    }
}

impl Interruptible<'_> {
    /// Ends the run.
    ///
    /// # Errors
    ///
    /// `KeyboardInterrupt`: it has ended by Ctrl-C.
    pub(crate) fn end(mut self, run: Result<()>, is_cancelled: bool) -> Result<Result<()>> {
        let Some(core) = self.0.take() else {
            return Ok(run);
        };
        let ctrl_c = &core.signals.ctrl_c;
        let count = ctrl_c.count.get();
        let task = ctrl_c.cancelled.borrow_mut().take();
        let unnoticed = leave(core);
        let at_once = matches!(&run, Err(error) if error.is::<KeyboardInterrupt>());
        // Whoever else has cancelled the task is told that it was cancelled.
        let by_it = count > 0 && is_cancelled && task.is_none_or(|task| task.uncancel() == 0);
        if unnoticed || at_once || by_it {
            return Err(KeyboardInterrupt.into());
        }
        Ok(run)
    }
}

fn leave(core: &Core) -> bool {
    let ctrl_c = &core.signals.ctrl_c;
    ctrl_c.count.set(0);
    let main = ctrl_c.main.take();
    drop((main, ctrl_c.cancelled.take()));
    table::end_run()
}

impl Drop for Interruptible<'_> {
    fn drop(&mut self) {
        if let Some(core) = self.0.take() {
            leave(core);
        }
    }
}
