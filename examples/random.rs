//! CPython's random numbers: the same ones for the same seed, to the last bit.
//!
//! The functions have the names and the arguments of Python's module `random`, and the results of CPython 3.11.
//! Where Python raises an exception, they panic: an empty range is a mistake of the program, as an index out of bounds is.
//!
//! ```
//! use examples::random::Random;
//!
//! let mut random = Random::from_seed(42);
//! assert_eq!(random.randint(1, 6), 6);
//! assert_eq!(random.uniform(10.0, 20.0), 11.113310681656804);
//! assert_eq!(*random.choice(&["red", "green", "blue"]), "blue");
//! ```

mod distributions;
mod integers;
mod normal;
mod real;
mod sequences;
#[cfg(test)]
mod tests;

use num_bigint::BigInt;
use rand_mt::Mt;

/// A source of random numbers, as Python's `random.Random`.
#[derive(Clone, Debug)]
pub struct Random {
    twister: Mt,
    /// The second of the two numbers that `gauss` makes at a time.
    gauss_next: Option<f64>,
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
            gauss_next: None,
        }
    }

    /// Creates the generator that `random.seed(seed)` gives, from an integer of any type.
    pub fn from_seed(seed: impl Into<BigInt>) -> Self {
        Self::new(&seed.into())
    }

    /// Creates the generator that `random.seed(text)` gives.
    ///
    /// The seed is one large number: the text's bytes, then those of its SHA-512, the highest first.
    #[cfg(feature = "text-seeds")]
    pub fn from_text(text: &str) -> Self {
        use sha2::{Digest, Sha512};
        let bytes = [text.as_bytes(), &Sha512::digest(text)].concat();
        Self::new(&BigInt::from_bytes_be(num_bigint::Sign::Plus, &bytes))
    }

    /// Returns a number in [0, 1) with 53 random bits.
    pub fn random(&mut self) -> f64 {
        let high = f64::from(self.twister.next_u32() >> 5);
        let low = f64::from(self.twister.next_u32() >> 6);
        (high * f64::from(1 << 26) + low) / (1_u64 << 53) as f64
    }
}
