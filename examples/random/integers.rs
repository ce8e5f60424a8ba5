//! Random integers and bytes.

use super::Random;

impl Random {
    /// Returns an integer of `k` random bits.
    ///
    /// # Panics
    ///
    /// `k` is larger than 64. (Python's integers have no limit.)
    #[track_caller]
    pub fn getrandbits(&mut self, k: u32) -> u64 {
        assert!(k <= 64, "Random.getrandbits({k}): an u64 has 64 bits");
        self.bits(k) as u64
    }

    /// Returns one of the integers `start`, `start + step`, and so on, that come before `stop`.
    ///
    /// # Panics
    ///
    /// The range is empty, or the step is zero.
    #[track_caller]
    pub fn randrange(&mut self, start: i64, stop: i64, step: i64) -> i64 {
        assert!(step != 0, "Random.randrange: the step is zero");
        let width = i128::from(stop) - i128::from(start);
        let distance = width * i128::from(step.signum());
        let stride = i128::from(step.unsigned_abs());
        let count = (distance + stride - 1).div_euclid(stride);
        assert!(
            count > 0,
            "Random.randrange: the range from {start} to {stop} by {step} is empty"
        );
        // A number below `stop`, or above it if the step is negative: an i64 again.
        (i128::from(start) + i128::from(step) * self.below(count as u128) as i128) as i64
    }

    /// Returns an integer from `a` to `b`, both of which are possible.
    ///
    /// # Panics
    ///
    /// `b` is less than `a`.
    #[track_caller]
    pub fn randint(&mut self, a: i64, b: i64) -> i64 {
        assert!(a <= b, "Random.randint: the range from {a} to {b} is empty");
        let count = i128::from(b) - i128::from(a) + 1;
        (i128::from(a) + self.below(count as u128) as i128) as i64
    }

    /// Returns this number of random bytes.
    pub fn randbytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        for chunk in bytes.chunks_mut(4) {
            // A last word that is not used as a whole gives its high bits.
            let unused = 32 - 8 * chunk.len();
            let word = (self.twister.next_u32() >> unused).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        bytes
    }

    /// Returns an index of a sequence of that length, which is not zero.
    pub(super) fn index(&mut self, length: usize) -> usize {
        self.below(length as u128) as usize
    }

    /// Returns a number below `n`, which is not zero.
    fn below(&mut self, n: u128) -> u128 {
        // CPython takes the bits of `n`, not of `n - 1`: a power of two needs several attempts, too.
        let length = u128::BITS - n.leading_zeros();
        loop {
            let number = self.bits(length);
            if number < n {
                return number;
            }
        }
    }

    /// Returns a number of `k` random bits, 128 at most: words of 32 bits, the lowest first.
    fn bits(&mut self, k: u32) -> u128 {
        (0..k).step_by(32).fold(0, |number, place| {
            let unused = 32 - (k - place).min(32);
            let word = self.twister.next_u32() >> unused;
            number | u128::from(word) << place
        })
    }
}
