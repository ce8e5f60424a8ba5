//! What recorders say to a recording.

use super::Recording;
use super::event::{Action, Cause, How, Index, NONE, What};
use super::tables::{Frame, Wait};
use super::tracks::{Track, TrackKind};
use crate::kernel::{Direction, Nanos, WaitKind};
use yieldfrom_delegation::{Link, RawLink};

/// The entry that runs.
#[derive(Clone, Copy)]
pub(in crate::insight) struct Running {
    pub(in crate::insight) track: Index,
    pub(in crate::insight) address: usize,
    /// Whether it is a task's step.
    pub(in crate::insight) is_step: bool,
}

impl Recording {
    /// Returns whether nothing more is kept: then nothing has to be found out.
    pub(in crate::insight) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Counts what was not noted.
    pub(in crate::insight) fn drop_more(&mut self, count: usize) {
        self.dropped += count as u64;
    }

    pub(in crate::insight) fn running(&self) -> Option<Running> {
        self.running
    }

    /// Returns how many entries of the ready queue are known.
    #[inline]
    pub(in crate::insight) fn ready_len(&self) -> usize {
        match self.is_in_turn {
            true => self.ready_in_turn,
            false => self.ready.len(),
        }
    }

    /// Notes that what is in the ready queue becomes a turn.
    pub(in crate::insight) fn prepare_turn(&mut self) {
        self.end_cut_short();
        self.end_turn();
        self.ready_in_turn = 0;
    }

    /// Returns the track that does what happens now.
    fn by(&self) -> Index {
        let running = self.running.map_or(NONE, |running| running.track);
        self.operations.last().copied().unwrap_or(running)
    }

    pub(in crate::insight) fn begin_turn(&mut self, ready: usize) {
        self.tidy();
        self.is_in_turn = true;
        self.turns += 1;
        let (number, ready) = (self.turns, ready as u32);
        self.emit(What::Turn { number, ready });
    }

    /// Ends the turn, unless that is done. After a panic, the rest of a turn is another one.
    pub(in crate::insight) fn end_turn(&mut self) {
        if std::mem::take(&mut self.is_in_turn) {
            self.emit(What::EndTurn);
        }
    }

    pub(in crate::insight) fn idle(&mut self, began: Nanos, until: Nanos) {
        self.end_cut_short();
        self.end_turn();
        self.advance(began);
        self.emit(What::Idle { until });
        self.advance(until);
    }

    /// Returns the track of a task, or that of a process.
    ///
    /// `about` describes one that is not known yet, which is made now.
    pub(in crate::insight) fn task(
        &mut self,
        kind: TrackKind,
        address: usize,
        number: u32,
        about: impl FnOnce() -> (String, Link),
    ) -> Index {
        let known = self.tracks.at(address);
        let is_it = |&known: &Index| {
            let track = self.tracks.get(known);
            track.is_some_and(|track| track.kind == kind && track.number == number)
        };
        if let Some(known) = known.filter(is_it) {
            return known;
        }
        if !self.takes_tracks() {
            return NONE;
        }
        let (name, origin) = about();
        let mut track = Track::new(kind, number, self.texts.add(&name));
        track.origin = Some(Frame::of_link(&origin, &mut self.texts));
        let track = self.tracks.add(address, track);
        let by = self.by();
        self.emit(What::Made { track, by });
        track
    }

    /// Returns the track of a callback, whose name is asked for if it is not known yet.
    pub(in crate::insight) fn callback(&mut self, address: usize, name: &str) -> Index {
        if !self.takes_tracks() {
            return NONE;
        }
        let name = self.texts.add(name);
        self.tracks.add_callback(address, name)
    }

    /// Notes that an entry was put into the ready queue.
    #[inline]
    pub(in crate::insight) fn ready(&mut self, address: usize, track: Index, cause: Cause) {
        let entry = self.tracks.all.get_mut(track as usize);
        let (was_cancelled, watching) = entry.map_or((false, None), |track| {
            let was_cancelled = std::mem::take(&mut track.is_cancelled);
            (was_cancelled, track.watching.take())
        });
        if let Some((descriptor, direction)) = watching {
            self.unwatch(descriptor, direction);
        }
        let (cause, by) = match cause {
            _ if was_cancelled => (Cause::Cancelled, self.by()),
            Cause::Again => (cause, track),
            _ => (cause, self.by()),
        };
        self.emit(What::Ready { track, cause, by });
        self.push_ready(address, track);
    }

