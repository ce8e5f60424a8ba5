//! States and a heap of events, written by hand for each case: what there is to do without any library.

mod conditions;
mod interrupts;
mod mmc;
mod store;
mod timeouts;

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::model::{Outcome, Simulator};

pub(super) struct Enums;

impl Simulator for Enums {
    fn timeouts(processes: usize) -> Outcome {
        timeouts::run(processes)
    }

    fn mmc() -> Outcome {
        mmc::run()
    }

    fn interrupts() -> Outcome {
        interrupts::run()
    }

    fn conditions() -> Outcome {
        conditions::run()
    }

    fn store() -> Outcome {
        store::run()
    }
}

/// What happens when, and to whom.
#[derive(Clone, Copy, Debug)]
struct Event {
    time: f64,
    /// Events at one time happen in the order in which they were scheduled.
    sequence: u64,
    process: u32,
    /// Which of the process's waits it ends; it is void if the process does not wait for that any more.
    wait: u32,
}

impl Event {
    /// Returns what events are ordered by, in one number: the processor compares it without a branch, which makes
    /// the heap almost twice as fast. No time is negative, so the bits of times are ordered as the times are.
    #[inline]
    fn key(&self) -> u128 {
        u128::from(self.time.to_bits()) << 64 | u128::from(self.sequence)
    }
}

impl Ord for Event {
    /// The greatest event comes next.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Event {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Event {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

/// The events to come.
struct Calendar {
    now: f64,
    scheduled: u64,
    events: BinaryHeap<Event>,
}

impl Calendar {
    fn with_capacity(events: usize) -> Self {
        Self {
            now: 0.0,
            scheduled: 0,
            events: BinaryHeap::with_capacity(events),
        }
    }

    #[inline]
    fn schedule(&mut self, delay: f64, process: u32, wait: u32) {
        self.scheduled += 1;
        self.events.push(Event {
            time: self.now + delay,
            sequence: self.scheduled,
            process,
            wait,
        });
    }

    /// Takes the next event, and goes to its time.
    #[inline]
    fn next(&mut self) -> Option<Event> {
        let event = self.events.pop()?;
        self.now = event.time;
        Some(event)
    }
}
