//! The normal distribution and its relatives.
//!
//! The operations and their order are CPython's: the last bit depends on them.

use std::f64::consts::TAU;

use super::{Random, real};

/// The width of the rectangle that `normalvariate` draws from, over its height: `4 * exp(-0.5) / sqrt(2)`.
pub(super) const RECTANGLE: f64 = 1.7155277699214135;

/// The concentration below which `vonmisesvariate` takes all angles for equally likely.
const ALL_ANGLES: f64 = 1e-6;

impl Random {
    /// Returns a number from the normal distribution with the mean `mu` and the standard deviation `sigma`.
    ///
    /// It makes two numbers at a time (by the method of Box and Muller), and keeps one for the next call.
    pub fn gauss(&mut self, mu: f64, sigma: f64) -> f64 {
        let z = self.gauss_next.take().unwrap_or_else(|| {
            let angle = self.random() * TAU;
            let radius = (-2.0 * (1.0 - self.random()).ln()).sqrt();
            self.gauss_next = Some(angle.sin() * radius);
            angle.cos() * radius
        });
        mu + z * sigma
    }

    /// Returns a number from the normal distribution with the mean `mu` and the standard deviation `sigma`.
    ///
    /// It keeps nothing for the next call, in contrast to [`gauss`](Self::gauss). The method is Kinderman's and Monahan's.
    pub fn normalvariate(&mut self, mu: f64, sigma: f64) -> f64 {
        loop {
            let across = self.random();
            let height = 1.0 - self.random();
            let z = RECTANGLE * (across - 0.5) / height;
            if z * z / 4.0 <= -height.ln() {
                return mu + z * sigma;
            }
        }
    }

    /// Returns a number whose logarithm has the normal distribution with the mean `mu` and the standard deviation `sigma`.
    ///
    /// # Panics
    ///
    /// The number is too large for an f64.
    #[track_caller]
    pub fn lognormvariate(&mut self, mu: f64, sigma: f64) -> f64 {
        real::exp(self.normalvariate(mu, sigma), "lognormvariate")
    }

    /// Returns an angle from the von Mises distribution, in radians from 0 to a full turn.
    ///
    /// `mu` is the mean angle, and `kappa` says how close to it the angles are. All angles are equally likely if it is zero.
    ///
    /// # Panics
    ///
    /// `kappa` is not a number. (Python does not return then.)
    #[track_caller]
    pub fn vonmisesvariate(&mut self, mu: f64, kappa: f64) -> f64 {
        assert!(
            !kappa.is_nan(),
            "Random.vonmisesvariate: kappa is not a number"
        );
        if kappa <= ALL_ANGLES {
            return TAU * self.random();
        }
        let distance = self.distance_from_mean(kappa);
        let side = self.random();
        let angle = if side > 0.5 {
            mu + distance
        } else {
            mu - distance
        };
        real::modulo(angle, TAU)
    }

    /// Returns how far from the mean an angle of the von Mises distribution is (by the method of Best and Fisher).
    fn distance_from_mean(&mut self, kappa: f64) -> f64 {
        let s = 0.5 / kappa;
        let r = s + (1.0 + s * s).sqrt();
        loop {
            let z = (std::f64::consts::PI * self.random()).cos();
            let d = z / (r + z);
            let accepted = self.random();
            if accepted < 1.0 - d * d || accepted <= (1.0 - d) * d.exp() {
                let q = 1.0 / r;
                // Rounding could lead out of the cosine's range: CPython raises an exception then.
                return ((q + z) / (1.0 + q * z)).clamp(-1.0, 1.0).acos();
            }
        }
    }
}
