//! What is to run at a later time, by deadline.
//!
//! A heap orders the next timers; where there are many, those further away lie unordered in
//! buckets by time, and are moved when their bucket comes up. So the heap stays small enough for
//! the processor's cache, whereas a single one of a million entries waits for memory at every
//! level. A bucket is a millisecond wide for the next second, a second for the next quarter of an
//! hour, and so on; a wide one is divided when it comes up.
//!
//! The order is exact: by deadline, equal ones in the order in which they were made.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::rc::Rc;

use super::Core;
use crate::kernel::nanos::Nanos;

/// What a timer is for.
pub(crate) trait Timed {
    /// Returns whether the timer with this number is still wanted.
    fn is_live(&self, number: u64) -> bool;

    /// Makes it ready: its deadline has come, and it is live.
    fn fire(self: Rc<Self>, core: &Core);
}

struct Timer {
    deadline: Nanos,
    /// Counts the timers, and so tells those of one deadline, and those of one task, apart.
    number: u64,
    timed: Rc<dyn Timed>,
}

impl Timer {
    fn is_live(&self) -> bool {
        self.timed.is_live(self.number)
    }
}

/// The heap gives its greatest: the earliest.
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.deadline, other.number).cmp(&(self.deadline, self.number))
    }
}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timer {}

/// The heap takes all timers up to this many.
const FEW: usize = 512;
/// A narrow bucket has 2^20 ns; each next size has 2^10 times as many.
const NARROW: u32 = 20;
const STEP: u32 = 10;
/// As asyncio: more cancelled timers than this, and than half of all, are thrown out.
const TOLERATED: usize = 100;

/// Entries that were taken out. They have to be dropped where no borrow is alive, since their
/// destructors may be the program's.
pub(crate) type Lost = Vec<Rc<dyn Timed>>;

#[derive(Default)]
pub(crate) struct Timers {
    near: BinaryHeap<Timer>,
    /// Buckets by the time where they begin. None begins after its timers.
    far: BTreeMap<Nanos, Vec<Timer>>,
    len: usize,
    cancelled: usize,
    numbers: u64,
}

impl Timers {
    /// Returns the number for a timer about to be made.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Adds a timer.
    pub(crate) fn insert(
        &mut self,
        now: Nanos,
        deadline: Nanos,
        number: u64,
        timed: Rc<dyn Timed>,
    ) {
        let timer = Timer {
            deadline,
            number,
            timed,
        };
        self.len += 1;
        self.place(now, timer);
    }

    fn place(&mut self, now: Nanos, timer: Timer) {
        if self.near.len() < FEW {
            self.near.push(timer);
        } else {
            let start = bucket(now, timer.deadline);
            self.far.entry(start).or_default().push(timer);
        }
    }

    /// Notes that a timer is not wanted any more; throws such timers out when they are many.
    pub(crate) fn cancel(&mut self) -> Lost {
        self.cancelled += 1;
        if self.cancelled <= TOLERATED || self.cancelled * 2 <= self.len {
            return Lost::new();
        }
        let mut lost = Lost::with_capacity(self.cancelled);
        let mut sweep = |timers: &mut Vec<Timer>| {
            let cancelled = timers.extract_if(.., |timer| !timer.is_live());
            lost.extend(cancelled.map(|timer| timer.timed));
        };
        let mut near = std::mem::take(&mut self.near).into_vec();
        sweep(&mut near);
        self.near = near.into();
        self.far.values_mut().for_each(sweep);
        self.far.retain(|_, bucket| !bucket.is_empty());
        self.len -= lost.len();
        self.cancelled = 0;
        lost
    }

    /// Returns the earliest deadline of those still wanted. The end of all time never comes.
    pub(crate) fn earliest(&mut self, lost: &mut Lost) -> Option<Nanos> {
        loop {
            self.approach();
            let timer = self.near.peek()?;
            if timer.is_live() {
                return Some(timer.deadline).filter(|&deadline| deadline != Nanos::MAX);
            }
            lost.extend(self.pop().map(|timer| timer.timed));
            self.cancelled = self.cancelled.saturating_sub(1);
        }
    }

    /// Takes the earliest out, if it is due.
    pub(crate) fn pop_due(&mut self, now: Nanos, lost: &mut Lost) -> Option<Rc<dyn Timed>> {
        let deadline = self.earliest(lost)?;
        (deadline <= now)
            .then(|| self.pop().map(|timer| timer.timed))
            .flatten()
    }

    fn pop(&mut self) -> Option<Timer> {
        self.len -= 1;
        let timer = self.near.pop();
        if let Some(next) = self.near.peek() {
            // Among a million timers, none of what they are for is in the cache.
            yieldfrom_delegation::prefetch(Rc::as_ptr(&next.timed).cast::<()>());
        }
        timer
    }

