//! The ready queue of a recorded loop: what goes in, and what comes out of it.

use super::event::{Action, Cause, How, Index, NONE, What};
use super::tracks::TrackKind;
use super::{Recording, Running};
use crate::kernel::Nanos;
use yieldfrom_delegation::RawLink;

impl Recording {
    /// Returns how many entries of the ready queue are known.
    #[inline]
    pub(in crate::insight) fn ready_len(&self) -> usize {
        match self.is_in_turn {
            true => self.ready_in_turn,
            false => self.ready.len(),
        }
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

    /// Ends the step of a task that has given way, which is the last new entry of the ready queue. Returns false if
    /// there is more to note: other entries, or a cancellation.
    #[inline]
    pub(in crate::insight) fn give_way(
        &mut self,
        now: Nanos,
        address: usize,
        ready: usize,
        links: &[RawLink],
    ) -> bool {
        let Some(running) = self.running else {
            return false;
        };
        let is_it = running.address == address && running.is_step;
        if !is_it || self.ready_in_turn + 1 != ready || !self.operations.is_empty() {
            return false;
        }
        let track = running.track;
        match self.tracks.get(track) {
            Some(known) if !known.is_cancelled && known.watching.is_none() => {}
            _ => return false,
        }
        self.advance(now);
        self.end_entry(How::Yielded, links, NONE);
        let (cause, by) = (Cause::Again, track);
        self.emit(What::Ready { track, cause, by });
        self.push_ready(address, track);
        true
    }

    /// Counts an entry that has run, and those that it made ready, when nothing more is kept.
    pub(in crate::insight) fn skip_entry(&mut self, ready: usize) {
        let more = ready.saturating_sub(self.ready_in_turn);
        self.running = None;
        self.ready_in_turn = ready;
        self.dropped += 1 + more as u64;
    }
}