    #[inline]
    fn push_ready(&mut self, address: usize, track: Index) {
        self.ready.push_back((address, track));
        self.ready_in_turn += usize::from(self.is_in_turn);
    }

    /// Notes that a task's timer has come due: the entry of the task stands for the timer's callback.
    ///
    /// If the task was cancelled since, its entry stands for its step again.
    pub(in crate::insight) fn due(&mut self, address: usize, task: Index) {
        let timer = match self.tracks.get(task) {
            Some(known) if known.is_cancelled => task,
            Some(_) => self.tracks.timer_of(task),
            None => NONE,
        };
        self.ready(address, timer, Cause::Timer);
    }

    /// Begins the entry that comes next in the ready queue. Returns false if it is none that was announced.
    #[inline]
    pub(in crate::insight) fn begin_next(&mut self, address: usize) -> bool {
        self.tidy();
        let next = self.ready.front().copied();
        let next = match next.filter(|&(next, _)| next == address) {
            Some(_) => self.ready.pop_front(),
            None => self.take_ready(address),
        };
        let Some((_, track)) = next else {
            return false;
        };
        let kind = self.tracks.get(track).map(|track| track.kind);
        self.running = Some(Running {
            track,
            address,
            is_step: kind == Some(TrackKind::Task),
        });
        let (operation, value) = (Action::Step, NONE);
        self.emit(What::Begin {
            track,
            operation,
            value,
        });
        true
    }

    /// Takes an entry out of the queue that comes before its turn, after a panic.
    #[cold]
    fn take_ready(&mut self, address: usize) -> Option<(usize, Index)> {
        let at = self.ready.iter().position(|&(next, _)| next == address)?;
        self.ready.remove(at)
    }

    /// Leaves the entry that runs, when nothing more is kept.
    pub(in crate::insight) fn leave_entry(&mut self) {
        self.running = None;
        self.dropped += 1;
    }

    /// Notes a wait that began before the recording.
    pub(in crate::insight) fn wait_from_before(
        &mut self,
        track: Index,
        links: &[RawLink],
        wait: Index,
    ) {
        let chain = self.chains.add(links, &mut self.texts);
        self.end(track, How::Waits, chain, wait);
    }

    /// Notes that a track waits for a descriptor until it becomes ready.
    pub(in crate::insight) fn watch_once(
        &mut self,
        track: Index,
        descriptor: i32,
        direction: Direction,
    ) {
        self.watch(track, descriptor, direction);
        if let Some(track) = self.tracks.all.get_mut(track as usize) {
            track.watching = Some((descriptor, direction));
        }
    }

    /// Puts an entry before all that are in the ready queue: a call of another thread, which becomes one late.
    pub(in crate::insight) fn ready_first(&mut self, address: usize, track: Index, cause: Cause) {
        self.ready(address, track, cause);
        self.ready.rotate_right(1);
        // It belongs to this turn.
        self.ready_in_turn -= usize::from(self.is_in_turn);
    }

    /// Forgets the ready queue, which is to be told anew.
    pub(in crate::insight) fn forget_ready(&mut self) {
        self.ready_in_turn = 0;
        self.ready.clear();
    }

    /// Puts an entry into the queue that was announced before.
    pub(in crate::insight) fn ready_again(&mut self, address: usize) {
        let track = self.tracks.at(address).unwrap_or(NONE);
        self.ready.push_back((address, track));
    }

    /// Counts an entry that became ready when nothing more is kept.
    pub(in crate::insight) fn ready_uncounted(&mut self, address: usize) {
        self.dropped += 1;
        self.push_ready(address, NONE);
    }

    /// Ends the entry that runs.
    pub(in crate::insight) fn end_entry(&mut self, how: How, links: &[RawLink], detail: Index) {
        let Some(Running { track, address, .. }) = self.running.take() else {
            return;
        };
        let chain = self.chains.add(links, &mut self.texts);
        self.end(track, how, chain, detail);
        let kind = self.tracks.get(track).map(|track| track.kind);
        if how.is_last() && kind != Some(TrackKind::Timer) {
            self.tracks.forget(address);
        }
    }

    fn end(&mut self, track: Index, how: How, chain: Index, detail: Index) {
        self.emit(What::End {
            track,
            how,
            chain,
            detail,
        });
    }

    /// Ends what a panic has cut short: it has not told of its end.
    pub(in crate::insight) fn end_cut_short(&mut self) {
        if self.running.is_some() {
            self.operations.clear();
            self.end_entry(How::Panicked, &[], NONE);
        }
    }

