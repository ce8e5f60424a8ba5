//! Real time between the events.

use std::io;
use std::thread;
use std::time::Duration;

use crate::{End, Event, Observer, Time};

/// Waits before each event as long as the simulation does, at another pace.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Seconds for a minute of the simulation.
    delay: f64,
    /// The time of the last event.
    time: Time,
}

impl Pace {
    pub(crate) fn new(delay: f64) -> Self {
        Self { delay, time: 0 }
    }
}

impl Observer for Pace {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let seconds = (event.time - self.time) as f64 * self.delay;
        thread::sleep(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        self.time = event.time;
        Ok(())
    }

    fn end(&mut self, _: End) -> io::Result<()> {
        Ok(())
    }
}

/// Parses a number of seconds, which is not negative.
pub(crate) fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.trim().parse() {
        Ok(seconds) if Duration::try_from_secs_f64(seconds).is_ok() => Ok(seconds),
        _ => Err("give a number of seconds, such as 0.5".to_owned()),
    }
}
