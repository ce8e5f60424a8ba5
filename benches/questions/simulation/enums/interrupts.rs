//! Workers whose wait is void when they are interrupted, and begins anew with the rest.

use super::super::model::{Draws, INTERRUPTER, INTERRUPTS, JOB, Outcome, Tally, WORKERS};
use super::Calendar;

/// A worker at a job, which is the one state it has until it ends.
struct Worker {
    /// How long the job takes, from when on.
    left: f64,
    begun: f64,
    /// Which of its waits counts.
    wait: u32,
    draws: Draws,
}

struct Shop {
    calendar: Calendar,
    workers: Vec<Worker>,
    interrupts: usize,
    tally: Tally,
}

pub(super) fn run() -> Outcome {
    let mut shop = Shop::open();
    let mut pauses = Draws::of(INTERRUPTER);
    shop.calendar.schedule(pauses.next(), INTERRUPTER as u32, 0);
    while let Some(event) = shop.calendar.next() {
        if event.process != INTERRUPTER as u32 {
            shop.finish(event.process, event.wait);
            continue;
        }
        shop.interrupt();
        if shop.interrupts < INTERRUPTS {
            shop.calendar.schedule(pauses.next(), INTERRUPTER as u32, 0);
        } else {
            shop.tally.done(0, event.time, 0.0);
        }
    }
    shop.tally.outcome()
}

impl Shop {
    fn open() -> Self {
        let mut shop = Self {
            // The workers' events, and as many again that have become void.
            calendar: Calendar::with_capacity(20 * WORKERS),
            workers: Vec::with_capacity(WORKERS),
            interrupts: 0,
            tally: Tally::default(),
        };
        for number in 0..WORKERS {
            shop.workers.push(Worker {
                left: 0.0,
                begun: 0.0,
                wait: 0,
                draws: Draws::of(number),
            });
            shop.begin(number as u32);
        }
        shop
    }

    /// A worker takes a new job.
    fn begin(&mut self, number: u32) {
        let worker = &mut self.workers[number as usize];
        worker.left = JOB * worker.draws.next();
        worker.begun = self.calendar.now;
        self.calendar.schedule(worker.left, number, worker.wait);
    }

    fn interrupt(&mut self) {
        let number = self.interrupts % WORKERS;
        self.interrupts += 1;
        let worker = &mut self.workers[number];
        worker.wait += 1;
        worker.left -= self.calendar.now - worker.begun;
        worker.begun = self.calendar.now;
        self.calendar
            .schedule(worker.left, number as u32, worker.wait);
    }

    /// A worker has done its job, unless it was interrupted meanwhile.
    fn finish(&mut self, number: u32, wait: u32) {
        if self.workers[number as usize].wait != wait {
            return;
        }
        if self.interrupts < INTERRUPTS {
            self.begin(number);
        } else {
            self.tally.done(u64::from(wait), self.calendar.now, 0.0);
        }
    }
}
