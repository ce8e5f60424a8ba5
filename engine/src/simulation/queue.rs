//! The queue of scheduled events, in SimPy's order: by time, then by priority, then by the order of scheduling.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// The priority of an event among those of one time: SimPy's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// Starts of processes, interrupts, and the end of a run at a time.
    Urgent,
    Normal,
}

/// What is compared: the time, and below it the priority and the number of the scheduling.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    time: u64,
    order: u64,
}

impl Key {
    /// Both parts as one number: the processor compares these without a jump.
    #[inline(always)]
    fn number(self) -> u128 {
        u128::from(self.time) << 64 | u128::from(self.order)
    }
}

impl PartialOrd for Key {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    #[inline(always)]
    fn lt(&self, other: &Self) -> bool {
        self.number() < other.number()
    }

    #[inline(always)]
    fn le(&self, other: &Self) -> bool {
        self.number() <= other.number()
    }
}

impl Ord for Key {
    #[inline(always)]
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
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

    /// Schedules an event for the present, before all others.
    pub(super) fn push_first(&mut self, event: E) {
        // Nothing that waits in the heap has a smaller number.
        self.urgent.push_front((0, event));
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
        if self.urgent.is_empty() && self.normal.is_empty() {
            return self.pop_later();
        }
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
}

/// So many children has a node of the heap: two cache lines of them at most.
const WIDTH: usize = 4;

/// What stands in the heap of an event. The event itself stands in a slot, so that this can simply be copied.
#[derive(Clone, Copy)]
struct Item {
    key: Key,
    slot: u32,
}

/// A heap that leaves a hole where it was popped.
///
/// An event is mostly followed by another one, of the same process. That one fills the hole and sinks from there. So the
/// heap is put in order once for an event, and not twice.
struct Heap<E> {
    items: Vec<Item>,
    /// Whether the root was taken out.
    has_hole: bool,
    slots: Vec<Option<E>>,
    free: Vec<u32>,
}

impl<E> Default for Heap<E> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            has_hole: false,
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<E> Heap<E> {
    fn len(&self) -> usize {
        self.items.len() - usize::from(self.has_hole)
    }

    #[inline(always)]
    fn push(&mut self, key: Key, event: E) {
        let slot = self.keep(event);
        let item = Item { key, slot };
        if self.has_hole {
            self.has_hole = false;
            sink(&mut self.items, item);
        } else {
            self.items.push(item);
            let last = self.items.len() - 1;
            rise(&mut self.items, last, item);
        }
    }

    #[inline(always)]
    fn keep(&mut self, event: E) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(event);
                slot
            }
            None => {
                let slot =
                    u32::try_from(self.slots.len()).expect("there is no memory for so many events");
                self.slots.push(Some(event));
                slot
            }
        }
    }

    #[inline(always)]
    fn first(&mut self) -> Option<Key> {
        self.fill_hole();
        self.items.first().map(|item| item.key)
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<(Key, E)> {
        self.fill_hole();
        let root = *self.items.first()?;
        self.has_hole = true;
        self.free.push(root.slot);
        let event = self.slots[root.slot as usize].take()?;
        Some((root.key, event))
    }

    /// Moves the last item into the hole.
    #[inline(always)]
    fn fill_hole(&mut self) {
        if self.has_hole {
            self.has_hole = false;
            if let Some(last) = self.items.pop()
                && !self.items.is_empty()
            {
                sink(&mut self.items, last);
            }
        }
    }

    fn drain(&mut self) -> impl Iterator<Item = E> + '_ {
        self.has_hole = false;
        self.items.clear();
        self.free.clear();
        self.slots.drain(..).flatten()
    }
}

/// Puts an item into the place of the root, and brings the heap in order.
///
/// What is new comes late, as a rule. So the hole goes down to a leaf without a look at the item, which rises from there: that
/// saves a comparison for each level.
#[inline(always)]
fn sink(items: &mut [Item], item: Item) {
    let mut hole = 0;
    while let Some(children) = items.get(WIDTH * hole + 1..WIDTH * hole + 1 + WIDTH) {
        let low = if children[1].key < children[0].key {
            1
        } else {
            0
        };
        let high = if children[3].key < children[2].key {
            3
        } else {
            2
        };
        let least = if children[high].key < children[low].key {
            high
        } else {
            low
        };
        items[hole] = children[least];
        hole = WIDTH * hole + 1 + least;
    }
    // The last family may be incomplete.
    let first = WIDTH * hole + 1;
    if first < items.len() {
        let rest = first..items.len();
        let least = rest.min_by_key(|&child| items[child].key).unwrap_or(first);
        items[hole] = items[least];
        hole = least;
    }
    rise(items, hole, item);
}

/// Moves a hole up to where an item belongs, and puts it there.
#[inline(always)]
fn rise(items: &mut [Item], mut hole: usize, item: Item) {
    while hole > 0 {
        let parent = (hole - 1) / WIDTH;
        if items[parent].key <= item.key {
            break;
        }
        items[hole] = items[parent];
        hole = parent;
    }
    items[hole] = item;
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
