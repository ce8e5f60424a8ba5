//! Threads that let each other go first.
//!
//! The system's own `sched_yield` promises nobody a turn, so that they hand a baton round: each
//! waits on a condition until it is its turn, and tells the next one, as threads do.

use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::Work;
use crate::measuring::meter::{Meter, Sample};

/// The cases that threads can answer: a call of a function costs them nothing.
pub(super) const RINGS: &[&str] = &["tasks=100 inlined", "tasks=100 helper"];
/// How many turns each of 100 threads has: as many as in those cases.
pub(in crate::questions) const TURNS: usize = 400;
pub(super) const ONE: &[&str] = &["tasks=1 inlined", "tasks=1 helper"];
pub(super) const ALONE: &str = "one thread has nobody that could go first";
pub(super) const MANY: &[&str] = &["tasks=10000 inlined", "tasks=10000 helper"];
pub(super) const TOO_MANY: &str = "10,000 threads that take turns would take minutes";

pub(super) fn ring(case: &str, meter: &Meter) -> Sample {
    let work = Work::of(case);
    meter.batches(work.yields_in_all(), || turns(work.tasks, work.yields))
}

/// Whose turn it is, and where each waits for its own.
struct Ring {
    turn: Mutex<usize>,
    seats: Vec<Condvar>,
}

/// Returns how long it takes until each of so many threads has had so many turns.
pub(in crate::questions) fn turns(threads: usize, turns: usize) -> Duration {
    let ring = Ring {
        // Nobody's, until all are there.
        turn: Mutex::new(threads),
        seats: (0..threads).map(|_| Condvar::new()).collect(),
    };
    thread::scope(|scope| {
        let ring = &ring;
        let create = |seat| scope.spawn(move || ring.take_turns(seat, turns));
        let threads: Vec<_> = (0..threads).map(create).collect();
        let start = Instant::now();
        ring.give(0);
        for thread in threads {
            thread.join().expect("it does not panic");
        }
        start.elapsed()
    })
}

impl Ring {
    fn take_turns(&self, seat: usize, turns: usize) {
        let next = (seat + 1) % self.seats.len();
        for _ in 0..turns {
            let turn = self.turn.lock().expect("nobody panics");
            let mine = self.seats[seat].wait_while(turn, |turn| *turn != seat);
            drop(mine.expect("nobody panics"));
            self.give(next);
        }
    }

    fn give(&self, seat: usize) {
        *self.turn.lock().expect("nobody panics") = seat;
        self.seats[seat].notify_one();
    }
}
