//! The progress bar.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use yieldfrom::{Coroutine, Task, coroutine, ensure_future, sleep};

use crate::job::Job;

/// How often the bar is drawn anew, at least.
const PERIOD: Duration = Duration::from_millis(100);

/// A bar on standard error, if that is a terminal; gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    ticker: Option<Task<()>>,
}

impl Progress {
    /// Shows a bar, unless each flag is told about in a line.
    pub(crate) fn start(job: &Job, flags: usize) -> Self {
        if job.verbose || !job.progress {
            let bar = ProgressBar::hidden();
            return Self { bar, ticker: None };
        }
        let style = ProgressStyle::with_template(
            "{percent:>3}%|{bar:40}| {pos}/{len} [{elapsed}<{eta}, {per_sec}]",
        );
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(Some(flags as u64), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        // The bar's own ticker would be a thread; here is a loop that can do it.
        let ticker = (!bar.is_hidden()).then(|| ensure_future(tick(bar.clone())));
        Self { bar, ticker }
    }

    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }
}

fn tick(bar: ProgressBar) -> Coroutine<()> {
    coroutine(move |co| {
        loop {
            bar.tick();
            co.yield_from(sleep(PERIOD))?;
        }
    })
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(ticker) = &self.ticker {
            ticker.cancel();
        }
        self.bar.finish_and_clear();
    }
}
