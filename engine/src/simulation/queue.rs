//! The queue of scheduled events, in SimPy's order: by time, then by priority, then by the order of scheduling.

use std::collections::VecDeque;

/// The priority of an event among those of one time: SimPy's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// Starts of processes, interrupts, and the end of a run at a time.
    Urgent,
    Normal,
}

/// What is compared: the time, and below it the priority and the number of the scheduling.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    time: u64,
    order: u64,
}

/// The highest bit of `order`.
const NORMAL: u64 = 1 << 63;

const SIGN: u64 = 1 << 63;

impl Key {
    #[inline(always)]
    fn new(time: f64, priority: Priority, number: u64) -> Self {
        // Zero has two signs, and is one time. Adding a zero makes both the same.
        let bits = (time + 0.0).to_bits();
        let time = if bits & SIGN == 0 { bits | SIGN } else { !bits };
        let order = match priority {
            Priority::Urgent => number,
            Priority::Normal => number | NORMAL,
        };
        Self { time, order }
    }

    #[inline(always)]
    fn time(self) -> f64 {
        let bits = self.time;
        f64::from_bits(if bits & SIGN == 0 {
            !bits
        } else {
            bits & !SIGN
        })
    }
}

struct Entry<E> {
    key: Key,
    /// Empty at the root while that is a hole.
    event: Option<E>,
}

/// The scheduled events.
///
/// Those of the present stand in two lists, one for each priority: the numbers grow, so they are in order as they
/// come. The others stand in a heap.
pub(super) struct Queue<E> {
    urgent: VecDeque<(u64, E)>,
    normal: VecDeque<(u64, E)>,
    later: Heap<E>,
    now: f64,
    scheduled: u64,
}

impl<E> Queue<E> {
    pub(super) fn new(now: f64) -> Self {
        Self {
            urgent: VecDeque::new(),
            normal: VecDeque::new(),
            later: Heap::default(),
            now,
            scheduled: 0,
        }
    }

    /// Schedules an event, after all others of this time and priority.
    #[inline(always)]
    pub(super) fn push(&mut self, time: f64, priority: Priority, event: E) {
        let number = self.scheduled;
        self.scheduled += 1;
        if time == self.now {
            let list = match priority {
                Priority::Urgent => &mut self.urgent,
                Priority::Normal => &mut self.normal,
            };
            list.push_back((number, event));
        } else {
            self.later.push(Key::new(time, priority, number), event);
        }
    }

    /// Returns the time of the next event.
    #[inline]
    pub(super) fn next_time(&mut self) -> Option<f64> {
        if !self.urgent.is_empty() || !self.normal.is_empty() {
            return Some(self.now);
        }
        self.later.first().map(Key::time)
    }

    /// Takes the next event out, and its time becomes the present.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<(f64, E)> {
        let present = match (self.urgent.front(), self.normal.front()) {
            (Some((number, _)), _) => Key::new(self.now, Priority::Urgent, *number),
            (None, Some((number, _))) => Key::new(self.now, Priority::Normal, *number),
            (None, None) => return self.pop_later(),
        };
        // What was scheduled for this time before it came is older.
        match self.later.first() {
            Some(key) if key < present => self.pop_later(),
            _ => {
                let list = match present.order & NORMAL {
                    0 => &mut self.urgent,
                    _ => &mut self.normal,
                };
                list.pop_front().map(|(_, event)| (self.now, event))
            }
        }
    }

    #[inline(always)]
    fn pop_later(&mut self) -> Option<(f64, E)> {
        let (key, event) = self.later.pop()?;
        self.now = key.time();
        Some((self.now, event))
    }

    pub(super) fn len(&self) -> usize {
        self.urgent.len() + self.normal.len() + self.later.len()
    }

    /// Takes all events out.
    pub(super) fn drain(&mut self) -> Vec<E> {
        let urgent = self.urgent.drain(..).map(|(_, event)| event);
        let normal = self.normal.drain(..).map(|(_, event)| event);
        let mut all: Vec<_> = urgent.chain(normal).collect();
        all.extend(self.later.drain());
        all
    }

    /// Shows the events that are likely to come next to `look`.
    #[inline(always)]
    pub(super) fn look_ahead(&self, look: impl FnMut(&E)) {
        self.later.look_ahead(look);
    }
}

