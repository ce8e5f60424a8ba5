//! The queue of scheduled events, in SimPy's order: by time, then by priority, then by the order of scheduling.

mod buckets;
mod heap;
mod key;
mod later;
mod slots;

use std::collections::VecDeque;

use key::{Item, Key, NORMAL};
use later::Later;
use slots::Slots;

pub(super) use slots::{Prefetch, Scheduled};

/// The priority of an event among those of one time: SimPy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priority {
    /// Starts of processes, interrupts, and the end of a run at a time.
    Urgent,
    Normal,
}

/// The scheduled events.
///
/// Those of the present stand in two lists, one for each priority: the numbers grow, so they are in order as they come.
pub(super) struct Queue<E> {
    now: f64,
    urgent: VecDeque<(u64, u32)>,
    normal: VecDeque<(u64, u32)>,
    later: Later,
    /// All events. The others have the numbers of their slots.
    slots: Slots<E>,
}

impl<E: Prefetch + Default> Queue<E> {
    pub(super) fn new(now: f64) -> Self {
        Self {
            now,
            urgent: VecDeque::new(),
            normal: VecDeque::new(),
            later: Later::new(),
            slots: Slots::default(),
        }
    }

    /// Schedules an event, after all others of this time and priority. The time is the present or later.
    #[inline(always)]
    pub(super) fn push(&mut self, time: f64, priority: Priority, event: E) -> Scheduled {
        let scheduled = self.slots.insert(event);
        let (slot, number) = scheduled.into_parts();
        if time == self.now {
            let list = match priority {
                Priority::Urgent => &mut self.urgent,
                Priority::Normal => &mut self.normal,
            };
            list.push_back((number, slot));
        } else {
            let key = Key::new(time, priority, number);
            self.later.push(Item { key, slot }, self.now);
        }
        scheduled
    }

    /// Schedules an event for the present, before all others.
    pub(super) fn push_first(&mut self, event: E) {
        let scheduled = self.slots.insert(event);
        let (slot, _) = scheduled.into_parts();
        // Nothing that waits for later has a smaller number.
        self.urgent.push_front((0, slot));
    }

