//! One turn of the loop, and runs, which are turns until a stop.

use std::rc::Rc;
use std::time::Instant;

use super::api::EventLoop;
use super::batch::Batch;
use super::clock::Clock;
use super::current::Entered;
use super::error_context::ErrorContext;
use super::inbox::Inbox;
use super::slow_callbacks::{Watch, wait_and_tell};
use super::timers::Lost;
use super::{Core, Ready};
use crate::errors::Panicked;
use crate::errors::panics::{self, Payload};
use crate::kernel::hooks::{LoopRecorder, is_interrupted};
use crate::kernel::nanos::{Nanos, nanos};
use crate::kernel::on_drop::OnDrop;
use crate::kernel::request::{Request, Wish};
use crate::kernel::watcher::{WatchedRun, WatchedTurn};
use yieldfrom_delegation::{Error, Result, recorder};

/// What a run has at hand.
struct Run {
    /// The entries of this turn that are still to run.
    batch: Batch,
    watch: Watch,
}

/// Makes turns until a stop is requested.
pub(super) fn run_turns(event_loop: &EventLoop, operation: &'static str) -> Result<()> {
    let _told = event_loop.core().tell_host();
    let _entered = Entered::new(event_loop, operation)?;
    let mut began = false;
    guarded(event_loop.core(), |core, run| {
        loop {
            // After a panic, the turn goes on.
            if !run.batch.is_empty() || std::mem::replace(&mut began, true) {
                core.run_batch(run);
                if core.stopping.replace(false) {
                    return Ok(());
                }
            }
            core.check_alive(operation)?;
            core.prepare(None, run)?;
        }
    })
}

/// Makes one turn, which waits no longer than `max_wait`.
pub(super) fn run_turn(event_loop: &EventLoop, max_wait: Option<Nanos>) -> Result<()> {
    let _entered = Entered::new(event_loop, "turn")?;
    let mut prepared = false;
    guarded(event_loop.core(), |core, run| {
        if !std::mem::replace(&mut prepared, true) {
            core.prepare(max_wait, run)?;
        }
        core.run_batch(run);
        Ok(())
    })
}

/// Runs turns, and goes on with them after a panic, which is reported. A panic of that report
/// ends the run.
///
/// There is one guard around all of them: one around each step would cost at every switch.
fn guarded(
    core: &Rc<Core>,
    mut turns: impl FnMut(&Rc<Core>, &mut Run) -> Result<()>,
) -> Result<()> {
    let _watched = WatchedRun::begin(core);
    let mut run = Run {
        batch: Batch::default(),
        watch: Watch::start(core),
    };
    let (mut panicked, mut result) = (None, None);
    loop {
        let guarded = panics::catch(|| {
            if let Some(payload) = panicked.take() {
                core.panicked(payload, &mut run.watch);
            }
            if result.is_none() {
                result = Some(turns(core, &mut run));
            }
            // This drops what has ended, which may panic after the run is over.
            run.watch.finish(core);
        });
        match (guarded, &mut result) {
            (Err(payload), _) if core.reporting.get() => core.give_up(&mut run, payload),
            (Err(payload), _) => panicked = Some(payload),
            (Ok(()), result) => return result.take().unwrap_or(Ok(())),
        }
    }
}

impl Core {
    /// Begins a turn.
    #[inline(always)]
    fn prepare(self: &Rc<Self>, max_wait: Option<Nanos>, run: &mut Run) -> Result<()> {
        // 1. Wait, if there is nothing to do.
        if self.ready.is_empty() && !self.stopping.get() {
            run.watch.finish(self);
            self.idle(max_wait)?;
            run.watch.restart_after_wait(self);
        } else if self.reactor.has_waits() {
            self.glance()?;
        }
        if is_interrupted() {
            self.hooks.interrupt(self)?;
        }
        // 2. Calls from other threads, and timers that are due, become ready.
        let before = self.ready.len();
        self.fire_timers();
        self.counters.count_turn();
        run.batch.refill(&self.ready);
        self.take_inbox(run, before);
        // 3. will be to run what is ready now, 4. is up to the run.
        Ok(())
    }

