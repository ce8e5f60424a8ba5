//! The recorder of a trace: it notes what a loop reports of its turns, entries, timers and waits, and what
//! generators report of the operations on them.

mod entries;
mod operations;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::environment::ByEnvironment;
use super::trace::{Cause, Recording, Trace, TraceClock, TraceOptions, Values};
use crate::kernel::{Core, Direction, LoopRecorder, Nanos, Ready, ReadyCause, TaskObject, Timed};
use yieldfrom_delegation::RawLink;

/// Records one loop, or the generators of a thread. No cell is borrowed while an entry describes
/// itself, which may run user code.
pub(super) struct TraceRecorder {
    /// None once the trace was taken.
    pub(super) notes: RefCell<Option<Recording>>,
    /// Memory for the chains of delegations.
    links: Cell<Vec<RawLink>>,
    /// Tells the time when a generator reports.
    clock: Box<dyn Fn() -> Nanos>,
    /// Shows what goes into generators and comes out.
    values: Values,
    /// Where the recording goes, if the environment asks for it.
    environment: RefCell<Option<Rc<ByEnvironment>>>,
}

impl TraceRecorder {
    pub(super) fn new(
        options: &TraceOptions,
        began: Nanos,
        clock: impl Fn() -> Nanos + 'static,
    ) -> Rc<Self> {
        let notes = Recording::new(options, began);
        Rc::new(Self {
            notes: RefCell::new(Some(notes)),
            values: options.values().clone(),
            links: Cell::default(),
            clock: Box::new(clock),
            environment: RefCell::new(None),
        })
    }

    /// Returns the recorder of a loop, if it has one.
    pub(super) fn of(core: &Core) -> Option<Rc<Self>> {
        let recorder = core.hooks.recorder()? as Rc<dyn Any>;
        recorder.downcast().ok()
    }

    /// Has the recording be written when the loop is closed.
    pub(super) fn write_at_end(&self, environment: ByEnvironment) {
        self.environment.replace(Some(Rc::new(environment)));
    }

    /// Returns whether the environment asks for the recording, of which the program does not know.
    pub(super) fn is_by_environment(&self) -> bool {
        self.environment.borrow().is_some()
    }

    /// Ends a recording that the environment asks for, and writes it.
    pub(super) fn write_by_environment(&self, core: &Core) {
        let environment = self.environment.take();
        let Some(environment) = environment else {
            return;
        };
        if let Some(trace) = self.finish(core) {
            core.hooks.set_recorder(None);
            environment.write(&trace);
        }
    }

    pub(super) fn now(&self) -> Nanos {
        (self.clock)()
    }

    /// Has the recording note something, unless it was taken.
    #[inline]
    fn note<T: Default>(&self, what: impl FnOnce(&mut Recording) -> T) -> T {
        match &mut *self.notes.borrow_mut() {
            Some(notes) => what(notes),
            None => T::default(),
        }
    }

    /// Does so if there is room, and otherwise counts an event that is not kept.
    #[inline]
    fn note_if_room<T: Default>(&self, what: impl FnOnce(&mut Recording) -> T) -> T {
        self.note(|notes| {
            if notes.is_full() {
                notes.drop_more(1);
                return T::default();
            }
            what(notes)
        })
    }

    /// Returns whether nothing more is kept, or the recording was taken.
    #[inline]
    fn is_full(&self) -> bool {
        let notes = self.notes.borrow();
        notes.as_ref().is_none_or(Recording::is_full)
    }

    /// Notes what is there when a recording begins.
    pub(super) fn begin(&self, core: &Core) {
        let running = core.current_task().map(|task| task.number());
        for task in core.all_tasks() {
            self.add_task(&*task);
            if running != Some(task.number()) {
                self.note_wait_of(core, &*task);
            }
        }
        self.catch_up(core, Cause::Other);
    }

    /// Ends the recording of a loop, unless it was taken.
    pub(super) fn finish(&self, core: &Core) -> Option<Trace> {
        self.note(|notes| notes.advance(core.now()));
        self.catch_up(core, Cause::Woken);
        let mut notes = self.notes.take()?;
        for task in core.all_tasks() {
            notes.rename(task.number(), &task.name());
        }
        let clock = match core.is_virtual() {
            true => TraceClock::VirtualLoop,
            false => TraceClock::Loop,
        };
        Some(Trace::new(notes, clock))
    }
}

