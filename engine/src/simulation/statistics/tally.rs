//! `Tally`: observations without a duration, such as waiting times.

use super::estimate::Estimate;
use super::histogram::Histogram;

/// Observations without a duration, such as waiting times.
///
/// It keeps all of them, 8 bytes each.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::statistics::Tally;
///
/// let mut waits: Tally = [2.0, 0.0, 5.0, 1.0].into_iter().collect();
/// waits.record(2.0);
/// assert_eq!((waits.count(), waits.mean(), waits.max()), (5, Some(2.0), Some(5.0)));
/// assert_eq!((waits.quantile(0.5), waits.quantile(1.0)), (Some(2.0), Some(5.0)));
/// assert_eq!(waits.histogram(5).bins()[2].count, 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    observations: Vec<f64>,
}

impl Tally {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an observation.
    pub fn record(&mut self, observation: f64) {
        self.observations.push(observation);
    }

    /// Returns the observations, in the order in which they were made.
    pub fn observations(&self) -> &[f64] {
        &self.observations
    }

    /// Returns how many observations there are.
    pub fn count(&self) -> usize {
        self.observations.len()
    }

    /// Returns the mean; none without observations.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.observations.iter().sum::<f64>() / count as f64)
    }

    /// Returns the standard deviation of a sample; none for fewer than two observations.
    pub fn standard_deviation(&self) -> Option<f64> {
        let (mean, count) = (self.mean()?, self.count());
        let squares: f64 = self.observations.iter().map(|x| (x - mean).powi(2)).sum();
        (count > 1).then(|| (squares / (count - 1) as f64).sqrt())
    }

    /// Returns the least observation.
    pub fn min(&self) -> Option<f64> {
        self.observations.iter().copied().reduce(f64::min)
    }

    /// Returns the greatest observation.
    pub fn max(&self) -> Option<f64> {
        self.observations.iter().copied().reduce(f64::max)
    }

    /// Returns the value that this part of the observations does not exceed; between two of them, in proportion. It is none
    /// without observations, or if `part` is not between 0 and 1.
    pub fn quantile(&self, part: f64) -> Option<f64> {
        if self.observations.is_empty() || !(0.0..=1.0).contains(&part) {
            return None;
        }
        let mut sorted = self.observations.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = part * (sorted.len() - 1) as f64;
        let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        // The difference of two infinite numbers would be no number.
        if below == above {
            return Some(below);
        }
        Some(below + (above - below) * at.fract())
    }

    /// Sorts the observations into bins of one width.
    pub fn histogram(&self, bins: usize) -> Histogram {
        Histogram::of(&self.observations, bins)
    }

    /// Returns a confidence interval for the mean, if the observations are independent, such as those of replications.
    pub fn estimate(&self, level: f64) -> Option<Estimate> {
        Estimate::of(&self.observations, level)
    }

    /// Returns a confidence interval for the mean, if the observations are of one run and depend on each other.
    ///
    /// They are cut into `batches` parts of one length, in order; the first ones are left out if they do not fill a part. The
    /// means of long parts hardly depend on each other. Returns none if there are fewer observations than batches.
    pub fn batch_means(&self, batches: usize, level: f64) -> Option<Estimate> {
        let length = self
            .count()
            .checked_div(batches)
            .filter(|length| *length > 0)?;
        let left_out = self.count() - length * batches;
        let parts = self.observations[left_out..].chunks_exact(length);
        let means: Vec<_> = parts
            .map(|part| part.iter().sum::<f64>() / length as f64)
            .collect();
        Estimate::of(&means, level)
    }
}

impl FromIterator<f64> for Tally {
    fn from_iter<I: IntoIterator<Item = f64>>(observations: I) -> Self {
        Self {
            observations: observations.into_iter().collect(),
        }
    }
}

impl Extend<f64> for Tally {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, observations: I) {
        self.observations.extend(observations);
    }
}
