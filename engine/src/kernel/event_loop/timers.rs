//! What is to run at a later time, by deadline.
//!
//! A heap orders few timers. Where there are many, those that are made later wait unordered: first
//! side by side, in the order of their making, and then in buckets by time. A bucket is a millisecond
//! wide for the next second, a second for the next quarter of an hour, and so on; a wide one is
//! divided when it comes up, and a narrow one is sorted. A single heap of a million timers would wait
//! for memory at each of its twenty levels.
//!
//! The order is exact: by deadline, equal ones in the order in which they were made.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::rc::Rc;

use super::Core;
#[cfg(feature = "trace")]
use super::Ready;
use super::fetch::{GROUP, fetch};
use crate::kernel::nanos::Nanos;

/// What a timer is for.
pub(crate) trait Timed {
    /// Returns whether the timer with this number is still wanted.
    fn is_live(&self, number: u64) -> bool;

    /// Makes it ready: its deadline has come, and it is live.
    fn fire(self: Rc<Self>, core: &Core);

    /// Returns the entry of the ready queue that it becomes, if it becomes one.
    #[cfg(feature = "trace")]
    fn as_entry(self: Rc<Self>) -> Option<Rc<dyn Ready>> {
        None
    }
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
/// This many new ones are put into their buckets together. Alone, each would find the memory of its
/// bucket replaced in the cache by what a thousand tasks have touched since the one before.
const TOGETHER: usize = 4096;
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
    /// The narrow bucket that has come up: the earliest last.
    next: Vec<Timer>,
    /// Where that bucket begins.
    next_start: Nanos,
    /// Buckets by the time where they begin. None begins after its timers.
    far: BTreeMap<Nanos, Vec<Timer>>,
    /// Those that are in no bucket yet.
    new: Vec<Timer>,
    /// When the last of those was made.
    now: Nanos,
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
        if self.near.len() < FEW {
            self.near.push(timer);
        } else {
            self.now = now;
            self.new.push(timer);
            if self.new.len() >= TOGETHER {
                self.spread();
            }
        }
    }

    /// Puts the new ones into their buckets.
    #[inline(never)]
    fn spread(&mut self) {
        for timer in std::mem::take(&mut self.new) {
            self.put_off(self.now, timer);
        }
    }

    fn put_off(&mut self, now: Nanos, timer: Timer) {
        let start = bucket(now, timer.deadline);
        self.far.entry(start).or_default().push(timer);
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
        sweep(&mut self.next);
        sweep(&mut self.new);
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
            let timer = self.first()?;
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

    /// Returns the earliest in the heap and in the bucket that has come up.
    fn first(&self) -> Option<&Timer> {
        self.near.peek().max(self.next.last())
    }

    fn pop(&mut self) -> Option<Timer> {
        self.len -= 1;
        if self.next.last() > self.near.peek() {
            let timer = self.next.pop();
            match self.next.len() {
                // Gives a crowd's memory back.
                0 => self.next = Vec::new(),
                left if left.is_multiple_of(GROUP) => fetch_timed(&self.next[left - GROUP..]),
                _ => {}
            }
            return timer;
        }
        let timer = self.near.pop();
        fetch_timed(self.near.peek());
        timer
    }

    /// Brings up buckets until the earliest of all is in the last of them, or in the heap.
    fn approach(&mut self) {
        if !self.new.is_empty() {
            self.spread();
        }
        while let Some((&start, _)) = self.far.first_key_value() {
            if self.first().is_some_and(|first| first.deadline < start) {
                return;
            }
            if let Some((start, timers)) = self.far.pop_first() {
                self.bring_up(start, timers);
            }
        }
    }

    /// Divides a bucket that begins no later than all other timers, and sorts the part that is narrow.
    #[inline(never)]
    fn bring_up(&mut self, start: Nanos, mut timers: Vec<Timer>) {
        let is_later = |timer: &mut Timer| timer.deadline - start >= 1 << NARROW;
        for timer in timers.extract_if(.., is_later) {
            self.put_off(start, timer);
        }
        if timers.is_empty() {
            return;
        }
        if self.next.is_empty() || start < self.next_start {
            timers.sort_unstable();
            let before = std::mem::replace(&mut self.next, timers);
            let start = std::mem::replace(&mut self.next_start, start);
            if !before.is_empty() {
                self.far.entry(start).or_default().extend(before);
            }
        } else {
            // They have joined a bucket after it had come up.
            self.near.extend(timers);
        }
    }

    /// Returns the deadlines of the timers that are wanted, by their numbers.
    pub(crate) fn deadlines(&self, is_wanted: impl Fn(u64) -> bool) -> HashMap<u64, Nanos> {
        let far = self.far.values().flatten();
        let all = self.near.iter().chain(&self.next).chain(&self.new);
        all.chain(far)
            .filter(|timer| is_wanted(timer.number))
            .map(|timer| (timer.number, timer.deadline))
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns how many are still wanted.
    pub(crate) fn wanted(&self) -> usize {
        self.len.saturating_sub(self.cancelled)
    }

    /// Takes everything out, for its caller to drop.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Rc<dyn Timed>> + use<> {
        let numbers = self.numbers;
        let taken = std::mem::take(self);
        self.numbers = numbers;
        let near = taken.near.into_iter().chain(taken.next);
        let far = taken.far.into_values().flatten().chain(taken.new);
        near.chain(far).map(|timer| timer.timed)
    }
}

/// Fetches what timers are for into the cache: among a million timers, none of it is there.
fn fetch_timed<'a>(timers: impl IntoIterator<Item = &'a Timer>) {
    timers.into_iter().for_each(|timer| fetch(&timer.timed));
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
mod tests;
