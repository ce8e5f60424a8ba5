//! Ctrl-C, during a run on the main thread.
//!
//! The run notices it at the beginning of its next turn. The descriptor that becomes readable wakes
//! a loop that waits, but nobody waits for it: otherwise no run would ever be a deadlock.

use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::AsFd;
use std::rc::Rc;

use super::table;
use crate::errors::{KeyboardInterrupt, panics};
use crate::kernel::{AnyTask, Core, Waitable, Watched, cancel, on_main_thread};
use crate::{Error, Result};

/// What a loop knows of Ctrl-C.
pub(super) struct CtrlC {
    /// Whether it is to end runs in order.
    pub(super) wanted: Cell<bool>,
    /// Whether a run is on that Ctrl-C ends in order.
    is_in_run: Cell<bool>,
    /// What that run waits for.
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
            is_in_run: Cell::new(false),
            main: RefCell::default(),
            count: Cell::new(0),
            at_once: Cell::new(false),
            hurried: Cell::new(false),
            cancelled: RefCell::default(),
            watched: OnceCell::new(),
        }
    }

    /// Has Ctrl-C end a run in order, if that is on the main thread.
    pub(super) fn begin_run(&self, core: &Core, main: &Rc<dyn Waitable>) {
        if !self.wanted.get() || !on_main_thread() {
            return;
        }
        let Some(wake) = table::begin_run() else {
            return;
        };
        self.is_in_run.set(true);
        self.watched.get_or_init(|| {
            let watched = core.watch(wake.as_fd(), "watch for Ctrl-C");
            // Without it, a loop that waits may notice Ctrl-C a little late.
            let tell = |error: &Error| panics::contain(|| log::debug!("{error}"));
            watched.inspect_err(tell).ok()
        });
        drop(self.main.replace(Some(Rc::clone(main))));
    }

    /// Deals with a Ctrl-C: the first one cancels what is run.
    ///
    /// # Errors
    ///
    /// `KeyboardInterrupt`: it is the second one, or there is nothing to be cancelled.
    #[cold]
    pub(super) fn interrupt(&self, core: &Core) -> Result<()> {
        let main = self.main.borrow().clone();
        let Some(main) = main else {
            return Ok(());
        };
        if !table::notice() {
            return Ok(());
        }
        let count = self.count.get() + 1;
        self.count.set(count);
        let task = core.find_task(main.address()).map(AnyTask);
        if count == 1 && !self.at_once.get() && cancel(main) {
            drop(self.cancelled.replace(task));
            return Ok(());
        }
        self.hurried.set(true);
        Err(KeyboardInterrupt.into())
    }

    /// Has each Ctrl-C from now on end a run at once.
    pub(super) fn interrupt_at_once(&self) {
        self.at_once.set(true);
    }

    /// Returns whether a Ctrl-C has ended a run at once.
    pub(super) fn is_hurried(&self) -> bool {
        self.hurried.get()
    }

    /// Ends a run.
    ///
    /// # Errors
    ///
    /// `KeyboardInterrupt`: it has ended by Ctrl-C.
    pub(super) fn end_run(&self, run: &Result<()>, is_cancelled: bool) -> Result<()> {
        if !self.is_in_run.get() {
            return Ok(());
        }
        let count = self.count.get();
        let task = self.cancelled.borrow_mut().take();
        let unnoticed = self.leave_run();
        let at_once = matches!(run, Err(error) if error.is::<KeyboardInterrupt>());
        // If other code has cancelled the task as well, the run ends as cancelled.
        let by_it = count > 0 && is_cancelled && task.is_none_or(|task| task.uncancel() == 0);
        if unnoticed || at_once || by_it {
            return Err(KeyboardInterrupt.into());
        }
        Ok(())
    }

    /// Gives Ctrl-C its default action again; returns whether there was one that nobody noticed.
    pub(super) fn leave_run(&self) -> bool {
        if !self.is_in_run.replace(false) {
            return false;
        }
        self.count.set(0);
        let main = self.main.take();
        drop((main, self.cancelled.take()));
        table::end_run()
    }
}
