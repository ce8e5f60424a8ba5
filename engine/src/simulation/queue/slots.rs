//! `Slots`: the events that are scheduled, each in its place.

use std::mem;

use super::key::Item;

/// What can be fetched into the processor's cache before it is taken out.
pub(in crate::simulation) trait Prefetch {
    /// Fetches what the step before has led to. The steps are 0 to 2.
    fn prefetch(&self, step: usize) {
        let _ = step;
    }
}

/// Where an event stands: in this slot, as long as the slot has this number.
#[derive(Clone, Copy)]
pub(in crate::simulation) struct Scheduled {
    slot: u32,
    number: u64,
}

impl Scheduled {
    /// Where no event stands.
    pub(in crate::simulation) const NOWHERE: Self = Self {
        slot: u32::MAX,
        number: FREE,
    };

    #[inline(always)]
    pub(in crate::simulation) fn into_parts(self) -> (u32, u64) {
        (self.slot, self.number)
    }

    #[inline(always)]
    pub(in crate::simulation) fn from_parts(slot: u32, number: u64) -> Self {
        Self { slot, number }
    }
}

struct Slot<E> {
    /// The number of the scheduling, which no other one has, or `FREE`.
    number: u64,
    event: E,
}

const FREE: u64 = u64::MAX;

/// Events in places that are used again.
pub(super) struct Slots<E> {
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    scheduled: u64,
}

impl<E> Default for Slots<E> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            scheduled: 0,
        }
    }
}

impl<E: Prefetch + Default> Slots<E> {
    #[inline(always)]
    pub(super) fn insert(&mut self, event: E) -> Scheduled {
        let number = self.scheduled;
        self.scheduled += 1;
        let Some(slot) = self.free.pop() else {
            return self.append(number, event);
        };
        let place = &mut self.slots[slot as usize];
        place.number = number;
        // There is no event, so there is nothing to drop, which the compiler does not see.
        mem::forget(mem::replace(&mut place.event, event));
        Scheduled { slot, number }
    }

    #[inline(never)]
    fn append(&mut self, number: u64, event: E) -> Scheduled {
        let slot = u32::try_from(self.slots.len()).expect("no memory has room for so many events");
        self.slots.push(Slot { number, event });
        Scheduled { slot, number }
    }

    #[inline(always)]
    pub(super) fn get_mut(&mut self, scheduled: Scheduled) -> Option<&mut E> {
        let place = self.slots.get_mut(scheduled.slot as usize)?;
        match place.number == scheduled.number {
            true => Some(&mut place.event),
            false => None,
        }
    }

    #[inline(always)]
    pub(super) fn take(&mut self, slot: u32) -> E {
        let place = &mut self.slots[slot as usize];
        place.number = FREE;
        self.free.push(slot);
        mem::take(&mut place.event)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn drain(&mut self) -> Vec<E> {
        self.free.clear();
        let all = self.slots.drain(..);
        let taken = all.filter(|slot| slot.number != FREE);
        taken.map(|slot| slot.event).collect()
    }

    /// Fetches what these events will touch into the cache. What leads to the rest has to be fetched before the rest.
    ///
    /// With many processes, the processor does not know the pages, and a prefetch waits until the page is found. The processor
    /// looks for several pages at a time if the prefetches stand side by side.
    pub(super) fn prefetch(&self, items: &[Item]) {
        let events = || items.iter().map(|item| &self.slots[item.slot as usize]);
        events().for_each(|slot| yieldfrom_delegation::prefetch(slot));
        for step in 0..3 {
            events().for_each(|slot| slot.event.prefetch(step));
        }
    }
}
