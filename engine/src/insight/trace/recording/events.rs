//! The events of a recording, in parts of a fixed size, so that the oldest can make room.

use std::collections::VecDeque;

use super::event::Event;

/// How many events a part has: 24 KiB.
pub(super) const PART: usize = 1024;

pub(in crate::insight) struct Events {
    parts: VecDeque<Vec<Event>>,
    /// How many events a part has here: fewer, if only a few are kept.
    part: usize,
    len: usize,
    /// The memory of a part that was dropped.
    spare: Vec<Event>,
}

impl Events {
    /// Makes room for at most this many events.
    pub(super) fn new(most: usize) -> Self {
        Self {
            parts: VecDeque::new(),
            part: (most / 8).clamp(1, PART),
            len: 0,
            spare: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.parts.len() * self.part * size_of::<Event>()
    }

    /// Returns whether the next event needs another part.
    #[inline]
    pub(super) fn needs_part(&self) -> bool {
        self.parts.back().is_none_or(|last| last.len() == self.part)
    }

    pub(super) fn bytes_of_part(&self) -> usize {
        self.part * size_of::<Event>()
    }

    pub(super) fn add_part(&mut self) {
        let mut part = std::mem::take(&mut self.spare);
        part.reserve_exact(self.part);
        self.parts.push_back(part);
    }

    /// Appends an event. There must be a part with room.
    #[inline]
    pub(super) fn push(&mut self, event: Event) {
        if let Some(last) = self.parts.back_mut() {
            last.push(event);
            self.len += 1;
        }
    }

    /// Takes out the oldest part, and gives its events to `take_in`. Returns false if there is none.
    pub(super) fn drop_part(&mut self, take_in: impl FnMut(Event)) -> bool {
        let Some(mut part) = self.parts.pop_front() else {
            return false;
        };
        self.len -= part.len();
        part.drain(..).for_each(take_in);
        self.spare = part;
        true
    }

    pub(in crate::insight) fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.parts.iter().flatten().copied()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Event> {
        self.parts.iter_mut().flatten()
    }
}
