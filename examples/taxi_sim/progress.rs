//! A progress bar for runs that take a while.

use std::io;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{End, Event, Observer, Time};

/// Runs that are shorter than this show no bar.
const DELAY: Duration = Duration::from_millis(500);
/// How many events pass between looks at the clock.
const PERIOD: u64 = 1 << 12;
/// The length of the bar.
const PERMILLE: u64 = 1000;

/// Shows on standard error how far the run is, if that is a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    total: f64,
    end_time: Time,
    events: u64,
    start: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(taxis: usize, end_time: Time) -> Self {
        Self {
            // With --summary a taxi makes eleven trips on average. Each has two events,
            // and so has the day.
            total: taxis as f64 * 24.0,
            end_time,
            events: 0,
            start: Instant::now(),
            bar: None,
        }
    }

    fn show(&mut self, time: Time) {
        // Whichever ends the run first: its events or its time.
        let share = (self.events as f64 / self.total).max(time as f64 / self.end_time as f64);
        let bar = self.bar.get_or_insert_with(new_bar);
        bar.set_position((share * PERMILLE as f64) as u64);
        bar.set_message(format!("{} events", self.events));
    }
}

fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}");
    let bar = ProgressBar::with_draw_target(Some(PERMILLE), ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Observer for Progress {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.events += 1;
        if self.events.is_multiple_of(PERIOD) && self.start.elapsed() > DELAY {
            self.show(event.time);
        }
        Ok(())
    }

    fn end(&mut self, _: End) -> io::Result<()> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        Ok(())
    }
}