    /// Returns the index of a wait. `target` is the address of the task that is waited for, or zero.
    pub(in crate::insight) fn wait(&mut self, kind: WaitKind, text: &str, target: Index) -> Index {
        let text = self.texts.add(text);
        self.waits.add(Wait { kind, text, target })
    }

    /// Begins a process's step, which nothing announces.
    pub(in crate::insight) fn begin_process(&mut self, address: usize) {
        self.tidy();
        let track = self.tracks.at(address).unwrap_or(NONE);
        self.end_cut_short();
        self.running = Some(Running {
            track,
            address,
            is_step: true,
        });
        let (operation, value) = (Action::Resume, NONE);
        self.emit(What::Begin {
            track,
            operation,
            value,
        });
    }

    /// Begins an operation on a generator. `origin` describes one that is not known yet.
    pub(in crate::insight) fn begin_operation(
        &mut self,
        address: usize,
        operation: Action,
        value: Option<&str>,
        origin: impl FnOnce() -> Link,
    ) {
        self.tidy();
        let track = match self.tracks.at(address) {
            Some(known) => known,
            None if !self.takes_tracks() => NONE,
            None => self.add_generator(address, &origin()),
        };
        let value = value.map_or(NONE, |value| self.texts.add(value));
        self.emit(What::Begin {
            track,
            operation,
            value,
        });
        self.operations.push(track);
    }

    fn add_generator(&mut self, address: usize, origin: &Link) -> Index {
        let generators = self.tracks.generators + 1;
        self.tracks.generators = generators;
        let mut track = Track::new(TrackKind::Generator, generators, NONE);
        track.origin = Some(Frame::of_link(origin, &mut self.texts));
        let track = self.tracks.add(address, track);
        let by = self.by();
        self.emit(What::Made { track, by });
        track
    }

    /// Ends the last operation on a generator. Without one under way, its begin was not noted.
    pub(in crate::insight) fn end_operation(
        &mut self,
        address: usize,
        how: How,
        links: &[RawLink],
        value: Option<&str>,
        is_over: bool,
    ) {
        let track = self.tracks.at(address).unwrap_or(NONE);
        let Some(at) = self.operations.iter().rposition(|&it| it == track) else {
            return;
        };
        self.operations.remove(at);
        let chain = self.chains.add(links, &mut self.texts);
        let value = value.map_or(NONE, |value| self.texts.add(value));
        self.end(track, how, chain, value);
        // Another generator may get its memory.
        if is_over {
            self.tracks.forget(address);
        }
    }

    /// Notes that a timer was set for an entry.
    pub(in crate::insight) fn timer(&mut self, track: Index, deadline: Nanos) {
        self.emit(What::Timer { track, deadline });
    }

    /// Notes that a timer was set by what runs, for itself.
    pub(in crate::insight) fn timer_of_running(&mut self, address: usize, deadline: Nanos) {
        let track = self.by();
        if track != NONE {
            self.timer_owners.insert(address, track);
            self.timer(track, deadline);
        }
    }

    /// Notes that the timer of an object was cancelled, or has fired and is no entry.
    pub(in crate::insight) fn forget_timer(&mut self, address: usize, is_cancelled: bool) {
        let owner = self.timer_owners.remove(&address);
        let Some(track) = owner.or_else(|| self.tracks.at(address)) else {
            return;
        };
        if is_cancelled {
            self.emit(What::Untimer { track });
            let kind = self.tracks.get(track).map(|track| track.kind);
            if owner.is_none() && kind == Some(TrackKind::Callback) {
                self.tracks.forget(address);
            }
        }
    }

    pub(in crate::insight) fn watch(&mut self, track: Index, fd: i32, direction: Direction) {
        self.emit(What::Watch {
            track,
            descriptor: fd,
            direction,
        });
    }

    pub(in crate::insight) fn unwatch(&mut self, fd: i32, direction: Direction) {
        self.emit(What::Unwatch {
            descriptor: fd,
            direction,
        });
    }

    /// Notes that a task was asked to end.
    pub(in crate::insight) fn cancel(&mut self, track: Index) {
        let by = self.by();
        self.emit(What::Cancel { track, by });
        if let Some(track) = self.tracks.all.get_mut(track as usize) {
            track.is_cancelled = true;
        }
    }

    /// Notes the name of a task as it is now.
    pub(in crate::insight) fn rename(&mut self, address: usize, name: &str) {
        if let Some(track) = self.tracks.at(address) {
            let name = self.texts.add(name);
            self.tracks.rename(track, name);
        }
    }
}
