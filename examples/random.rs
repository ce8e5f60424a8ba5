//! CPython's random numbers: the same ones for the same seed.

use num_bigint::BigInt;
use rand_mt::Mt;

/// A source of random numbers, as Python's `random.Random`.
#[derive(Debug)]
pub struct Random {
    twister: Mt,
}

impl Random {
    /// Creates the generator that `random.seed(seed)` gives.
    ///
    /// CPython ignores the seed's sign and takes its 32-bit digits, the lowest first, as the key.
    pub fn new(seed: &BigInt) -> Self {
        let mut key = seed.magnitude().to_u32_digits();
        if key.is_empty() {
            key.push(0);
        }
        Self {
            twister: Mt::new_with_key(key),
        }
    }

    /// Returns a number in [0, 1) with 53 random bits.
    pub fn random(&mut self) -> f64 {
        let high = f64::from(self.twister.next_u32() >> 5);
        let low = f64::from(self.twister.next_u32() >> 6);
        (high * f64::from(1 << 26) + low) / (1_u64 << 53) as f64
    }

    /// Returns a number from the exponential distribution, whose mean is `1 / rate`.
    pub fn expovariate(&mut self, rate: f64) -> f64 {
        // The same operations in the same order as CPython: the last bit depends on it.
        -(1.0 - self.random()).ln() / rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seeds with what CPython 3.11 gives for them: four times `random()`, twice `expovariate(1/20)`.
    #[rustfmt::skip]
    const CPYTHON: [(&str, [f64; 4], [f64; 2]); 5] = [
        ("0", [0.8444218515250481, 0.7579544029403025, 0.420571580830845, 0.25891675029296335],
            [14.319094995343013, 10.381663724038338]),
        ("1", [0.13436424411240122, 0.8474337369372327, 0.763774618976614, 0.2550690257394217],
            [13.681175593192005, 11.938241837359943]),
        ("-1", [0.13436424411240122, 0.8474337369372327, 0.763774618976614, 0.2550690257394217],
            [13.681175593192005, 11.938241837359943]),
        ("18446744073709551617", [0.10175875467846374, 0.7248101788369984, 0.2507269822084962, 0.6178182711571163],
            [0.5458447262336463, 8.67534858647169]),
        ("1000000000000000000000000000000", [0.9341508484568806, 0.5253068813972436, 0.34916701183971244, 0.32994679328514775],
            [3.13361305158659, 10.645406797655378]),
    ];

    #[test]
    fn numbers_are_those_of_cpython() {
        for (seed, uniform, exponential) in CPYTHON {
            let mut random = Random::new(&seed.parse().unwrap());
            assert_eq!(uniform.map(|_| random.random()), uniform, "seed {seed}");
            assert_eq!(
                exponential.map(|_| random.expovariate(1.0 / 20.0)),
                exponential,
                "seed {seed}"
            );
        }
    }

    #[test]
    fn the_sign_of_a_seed_does_not_matter() {
        let sample = |seed: i64| Random::new(&seed.into()).random();
        assert_eq!(sample(7), sample(-7));
        assert_ne!(sample(7), sample(8));
    }
}
