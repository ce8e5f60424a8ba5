//! The tracks of a recording: tasks, callbacks, generators, and whatever else events are about.

use std::collections::HashMap;

use super::event::{Action, Cause, Event, How, Index, NONE, Table, What};
use super::tables::{Frame, WordMap};
use crate::kernel::{Direction, Nanos};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::insight) enum TrackKind {
    Task,
    Callback,
    Generator,
    Process,
    /// The timer of a task that sleeps, or of something that is no callback.
    Timer,
}

#[derive(Clone)]
pub(in crate::insight) struct Track {
    pub(in crate::insight) kind: TrackKind,
    /// Of a timer, the track that it is for.
    pub(in crate::insight) number: Index,
    /// Its name; nothing if the kind and the number make it.
    pub(in crate::insight) name: Index,
    /// The name of its body, and where that was made.
    pub(in crate::insight) origin: Option<Frame>,
    /// Where the object is, while it exists; zero afterwards.
    pub(super) address: usize,
    /// The track of its timer, of a task that has slept.
    timer: Index,
    /// Whether it was asked to end since it became ready last.
    pub(super) is_cancelled: bool,
    /// The descriptor that it waits for.
    pub(super) watching: Option<(i32, Direction)>,
    /// The chain of its last stop: the next one is often the same.
    pub(super) chain: Index,
    pub(super) past: Past,
}

/// What was known of a track before the first event that is kept.
#[derive(Clone, Copy, Default)]
pub(super) struct Past {
    is_made: bool,
    /// How it has stopped, if it has run.
    end: Option<What>,
    running: Option<What>,
    timer: Option<Nanos>,
    /// When it became ready, and why.
    ready: Option<Event>,
    /// How often it is in the queue.
    times_ready: u32,
}

const _: () = assert!(size_of::<Track>() <= 192);

impl Track {
    pub(in crate::insight) fn new(kind: TrackKind, number: Index, name: Index) -> Self {
        Self {
            kind,
            number,
            name,
            origin: None,
            address: 0,
            timer: NONE,
            is_cancelled: false,
            watching: None,
            chain: NONE,
            past: Past::default(),
        }
    }

    pub(super) fn for_each_index(&mut self, visit: &mut impl FnMut(Table, &mut Index)) {
        visit(Table::Texts, &mut self.name);
        visit(Table::Tracks, &mut self.timer);
        visit(Table::Chains, &mut self.chain);
        if self.kind == TrackKind::Timer {
            visit(Table::Tracks, &mut self.number);
        }
        if let Some(origin) = &mut self.origin {
            origin.for_each_index(visit);
        }
        let past = &mut self.past;
        let whats = [&mut past.end, &mut past.running];
        for what in whats.into_iter().flatten() {
            what.for_each_index(visit);
        }
        if let Some(ready) = &mut past.ready {
            ready.what.for_each_index(visit);
        }
    }
}

impl Past {
    /// Returns whether there is anything to know: what has ended is forgotten.
    pub(super) fn is_alive(&self) -> bool {
        self.is_made || self.timer.is_some() || self.ready.is_some() || self.running.is_some()
    }

    /// Takes in an event of the track that is not kept any more.
    pub(super) fn take_in(&mut self, event: Event) {
        match event.what {
            What::Made { .. } => self.is_made = true,
            What::Ready { cause, .. } => {
                if cause == Cause::Timer {
                    self.timer = None;
                }
                self.ready = Some(event);
                self.times_ready += 1;
            }
            What::Begin { .. } => {
                self.times_ready = self.times_ready.saturating_sub(1);
                self.ready = self.ready.filter(|_| self.times_ready > 0);
                self.running = Some(event.what);
            }
            What::End { how, .. } if how.is_last() => {
                let (ready, times_ready) = (self.ready, self.times_ready);
                *self = Self::default();
                (self.ready, self.times_ready) = (ready, times_ready);
            }
            What::End { .. } => {
                self.running = None;
                self.end = Some(event.what);
            }
            What::Timer { deadline, .. } => self.timer = Some(deadline),
            What::Untimer { .. } => self.timer = None,
            _ => {}
        }
    }

    /// Returns the events by which a recording begins that has lost older ones.
    pub(super) fn events(&self, track: Index, kind: TrackKind) -> impl Iterator<Item = What> {
        let is_made = self.is_made && kind != TrackKind::Callback;
        let made = is_made.then_some(What::Made { track, by: NONE });
        let waits = self.end.filter(|what| match what {
            What::End { how, .. } => *how == How::Waits,
            _ => false,
        });
        let waits = waits.filter(|_| self.ready.is_none() && self.running.is_none());
        let timer = self.timer.map(|deadline| What::Timer { track, deadline });
        made.into_iter().chain(waits).chain(timer)
    }

