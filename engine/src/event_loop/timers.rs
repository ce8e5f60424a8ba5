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
use std::collections::{BTreeMap, BinaryHeap};
use std::rc::Rc;

use super::clock::Nanos;

/// What a timer is for.
pub(crate) trait Timed {
    /// Returns whether the timer with this number is still wanted.
    fn is_live(&self, number: u64) -> bool;

    /// Makes it ready: its deadline has come.
    fn fire(self: Rc<Self>);
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

/// What was taken out, to be dropped where no borrow is alive: its destructor may be anybody's.
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
        let mut lost = Lost::new();
        let mut keep = |timer: Timer| {
            if timer.is_live() {
                Some(timer)
            } else {
                lost.push(timer.timed);
                None
            }
        };
        let near = std::mem::take(&mut self.near).into_vec();
        self.near = near.into_iter().filter_map(&mut keep).collect();
        for bucket in self.far.values_mut() {
            *bucket = std::mem::take(bucket)
                .into_iter()
                .filter_map(&mut keep)
                .collect();
        }
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
        self.near.pop()
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

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Takes everything out, for its owner to drop.
    pub(crate) fn take(&mut self) -> Self {
        let numbers = self.numbers;
        let taken = std::mem::take(self);
        self.numbers = numbers;
        taken
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
    use std::cell::{Cell, RefCell};

    use super::*;

    struct Probe {
        live: Cell<bool>,
        order: Rc<RefCell<Vec<(Nanos, u64)>>>,
        key: (Nanos, u64),
    }

    impl Timed for Probe {
        fn is_live(&self, _: u64) -> bool {
            self.live.get()
        }

        fn fire(self: Rc<Self>) {
            self.order.borrow_mut().push(self.key);
        }
    }

    /// A small generator of numbers: what matters is only that they differ.
    fn scatter(seed: &mut u64) -> u64 {
        *seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        *seed >> 33
    }

    /// Fires all, with time jumping from deadline to deadline; returns the order.
    fn drain(timers: &mut Timers, order: &Rc<RefCell<Vec<(Nanos, u64)>>>) -> Vec<(Nanos, u64)> {
        let mut lost = Lost::new();
        while let Some(now) = timers.earliest(&mut lost) {
            while let Some(timed) = timers.pop_due(now, &mut lost) {
                timed.fire();
            }
        }
        assert_eq!(timers.len(), 0);
        order.take()
    }

    #[test]
    fn any_number_of_timers_comes_in_order_of_deadline_and_making() {
        for (count, spread) in [
            (3, 2),
            (600, 5),
            (5_000, 1 << 20),
            (5_000, 1 << 33),
            (3_000, u64::MAX),
        ] {
            let (mut timers, order, mut seed) = (Timers::default(), Rc::default(), count);
            let mut expected = Vec::new();
            for _ in 0..count {
                let deadline = scatter(&mut seed).wrapping_mul(scatter(&mut seed) | 1) % spread;
                let key = (deadline, timers.next_number());
                let live = !scatter(&mut seed).is_multiple_of(4);
                let probe = Rc::new(Probe {
                    live: Cell::new(true),
                    order: Rc::clone(&order),
                    key,
                });
                timers.insert(0, deadline, key.1, probe.clone());
                if live {
                    expected.push(key);
                } else {
                    probe.live.set(false);
                    timers.cancel();
                }
            }
            expected.sort_unstable();
            assert_eq!(
                drain(&mut timers, &order),
                expected,
                "{count} within {spread}"
            );
        }
    }

    #[test]
    fn cancelled_timers_do_not_pile_up() {
        let (mut timers, order) = (Timers::default(), Rc::default());
        for n in 0..100_000 {
            let number = timers.next_number();
            let probe = Probe {
                live: Cell::new(true),
                order: Rc::clone(&order),
                key: (n, number),
            };
            let probe = Rc::new(probe);
            timers.insert(0, n << 15, number, probe.clone());
            probe.live.set(false);
            drop(timers.cancel());
            assert!(timers.len() <= 2 * TOLERATED, "{n}: {}", timers.len());
        }
    }
}
