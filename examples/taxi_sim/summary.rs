//! Figures of a run, instead of its events.

use std::fmt;
use std::io::{self, Write};
use std::time::Instant;

use crate::legs::{Legs, Phase};
use crate::options::during;
use crate::{End, Event, Observer, Time};

/// Counts and adds up; prints the result at the end.
#[derive(Debug)]
pub(crate) struct Summary {
    start: Instant,
    legs: Legs,
    events: u64,
    time: Time,
    waiting: Total,
    driving: Total,
}

/// How many legs of a phase ended, and how long they took together.
#[derive(Debug, Default)]
struct Total {
    count: u64,
    minutes: Time,
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean = self.minutes as f64 / self.count.max(1) as f64;
        write!(f, "{:>12} min, {mean:.2} min", self.minutes)
    }
}

impl Summary {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            legs: Legs::default(),
            events: 0,
            time: 0,
            waiting: Total::default(),
            driving: Total::default(),
        }
    }

    fn print(&self, end: End) -> io::Result<()> {
        let speed = self.events as f64 / self.start.elapsed().as_secs_f64();
        let mut out = io::stdout().lock();
        writeln!(out, "{end}")?;
        writeln!(out, "events:         {:>12}", self.events)?;
        writeln!(out, "trips:          {:>12}", self.driving.count)?;
        writeln!(out, "waiting time:   {} a wait", self.waiting)?;
        writeln!(out, "driving time:   {} a trip", self.driving)?;
        writeln!(out, "simulated time: {:>12} min", self.time)?;
        writeln!(out, "speed:          {speed:>12.0} events/s")?;
        out.flush()
    }
}

impl Observer for Summary {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.events += 1;
        self.time = event.time;
        if let Some(leg) = self.legs.end_with(event) {
            let total = match leg.phase {
                Phase::Waiting => &mut self.waiting,
                Phase::Driving => &mut self.driving,
            };
            total.count += 1;
            total.minutes += leg.to - leg.from;
        }
        Ok(())
    }

    fn end(&mut self, end: End) -> io::Result<()> {
        self.print(end).map_err(during("print the summary"))
    }
}