    fn idle(&self, max_wait: Option<Nanos>) -> Result<()> {
        if let Some(recorder) = self.hooks.recorder() {
            let began = self.now();
            let waited = self.wait_for_something(max_wait);
            recorder.idle(self, began);
            return waited;
        }
        self.wait_for_something(max_wait)
    }

    fn wait_for_something(&self, max_wait: Option<Nanos>) -> Result<()> {
        let Some(inbox) = &self.inbox else {
            return Ok(());
        };
        let deadline = self.earliest_deadline();
        if let (Clock::Virtual(_), Some(deadline)) = (&self.clock, deadline) {
            // An answer may have come over a descriptor already.
            if self.reactor.has_waits() {
                self.reactor.wait(&inbox.poller, Some(0))?;
            }
            let limit = self.now().saturating_add(max_wait.unwrap_or(Nanos::MAX));
            let until = deadline.min(limit);
            if self.ready.is_empty() && !inbox.is_notified() && self.pass_time(inbox, until)? {
                self.clock.advance(until);
            }
            return Ok(());
        }
        let until = deadline.map(|deadline| deadline.saturating_sub(self.now()));
        let timeout = until.into_iter().chain(max_wait).min();
        let timeout = match yieldfrom_delegation::stack::rest() {
            None => timeout,
            Some(rest) => Some(timeout.unwrap_or(Nanos::MAX).min(nanos(rest))),
        };
        if self.in_debug_mode() {
            return wait_and_tell(self, inbox, timeout);
        }
        Ok(self.reactor.wait(&inbox.poller, timeout)?)
    }

    /// Looks for descriptors that are ready, while there is something to do: every so often.
    fn glance(&self) -> Result<()> {
        /// How many entries run between two looks, as in tokio.
        const PERIOD: usize = 61;
        let ran = self.ran.get() + self.ready.len();
        self.ran.set(if ran < PERIOD { ran } else { 0 });
        match &self.inbox {
            Some(inbox) if ran >= PERIOD => self.look(inbox),
            _ => Ok(()),
        }
    }

    /// Lets as much real time pass as virtual time is about to, if jobs are pending: otherwise
    /// every limit on one would be over at once. Returns false if something came in between.
    fn pass_time(&self, inbox: &Inbox, until: Nanos) -> Result<bool> {
        if !self.hooks.has_work() {
            return Ok(true);
        }
        let span = until.saturating_sub(self.now());
        let began = Instant::now();
        loop {
            let left = span.saturating_sub(nanos(began.elapsed()));
            if left == 0 {
                return Ok(true);
            }
            self.reactor.wait(&inbox.poller, Some(left))?;
            if inbox.is_notified() || !self.ready.is_empty() || is_interrupted() {
                return Ok(false);
            }
        }
    }

    pub(super) fn earliest_deadline(&self) -> Option<Nanos> {
        let mut lost = Lost::new();
        let deadline = self.timers.borrow_mut().earliest(&mut lost);
        drop(lost);
        deadline
    }

    /// Takes the calls that are there now: threads may send faster than they run. Their place is after
    /// the first `before` entries, and so before the timers that are due.
    #[inline(always)]
    fn take_inbox(&self, run: &mut Run, before: usize) {
        if let Some(inbox) = &self.inbox
            && inbox.is_notified()
        {
            run.batch.take_calls(inbox, before);
        }
    }

    fn fire_timers(&self) {
        if self.timers.borrow().len() == 0 {
            return;
        }
        let now = self.now();
        let mut lost = Lost::new();
        loop {
            let due = self.timers.borrow_mut().pop_due(now, &mut lost);
            match due {
                Some(timed) => self.fire(timed),
                None => return,
            }
        }
    }

    /// Runs what is left of this turn.
    #[inline(always)]
    fn run_batch(self: &Rc<Self>, run: &mut Run) {
        if let Some(recorder) = self.hooks.recorder() {
            return self.run_recorded(run, recorder);
        }
        if let Some(turn) = WatchedTurn::begin(self, || run.batch.len()) {
            return self.run_watched(run, &turn);
        }
        while let Some(entry) = run.batch.next(self) {
            run.batch.prefetch(self);
            run.watch.note(&entry);
            self.run_entry(entry);
            run.watch.check(self);
        }
    }

