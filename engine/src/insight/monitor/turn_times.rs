//! How long the turns of a loop take.

use crate::kernel::Nanos;

/// Each power of two has this many counters, so that a time is right to an eighth.
const PARTS: usize = 8;
const COUNTERS: usize = PARTS * 62;
/// Numbers are of the last one or two of such spans.
const SPAN: Nanos = 5_000_000_000;

/// Counts of times, by their lengths.
struct Histogram {
    began: Nanos,
    counts: Vec<u32>,
    count: u64,
    longest: Nanos,
}

/// Numbers of a loop's turns that had something to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TurnNumbers {
    /// How long the turns were counted.
    pub(super) span: Nanos,
    pub(super) count: u64,
    pub(super) median: Nanos,
    pub(super) p99: Nanos,
    pub(super) longest: Nanos,
}

/// The times of the last turns.
pub(super) struct TurnTimes {
    recent: Histogram,
    before: Histogram,
}

/// Returns the counter for a time: its power of two, and the three bits below.
fn index(time: Nanos) -> usize {
    if time < PARTS as Nanos {
        return time as usize;
    }
    let power = time.ilog2() as usize;
    let part = (time >> (power - 3)) as usize & (PARTS - 1);
    (power - 2) * PARTS + part
}

/// Returns the longest time of a counter.
fn upper(index: usize) -> Nanos {
    if index < PARTS {
        return index as Nanos;
    }
    let (power, part) = (index / PARTS + 2, index % PARTS);
    let next = u128::from((PARTS + part + 1) as u64) << (power - 3);
    Nanos::try_from(next - 1).unwrap_or(Nanos::MAX)
}

impl Histogram {
    fn new(began: Nanos) -> Self {
        Self {
            began,
            counts: vec![0; COUNTERS],
            count: 0,
            longest: 0,
        }
    }

    fn add(&mut self, time: Nanos) {
        let counter = &mut self.counts[index(time)];
        *counter = counter.saturating_add(1);
        self.count += 1;
        self.longest = self.longest.max(time);
    }
}

impl TurnTimes {
    pub(super) fn new(now: Nanos) -> Self {
        Self {
            recent: Histogram::new(now),
            before: Histogram::new(now),
        }
    }

    pub(super) fn add(&mut self, now: Nanos, time: Nanos) {
        self.pass(now);
        self.recent.add(time);
    }

    /// Forgets what is too old.
    fn pass(&mut self, now: Nanos) {
        let age = now.saturating_sub(self.recent.began);
        if age < SPAN {
            return;
        }
        self.before = std::mem::replace(&mut self.recent, Histogram::new(now));
        if age >= 2 * SPAN {
            self.before = Histogram::new(now - SPAN);
        }
    }

    pub(super) fn numbers(&mut self, now: Nanos) -> TurnNumbers {
        self.pass(now);
        let count = self.recent.count + self.before.count;
        let longest = self.recent.longest.max(self.before.longest);
        TurnNumbers {
            span: now.saturating_sub(self.before.began),
            count,
            median: self.quantile(count.div_ceil(2)).min(longest),
            p99: self.quantile((count * 99).div_ceil(100)).min(longest),
            longest,
        }
    }

    /// Returns the time that this many turns did not exceed.
    fn quantile(&self, rank: u64) -> Nanos {
        let mut seen = 0;
        let both = self.recent.counts.iter().zip(&self.before.counts);
        let found = both
            .map(|(a, b)| u64::from(*a) + u64::from(*b))
            .position(|n| {
                seen += n;
                n > 0 && seen >= rank
            });
        found.map_or(0, upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_has_times_that_are_alike() {
        for time in (0..200).chain((0..64).map(|n| 1 << n)).chain([Nanos::MAX]) {
            let at = index(time);
            assert!(at < COUNTERS && upper(at) >= time, "{time}");
            assert!(upper(at) - time <= time / 8, "{time}: {}", upper(at));
            assert!(at == 0 || upper(at - 1) < time, "{time}");
        }
    }

    #[test]
    fn the_numbers_are_those_of_the_times() {
        let mut times = TurnTimes::new(0);
        (1..=1000).for_each(|n| times.add(n, n * 1000));
        let numbers = times.numbers(SPAN / 2);
        assert_eq!((numbers.count, numbers.longest), (1000, 1_000_000));
        assert!((500_000..=563_000).contains(&numbers.median), "{numbers:?}");
        assert!((990_000..=1_000_000).contains(&numbers.p99), "{numbers:?}");
        assert_eq!(numbers.span, SPAN / 2);
        assert_eq!(TurnTimes::new(7).numbers(7), TurnNumbers::default());
    }

    #[test]
    fn old_turns_are_forgotten() {
        let mut times = TurnTimes::new(0);
        times.add(0, 900);
        times.add(SPAN, 100);
        assert_eq!(times.numbers(SPAN).longest, 900);
        times.add(2 * SPAN, 100);
        let numbers = times.numbers(2 * SPAN);
        assert_eq!(
            (numbers.longest, numbers.count, numbers.span),
            (100, 2, SPAN)
        );
        let numbers = times.numbers(9 * SPAN);
        assert_eq!((numbers.count, numbers.span), (0, SPAN));
    }
}
