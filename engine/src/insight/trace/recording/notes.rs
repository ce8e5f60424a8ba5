//! What recorders say to a recording.

use super::Recording;
use super::event::{How, Index, NONE, What};
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

    /// Notes that what is in the ready queue becomes a turn.
    pub(in crate::insight) fn prepare_turn(&mut self) {
        self.end_cut_short();
        self.end_turn();
        self.ready_in_turn = 0;
    }

    /// Returns the track that does what happens now.
    pub(super) fn by(&self) -> Index {
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

    /// Ends the entry that runs.
    #[inline]
    pub(in crate::insight) fn end_entry(&mut self, how: How, links: &[RawLink], detail: Index) {
        let Some(Running { track, address, .. }) = self.running.take() else {
            return;
        };
        let chain = self.chain(track, links);
        self.end(track, how, chain, detail);
        if how.is_last() {
            self.forget(track, address);
        }
    }

    fn forget(&mut self, track: Index, address: usize) {
        let kind = self.tracks.get(track).map(|track| track.kind);
        if kind != Some(TrackKind::Timer) {
            self.tracks.forget(address);
        }
    }

    /// Returns the chain of a track that stops with these links.
    #[inline]
    pub(super) fn chain(&mut self, track: Index, links: &[RawLink]) -> Index {
        let Some(track) = self.tracks.all.get_mut(track as usize) else {
            return NONE;
        };
        if !self.chains.is(track.chain, links) {
            track.chain = self.chains.add(links, &mut self.texts);
        }
        track.chain
    }

    pub(super) fn end(&mut self, track: Index, how: How, chain: Index, detail: Index) {
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

    /// Ends a task that is cancelled outside of a step. Its entry may be in the ready queue still.
    pub(in crate::insight) fn end_abandoned(&mut self, address: usize) {
        if let Some(track) = self.tracks.at(address) {
            self.end(track, How::Cancelled, NONE, NONE);
        }
    }

    /// Notes a wait that began before the recording.
    pub(in crate::insight) fn wait_from_before(
        &mut self,
        track: Index,
        links: &[RawLink],
        wait: Index,
    ) {
        let chain = self.chain(track, links);
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

    /// Returns the index of a wait. `target` is the address of the task that is waited for, or zero.
    pub(in crate::insight) fn wait(&mut self, kind: WaitKind, text: &str, target: Index) -> Index {
        let text = self.texts.add(text);
        self.waits.add(Wait { kind, text, target })
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
    pub(in crate::insight) fn rename(&mut self, number: u32, name: &str) {
        if let Some(track) = self.tracks.task_with_number(number) {
            let name = self.texts.add(name);
            self.tracks.rename(track, name);
        }
    }
}