impl LoopRecorder for TraceRecorder {
    fn begin_turn(&self, core: &Core, entries: &[Rc<dyn Ready>], count: usize) {
        let now = core.now();
        self.note(|notes| notes.advance(now));
        // It may log, which runs code of the program.
        let environment = self.environment.borrow().clone();
        if let Some(environment) = environment {
            environment.begin();
        }
        // After a panic, the rest of a turn comes as one: what became ready meanwhile is in the queue still.
        if core.ready.is_empty() {
            self.note(Recording::prepare_turn);
            self.announce_rest(entries);
        } else {
            self.catch_up(core, Cause::Woken);
            self.note(Recording::end_cut_short);
            self.note(Recording::end_turn);
        }
        self.note(|notes| notes.begin_turn(count));
    }

    fn begin_entry(&self, core: &Core, entry: &Rc<dyn Ready>) {
        let address = address(&**entry);
        let begin = |notes: &mut Recording| match notes.running() {
            _ if notes.is_full() => Some(true),
            Some(_) => None,
            None => Some(notes.begin_next(address)),
        };
        let is_known = self.note(begin).unwrap_or_else(|| {
            // A panic has kept the entry before from telling of its end.
            self.catch_up(core, Cause::Woken);
            self.note(|notes| {
                notes.end_cut_short();
                notes.begin_next(address)
            })
        });
        if !is_known && !self.is_full() {
            self.begin_unknown(entry);
        }
    }

    fn end_entry(&self, core: &Core, entry: &Rc<dyn Ready>) {
        if self.is_full() {
            return self.note(|notes| notes.skip_entry(core.ready.len()));
        }
        let now = core.now();
        if self.gave_way(core, entry, now) {
            return;
        }
        self.note(|notes| notes.advance(now));
        self.catch_up(core, Cause::Woken);
        self.end_running(core, &**entry);
        self.catch_up(core, Cause::Again);
    }

    fn end_turn(&self, core: &Core) {
        let _ = core;
        self.note_if_room(Recording::end_turn);
    }

    fn idle(&self, core: &Core, began: Nanos) {
        let now = core.now();
        self.note_if_room(|notes| notes.idle(began, now));
        self.catch_up(core, Cause::Socket);
    }

    fn became_ready(&self, core: &Core, cause: ReadyCause) {
        let cause = match cause {
            ReadyCause::Descriptor => Cause::Socket,
            ReadyCause::Other => Cause::Other,
        };
        self.catch_up(core, cause);
    }

    fn timer_set(&self, core: &Core, now: Nanos, deadline: Nanos, timed: &Rc<dyn Timed>) {
        if self.is_full() {
            return self.note(|notes| notes.drop_more(1));
        }
        self.catch_up(core, Cause::Woken);
        self.note(|notes| notes.advance(now));
        match Rc::clone(timed).as_entry() {
            Some(entry) => {
                let track = self.track(&entry);
                self.note(|notes| notes.timer(track, deadline));
            }
            None => {
                let address = Rc::as_ptr(timed).cast::<()>().addr();
                self.note(|notes| notes.timer_of_running(address, deadline));
            }
        }
    }

    fn timer_cancelled(&self, core: &Core, timed: *const ()) {
        self.catch_up(core, Cause::Woken);
        self.note_if_room(|notes| notes.forget_timer(timed.addr(), true));
    }

    fn timer_fired(&self, core: &Core, timed: *const ()) {
        let now = core.now();
        self.note(|notes| notes.advance(now));
        self.catch_up(core, Cause::Timer);
        self.note(|notes| notes.forget_timer(timed.addr(), false));
    }

    fn cancelled(&self, core: &Core, task: &dyn TaskObject) {
        self.catch_up(core, Cause::Woken);
        if !self.is_full() {
            self.add_task(task);
        }
        self.note_if_room(|notes| {
            let track = notes.tracks.at(task.address().addr());
            track.into_iter().for_each(|track| notes.cancel(track));
        });
    }

    fn abandoned(&self, core: &Core, task: &dyn TaskObject) {
        self.catch_up(core, Cause::Woken);
        self.note_if_room(|notes| notes.end_abandoned(task.address().addr()));
    }

    fn watched(&self, core: &Core, entry: &Rc<dyn Ready>, descriptor: i32, direction: Direction) {
        self.catch_up(core, Cause::Woken);
        if self.is_full() {
            return self.note(|notes| notes.drop_more(1));
        }
        let track = self.track(entry);
        self.note(|notes| notes.watch(track, descriptor, direction));
    }

    fn unwatched(&self, core: &Core, descriptor: i32, direction: Direction) {
        self.catch_up(core, Cause::Woken);
        self.note_if_room(|notes| notes.unwatch(descriptor, direction));
    }

    fn closed(&self, core: &Core) {
        self.write_by_environment(core);
    }
}

/// Returns what tells an entry from all others while it exists.
fn address(entry: &dyn Ready) -> usize {
    std::ptr::from_ref(entry).cast::<()>().addr()
}
