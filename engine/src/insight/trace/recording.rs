//! What a recorder notes: events of a fixed size, and the tables that they lead into, within a limit on memory.

mod compact;
mod event;
mod events;
mod notes;
mod operations;
mod queue;
mod tables;
mod tracks;

use std::collections::{BTreeMap, VecDeque};

pub(in crate::insight) use event::{Action, Cause, Event, How, Index, NONE, What};
pub(in crate::insight) use notes::Running;
pub(in crate::insight) use tables::{Frame, Wait};
pub(in crate::insight) use tracks::TrackKind;

use super::options::{Keep, TraceOptions};
use crate::kernel::{Direction, Nanos};
use events::Events;
use tables::{Chains, Texts, Waits};
use tracks::Tracks;

/// A recording, while it is made and afterwards.
pub(in crate::insight) struct Recording {
    events: Events,
    pub(in crate::insight) texts: Texts,
    pub(in crate::insight) chains: Chains,
    pub(in crate::insight) waits: Waits,
    pub(in crate::insight) tracks: Tracks,
    /// The descriptors that were waited for before the first event that is kept.
    watched: BTreeMap<(i32, Direction), Index>,
    /// The turn in which that event lies.
    turn: Option<What>,
    most_bytes: usize,
    most_events: usize,
    keep: Keep,
    /// How many events may be appended before a look at the limits.
    room: usize,
    /// Whether nothing more is kept.
    is_full: bool,
    dropped: u64,
    /// When the tables take this much, those of their entries are removed that no event needs any more.
    compact_at: usize,
    /// Whether they do.
    is_untidy: bool,
    began: Nanos,
    /// The time of the last event: time never goes backwards.
    last: Nanos,
    turns: u64,
    running: Option<Running>,
    /// The tracks of generators that somebody operates on, the innermost last.
    operations: Vec<Index>,
    /// What is in the ready queue, and what is left of the turn: addresses and tracks.
    ready: VecDeque<(usize, Index)>,
    /// How many of those came during the turn.
    ready_in_turn: usize,
    is_in_turn: bool,
    /// Who waits for timers that are no entries of the ready queue.
    timer_owners: BTreeMap<usize, Index>,
}

impl Recording {
    pub(in crate::insight) fn new(options: &TraceOptions, began: Nanos) -> Self {
        let most_bytes = options.most_bytes();
        let most_events = options.most_events();
        Self {
            events: Events::new(most_events.min(most_bytes / size_of::<Event>())),
            texts: Texts::default(),
            chains: Chains::default(),
            waits: Waits::default(),
            tracks: Tracks::default(),
            watched: BTreeMap::new(),
            turn: None,
            most_bytes,
            most_events,
            keep: options.which(),
            room: 0,
            is_full: false,
            dropped: 0,
            compact_at: most_bytes / 2,
            is_untidy: false,
            began,
            last: began,
            turns: 0,
            running: None,
            operations: Vec::new(),
            ready: VecDeque::new(),
            ready_in_turn: 0,
            is_in_turn: false,
            timer_owners: BTreeMap::new(),
        }
    }

    pub(in crate::insight) fn len(&self) -> usize {
        self.events.len()
    }

    pub(in crate::insight) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(in crate::insight) fn keep(&self) -> Keep {
        self.keep
    }

    pub(in crate::insight) fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    pub(in crate::insight) fn began(&self) -> Nanos {
        self.began
    }

    pub(in crate::insight) fn last(&self) -> Nanos {
        self.last
    }

    /// Returns all events in order, after those that say what was there before the first one that is kept.
    pub(in crate::insight) fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.beginning().into_iter().chain(self.events.iter())
    }

    /// Appends an event, or counts it if there is no room.
    #[inline]
    fn emit(&mut self, what: What) {
        if self.room == 0 && !self.make_room() {
            self.dropped += 1;
            return;
        }
        self.room -= 1;
        let time = self.last;
        self.events.push(Event { time, what });
    }

    /// Notes the present time.
    #[inline]
    pub(in crate::insight) fn advance(&mut self, now: Nanos) {
        self.last = self.last.max(now);
    }

    fn bytes_of_tables(&self) -> usize {
        self.texts.bytes() + self.chains.bytes() + self.waits.bytes() + self.tracks.bytes()
    }

    /// Returns how much memory it takes.
    fn bytes(&self) -> usize {
        self.events.bytes() + self.bytes_of_tables()
    }
}
