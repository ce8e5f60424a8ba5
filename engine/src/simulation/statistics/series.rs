//! `Series`: a value that changes with time, such as the length of a queue.

use super::estimate::Estimate;
use crate::simulation::Number;

/// A value that changes with time, such as the length of a queue.
///
/// Its averages are weighted with time. It keeps all changes, 16 bytes each.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::statistics::Series;
///
/// let mut queue = Series::new(0, 0);
/// queue.record(4, 2); // it is 2 from the time 4 on
/// queue.record(6, 1);
/// assert_eq!((queue.mean(8), queue.value_at(5)), (Some(0.75), Some(2.0)));
/// assert_eq!(queue.part_of_time(8, |length| length == 0.0), Some(0.5));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What comes before this time is left out.
    from: f64,
    /// The value, and since when it has been that.
    changes: Vec<(f64, f64)>,
}

impl Series {
    /// Makes a series that begins at a time with a value.
    pub fn new(from: impl Number, value: impl Number) -> Self {
        let from = from.to_f64();
        Self {
            from,
            changes: vec![(from, value.to_f64())],
        }
    }

    /// Notes that the value is another one from a time on. A time before the last change counts as that of the last change.
    pub fn record(&mut self, now: impl Number, value: impl Number) {
        let (now, value) = (now.to_f64(), value.to_f64());
        let Some(last) = self.changes.last_mut() else {
            return;
        };
        if last.1 == value {
            return;
        }
        if now <= last.0.max(self.from) {
            *last = (last.0.max(self.from), value);
        } else {
            self.changes.push((now, value));
        }
    }

    /// Leaves out what comes before a time: the warm-up.
    pub fn cut_before(&mut self, time: impl Number) {
        let time = time.to_f64();
        if time > self.from {
            let known = self.changes.partition_point(|change| change.0 <= time);
            self.changes.drain(..known.saturating_sub(1));
            self.from = time;
            self.changes[0].0 = self.changes[0].0.max(time);
        }
    }

    /// Returns the time at which the series begins.
    pub fn begin(&self) -> f64 {
        self.from
    }

    /// Returns the changes: each time, and the value from there on.
    pub fn changes(&self) -> &[(f64, f64)] {
        &self.changes
    }

    /// Returns the value at a time; none before the series begins.
    pub fn value_at(&self, time: impl Number) -> Option<f64> {
        let time = time.to_f64();
        let after = self.changes.partition_point(|change| change.0 <= time);
        Some(self.changes.get(after.checked_sub(1)?)?.1)
    }

    /// Returns the least value.
    pub fn min(&self) -> f64 {
        self.changes
            .iter()
            .map(|change| change.1)
            .fold(f64::INFINITY, f64::min)
    }

    /// Returns the greatest value.
    pub fn max(&self) -> f64 {
        self.changes
            .iter()
            .map(|change| change.1)
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// Returns the average over time up to `until`; none if no time has passed.
    pub fn mean(&self, until: impl Number) -> Option<f64> {
        self.mean_between(self.from, until.to_f64())
    }

    /// Returns the part of the time up to `until` in which the value is one that `accept` accepts; none if no time has passed.
    pub fn part_of_time(&self, until: impl Number, accept: impl Fn(f64) -> bool) -> Option<f64> {
        let weight = |value| f64::from(u8::from(accept(value)));
        self.integrate(self.from, until.to_f64(), weight)
    }

    /// Returns a confidence interval for the average up to `until`, from the averages over `batches` parts of one length.
    ///
    /// The averages of long parts hardly depend on each other. Returns none if no time has passed, or for fewer than two batches.
    pub fn batch_means(&self, until: impl Number, batches: usize, level: f64) -> Option<Estimate> {
        let length = (until.to_f64() - self.from) / batches as f64;
        let at = |index: usize| self.from + length * index as f64;
        let mean = |index| self.mean_between(at(index), at(index + 1));
        let means: Option<Vec<_>> = (0..batches).map(mean).collect();
        Estimate::of(&means?, level)
    }

    fn mean_between(&self, from: f64, until: f64) -> Option<f64> {
        self.integrate(from, until, |value| value)
    }

    /// Returns the average of what `weight` makes of the values.
    fn integrate(&self, from: f64, until: f64, weight: impl Fn(f64) -> f64) -> Option<f64> {
        if until.is_nan() || until <= from {
            return None;
        }
        let first = self.changes.partition_point(|change| change.0 <= from);
        let changes = &self.changes[first.saturating_sub(1)..];
        let mut sum = 0.0;
        for (index, (begin, value)) in changes.iter().enumerate() {
            let end = changes.get(index + 1).map_or(until, |next| next.0);
            let time = end.min(until) - begin.max(from);
            if time > 0.0 {
                sum += time * weight(*value);
            }
            if end >= until {
                break;
            }
        }
        Some(sum / (until - from))
    }
}
