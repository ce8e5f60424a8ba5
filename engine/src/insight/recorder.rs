//! The recorder of a trace: it notes what a loop reports of its turns, steps and waits.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::trace::{DEFAULT_LIMIT, Notes, Stop, Trace, Track};
use crate::Result;
use crate::errors::RuntimeError;
use crate::kernel::{
    Core, EventLoop, Explanation, Nanos, Ready, Recorder, Suspension, TaskObject, WaitKind,
};

/// Records one loop. No cell is borrowed while an entry describes itself, which may run user code.
struct TraceRecorder {
    notes: RefCell<Option<Notes>>,
    /// The task that runs, if a task does, and how many entries were ready before.
    running: RefCell<Running>,
}

#[derive(Default)]
struct Running {
    task: Option<Rc<dyn TaskObject>>,
    ready: usize,
}

impl TraceRecorder {
    fn tell(&self, what: impl FnOnce(&mut Notes)) {
        if let Some(notes) = &mut *self.notes.borrow_mut() {
            what(notes);
        }
    }

    fn begin_step(&self, now: Nanos, task: &dyn TaskObject, address: *const ()) {
        let number = task.number();
        let track = || Track {
            number,
            name: task.name(),
            origin: task.origin(),
        };
        self.tell(|it| it.begin_step(now, address, number, track));
    }

    fn begin_callback(&self, now: Nanos, timer: Option<String>, entry: &dyn Ready) {
        let name = match timer {
            Some(task) => format!("timer of {task}"),
            None => Described(entry).to_string(),
        };
        self.tell(|it| it.begin_callback(now, address(entry), name));
    }
}

impl Recorder for TraceRecorder {
    fn begin_turn(&self, core: &Core, entries: usize) {
        let now = core.now();
        self.tell(|it| it.begin_turn(now, entries));
    }

    fn begin_entry(&self, core: &Core, entry: &Rc<dyn Ready>) {
        let (now, ready) = (core.now(), core.ready.len());
        // The first of the two turns of a sleep that is over is its timer's.
        let (timer, task) = match Rc::clone(entry).as_task() {
            Some(task) if task.is_due() => (Some(task.name()), None),
            task => (None, task),
        };
        match &task {
            Some(task) => self.begin_step(now, &**task, address(&**entry)),
            None => self.begin_callback(now, timer, &**entry),
        }
        drop(self.running.replace(Running { task, ready }));
    }

    fn end_entry(&self, core: &Core, entry: &Rc<dyn Ready>) {
        let (now, address) = (core.now(), address(&**entry));
        let Running { task, ready } = self.running.take();
        let mut woken = core.ready.addresses_from(ready);
        woken.retain(|&woken| woken != address);
        let (stop, wait) = match &task {
            Some(task) => stopped(&**task),
            None => (Stop::Ended, None),
        };
        let ended = task.filter(|task| task.is_done()).map(|task| task.name());
        self.tell(|it| {
            it.end_step(now, stop, wait, woken);
            if let Some(name) = ended {
                it.rename(address, name);
                it.forget(address);
            }
        });
    }

    fn end_turn(&self, core: &Core) {
        let now = core.now();
        self.tell(|it| it.end_turn(now));
    }

    fn idle(&self, core: &Core, began: Nanos) {
        let (now, ready) = (core.now(), core.ready.len());
        self.tell(|it| it.idle(began, now, ready));
    }
}

/// An entry as it shows itself.
struct Described<'a>(&'a dyn Ready);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
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
        let core = self.core();
        if core.hooks.recorder().is_some() {
            let why = "start_trace: the loop is recorded already; call stop_trace first";
            return Err(RuntimeError::new(why).into());
        }
        let limit = limit.into().unwrap_or(DEFAULT_LIMIT);
        core.hooks.set_recorder(Some(Rc::new(TraceRecorder {
            notes: RefCell::new(Some(Notes::new(limit, core.now()))),
            running: RefCell::default(),
        })));
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
        let recorder = core
            .hooks
            .recorder()
            .map(|recorder| recorder as Rc<dyn Any>);
        let recorder = recorder.and_then(|any| any.downcast::<TraceRecorder>().ok());
        let Some(mut notes) = recorder.and_then(|recorder| recorder.notes.take()) else {
            let why = "stop_trace: the loop is not recorded; call start_trace before";
            return Err(RuntimeError::new(why).into());
        };
        core.hooks.set_recorder(None);
        for (address, name) in names {
            notes.rename(address, name);
        }
        Ok(notes.into_trace(core.now(), core.is_virtual()))
    }
}
