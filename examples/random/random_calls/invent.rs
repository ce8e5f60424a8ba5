//! Invents arguments: mostly usual ones, sometimes large or wrong ones.

use examples::random::Random;
use serde_json::{Value as Json, json};

/// Numbers where formulas change, and where something is too large.
const SPECIAL: [f64; 10] = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-6, 1e-300, 1e300, 720.0];

/// A source of arguments.
#[derive(Debug)]
pub(crate) struct Inventor {
    random: Random,
}

impl Inventor {
    pub(crate) fn new(seed: usize) -> Self {
        Self {
            random: Random::from_seed(seed + 1000),
        }
    }

    pub(crate) fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        self.random.choice(things)
    }

    /// Returns what is invented, or the other argument.
    pub(crate) fn either(&mut self, invent: fn(&mut Self) -> Json, other: Json) -> Json {
        match self.random.getrandbits(1) {
            0 => invent(self),
            _ => other,
        }
    }

    /// Invents a real number of any sign.
    pub(crate) fn real(&mut self) -> Json {
        json!(match self.random.randint(0, 9) {
            0 => *self.one_of(&SPECIAL),
            1 => self.random.randint(-20, 20) as f64,
            2 => self.random.gauss(0.0, 1e6),
            _ => self.random.uniform(-10.0, 10.0),
        })
    }

    /// Invents a real number that is above zero in most cases.
    pub(crate) fn positive(&mut self) -> Json {
        json!(match self.random.randint(0, 9) {
            0 => *self.one_of(&SPECIAL),
            1 => self.random.randint(1, 20) as f64,
            2 => self.random.lognormvariate(0.0, 5.0),
            3 | 4 => self.random.uniform(0.0, 1.0),
            _ => self.random.uniform(0.0, 10.0),
        })
    }

    /// Invents an integer, close to zero in half of the cases.
    pub(crate) fn integer(&mut self) -> Json {
        let far = 1 << self.random.randint(6, 62);
        json!(match self.random.randint(0, 9) {
            0 => i64::MIN,
            1 => i64::MAX,
            2..=4 => self.random.randint(-far, far),
            _ => self.random.randint(-30, 30),
        })
    }

    /// Invents a number from 0 to a limit, which is small in most cases.
    pub(crate) fn length(&mut self, most: i64) -> i64 {
        let limit = match self.random.randint(0, 3) {
            0 => most,
            1 => most / 8,
            _ => most / 64,
        };
        self.random.randint(0, limit)
    }

    /// Invents weights, whole numbers or others.
    pub(crate) fn weights(&mut self, length: i64) -> Json {
        let whole = self.random.random() < 0.5;
        let weights = (0..length).map(|_| match whole {
            true => self.random.randint(0, 3) as f64,
            false => self.random.expovariate(1.0),
        });
        json!(weights.collect::<Vec<_>>())
    }
}
