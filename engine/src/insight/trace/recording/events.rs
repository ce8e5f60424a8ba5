//! The events of a recording, in parts of a fixed size, so that the oldest can make room.

use std::collections::VecDeque;

use super::event::Event;

/// How many events a part has: 24 KiB.
pub(super) const PART: usize = 1024;

pub(in crate::insight) struct Events {
    /// The parts that are full, the oldest first.
    parts: VecDeque<Vec<Event>>,
    last: Vec<Event>,
    /// How many events a part has here: fewer, if only a few are kept.
    part: usize,
    /// How many there are in the full parts.
    full: usize,
    /// The memory of a part that was dropped.
    spare: Vec<Event>,
}

impl Events {
    /// Makes room for at most this many events.
    pub(super) fn new(most: usize) -> Self {
        Self {
            parts: VecDeque::new(),
            last: Vec::new(),
            part: (most / 8).clamp(1, PART),
            full: 0,
            spare: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.full + self.last.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.parts.len() * self.part * size_of::<Event>()
            + self.last.capacity() * size_of::<Event>()
    }

    pub(super) fn bytes_of_part(&self) -> usize {
        self.part * size_of::<Event>()
    }

    /// Returns how many more events the last part takes.
    pub(super) fn room(&self) -> usize {
        match self.last.capacity() {
            0 => 0,
            _ => self.part - self.last.len(),
        }
    }

    /// Begins another part.
    pub(super) fn add_part(&mut self) {
        let mut part = std::mem::take(&mut self.spare);
        part.reserve_exact(self.part);
        let last = std::mem::replace(&mut self.last, part);
        if !last.is_empty() {
            self.full += last.len();
            self.parts.push_back(last);
        }
    }

    /// Appends an event to the last part, which must have room.
    #[inline]
    pub(super) fn push(&mut self, event: Event) {
        self.last.push(event);
    }

    /// Takes out the oldest part, and gives its events to `take_in`. Returns false if there is none.
    pub(super) fn drop_part(&mut self, take_in: impl FnMut(Event)) -> bool {
        let mut part = match self.parts.pop_front() {
            Some(part) => part,
            None if self.last.is_empty() => return false,
            None => std::mem::take(&mut self.last),
        };
        self.full -= if self.full > 0 { part.len() } else { 0 };
        part.drain(..).for_each(take_in);
        self.spare = part;
        true
    }

    pub(in crate::insight) fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.parts.iter().chain([&self.last]).flatten().copied()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Event> {
        self.parts.iter_mut().chain([&mut self.last]).flatten()
    }
}
