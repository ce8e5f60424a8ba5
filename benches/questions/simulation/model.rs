//! What all contestants have in common: the numbers, the delays, and what they come to.
//!
//! `peers/python/simulation_simpy.py` says the same in Python.

use std::cell::Cell;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// Who runs the cases. Each method makes a simulation, runs it, destroys it, and returns what it has come to.
pub(super) trait Simulator {
    fn timeouts(processes: usize) -> Outcome;

    fn mmc() -> Outcome;

    fn interrupts() -> Outcome;

    fn conditions() -> Outcome;

    fn store() -> Outcome;
}

/// How often each of so many processes waits.
pub(super) const fn waits(processes: usize) -> u64 {
    if processes < 100_000 { 100 } else { 10 }
}

pub(super) const SERVERS: usize = 10;
pub(super) const CUSTOMERS: usize = 10_000;
/// Whose draws say when the next customer comes, and how long services take.
pub(super) const ARRIVALS: usize = 0;
pub(super) const SERVICES: usize = DELAYS;
/// How much longer a service takes than it takes until the next customer comes, on average.
pub(super) const SERVICE: f64 = 8.0;

pub(super) const WORKERS: usize = 100;
/// Who interrupts them: the process after them.
pub(super) const INTERRUPTER: usize = WORKERS;
pub(super) const INTERRUPTS: usize = 10_000;
/// How much longer a job takes than it takes until the next interrupt, on average.
pub(super) const JOB: f64 = 1000.0;

/// How many processes wait for conditions, and how often: each time for the first of two timeouts, then for both.
pub(super) const CONDITIONED: usize = 100;
pub(super) const ROUNDS: usize = 50;

pub(super) const PRODUCERS: usize = 10;
pub(super) const CONSUMERS: usize = 10;
pub(super) const CAPACITY: usize = 10;
/// How many items each of them makes, or takes.
pub(super) const ITEMS: usize = 1000;

/// How many delays there are: processes draw the same ones, each in an order of its own.
const DELAYS: usize = 4096;
/// The mean of the delays.
const MEAN: f64 = 1_048_576.0;

type Delays = [f64; DELAYS];

/// Exponential delays, by Marsaglia's xorshift.
///
/// They are whole numbers, so that all sums of times are exact.
static TABLE: LazyLock<Delays> = LazyLock::new(|| {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    std::array::from_fn(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let uniform = (state >> 11) as f64 / (1u64 << 53) as f64;
        (-(1.0 - uniform).ln() * MEAN).floor() + 1.0
    })
});

fn table() -> &'static Delays {
    &TABLE
}

/// What a process draws its delays by.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Draws {
    at: u32,
    step: u32,
    #[serde(skip, default = "table")]
    table: &'static Delays,
}

impl Draws {
    /// Returns those of the process with this number.
    pub(super) fn of(process: usize) -> Self {
        Self {
            at: process as u32,
            // No two processes draw the same delays one after the other: then they would often be at the same time.
            step: (2 * (process + process / DELAYS) + 1) as u32,
            table: table(),
        }
    }

    #[inline]
    pub(super) fn next(&mut self) -> f64 {
        let delay = self.table[self.at as usize % DELAYS];
        self.at = self.at.wrapping_add(self.step);
        delay
    }
}

/// What a simulation has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// How many operations there were.
    pub(super) operations: u64,
    /// When the last process ended.
    pub(super) end: f64,
    /// When all processes ended, and how long they had to wait for each other, summed up.
    pub(super) sum: f64,
}

/// What the processes of a simulation tell when they end.
#[derive(Debug, Default)]
pub(super) struct Tally(Cell<Outcome>);

impl Tally {
    /// A process ends now, after so many operations; it had to wait so long for others.
    #[inline]
    pub(super) fn done(&self, operations: u64, now: f64, waited: f64) {
        let before = self.0.get();
        self.0.set(Outcome {
            operations: before.operations + operations,
            end: before.end.max(now),
            sum: before.sum + now + waited,
        });
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.0.get()
    }
}

/// Returns what a case has to come to, for all contestants.
pub(super) fn expected(case: &str) -> Outcome {
    let mut lines = include_str!("ends.txt").lines();
    let line = lines.find_map(|line| line.strip_prefix(case)?.strip_prefix(": "));
    let numbers = line.expect("the case has its line").split(' ');
    let numbers: Vec<u64> = numbers
        .map(|number| number.parse().expect("a number"))
        .collect();
    Outcome {
        operations: numbers[0],
        end: numbers[1] as f64,
        sum: numbers[2] as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_whole_exponential_and_not_the_same_for_all() {
        assert!(
            TABLE
                .iter()
                .all(|delay| *delay >= 1.0 && delay.fract() == 0.0)
        );
        let mean = TABLE.iter().sum::<f64>() / DELAYS as f64;
        assert!((0.95..1.05).contains(&(mean / MEAN)), "{mean}");
        let drawn = |process| {
            let mut draws = Draws::of(process);
            [(); 20].map(|()| draws.next())
        };
        assert_ne!(drawn(1), drawn(2));
        assert_ne!(drawn(1), drawn(1 + DELAYS));
    }

    /// What takes no heap: the ends of processes that only wait.
    #[test]
    fn the_end_of_timeouts_is_that_of_the_sums_of_their_delays() {
        for processes in [1000, 100_000] {
            let tally = Tally::default();
            for process in 0..processes {
                let mut draws = Draws::of(process);
                let end: f64 = (0..waits(processes)).map(|_| draws.next()).sum();
                tally.done(waits(processes), end, 0.0);
            }
            assert_eq!(
                tally.outcome(),
                expected(&format!("timeouts n={processes}"))
            );
        }
    }

    /// By Kiefer and Wolfowitz: a customer gets the server that is free first.
    #[test]
    fn the_end_of_the_queue_is_that_of_its_recurrence() {
        let (tally, mut now, mut free) = (Tally::default(), 0.0, [0.0_f64; SERVERS]);
        let (mut arrivals, mut services) = (Draws::of(ARRIVALS), Draws::of(SERVICES));
        for _ in 0..CUSTOMERS {
            now += arrivals.next();
            let begin = free[0].max(now);
            free[0] = begin + SERVICE * services.next();
            tally.done(1, free[0], begin - now);
            free.sort_by(f64::total_cmp);
        }
        assert_eq!(tally.outcome(), expected("mmc"));
    }
}
