//! Confidence intervals over replications, which are independent of one another.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::statistics::Statistics;

/// How sure an interval is to hold the true value.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// A mean, and how far from it the true value may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) mean: f64,
    /// `None` for a single value, which tells nothing of its error.
    pub(crate) half_width: Option<f64>,
}

impl Interval {
    /// Returns the interval of the mean of independent values, by Student's t; `None` without values.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let freedom = match values.len() {
            0 => return None,
            1 => {
                return Some(Self {
                    mean: values[0],
                    half_width: None,
                });
            }
            count => (count - 1) as f64,
        };
        let student = StudentsT::new(0.0, 1.0, freedom).expect("the freedom is above 0");
        let quantile = student.inverse_cdf(0.5 + CONFIDENCE / 2.0);
        let error = values.std_dev() / (values.len() as f64).sqrt();
        Some(Self {
            mean: values.mean(),
            half_width: Some(quantile * error),
        })
    }

    /// Tells whether a value is in the interval; `None` if there is no interval.
    pub(crate) fn holds(&self, value: f64) -> Option<bool> {
        self.half_width
            .map(|half| (value - self.mean).abs() <= half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quantile of Student's t for 4 degrees of freedom is 2.776 in printed tables.
    #[test]
    fn the_interval_is_that_of_students_t() {
        let Interval { mean, half_width } =
            Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).expect("values");
        let half = half_width.expect("there are several");
        assert_eq!(mean, 3.0);
        assert!((half - 2.776 * 0.5_f64.sqrt()).abs() < 5e-4, "{half}");
    }

    #[test]
    fn one_value_has_no_interval() {
        let one = Interval::of(&[7.0]).expect("a value");
        assert_eq!(
            one,
            Interval {
                mean: 7.0,
                half_width: None
            }
        );
        assert_eq!(one.holds(7.0), None);
        assert_eq!(Interval::of(&[]), None);
    }

    #[test]
    fn equal_values_have_an_interval_of_width_zero() {
        let interval = Interval::of(&[0.5; 4]).expect("values");
        assert_eq!(
            (interval.holds(0.5), interval.holds(0.6)),
            (Some(true), Some(false))
        );
    }
}
