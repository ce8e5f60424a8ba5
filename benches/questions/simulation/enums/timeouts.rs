//! Processes that only wait have one state: how often they still have to.

use super::super::model::{Draws, Outcome, Tally, waits};
use super::Calendar;

struct Waiting {
    left: u32,
    draws: Draws,
}

pub(super) fn run(processes: usize) -> Outcome {
    let waits = waits(processes);
    let mut calendar = Calendar::with_capacity(processes);
    let mut waiting = Vec::with_capacity(processes);
    for number in 0..processes {
        let mut draws = Draws::of(number);
        calendar.schedule(draws.next(), number as u32, 0);
        let left = waits as u32;
        waiting.push(Waiting { left, draws });
    }
    let tally = Tally::default();
    while let Some(event) = calendar.next() {
        let process = &mut waiting[event.process as usize];
        process.left -= 1;
        if process.left == 0 {
            tally.done(waits, event.time, 0.0);
        } else {
            calendar.schedule(process.draws.next(), event.process, 0);
        }
    }
    tally.outcome()
}
