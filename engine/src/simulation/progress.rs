//! How far a run is, on the terminal.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::{AnyProcess, Env, Number, Observer, Observing};
use indicatif::{ProgressBar, ProgressStyle};

/// A line on the terminal that shows how far a run is: the time of the simulation, and how many events are processed in a second.
///
/// It stays until it is dropped. If standard error is no terminal, nothing is shown.
///
/// # Examples
///
/// ```
/// use yieldfrom::Result;
/// use yieldfrom::simulation::{Co, Environment, progress::Progress};
///
/// let env = Environment::new();
/// let handle = env.handle();
/// env.process(move |co: &Co| -> Result<()> {
///     loop {
///         co.yield_from(handle.timeout(1))?;
///     }
/// });
/// let _progress = Progress::show(&env, 100_000);
/// env.run_until(100_000)?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Progress {
    line: Rc<Line>,
    _observing: Observing,
}

/// The bar has so many parts.
const PARTS: f64 = 1000.0;
/// The line is looked at once in so many steps: a look at the clock takes as long as a step.
const STEPS: u64 = 1024;

struct Line {
    bar: ProgressBar,
    env: Env,
    /// How many events were processed before.
    before: u64,
    from: f64,
    until: f64,
    steps: Cell<u64>,
}

impl Line {
    fn show(&self, now: f64) {
        let part = (now - self.from) / (self.until - self.from);
        let seconds = self.bar.elapsed().as_secs_f64().max(1e-9);
        let rate = (self.env.processed_events() - self.before) as f64 / seconds;
        self.bar.set_position((part * PARTS) as u64);
        self.bar.set_message(format!(
            "time {now:.0} of {:.0}, {rate:.0} events/s",
            self.until
        ));
    }
}

impl Observer for Line {
    fn resumed(&self, now: f64, _: &AnyProcess) {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get().is_multiple_of(STEPS) {
            self.show(now);
        }
    }
}

impl Progress {
    /// Shows how far the environment is on its way to a time.
    pub fn show(env: &Env, until: impl Number) -> Self {
        let style = ProgressStyle::with_template("[{elapsed}] {bar:30} {msg}, ends in {eta}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let line = Rc::new(Line {
            bar: ProgressBar::new(PARTS as u64).with_style(style),
            env: env.clone(),
            before: env.processed_events(),
            from: env.now(),
            until: until.to_f64(),
            steps: Cell::new(0),
        });
        line.show(env.now());
        Self {
            _observing: env.observe(line.clone()),
            line,
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.line.bar.finish_and_clear();
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("steps", &self.line.steps.get())
            .finish_non_exhaustive()
    }
}
