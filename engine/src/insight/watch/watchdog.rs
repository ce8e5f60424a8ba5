//! The watchdog: a thread that reports a loop which is held, while it is held.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::helper::Stop;
use super::pulse::Pulse;
use super::report::WatchdogReport;
use crate::errors::panics;
use crate::kernel::{Nanos, nanos};
use yieldfrom_delegation::report;

/// A shorter limit would be that of the system's scheduler.
const LEAST: Duration = Duration::from_millis(1);

/// The program's function for reports.
#[derive(Clone)]
pub(crate) struct WatchdogHandler(pub(crate) Arc<dyn Fn(&WatchdogReport) + Send + Sync>);

impl fmt::Debug for WatchdogHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatchdogHandler")
    }
}

/// How long the watchdog rests before it looks again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// This long.
    Span(Nanos),
    /// Until the entry ends that was reported.
    UntilItEnds,
    /// Until a turn begins.
    UntilTurn,
}

pub(super) struct Watchdog {
    pulse: Arc<Pulse>,
    limit: Nanos,
    handler: Option<WatchdogHandler>,
}

impl Watchdog {
    pub(super) fn new(
        pulse: Arc<Pulse>,
        limit: Duration,
        handler: Option<WatchdogHandler>,
    ) -> Self {
        Self {
            pulse,
            limit: nanos(limit.max(LEAST)),
            handler,
        }
    }

    /// Watches until it is to stop.
    pub(super) fn run(self, stop: &Stop) {
        self.pulse.set_watchdog(thread::current());
        loop {
            let is_last = stop.is_asked();
            self.pulse.take_ended().iter().for_each(|it| self.tell(it));
            if is_last {
                return;
            }
            let now = self.pulse.now();
            if let Some(report) = self.look(now) {
                self.tell(&report);
            }
            self.rest(self.next(self.pulse.now()), stop);
        }
    }

    /// Returns a report if an entry has run for longer than the limit, and was not reported.
    pub(super) fn look(&self, now: Nanos) -> Option<WatchdogReport> {
        let entry = self.pulse.entry()?;
        let held = now.saturating_sub(entry.since);
        if entry.is_reported || held < self.limit {
            return None;
        }
        let name = self.pulse.name_of(entry.number);
        self.pulse
            .mark_reported(entry.number)
            .then(|| WatchdogReport {
                name,
                since: self.pulse.instant(entry.since),
                held: Duration::from_nanos(held),
                has_ended: false,
                stack: Vec::new(),
            })
    }

    /// Returns when to look again.
    pub(super) fn next(&self, now: Nanos) -> Rest {
        match self.pulse.entry() {
            Some(entry) if entry.is_reported => Rest::UntilItEnds,
            Some(entry) => {
                let due = entry.since.saturating_add(self.limit);
                Rest::Span(due.saturating_sub(now).clamp(1, self.limit))
            }
            None if self.pulse.is_in_turn() => Rest::Span(self.limit),
            None => Rest::UntilTurn,
        }
    }

    pub(super) fn rest(&self, rest: Rest, stop: &Stop) {
        // A handler or a logger that has parked this thread may have taken the call that was meant for this.
        if stop.is_asked() || self.pulse.has_ended() {
            return;
        }
        let limit = Duration::from_nanos(self.limit);
        match rest {
            Rest::Span(span) => thread::park_timeout(Duration::from_nanos(span)),
            Rest::UntilItEnds => thread::park(),
            Rest::UntilTurn => {
                if self.pulse.fall_asleep() {
                    thread::park();
                }
                // A loop that often waits for a short time wakes the watchdog once in this span only.
                if !stop.is_asked() {
                    thread::park_timeout(limit);
                }
            }
        }
    }

    fn tell(&self, report: &WatchdogReport) {
        panics::contain(|| report!(target: "yieldfrom::watchdog", Warn, "{report}"));
        if let Some(handler) = &self.handler {
            panics::contain(|| (handler.0)(report));
        }
    }
}
