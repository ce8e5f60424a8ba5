//! Processes that wait for the first of two events, or for both.

use super::super::model::{CONDITIONED, Draws, Outcome, ROUNDS, Tally};
use super::Calendar;

/// What a process waits for.
#[derive(Clone, Copy)]
enum Awaits {
    First,
    Both,
    /// The other one of both.
    Other,
}

struct Process {
    awaits: Awaits,
    /// Which of its waits counts: the later one of two events is void if the first was enough.
    wait: u32,
    draws: Draws,
}

impl Process {
    /// Begins to wait for two events.
    fn begin(&mut self, number: u32, awaits: Awaits, calendar: &mut Calendar) {
        self.awaits = awaits;
        self.wait += 1;
        for _ in 0..2 {
            calendar.schedule(self.draws.next(), number, self.wait);
        }
    }
}

pub(super) fn run() -> Outcome {
    let mut calendar = Calendar::with_capacity(4 * CONDITIONED);
    let mut processes = Vec::with_capacity(CONDITIONED);
    for number in 0..CONDITIONED {
        let mut process = Process {
            awaits: Awaits::First,
            wait: 0,
            draws: Draws::of(number),
        };
        process.begin(number as u32, Awaits::First, &mut calendar);
        processes.push(process);
    }
    let tally = Tally::default();
    while let Some(event) = calendar.next() {
        let process = &mut processes[event.process as usize];
        if process.wait != event.wait {
            continue;
        }
        match process.awaits {
            Awaits::First => process.begin(event.process, Awaits::Both, &mut calendar),
            Awaits::Both => process.awaits = Awaits::Other,
            Awaits::Other if (process.wait as usize) < 2 * ROUNDS => {
                process.begin(event.process, Awaits::First, &mut calendar);
            }
            Awaits::Other => {
                // What comes now is void.
                tally.done(process.wait.into(), event.time, 0.0);
                process.wait += 1;
            }
        }
    }
    tally.outcome()
}
