//! Random elements and orders of sequences.

use std::collections::HashSet;

use super::Random;

impl Random {
    /// Returns an element of a sequence.
    ///
    /// # Panics
    ///
    /// The sequence is empty.
    #[track_caller]
    pub fn choice<'a, T>(&mut self, sequence: &'a [T]) -> &'a T {
        assert!(
            !sequence.is_empty(),
            "Random.choice: the sequence has no element"
        );
        &sequence[self.index(sequence.len())]
    }

    /// Returns `k` elements of a population, each as likely as any other. An element may come more than once.
    ///
    /// It is Python's `choices(population, k=k)`.
    ///
    /// # Panics
    ///
    /// The population is empty, and `k` is not zero.
    #[track_caller]
    pub fn choices<'a, T>(&mut self, population: &'a [T], k: usize) -> Vec<&'a T> {
        assert!(
            k == 0 || !population.is_empty(),
            "Random.choices: the population has no element"
        );
        let length = population.len() as f64;
        // By a product, as CPython does it: `choice` draws bits instead, and gives other elements.
        (0..k)
            .map(|_| &population[(self.random() * length) as usize])
            .collect()
    }

    /// Returns `k` elements of a population, each as likely as its weight says. An element may come more than once.
    ///
    /// It is Python's `choices(population, weights, k=k)`.
    ///
    /// # Panics
    ///
    /// There are not as many weights as elements, a weight is not zero or above, or the sum of the weights is zero or not finite.
    /// (Python does not look for a negative weight.)
    #[track_caller]
    pub fn weighted_choices<'a, T, W: Copy + Into<f64>>(
        &mut self,
        population: &'a [T],
        weights: &[W],
        k: usize,
    ) -> Vec<&'a T> {
        let sums = sums(weights);
        assert!(
            sums.len() == population.len(),
            "Random.weighted_choices: there are {} weights for {} elements",
            sums.len(),
            population.len()
        );
        let total = sums.last().copied().unwrap_or(0.0);
        assert!(
            total > 0.0 && total.is_finite(),
            "Random.weighted_choices: the sum of the weights is {total}"
        );
        // The product can be rounded up to the total, where only the last element is left.
        let inner = &sums[..sums.len() - 1];
        (0..k)
            .map(|_| self.random() * total)
            .map(|point| &population[inner.partition_point(|sum| *sum <= point)])
            .collect()
    }

    /// Puts the elements of a sequence into a random order.
    pub fn shuffle<T>(&mut self, sequence: &mut [T]) {
        for last in (1..sequence.len()).rev() {
            sequence.swap(last, self.index(last + 1));
        }
    }

    /// Returns `k` elements of a population, from different places, in the order in which they were drawn.
    ///
    /// # Panics
    ///
    /// `k` is larger than the population.
    #[track_caller]
    pub fn sample<'a, T>(&mut self, population: &'a [T], k: usize) -> Vec<&'a T> {
        let length = population.len();
        assert!(
            k <= length,
            "Random.sample: {k} elements of a population of {length}"
        );
        if length as f64 <= largest_pool(k) {
            self.sample_by_pool(population, k)
        } else {
            self.sample_by_set(population, k)
        }
    }

    /// Draws from a list of those that are left.
    fn sample_by_pool<'a, T>(&mut self, population: &'a [T], k: usize) -> Vec<&'a T> {
        let mut pool: Vec<_> = population.iter().collect();
        (0..k)
            .map(|_| pool.swap_remove(self.index(pool.len())))
            .collect()
    }

    /// Draws from all, and draws again what was drawn before.
    fn sample_by_set<'a, T>(&mut self, population: &'a [T], k: usize) -> Vec<&'a T> {
        let mut drawn = HashSet::with_capacity(k);
        let mut sample = Vec::with_capacity(k);
        while sample.len() < k {
            let index = self.index(population.len());
            if drawn.insert(index) {
                sample.push(&population[index]);
            }
        }
        sample
    }
}

/// Returns the length up to which a list takes less memory in CPython than a set of `k` elements.
fn largest_pool(k: usize) -> f64 {
    let small_set = 21.0;
    if k <= 5 {
        return small_set;
    }
    let digits = ((k as f64 * 3.0).ln() / 4.0_f64.ln()).ceil();
    small_set + 4.0_f64.powi(digits as i32)
}

/// Returns the sum of the weights up to each of them.
#[track_caller]
fn sums<W: Copy + Into<f64>>(weights: &[W]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums = Vec::with_capacity(weights.len());
    for &weight in weights {
        let weight = weight.into();
        assert!(
            weight >= 0.0,
            "Random.weighted_choices: the weight {weight} is not zero or above"
        );
        sum += weight;
        sums.push(sum);
    }
    sums
}