    /// Runs a batch as `run_batch` does, and tells a recorder what happens. It is a loop of its own, so
    /// that the usual one pays no more than a look at a flag in each turn.
    #[cold]
    #[inline(never)]
    fn run_recorded(self: &Rc<Self>, run: &mut Run, recorder: Rc<dyn LoopRecorder>) {
        let before = recorder::replace(Some(recorder.clone()));
        let _restored = OnDrop::new(|| drop(recorder::replace(before)));
        recorder.begin_turn(self, run.batch.entries(), run.batch.len());
        let turn = WatchedTurn::begin(self, || run.batch.len());
        let watcher = turn.as_ref().map(|turn| turn.watcher);
        while let Some(entry) = run.batch.next(self) {
            let shown = Rc::clone(&entry);
            recorder.begin_entry(self, &shown);
            watcher.inspect(|it| it.begin_entry(self, &shown));
            run.watch.note(&entry);
            self.run_entry(entry);
            watcher.inspect(|it| it.end_entry(self, &shown));
            recorder.end_entry(self, &shown);
            run.watch.check(self);
        }
        recorder.end_turn(self);
    }

    /// Runs a batch as `run_batch` does, and tells a watcher which entry runs.
    #[cold]
    #[inline(never)]
    fn run_watched(self: &Rc<Self>, run: &mut Run, turn: &WatchedTurn<'_>) {
        while let Some(entry) = run.batch.next(self) {
            let shown = Rc::clone(&entry);
            turn.watcher.begin_entry(self, &shown);
            run.watch.note(&entry);
            self.run_entry(entry);
            turn.watcher.end_entry(self, &shown);
            run.watch.check(self);
        }
    }

    /// Runs an entry. The resume of a task's coroutine is inlined here, see [`Driver`].
    ///
    /// [`Driver`]: yieldfrom_delegation::Driver
    #[inline(always)]
    fn run_entry(self: &Rc<Self>, entry: Rc<dyn Ready>) {
        let Some((coroutine, slot)) = entry.begin() else {
            return entry.run(self);
        };
        self.enter_task(slot);
        let request = match coroutine.step() {
            Ok(request) => Some(request),
            Err(unresolved) => entry.resolve(unresolved),
        };
        self.leave_task();
        if let Some(request) = request {
            self.suspend(entry, request);
        }
    }

    /// Suspends a task as its coroutine requests.
    ///
    /// What the request has goes on in registers. If the request went on as it is, it would be read in
    /// one piece just after it was written in two, and the processor would wait for that.
    #[inline(always)]
    pub(crate) fn suspend(&self, task: Rc<dyn Ready>, request: Request) {
        if self.regions.any() {
            return task.suspend_with_care(self, request);
        }
        self.suspend_freely(task, request);
    }

    /// Suspends a task that is in no region of `no_suspend`.
    #[inline(always)]
    pub(crate) fn suspend_freely(&self, task: Rc<dyn Ready>, request: Request) {
        match request.0 {
            Wish::Sleep(0) => self.ready.push(task),
            Wish::Sleep(delay) => task.sleep(self, delay),
            Wish::Wait(what) => task.wait(self, what),
        }
    }

    /// Deals with a panic that came out of a task, or out of a destructor.
    #[cold]
    #[inline(never)]
    fn panicked(self: &Rc<Self>, payload: Payload, watch: &mut Watch) {
        let task = self.current_task();
        self.leave_task();
        match task {
            Some(task) => task.panicked(payload),
            None => self.report_panic(|| {
                let error = Error::new(Panicked::new(payload));
                ErrorContext::new("Exception in the event loop").error(error)
            }),
        }
        // What comes next is not to be taken for what has taken so long.
        watch.finish(self);
    }

    /// Ends a run by a panic. The rest of the turn is left for the next run.
    #[cold]
    #[inline(never)]
    fn give_up(self: &Rc<Self>, run: &mut Run, payload: Payload) -> ! {
        self.reporting.set(false);
        self.stopping.set(false);
        self.leave_task();
        run.batch.put_back(self);
        payload.resume()
    }
}
