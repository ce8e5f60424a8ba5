//! Ctrl-C, during a run on the main thread.
//!
//! The run notices it at the beginning of its next turn. A descriptor that becomes readable wakes a
//! loop that waits, but it does not count as something to wait for: otherwise no run would ever be a
//! deadlock.

use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::AsFd;
use std::rc::Rc;

use super::table;
use crate::errors::{KeyboardInterrupt, panics};
use crate::kernel::{AnyTask, Core, Layer, Waitable, Watched, cancel, on_main_thread};
use yieldfrom_delegation::{Error, Result};

/// The part of a loop that deals with Ctrl-C.
pub(crate) struct CtrlC {
    /// Whether it ends runs in order.
    pub(super) wanted: Cell<bool>,
    /// The run that it ends in order, while there is one.
    run: RefCell<Option<InterruptibleRun>>,
    /// Whether already the first one ends a run at once: while tasks are cleaned up after the main
    /// one.
    at_once: Cell<bool>,
    /// Whether it has ended a run at once.
    hurried: Cell<bool>,
    watched: OnceCell<Option<Rc<Watched>>>,
}

struct InterruptibleRun {
    /// The future or task that the run waits for.
    main: Rc<dyn Waitable>,
    /// How often Ctrl-C was noticed.
    count: usize,
    /// The task that was cancelled by the first one.
    cancelled: Option<AnyTask>,
}

impl CtrlC {
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            wanted: Cell::new(wanted),
            run: RefCell::default(),
            at_once: Cell::new(false),
            hurried: Cell::new(false),
            watched: OnceCell::new(),
        }
    }

    /// Has each Ctrl-C from now on end a run at once.
    pub(crate) fn interrupt_at_once(&self) {
        self.at_once.set(true);
    }

    /// Returns whether a Ctrl-C has ended a run at once.
    pub(crate) fn is_hurried(&self) -> bool {
        self.hurried.get()
    }

    /// Counts a Ctrl-C that has come, and returns what is run, and how many there were.
    fn count_interrupt(&self) -> Option<(Rc<dyn Waitable>, usize)> {
        let mut run = self.run.borrow_mut();
        let run = run.as_mut().filter(|_| table::notice())?;
        run.count += 1;
        Some((Rc::clone(&run.main), run.count))
    }
}

impl Layer for CtrlC {
    /// Has Ctrl-C end this run in order, if it is on the main thread.
    fn begin_run(&self, core: &Core, main: &Rc<dyn Waitable>) {
        if !self.wanted.get() || !on_main_thread() {
            return;
        }
        let Some(wake) = table::begin_run() else {
            return;
        };
        let main = Rc::clone(main);
        let (count, cancelled) = (0, None);
        self.run.replace(Some(InterruptibleRun {
            main,
            count,
            cancelled,
        }));
        self.watched.get_or_init(|| {
            let watched = core.watch(wake.as_fd(), "watch for Ctrl-C");
            // Without it, a loop that waits may notice Ctrl-C a little late.
            let tell = |error: &Error| panics::contain(|| log::debug!("{error}"));
            watched.inspect_err(tell).ok()
        });
    }

    /// Deals with a Ctrl-C: the first one cancels what is run.
    ///
    /// # Errors
    ///
    /// `KeyboardInterrupt`: it is the second one, or there is nothing to be cancelled.
    #[cold]
    fn interrupt(&self, core: &Core) -> Result<()> {
        let Some((main, count)) = self.count_interrupt() else {
            return Ok(());
        };
        let task = core.find_task(main.address()).map(AnyTask);
        if count == 1 && !self.at_once.get() && cancel(main) {
            if let Some(run) = &mut *self.run.borrow_mut() {
                run.cancelled = task;
            }
            return Ok(());
        }
        self.hurried.set(true);
        Err(KeyboardInterrupt.into())
    }

    /// # Errors
    ///
    /// `KeyboardInterrupt`: the run has ended by Ctrl-C.
    fn end_run(&self, result: &Result<()>, is_cancelled: bool) -> Result<()> {
        let Some(run) = self.run.take() else {
            return Ok(());
        };
        let unnoticed = table::end_run();
        let at_once = matches!(result, Err(error) if error.is::<KeyboardInterrupt>());
        // If other code has cancelled the task as well, the run ends as cancelled.
        let only_by_it = |task: AnyTask| task.uncancel() == 0;
        let by_it = run.count > 0 && is_cancelled && run.cancelled.is_none_or(only_by_it);
        if unnoticed || at_once || by_it {
            return Err(KeyboardInterrupt.into());
        }
        Ok(())
    }

    /// Gives Ctrl-C its default action again, if `end_run` has not.
    fn leave_run(&self) {
        let run = self.run.take();
        if run.is_some() {
            table::end_run();
        }
    }
}