/// So many children has a node of the heap: two cache lines of them at most.
const WIDTH: usize = 4;

/// A heap that leaves a hole where it was popped.
///
/// An event is mostly followed by another one, of the same process. That one fills the hole and sinks from there. So the
/// heap is put in order once for an event, and not twice.
struct Heap<E> {
    entries: Vec<Entry<E>>,
    /// Whether the root was taken out.
    has_hole: bool,
}

impl<E> Default for Heap<E> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            has_hole: false,
        }
    }
}

impl<E> Heap<E> {
    fn len(&self) -> usize {
        self.entries.len() - usize::from(self.has_hole)
    }

    #[inline(always)]
    fn push(&mut self, key: Key, event: E) {
        let entry = Entry {
            key,
            event: Some(event),
        };
        if self.has_hole {
            self.has_hole = false;
            self.entries[0] = entry;
            self.sink();
        } else {
            self.entries.push(entry);
            self.rise();
        }
    }

    #[inline(always)]
    fn first(&mut self) -> Option<Key> {
        self.fill_hole();
        self.entries.first().map(|entry| entry.key)
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<(Key, E)> {
        self.fill_hole();
        let root = self.entries.first_mut()?;
        let event = root.event.take()?;
        self.has_hole = true;
        Some((root.key, event))
    }

    /// Moves the last entry into the hole.
    #[inline(always)]
    fn fill_hole(&mut self) {
        if self.has_hole {
            self.has_hole = false;
            self.entries.swap_remove(0);
            self.sink();
        }
    }

    /// Moves the root down to its place.
    #[inline(always)]
    fn sink(&mut self) {
        let entries = &mut self.entries[..];
        let mut at = 0;
        loop {
            let first = WIDTH * at + 1;
            let Some(children) = entries.get(first..) else {
                return;
            };
            let children = &children[..children.len().min(WIDTH)];
            let Some(least) = least_of(children) else {
                return;
            };
            if entries[at].key <= children[least].key {
                return;
            }
            entries.swap(at, first + least);
            at = first + least;
        }
    }

    /// Moves the last entry up to its place.
    #[inline(always)]
    fn rise(&mut self) {
        let entries = &mut self.entries[..];
        let mut at = entries.len() - 1;
        while at > 0 {
            let parent = (at - 1) / WIDTH;
            if entries[parent].key <= entries[at].key {
                return;
            }
            entries.swap(parent, at);
            at = parent;
        }
    }

    fn drain(&mut self) -> impl Iterator<Item = E> + '_ {
        self.has_hole = false;
        self.entries.drain(..).filter_map(|entry| entry.event)
    }

    #[inline(always)]
    fn look_ahead(&self, look: impl FnMut(&E)) {
        let soon = self.entries.get(1..WIDTH + 1).unwrap_or_default();
        soon.iter()
            .filter_map(|entry| entry.event.as_ref())
            .for_each(look);
    }
}

/// Returns which of these entries is the first.
#[inline(always)]
fn least_of<E>(entries: &[Entry<E>]) -> Option<usize> {
    let mut least = 0;
    for at in 1..entries.len() {
        if entries[at].key < entries[least].key {
            least = at;
        }
    }
    (!entries.is_empty()).then_some(least)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn times_keep_their_order_as_keys() {
        let times = [
            f64::NEG_INFINITY,
            -2.5,
            -0.0,
            1e-300,
            1.0,
            1e300,
            f64::INFINITY,
        ];
        let keys = times.map(|time| Key::new(time, Priority::Normal, 0));
        assert!(keys.is_sorted() && keys.map(Key::time) == times);
        assert!(Key::new(0.0, Priority::Urgent, 9) == Key::new(-0.0, Priority::Urgent, 9));
    }
}
