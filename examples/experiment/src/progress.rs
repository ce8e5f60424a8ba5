//! The progress bar.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error, if that is a terminal; gone when this is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows how many of all replications are finished.
    pub(crate) fn start(is_quiet: bool, all: usize, finished: usize) -> Self {
        if is_quiet {
            return Self(ProgressBar::hidden());
        }
        let template =
            "{percent:>3}%|{bar:40}| {pos}/{len} replications [{elapsed}<{eta}, {per_sec}]";
        let style = ProgressStyle::with_template(template);
        let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_position(finished as u64);
        bar.reset_eta();
        Self(bar)
    }

    pub(crate) fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