    /// Moves buckets into the heap until it has the earliest of all.
    fn approach(&mut self) {
        while let Some(bucket) = self.far.first_entry() {
            let start = *bucket.key();
            if self.near.peek().is_some_and(|next| next.deadline < start) {
                return;
            }
            for timer in bucket.remove() {
                if timer.deadline - start < 1 << NARROW {
                    self.near.push(timer);
                } else {
                    self.place(start, timer);
                }
            }
        }
    }

    /// Returns the deadlines, by the numbers of their timers.
    pub(crate) fn deadlines(&self) -> HashMap<u64, Nanos> {
        let far = self.far.values().flatten();
        let all = self.near.iter().chain(far);
        all.map(|timer| (timer.number, timer.deadline)).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Takes everything out, for its caller to drop.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Rc<dyn Timed>> + use<> {
        let numbers = self.numbers;
        let taken = std::mem::take(self);
        self.numbers = numbers;
        let far = taken.far.into_values().flatten();
        taken.near.into_iter().chain(far).map(|timer| timer.timed)
    }
}

/// Returns where the bucket begins that a timer goes into: the wider, the further away it is.
fn bucket(now: Nanos, deadline: Nanos) -> Nanos {
    let away = deadline.saturating_sub(now);
    let mut width = NARROW;
    while width + STEP < Nanos::BITS && away >> (width + STEP) > 0 {
        width += STEP;
    }
    deadline >> width << width
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Default)]
    struct Probe {
        cancelled: Cell<bool>,
    }

    impl Timed for Probe {
        fn is_live(&self, _: u64) -> bool {
            !self.cancelled.get()
        }

        fn fire(self: Rc<Self>, _: &Core) {
            unreachable!("there is no loop here")
        }
    }

    type Key = (Nanos, u64);

    /// Timers, and what is known of them by their address.
    #[derive(Default)]
    struct Bench {
        timers: Timers,
        keys: HashMap<*const (), Key>,
        /// Kept, so that no address is used again.
        probes: Vec<Rc<Probe>>,
    }

    impl Bench {
        fn add(&mut self, deadline: Nanos) -> (Key, Rc<Probe>) {
            let probe = Rc::new(Probe::default());
            let key = (deadline, self.timers.next_number());
            self.timers.insert(0, deadline, key.1, probe.clone());
            self.keys.insert(Rc::as_ptr(&probe).cast(), key);
            self.probes.push(Rc::clone(&probe));
            (key, probe)
        }

        /// Lets time jump from deadline to deadline, and returns the order.
        fn drain(&mut self) -> Vec<Key> {
            let (mut lost, mut order) = (Lost::new(), Vec::new());
            while let Some(now) = self.timers.earliest(&mut lost) {
                while let Some(timed) = self.timers.pop_due(now, &mut lost) {
                    order.push(self.keys[&Rc::as_ptr(&timed).cast()]);
                }
            }
            order
        }
    }

    /// A small generator of numbers: what matters is only that they differ.
    fn scatter(seed: &mut u64) -> u64 {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }

    #[test]
    fn any_number_of_timers_comes_in_order_of_deadline_and_making() {
        let sizes = [
            (3, 2),
            (600, 5),
            (5_000, 1 << 20),
            (5_000, 1 << 33),
            (3_000, 1 << 62),
        ];
        for (count, spread) in sizes {
            let (mut bench, mut seed) = (Bench::default(), count);
            let mut expected = Vec::new();
            for _ in 0..count {
                let far = scatter(&mut seed).wrapping_mul(scatter(&mut seed) | 1);
                let (key, probe) = bench.add(far % spread);
                if scatter(&mut seed).is_multiple_of(4) {
                    probe.cancelled.set(true);
                    bench.timers.cancel();
                } else {
                    expected.push(key);
                }
            }
            expected.sort_unstable();
            assert_eq!(bench.drain(), expected, "{count} within {spread}");
            assert_eq!(bench.timers.len(), 0);
        }
    }

    #[test]
    fn the_end_of_time_never_comes() {
        let mut bench = Bench::default();
        bench.add(Nanos::MAX);
        let (soon, _) = bench.add(5);
        assert_eq!(bench.drain(), [soon]);
    }

    #[test]
    fn cancelled_timers_do_not_pile_up() {
        let mut bench = Bench::default();
        for n in 0..100_000 {
            let (_, probe) = bench.add(n << 15);
            probe.cancelled.set(true);
            bench.timers.cancel();
            assert!(
                bench.timers.len() <= 2 * TOLERATED,
                "{n}: {}",
                bench.timers.len()
            );
        }
    }
}
