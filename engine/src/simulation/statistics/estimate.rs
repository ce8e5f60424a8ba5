//! `Estimate`: a mean with its confidence interval.

use std::fmt;

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean of independent observations, with its confidence interval: Student's t.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::statistics::Estimate;
///
/// let waits = Estimate::of(&[4.1, 3.8, 4.4, 4.0, 4.2], 0.95).expect("there are two at least");
/// assert_eq!(format!("{waits:.2}"), "4.10 ± 0.28");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    mean: f64,
    half_width: f64,
    level: f64,
    count: usize,
}

impl Estimate {
    /// Estimates the mean of what these observations are samples of, such as the results of replications.
    ///
    /// `level` is the probability that the interval contains it, such as 0.95. Returns none if there are fewer than two
    /// observations, or if the level is not between 0 and 1.
    pub fn of(observations: &[f64], level: f64) -> Option<Self> {
        let count = observations.len();
        if count < 2 || !(level > 0.0 && level < 1.0) {
            return None;
        }
        let mean = observations.iter().sum::<f64>() / count as f64;
        let squares: f64 = observations.iter().map(|x| (x - mean).powi(2)).sum();
        let deviation = (squares / (count - 1) as f64).sqrt();
        let student = StudentsT::new(0.0, 1.0, (count - 1) as f64).ok()?;
        let quantile = student.inverse_cdf(0.5 + level / 2.0);
        Some(Self {
            mean,
            half_width: quantile * deviation / (count as f64).sqrt(),
            level,
            count,
        })
    }

    /// Returns the mean of the observations.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns half of the width of the confidence interval.
    pub fn half_width(&self) -> f64 {
        self.half_width
    }

    /// Returns the two ends of the confidence interval.
    pub fn interval(&self) -> (f64, f64) {
        (self.mean - self.half_width, self.mean + self.half_width)
    }

    /// Returns the probability that the interval contains what is estimated.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Returns how many observations there were.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Shows the mean and half of the width, such as `4.10 ± 0.28`. The precision is that of both; the default is 4.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(4);
        write!(f, "{:.digits$} ± {:.digits$}", self.mean, self.half_width)
    }
}
