//! How a recording stays within its limit.

use super::event::{Event, Index, NONE, Table, What};
use super::{Keep, Recording};

/// Which entries of the tables are used.
struct Used([Vec<bool>; 4]);

/// Where the entries of the tables are now.
struct Moved([Vec<Index>; 4]);

impl Used {
    fn of(recording: &Recording) -> Self {
        Self([
            vec![false; recording.tracks.all.len()],
            vec![false; recording.chains.len()],
            vec![false; recording.waits.all().len()],
            vec![false; recording.texts.len()],
        ])
    }

    fn table(&self, table: Table) -> &[bool] {
        &self.0[table as usize]
    }

    /// Marks an entry.
    fn mark(&mut self, table: Table, index: Index) {
        if let Some(used) = self.0[table as usize].get_mut(index as usize) {
            *used = true;
        }
    }
}

impl Moved {
    fn renumber(&self, table: Table, index: &mut Index) {
        let moved = &self.0[table as usize];
        *index = moved.get(*index as usize).copied().unwrap_or(NONE);
    }
}

impl Recording {
    /// Makes room for one more event. Returns false if nothing more is kept.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room(&mut self) -> bool {
        if !self.is_full && self.keep == Keep::Oldest {
            let needed = match self.events.room() {
                0 => self.bytes() + self.events.bytes_of_part(),
                _ => 0,
            };
            self.is_full = self.events.len() >= self.most_events || needed > self.most_bytes;
        }
        if self.is_full || self.most_events == 0 {
            return false;
        }
        if self.keep == Keep::Newest {
            self.drop_oldest();
        }
        if self.events.room() == 0 {
            self.events.add_part();
        }
        let left = self.most_events - self.events.len();
        self.room = self.events.room().min(left);
        true
    }

    /// Returns whether another track may be added: tracks of what is alive cannot make room.
    pub(super) fn takes_tracks(&self) -> bool {
        !self.is_full && self.tracks.bytes() < self.most_bytes / 4 * 3
    }

    /// Makes the tables smaller if they have become large. Indices that were known before lead elsewhere then.
    #[inline]
    pub(super) fn tidy(&mut self) {
        if self.is_untidy {
            self.make_tables_smaller();
        }
    }

    #[cold]
    #[inline(never)]
    fn make_tables_smaller(&mut self) {
        self.is_untidy = false;
        self.compact();
        while self.bytes_of_tables() > self.most_bytes / 2 && self.events.len() > 0 {
            let half = self.events.len() / 2;
            while self.events.len() > half && self.drop_part() {}
            self.compact();
        }
        let tables = self.bytes_of_tables();
        self.compact_at = (self.most_bytes / 2).max(tables + tables / 2);
    }

    fn drop_oldest(&mut self) {
        self.is_untidy |= self.bytes_of_tables() > self.compact_at;
        let needed = |this: &Self| this.bytes() + this.events.bytes_of_part();
        while self.events.len() >= self.most_events || needed(self) > self.most_bytes {
            if !self.drop_part() {
                break;
            }
        }
    }

    fn drop_part(&mut self) -> bool {
        let before = self.events.len();
        self.room = 0;
        let Self {
            events,
            tracks,
            watched,
            turn,
            ..
        } = self;
        let dropped = events.drop_part(|event| match event.what {
            What::Turn { .. } => *turn = Some(event.what),
            What::EndTurn => *turn = None,
            What::Watch {
                track,
                descriptor,
                direction,
            } => _ = watched.insert((descriptor, direction), track),
            What::Unwatch {
                descriptor,
                direction,
            } => _ = watched.remove(&(descriptor, direction)),
            what => {
                let track = what.track().and_then(|it| tracks.all.get_mut(it as usize));
                if let Some(track) = track {
                    track.past.take_in(event);
                }
            }
        });
        self.dropped += (before - self.events.len()) as u64;
        dropped
    }

    /// Removes from the tables what no event needs any more.
    fn compact(&mut self) {
        let used = self.used();
        let tracks = self.tracks.retain(used.table(Table::Tracks));
        let texts = self.texts.retain(used.table(Table::Texts));
        let mut moved = Moved([tracks, Vec::new(), Vec::new(), texts]);
        let renumber = |table, index: &mut Index| moved.renumber(table, index);
        let chains = self.chains.retain(used.table(Table::Chains), renumber);
        let waits = self.waits.retain(used.table(Table::Waits), renumber);
        moved.0[Table::Chains as usize] = chains;
        moved.0[Table::Waits as usize] = waits;
        self.renumber(&moved);
    }

    /// Finds out what is used.
    fn used(&mut self) -> Used {
        let mut used = Used::of(self);
        let mut events = std::mem::replace(&mut self.events, super::Events::new(0));
        for event in events.iter_mut() {
            event
                .what
                .for_each_index(&mut |table, index| used.mark(table, *index));
        }
        self.events = events;
        self.visit_roots(&mut |table, index| used.mark(table, *index));
        for index in 0..self.tracks.all.len() {
            let track = &mut self.tracks.all[index];
            if used.table(Table::Tracks)[index] || track.address != 0 || track.past.is_alive() {
                used.mark(Table::Tracks, index as Index);
                track.for_each_index(&mut |table, index| used.mark(table, *index));
            }
        }
        self.mark_waits_and_chains(&mut used);
        used
    }

    /// Marks what the waits and chains that are used need, and what their tracks need.
    fn mark_waits_and_chains(&mut self, used: &mut Used) {
        for (index, mut wait) in self.waits.all().to_vec().into_iter().enumerate() {
            if used.table(Table::Waits)[index] {
                wait.for_each_index(&mut |table, index| used.mark(table, *index));
            }
        }
        for index in 0..self.chains.len() {
            if used.table(Table::Chains)[index] {
                let mut mark = |table, index: &mut Index| used.mark(table, *index);
                self.chains.visit(index as Index, &mut mark);
            }
        }
        // A wait may be for a track that nothing else is about, and a timer for one.
        for index in 0..self.tracks.all.len() {
            if used.table(Table::Tracks)[index] {
                let track = &mut self.tracks.all[index];
                track.for_each_index(&mut |table, index| used.mark(table, *index));
            }
        }
    }

    fn renumber(&mut self, moved: &Moved) {
        let mut renumber = |table, index: &mut Index| moved.renumber(table, index);
        for event in self.events.iter_mut() {
            event.what.for_each_index(&mut renumber);
        }
        for track in &mut self.tracks.all {
            track.for_each_index(&mut renumber);
        }
        self.visit_roots(&mut renumber);
        self.tracks.find_spare();
    }

    /// Visits the indices that are neither in events nor in tables.
    fn visit_roots(&mut self, visit: &mut impl FnMut(Table, &mut Index)) {
        let running = self.running.iter_mut().map(|running| &mut running.track);
        let tracks = running
            .chain(&mut self.operations)
            .chain(self.ready.iter_mut().map(|(_, track)| track))
            .chain(self.watched.values_mut())
            .chain(self.timer_owners.values_mut());
        tracks.for_each(|track| visit(Table::Tracks, track));
    }

    /// Returns the events that say what was there before the first one that is kept.
    pub(super) fn beginning(&self) -> Vec<Event> {
        let first = self.events.iter().next();
        let (Keep::Newest, 1.., Some(first)) = (self.keep, self.dropped, first) else {
            return Vec::new();
        };
        let mut whats: Vec<What> = self.turn.into_iter().collect();
        let mut ready = Vec::new();
        for (index, track) in (0..).zip(self.tracks.all()) {
            whats.extend(track.past.events(index, track.kind));
            ready.extend(track.past.ready());
        }
        whats.extend(
            self.watched
                .iter()
                .map(|(&(descriptor, direction), &track)| What::Watch {
                    track,
                    descriptor,
                    direction,
                }),
        );
        for (index, track) in (0..).zip(self.tracks.all()) {
            whats.extend(track.past.running(index));
        }
        ready.sort_by_key(|event: &Event| event.time);
        whats.extend(ready.into_iter().map(|event| event.what));
        let time = first.time;
        let events = whats.into_iter().map(|what| Event { time, what });
        events.collect()
    }
}
