//! Records what the loop does: its turns, steps and waits.
//!
//! The turn has a run loop of its own for this, so that the usual one pays no more than a look at a
//! flag in each turn.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::turn::Run;
use super::{Core, EventLoop, Nanos, Ready};
use crate::Result;
use crate::debug::WaitKind;
use crate::errors::RuntimeError;
use crate::future::Explanation;
use crate::task::{Suspension, TaskObject};
use crate::trace::{DEFAULT_LIMIT, Recorder, Stop, Trace, Track};

/// Where the loop records what it does.
#[derive(Default)]
pub(super) struct Tracing {
    is_on: Cell<bool>,
    recorder: RefCell<Option<Recorder>>,
}

impl Tracing {
    #[inline(always)]
    pub(super) fn is_on(&self) -> bool {
        self.is_on.get()
    }

    pub(super) fn start(&self, limit: Option<usize>, now: Nanos) {
        let recorder = Recorder::new(limit.unwrap_or(DEFAULT_LIMIT), now);
        self.recorder.replace(Some(recorder));
        self.is_on.set(true);
    }

    /// Tells the recorder, if there is one. Nobody's code runs meanwhile.
    fn tell(&self, what: impl FnOnce(&mut Recorder)) {
        if let Some(recorder) = &mut *self.recorder.borrow_mut() {
            what(recorder);
        }
    }
}

struct Described<'a>(&'a dyn Ready);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl Core {
    /// Runs what is left of this turn, and records it.
    #[cold]
    #[inline(never)]
    pub(super) fn run_recorded(self: &Rc<Self>, run: &mut Run) {
        let (now, entries) = (self.now(), run.batch.len());
        self.tracing.tell(|it| it.begin_turn(now, entries));
        while let Some(entry) = run.batch.next() {
            let (shown, before) = (Rc::clone(&entry), self.ready.len());
            let task = Rc::clone(&entry).as_task();
            // The first of the two turns of a sleep that is over is its timer's.
            let (timer, task) = match task {
                Some(task) if task.is_due() => (Some(task.name()), None),
                task => (None, task),
            };
            match &task {
                Some(task) => self.record_step(&**task, address(&*shown)),
                None => self.record_callback(timer, &*shown),
            }
            run.watch.note(&entry);
            self.run_entry(entry);
            self.record_end(task.as_deref(), address(&*shown), before);
            run.watch.check(self);
        }
        let now = self.now();
        self.tracing.tell(|it| it.end_turn(now));
    }

    fn record_step(&self, task: &dyn TaskObject, address: *const ()) {
        let (now, number) = (self.now(), task.number());
        let track = || Track {
            number,
            name: task.name(),
            origin: task.origin(),
        };
        self.tracing
            .tell(|it| it.begin_step(now, address, number, track));
    }

    fn record_callback(&self, timer: Option<String>, entry: &dyn Ready) {
        let (now, address) = (self.now(), address(entry));
        let name = match timer {
            Some(task) => format!("timer of {task}"),
            None => Described(entry).to_string(),
        };
        self.tracing
            .tell(|it| it.begin_callback(now, address, name));
    }

    fn record_end(&self, task: Option<&dyn TaskObject>, address: *const (), before: usize) {
        let now = self.now();
        let mut woken = self.ready.addresses_from(before);
        woken.retain(|&woken| woken != address);
        let (stop, wait) = match task {
            Some(task) => stopped(task),
            None => (Stop::Ended, None),
        };
        let ended = task.filter(|task| task.is_done()).map(TaskObject::name);
        self.tracing.tell(|it| {
            it.end_step(now, stop, wait, woken);
            if let Some(name) = ended {
                it.rename(address, name);
                it.forget(address);
            }
        });
    }

    /// Records that the loop had nothing to do since then.
    pub(super) fn record_idle(&self, began: Nanos) {
        let (now, ready) = (self.now(), self.ready.len());
        self.tracing.tell(|it| it.idle(began, now, ready));
    }
}

fn address(entry: &dyn Ready) -> *const () {
    std::ptr::from_ref(entry).cast()
}

/// Returns where a task has stopped, and what it waits for.
fn stopped(task: &dyn TaskObject) -> (Stop, Option<(WaitKind, String)>) {
    let stack = task.stack();
    let Some(at) = stack.last().filter(|_| !task.is_done()) else {
        return (Stop::Ended, None);
    };
    let (file, line) = (at.file(), at.line());
    let wait = match task.suspension() {
        Suspension::Scheduled => None,
        Suspension::Asleep(_) => Some((WaitKind::Sleep, "sleep".to_owned())),
        Suspension::Waiting(what) => {
            let mut explanation = Explanation::default();
            what.explain(&mut explanation);
            (!explanation.over).then_some((explanation.kind, explanation.text))
        }
    };
    (Stop::At { file, line }, wait)
}

impl EventLoop {
    /// Begins to record what the loop does: see [`trace`](crate::trace).
    ///
    /// At most `limit` events are kept, 100,000 if none is given. It may be called at any time, also
    /// by a callback or a task; what is recorded begins with the next turn.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is recorded already.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::new()?;
    /// event_loop.start_trace(None)?;
    /// assert!(event_loop.start_trace(None).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn start_trace(&self, limit: impl Into<Option<usize>>) -> Result<()> {
        let tracing = &self.core().tracing;
        if tracing.is_on() {
            let why = "start_trace: the loop is recorded already; call stop_trace first";
            return Err(RuntimeError::new(why).into());
        }
        tracing.start(limit.into(), self.core().now());
        Ok(())
    }

    /// Ends the recording, and returns it. A loop that is closed has it still.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the loop is not recorded.
    ///
    /// # Examples
    ///
    /// See [`trace`](crate::trace).
    pub fn stop_trace(&self) -> Result<Trace> {
        let core = self.core();
        let names = core.all_tasks().into_iter();
        let names = names.map(|task| (Rc::as_ptr(&task).cast(), task.name()));
        let names: Vec<(*const (), String)> = names.collect();
        core.tracing.is_on.set(false);
        let Some(mut recorder) = core.tracing.recorder.take() else {
            let why = "stop_trace: the loop is not recorded; call start_trace before";
            return Err(RuntimeError::new(why).into());
        };
        for (address, name) in names {
            recorder.rename(address, name);
        }
        Ok(recorder.into_trace(core.now(), core.clock.is_virtual()))
    }
}