    /// Returns how it became ready, as often as it is in the queue.
    pub(super) fn ready(&self) -> impl Iterator<Item = Event> {
        let times = self.times_ready as usize;
        self.ready
            .into_iter()
            .flat_map(move |event| std::iter::repeat_n(event, times))
    }

    /// Returns the begin of what runs, which takes it out of the queue.
    pub(super) fn running(&self, track: Index) -> impl Iterator<Item = What> {
        let (cause, by) = (Cause::Other, NONE);
        let is_step = |what: &What| matches!(what, What::Begin { operation, .. } if *operation == Action::Step);
        let ready = self
            .running
            .filter(is_step)
            .map(|_| What::Ready { track, cause, by });
        ready.into_iter().chain(self.running)
    }
}

/// All tracks, and those of the objects that exist by their addresses.
#[derive(Default)]
pub(in crate::insight) struct Tracks {
    pub(super) all: Vec<Track>,
    by_address: WordMap<usize, Index>,
    /// Those of tasks, by the numbers of these.
    tasks: WordMap<u32, Index>,
    /// Tracks of callbacks that are over: the next one from the same line takes one of them.
    spare: HashMap<Index, Vec<Index>>,
    /// How many generators there were.
    pub(super) generators: u32,
}

impl Tracks {
    pub(in crate::insight) fn get(&self, index: Index) -> Option<&Track> {
        self.all.get(index as usize)
    }

    pub(in crate::insight) fn all(&self) -> &[Track] {
        &self.all
    }

    /// Returns the track of the object at an address.
    #[inline]
    pub(in crate::insight) fn at(&self, address: usize) -> Option<Index> {
        self.by_address.get(&address).copied()
    }

    /// Adds a track for an object, in place of the one that was there before.
    pub(super) fn add(&mut self, address: usize, mut track: Track) -> Index {
        self.forget(address);
        let index = self.all.len() as Index;
        track.address = address;
        self.link(&track, index);
        self.all.push(track);
        index
    }

    /// Has a track be found.
    fn link(&mut self, track: &Track, index: Index) {
        self.by_address.insert(track.address, index);
        if track.kind == TrackKind::Task {
            self.tasks.insert(track.number, index);
        }
    }

    /// Returns the track of the task with this number, if the task exists.
    pub(in crate::insight) fn task_with_number(&self, number: u32) -> Option<Index> {
        self.tasks.get(&number).copied()
    }

    /// Returns the track of a callback that has this name: one that is free, or a new one.
    pub(super) fn add_callback(&mut self, address: usize, name: Index) -> Index {
        self.forget(address);
        let spare = self.spare.get_mut(&name).and_then(Vec::pop);
        let Some(index) = spare else {
            return self.add(address, Track::new(TrackKind::Callback, NONE, name));
        };
        self.all[index as usize].address = address;
        self.by_address.insert(address, index);
        index
    }

    /// Returns the track of a task's timer.
    pub(super) fn timer_of(&mut self, task: Index) -> Index {
        let known = self.all[task as usize].timer;
        if known != NONE {
            return known;
        }
        let index = self.all.len() as Index;
        self.all.push(Track::new(TrackKind::Timer, task, NONE));
        self.all[task as usize].timer = index;
        index
    }

    /// Forgets the object at an address, where another one may come to lie.
    pub(super) fn forget(&mut self, address: usize) {
        let Some(index) = self.by_address.remove(&address) else {
            return;
        };
        let track = &mut self.all[index as usize];
        track.address = 0;
        match track.kind {
            TrackKind::Callback => self.spare.entry(track.name).or_default().push(index),
            TrackKind::Task => _ = self.tasks.remove(&track.number),
            _ => {}
        }
    }

    pub(super) fn rename(&mut self, index: Index, name: Index) {
        if let Some(track) = self.all.get_mut(index as usize) {
            track.name = name;
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.all.len() * (size_of::<Track>() + 32)
    }

    /// Keeps those that are used, and returns where they are now.
    pub(super) fn retain(&mut self, used: &[bool]) -> Vec<Index> {
        let before = std::mem::take(self);
        self.generators = before.generators;
        let tracks = before.all.into_iter().zip(used);
        let moved = tracks.map(|(track, &used)| {
            if !used {
                return NONE;
            }
            let index = self.all.len() as Index;
            if track.address != 0 {
                self.link(&track, index);
            }
            self.all.push(track);
            index
        });
        moved.collect()
    }

    /// Makes the lists of spare tracks anew.
    pub(super) fn find_spare(&mut self) {
        for (index, track) in (0..).zip(&self.all) {
            if track.kind == TrackKind::Callback && track.address == 0 {
                self.spare.entry(track.name).or_default().push(index);
            }
        }
    }
}
