//! Producers and consumers, each of which waits for its timeout or for the store.

use std::collections::VecDeque;

use super::super::model::{CAPACITY, CONSUMERS, Draws, ITEMS, Outcome, PRODUCERS, Tally};
use super::Calendar;

/// A producer or, from the number `PRODUCERS` on, a consumer.
struct Process {
    /// How many items it has still to make, or to take.
    left: usize,
    /// How long its items had to wait.
    waited: f64,
    draws: Draws,
}

/// The items are the times at which they were made.
struct Store {
    calendar: Calendar,
    processes: Vec<Process>,
    items: VecDeque<f64>,
    /// The producers that wait for room, with what they have made, and the consumers that wait for an item.
    full: VecDeque<(u32, f64)>,
    empty: VecDeque<u32>,
    tally: Tally,
}

pub(super) fn run() -> Outcome {
    let mut store = Store {
        calendar: Calendar::with_capacity(PRODUCERS + CONSUMERS),
        processes: (0..PRODUCERS + CONSUMERS).map(Process::new).collect(),
        items: VecDeque::with_capacity(CAPACITY),
        full: VecDeque::with_capacity(PRODUCERS),
        empty: VecDeque::with_capacity(CONSUMERS),
        tally: Tally::default(),
    };
    for number in 0..PRODUCERS {
        store.produce(number as u32);
    }
    store
        .empty
        .extend(PRODUCERS as u32..(PRODUCERS + CONSUMERS) as u32);
    while let Some(event) = store.calendar.next() {
        if (event.process as usize) < PRODUCERS {
            store.put(event.process);
        } else {
            store.get(event.process);
        }
    }
    store.tally.outcome()
}

impl Process {
    fn new(number: usize) -> Self {
        Self {
            left: ITEMS,
            waited: 0.0,
            draws: Draws::of(number),
        }
    }
}

impl Store {
    /// A producer begins its next item, or ends.
    fn produce(&mut self, number: u32) {
        let producer = &mut self.processes[number as usize];
        if producer.left == 0 {
            self.tally.done(0, self.calendar.now, 0.0);
            return;
        }
        producer.left -= 1;
        self.calendar.schedule(producer.draws.next(), number, 0);
    }

    /// A consumer has an item.
    fn consume(&mut self, number: u32, item: f64) {
        let consumer = &mut self.processes[number as usize];
        consumer.left -= 1;
        consumer.waited += self.calendar.now - item;
        self.calendar.schedule(consumer.draws.next(), number, 0);
    }

    /// A producer has made an item.
    fn put(&mut self, number: u32) {
        let item = self.calendar.now;
        if let Some(consumer) = self.empty.pop_front() {
            self.consume(consumer, item);
        } else if self.items.len() < CAPACITY {
            self.items.push_back(item);
        } else {
            self.full.push_back((number, item));
            return;
        }
        self.produce(number);
    }

    /// A consumer wants its next item, or ends.
    fn get(&mut self, number: u32) {
        let consumer = &self.processes[number as usize];
        if consumer.left == 0 {
            self.tally
                .done(ITEMS as u64, self.calendar.now, consumer.waited);
            return;
        }
        let Some(item) = self.items.pop_front() else {
            self.empty.push_back(number);
            return;
        };
        self.consume(number, item);
        if let Some((producer, item)) = self.full.pop_front() {
            self.items.push_back(item);
            self.produce(producer);
        }
    }
}
