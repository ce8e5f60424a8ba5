//! The other distributions of real numbers.
//!
//! The operations and their order are CPython's: the last bit depends on them.

use std::f64::consts::{E, LN_2};

use super::{Random, real};

/// The logarithm of 4.
pub(super) const LOG_4: f64 = 2.0 * LN_2;

/// `1 + log(4.5)`, for a quick test of `gammavariate`.
pub(super) const QUICK_TEST: f64 = 2.504077396776274;

impl Random {
    /// Returns a number between `a` and `b`, all of which are equally likely.
    pub fn uniform(&mut self, a: f64, b: f64) -> f64 {
        a + (b - a) * self.random()
    }

    /// Returns a number between `low` and `high` from the triangular distribution, whose peak is at `mode`.
    ///
    /// With `None`, the peak is in the middle.
    pub fn triangular(&mut self, low: f64, high: f64, mode: impl Into<Option<f64>>) -> f64 {
        let u = self.random();
        let peak = match mode.into() {
            None => 0.5,
            Some(_) if high - low == 0.0 => return low,
            Some(mode) => (mode - low) / (high - low),
        };
        if u > peak {
            high + (low - high) * ((1.0 - u) * (1.0 - peak)).sqrt()
        } else {
            low + (high - low) * (u * peak).sqrt()
        }
    }

    /// Returns a number from the exponential distribution, whose mean is `1 / lambd`.
    ///
    /// # Panics
    ///
    /// `lambd` is zero.
    #[track_caller]
    pub fn expovariate(&mut self, lambd: f64) -> f64 {
        let logarithm = (1.0 - self.random()).ln();
        assert!(lambd != 0.0, "Random.expovariate: lambd is zero");
        -logarithm / lambd
    }

    /// Returns a number from the gamma distribution, whose mean is `alpha * beta`.
    ///
    /// # Panics
    ///
    /// `alpha` or `beta` is not above zero, or `alpha` is so large that its double is infinite. (Python does not return
    /// then.)
    #[track_caller]
    pub fn gammavariate(&mut self, alpha: f64, beta: f64) -> f64 {
        assert!(
            alpha > 0.0 && beta > 0.0,
            "Random.gammavariate: alpha and beta must be above zero, not {alpha} and {beta}"
        );
        assert!(
            (2.0 * alpha).is_finite(),
            "Random.gammavariate: alpha is too large: {alpha}"
        );
        if alpha > 1.0 {
            self.gamma_above_one(alpha) * beta
        } else if alpha == 1.0 {
            -(1.0 - self.random()).ln() * beta
        } else {
            self.gamma_below_one(alpha) * beta
        }
    }

    /// Draws by Cheng's method, for an `alpha` above 1.
    fn gamma_above_one(&mut self, alpha: f64) -> f64 {
        let scale = (2.0 * alpha - 1.0).sqrt();
        let b = alpha - LOG_4;
        let c = alpha + scale;
        loop {
            let u = self.random();
            // The logarithm below would be too far from zero.
            if u <= 1e-7 || u >= 0.9999999 {
                continue;
            }
            let height = 1.0 - self.random();
            let v = (u / (1.0 - u)).ln() / scale;
            let x = alpha * v.exp();
            let z = u * u * height;
            let r = b + c * v - x;
            if r + QUICK_TEST - 4.5 * z >= 0.0 || r >= z.ln() {
                return x;
            }
        }
    }

    /// Draws by the method GS of Ahrens and Dieter, for an `alpha` below 1.
    fn gamma_below_one(&mut self, alpha: f64) -> f64 {
        loop {
            let b = (E + alpha) / E;
            let p = b * self.random();
            let x = if p <= 1.0 {
                real::power(p, 1.0 / alpha, "gammavariate")
            } else {
                -((b - p) / alpha).ln()
            };
            let limit = if p <= 1.0 {
                (-x).exp()
            } else {
                real::power(x, alpha - 1.0, "gammavariate")
            };
            if self.random() <= limit {
                return x;
            }
        }
    }

    /// Returns a number between 0 and 1 from the beta distribution, whose mean is `alpha / (alpha + beta)`.
    ///
    /// # Panics
    ///
    /// As [`gammavariate`](Self::gammavariate), which draws two numbers for it.
    #[track_caller]
    pub fn betavariate(&mut self, alpha: f64, beta: f64) -> f64 {
        let y = self.gammavariate(alpha, 1.0);
        if y == 0.0 {
            return 0.0;
        }
        y / (y + self.gammavariate(beta, 1.0))
    }

    /// Returns a number from the Pareto distribution with the shape `alpha`.
    ///
    /// # Panics
    ///
    /// `alpha` is zero, or so close to it that the number is too large for an f64.
    #[track_caller]
    pub fn paretovariate(&mut self, alpha: f64) -> f64 {
        let u = 1.0 - self.random();
        assert!(alpha != 0.0, "Random.paretovariate: alpha is zero");
        real::power(u, -1.0 / alpha, "paretovariate")
    }

    /// Returns a number from the Weibull distribution with the scale `alpha` and the shape `beta`.
    ///
    /// # Panics
    ///
    /// `beta` is zero, or so close to it that the number is too large for an f64.
    #[track_caller]
    pub fn weibullvariate(&mut self, alpha: f64, beta: f64) -> f64 {
        let logarithm = (1.0 - self.random()).ln();
        assert!(beta != 0.0, "Random.weibullvariate: beta is zero");
        alpha * real::power(-logarithm, 1.0 / beta, "weibullvariate")
    }
}
