//! The axis of time.

use crate::kernel::Nanos;

/// So many ticks, or somewhat more.
const TICKS: f64 = 8.0;

pub(super) struct Axis {
    begin: Nanos,
    /// Nanoseconds: not zero.
    span: f64,
    width: f64,
}

impl Axis {
    pub(super) fn new(begin: Nanos, end: Nanos, width: f64) -> Self {
        let span = end.saturating_sub(begin).max(1) as f64;
        Self { begin, span, width }
    }

    /// Returns how far to the right a moment is.
    pub(super) fn x(&self, at: Nanos) -> f64 {
        let part = at.saturating_sub(self.begin) as f64 / self.span;
        part.clamp(0.0, 1.0) * self.width
    }

    /// Returns where lines go, and what is written there: times of the loop.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let step = step(self.span);
        let first = self.begin.div_ceil(step).saturating_mul(step);
        let last = self.begin.saturating_add(self.span as Nanos);
        let times = std::iter::successors(Some(first), |at| at.checked_add(step));
        times
            .take_while(|&at| at <= last)
            .map(|at| (self.x(at), duration(at)))
            .collect()
    }
}

/// Returns the distance of ticks: 1, 2 or 5 times a power of ten.
fn step(span: f64) -> Nanos {
    let least = (span / TICKS / 2.0).max(1.0);
    let power = 10_f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let factor = factors.into_iter().find(|factor| factor * power >= least);
    (factor.unwrap_or(10.0) * power).round().max(1.0) as Nanos
}

/// Shows a time in the unit that fits.
pub(super) fn duration(nanos: Nanos) -> String {
    let (unit, name) = match nanos {
        0 => (1_000_000_000.0, "s"),
        1..1_000 => (1.0, "ns"),
        1_000..1_000_000 => (1_000.0, "µs"),
        1_000_000..1_000_000_000 => (1_000_000.0, "ms"),
        _ => (1_000_000_000.0, "s"),
    };
    let number = format!("{:.3}", nanos as f64 / unit);
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        for (begin, end) in [
            (0, 1),
            (0, 3_000_000_000),
            (7, 1_234_567),
            (5, 5),
            (0, u64::MAX),
        ] {
            let axis = Axis::new(begin, end, 900.0);
            let ticks = axis.ticks();
            assert!(ticks.len() <= 20, "{begin}..{end}: {}", ticks.len());
            assert!(ticks.iter().all(|(x, _)| (0.0..=900.0).contains(x)));
        }
        let labels: Vec<_> = Axis::new(0, 3_000_000_000, 900.0).ticks();
        let labels: Vec<_> = labels.into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels[..3], ["0 s", "200 ms", "400 ms"]);
        assert_eq!(labels.len(), 16);
    }

    #[test]
    fn durations_are_short() {
        let cases = [
            (0, "0 s"),
            (15, "15 ns"),
            (1_500, "1.5 µs"),
            (20_000_000, "20 ms"),
            (3_600_000_000_000, "3600 s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(duration(nanos), text);
        }
    }
}
