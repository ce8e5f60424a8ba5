//! How far a comparison is, on standard error.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The length of the bar.
const PERMILLE: u64 = 1000;

/// Tells somebody who waits how far it is.
#[derive(Debug)]
pub(crate) struct Progress {
    /// On a terminal, unless nothing is to be told.
    bar: Option<ProgressBar>,
    /// Elsewhere, a line when something begins.
    lines: bool,
    start: Instant,
    /// How long all of it should take, and what is done of it.
    expected: Duration,
    done: Cell<Duration>,
}

impl Progress {
    /// Tells nothing but messages.
    pub(crate) fn silent() -> Self {
        Self {
            bar: None,
            lines: false,
            start: Instant::now(),
            expected: Duration::ZERO,
            done: Cell::default(),
        }
    }

    /// Tells how far it is with something that should take so long.
    pub(crate) fn of(expected: Duration) -> Self {
        let bar = ProgressBar::with_draw_target(Some(PERMILLE), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}");
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let hidden = bar.is_hidden();
        Self {
            bar: (!hidden).then_some(bar),
            lines: hidden,
            expected,
            ..Self::silent()
        }
    }

    /// Tells something that is not to be lost.
    pub(crate) fn say(&self, message: &str) {
        let print = || eprintln!("versus: {message}");
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Tells what begins now.
    pub(crate) fn begin(&self, what: &str) {
        let left = match self.left() {
            Some(left) => format!(", about {} left", humantime::format_duration(left)),
            None => String::new(),
        };
        if let Some(bar) = &self.bar {
            bar.set_position((self.share() * PERMILLE as f64) as u64);
            bar.set_message(format!("{what}{left}"));
        } else if self.lines {
            eprintln!("versus: {:3.0} % {what}{left}", 100.0 * self.share());
        }
    }

    /// Notes that something has ended that should have taken so long.
    pub(crate) fn end(&self, expected: Duration) {
        self.done.set(self.done.get() + expected);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn share(&self) -> f64 {
        if self.expected.is_zero() {
            return 0.0;
        }
        let share = self.done.get().as_secs_f64() / self.expected.as_secs_f64();
        share.min(1.0)
    }

    /// Estimates how long it will take, in whole seconds, once this machine's pace is known.
    fn left(&self) -> Option<Duration> {
        let (done, elapsed) = (self.done.get().as_secs_f64(), self.elapsed().as_secs_f64());
        let left = (self.expected.as_secs_f64() - done).max(0.0);
        // Before much is done, the pace is as expected.
        let pace = (elapsed + 10.0) / (done + 10.0);
        Some(Duration::from_secs((left * pace).round() as u64)).filter(|_| left > 0.0)
    }
}