    /// Returns an event, unless it was taken out.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, scheduled: Scheduled) -> Option<&mut E> {
        self.slots.get_mut(scheduled)
    }

    /// Returns the time of the next event.
    pub(super) fn next_time(&mut self) -> Option<f64> {
        if !self.urgent.is_empty() || !self.normal.is_empty() {
            return Some(self.now);
        }
        self.later.next_time()
    }

    /// Takes the next event out, and its time becomes the present.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<(f64, E)> {
        let slot = match self.urgent.is_empty() && self.normal.is_empty() {
            true => self.pop_later()?,
            false => self.pop_present()?,
        };
        Some((self.now, self.slots.take(slot)))
    }

    #[inline(always)]
    fn pop_present(&mut self) -> Option<u32> {
        let present = match (self.urgent.front(), self.normal.front()) {
            (Some((number, _)), _) => Key::new(self.now, Priority::Urgent, *number),
            (None, Some((number, _))) => Key::new(self.now, Priority::Normal, *number),
            (None, None) => return None,
        };
        // What was scheduled for this time before it came is older.
        if self.later.has_before(present) {
            return self.pop_later();
        }
        let list = match present.order & NORMAL {
            0 => &mut self.urgent,
            _ => &mut self.normal,
        };
        list.pop_front().map(|(_, slot)| slot)
    }

    #[inline(always)]
    fn pop_later(&mut self) -> Option<u32> {
        let item = self.later.pop(|items| self.slots.prefetch(items))?;
        self.now = item.key.time();
        Some(item.slot)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Takes all events out.
    pub(super) fn drain(&mut self) -> Vec<E> {
        self.urgent.clear();
        self.normal.clear();
        self.later.clear();
        self.slots.drain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Prefetch for u32 {}

    impl Prefetch for &str {}

    /// The queue as a list that is searched.
    #[derive(Default)]
    struct Model {
        events: Vec<(f64, u8, u32)>,
        now: f64,
    }

    impl Model {
        fn pop(&mut self) -> Option<(f64, u32)> {
            let order = |a: &(f64, u8, u32), b: &(f64, u8, u32)| a.partial_cmp(b).unwrap();
            let (at, _) = self
                .events
                .iter()
                .enumerate()
                .min_by(|a, b| order(a.1, b.1))?;
            let (time, _, number) = self.events.remove(at);
            self.now = time;
            Some((time, number))
        }
    }

    #[test]
    fn events_come_by_time_then_by_priority_then_by_number() {
        let mut seed = 1_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let mut queue = Queue::new(-5.0);
        let mut model = Model {
            now: -5.0,
            ..Model::default()
        };
        for number in 0..20_000 {
            if random(100) < 52 {
                let time = model.now + random(4) as f64 * 0.5;
                let priority = [Priority::Urgent, Priority::Normal][random(4).min(1) as usize];
                queue.push(time, priority, number);
                let rank = u8::from(priority == Priority::Normal);
                model.events.push((time, rank, number));
            } else {
                let next = model.events.iter().map(|event| event.0);
                assert_eq!(queue.next_time(), next.reduce(f64::min));
                assert_eq!(queue.pop(), model.pop());
            }
            assert_eq!(queue.len(), model.events.len());
        }
        let mut rest = queue.drain();
        rest.sort_unstable();
        assert_eq!(rest.len(), model.events.len());
        assert!(
            model
                .events
                .iter()
                .all(|event| rest.binary_search(&event.2).is_ok())
        );
        assert!(queue.pop().is_none());
    }

    #[test]
    fn times_far_apart_and_the_same_times_come_in_order() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let mut queue = Queue::new(0.0);
        let mut model = Model::default();
        for number in 0..5_000 {
            // Many stand in one bucket, and many have the time of another one.
            let near = model.now + random(300) as f64;
            let far = model.now + (1_u64 << random(40)) as f64 / 1024.0;
            let time = [near, near.ceil(), far][random(3) as usize];
            queue.push(time, Priority::Normal, number);
            model.events.push((time, 1, number));
            if random(10) < 3 {
                assert_eq!(queue.pop(), model.pop());
            }
        }
        while let Some(next) = model.pop() {
            assert_eq!(queue.next_time(), Some(next.0));
            assert_eq!(queue.pop(), Some(next));
        }
        assert_eq!((queue.pop(), queue.len()), (None, 0));
    }

    #[test]
    fn what_is_scheduled_at_once_comes_in_order() {
        let descending = |number: u32, _: u64| f64::from(5_000 - number);
        let spread =
            |_: u32, random: u64| (random % 1_000 + 1) as f64 * f64::from(1 << (random % 23));
        let in_groups = |number: u32, random: u64| match number % 700 {
            0..60 => 1_000.0 + (random % 90) as f64,
            60..130 => 1e6,
            _ => 1.0 + (random % 70) as f64,
        };
        let fills: [fn(u32, u64) -> f64; 3] = [descending, spread, in_groups];
        for (seed, time) in fills
            .iter()
            .flat_map(|fill| (1..9).map(move |seed| (seed, fill)))
        {
            let mut random = seed;
            let (mut queue, mut expected) = (Queue::new(0.0), Vec::new());
            for number in 0..4_000_u32 {
                random = 6_364_136_223_846_793_005_u64
                    .wrapping_mul(random)
                    .wrapping_add(1);
                let time = time(number, random >> 33);
                queue.push(time, Priority::Normal, number);
                expected.push((time, number));
            }
            expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let popped: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
            assert!(popped == expected, "seed {seed}");
        }
    }

    #[test]
    fn an_event_is_found_until_it_is_taken_out() {
        let mut queue = Queue::new(0.0);
        let [present, later] = [0.0, 3.0].map(|time| queue.push(time, Priority::Normal, 1));
        *queue.get_mut(later).unwrap() = 2;
        assert_eq!(queue.pop(), Some((0.0, 1)));
        assert!(queue.get_mut(present).is_none());
        queue.push(3.0, Priority::Urgent, 3); // in the place of the first one
        assert!(queue.get_mut(present).is_none());
        assert_eq!(queue.pop(), Some((3.0, 3)));
        assert_eq!(queue.get_mut(later), Some(&mut 2)); // it is of the present now
        assert_eq!(queue.pop(), Some((3.0, 2)));
        assert!(queue.get_mut(later).is_none());
    }

    #[test]
    fn what_is_scheduled_first_comes_before_all_others() {
        let mut queue = Queue::new(0.0);
        queue.push(2.0, Priority::Urgent, "later");
        queue.push(2.0, Priority::Urgent, "last");
        assert_eq!(queue.pop(), Some((2.0, "later")));
        queue.push(2.0, Priority::Urgent, "pushed");
        queue.push_first("first");
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(rest, [(2.0, "first"), (2.0, "last"), (2.0, "pushed")]);
    }
}
