//! The numbers that decide what a program does.

use std::cell::Cell;

use fastrand::Rng;

/// A program has at most this many decisions; after the last one, all are zero.
const LONGEST: usize = 2_000;

/// A list of numbers, and how far it was used.
///
/// Zero decides for what ends things or does nothing. So a program that runs out of numbers ends,
/// and what is left when numbers are dropped is a program, too.
#[derive(Debug)]
pub(super) struct Choices {
    numbers: Vec<u32>,
    used: Cell<usize>,
}

impl Choices {
    pub(super) fn new(numbers: Vec<u32>) -> Self {
        Self {
            numbers,
            used: Cell::new(0),
        }
    }

    /// Returns a number below `end`, smaller ones for smaller numbers of the list.
    pub(super) fn below(&self, end: usize) -> usize {
        let at = self.used.get();
        let Some(number) = self.numbers.get(at) else {
            return 0;
        };
        self.used.set(at + 1);
        (*number as usize * end) >> 32
    }

    pub(super) fn is_over(&self) -> bool {
        self.used.get() >= self.numbers.len()
    }
}

/// Returns the numbers of a seed.
pub(super) fn of_seed(seed: u64) -> Vec<u32> {
    let mut rng = Rng::with_seed(seed);
    // Short programs find what needs little, and long ones what needs much.
    let longest = LONGEST >> rng.usize(0..4);
    let length = rng.usize(20..longest);
    (0..length).map(|_| rng.u32(..)).collect()
}
