//! Random numbers of a simulation: one seed, and an independent stream for each name.
//!
//! If each process, or each purpose, draws from a stream of its own, then a process more does not change the numbers of the
//! others. So two variants of a model meet the same customers, and their results can be compared: *common random numbers*.
//!
//! ```
//! use yieldfrom::simulation::random::Streams;
//!
//! let streams = Streams::new(42);
//! let arrivals = streams.stream("arrivals");
//! let first = arrivals.exponential(10.0);
//! let again = Streams::new(42);
//! again.stream("repairs").uniform(1.0, 3.0); // another stream: this changes nothing
//! assert_eq!(again.stream("arrivals").exponential(10.0), first);
//! ```
//!
//! The generator is ChaCha with 8 rounds, of the crate `rand_chacha`, whose numbers are the same on all platforms. What the
//! distributions make of them can differ in the last bit, by the logarithm of the platform. The seed and the
//! number of the replication are its key, and a hash of the name (FNV-1a of 64 bits) is its stream. For Python's numbers, the
//! examples of the project have Python's generator.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::rc::Rc;

use super::Env;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{SeedableRng, TryRng};

pub use rand;
pub use rand_distr;

use rand::RngExt;
use rand_distr::{Distribution, Exp, Normal};

/// The random numbers of one replication: a stream for each name.
///
/// Clones are the same streams.
#[derive(Clone)]
pub struct Streams {
    key: [u8; 32],
    known: Rc<RefCell<HashMap<String, Stream>>>,
}

impl Streams {
    /// Makes the streams of a seed.
    pub fn new(seed: u64) -> Self {
        Self::for_replication(seed, 0)
    }

    /// Makes the streams of a replication. Those of different replications are independent.
    pub fn for_replication(seed: u64, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&number.to_le_bytes());
        Self {
            key,
            known: Rc::default(),
        }
    }

    /// Returns the stream of a name. All who ask for a name draw from the same stream, one after the other.
    pub fn stream(&self, name: &str) -> Stream {
        let known = self.known.borrow().get(name).cloned();
        known.unwrap_or_else(|| {
            let mut generator = ChaCha8Rng::from_seed(self.key);
            generator.set_stream(hash(name));
            let stream = Stream(Rc::new(RefCell::new(generator)));
            let mut all = self.known.borrow_mut();
            all.insert(name.to_owned(), stream.clone());
            stream
        })
    }

    /// Returns the stream of the process that runs, by its name. Outside of processes, it is that of the empty name.
    pub fn of_process(&self, env: &Env) -> Stream {
        let process = env.active_process();
        self.stream(&process.map(|process| process.name()).unwrap_or_default())
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.borrow();
        let mut names: Vec<_> = known.keys().collect();
        names.sort_unstable();
        f.debug_struct("Streams")
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

/// FNV-1a, of 64 bits.
fn hash(name: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    name.bytes().fold(start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// One stream of random numbers. Clones draw from the same stream.
///
/// It is a generator of the crate [`rand`], so each distribution of [`rand_distr`] can be drawn from it, by
/// [`sample`](Stream::sample). The functions for the usual ones panic on arguments that make no sense.
#[derive(Clone)]
pub struct Stream(Rc<RefCell<ChaCha8Rng>>);

impl Stream {
    /// Draws from a distribution.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::simulation::random::{Streams, rand_distr::Gamma};
    ///
    /// let repairs = Streams::new(7).stream("repairs");
    /// assert!(repairs.sample(Gamma::new(2.0, 5.0).unwrap()) > 0.0);
    /// ```
    pub fn sample<T>(&self, distribution: impl Distribution<T>) -> T {
        distribution.sample(&mut self.clone())
    }

    /// Draws a number from `low` up to, but without, `high`.
    ///
    /// # Panics
    ///
    /// Panics if `low` is not below `high`, or one of them is not finite.
    pub fn uniform(&self, low: f64, high: f64) -> f64 {
        self.clone().random_range(low..high)
    }

    /// Draws from the exponential distribution with this mean: the time between arrivals, for example.
    ///
    /// # Panics
    ///
    /// Panics if the mean is not above 0.
    pub fn exponential(&self, mean: f64) -> f64 {
        assert!(mean > 0.0, "exponential: the mean ({mean}) must be above 0");
        self.sample(Exp::new(1.0 / mean).expect("the rate is good"))
    }

    /// Draws from the normal distribution.
    ///
    /// # Panics
    ///
    /// Panics if the standard deviation is negative, or one of the arguments is not finite.
    pub fn normal(&self, mean: f64, standard_deviation: f64) -> f64 {
        let good = mean.is_finite() && standard_deviation >= 0.0;
        assert!(
            good,
            "normal: no distribution has the mean {mean} and the standard deviation {standard_deviation}"
        );
        self.sample(Normal::new(mean, standard_deviation).expect("the arguments are good"))
    }

    /// Draws an integer from `low` up to `high`, both included.
    ///
    /// # Panics
    ///
    /// Panics if `low` is above `high`.
    pub fn integer(&self, low: i64, high: i64) -> i64 {
        self.clone().random_range(low..=high)
    }

    /// Returns whether an event of this probability happens.
    ///
    /// # Panics
    ///
    /// Panics if the probability is not between 0 and 1.
    pub fn chance(&self, probability: f64) -> bool {
        self.clone().random_bool(probability)
    }

    /// Draws one of these; none if there are none.
    pub fn choice<'a, T>(&self, items: &'a [T]) -> Option<&'a T> {
        let last = items.len().checked_sub(1)?;
        items.get(self.clone().random_range(0..=last))
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.borrow_mut().try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.borrow_mut().try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.borrow_mut().try_fill_bytes(bytes)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
