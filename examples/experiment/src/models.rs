//! The models: M/M/c, and a bank whose customers have patience.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use anyhow::{Result, bail};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::study::{Length, Patience, Point};

/// Stands in each journal. Raise it whenever the same seed gives other results: then no journal mixes both.
pub(crate) const VERSION: u32 = 1;

/// What a replication has measured. Times are in units of the mean time of service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Replication {
    /// How many customers have been measured.
    pub(crate) customers: u64,
    /// The mean time in the queue, of those who are served and of those who leave.
    pub(crate) mean_wait: f64,
    /// The share of the servers' time in which they work.
    pub(crate) utilisation: f64,
    /// The fraction of the customers that are not served at once.
    pub(crate) waiting: f64,
    /// The fraction of the customers that leave without service.
    pub(crate) reneged: f64,
}

/// Simulates a point once. The same seed gives the same bits on every machine.
pub(crate) fn replicate(point: &Point, seed: u64) -> Result<Replication> {
    let mut bank = Bank::new(point, seed);
    while bank.admit_next() {}
    bank.measured()
}

/// Customers are served in the order of their arrival. So it is known at an arrival when the customer's turn comes,
/// and one pass over the arrivals is enough.
struct Bank<'a> {
    point: &'a Point,
    random: Pcg64,
    now: f64,
    /// When each server is free. Times are not negative, and so their bits have the same order as they have.
    free: BinaryHeap<Reverse<u64>>,
    /// The time of each service that is done, from when to when.
    busy: Vec<(f64, f64)>,
    customers: u64,
    total_wait: f64,
    waiting: u64,
    reneged: u64,
}

impl<'a> Bank<'a> {
    fn new(point: &'a Point, seed: u64) -> Self {
        Self {
            point,
            random: Pcg64::seed_from_u64(seed),
            now: 0.0,
            free: (0..point.servers).map(|_| Reverse(0)).collect(),
            busy: Vec::new(),
            customers: 0,
            total_wait: 0.0,
            waiting: 0,
            reneged: 0,
        }
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        let uniform: f64 = self.random.random();
        -mean * libm::log(1.0 - uniform)
    }

    /// Lets the next customer come; returns whether there was one to be measured or to warm up.
    fn admit_next(&mut self) -> bool {
        let Point {
            servers,
            load,
            length,
            warm_up,
            ..
        } = *self.point;
        let interval = self.exponential(1.0 / (load * f64::from(servers)));
        let is_over = match length {
            Length::Customers(count) => self.customers == count,
            Length::Time(time) => self.now + interval >= warm_up + time,
        };
        if !is_over {
            self.now += interval;
            self.admit();
        }
        !is_over
    }

    fn admit(&mut self) {
        let patience = match self.point.patience {
            Patience::Forever => f64::INFINITY,
            Patience::Mean(mean) => self.exponential(mean),
        };
        let Reverse(free) = *self.free.peek().expect("there is a server");
        let wait = (f64::from_bits(free) - self.now).max(0.0);
        if wait <= patience {
            self.serve(self.now + wait);
        }
        if self.now >= self.point.warm_up {
            self.customers += 1;
            self.total_wait += wait.min(patience);
            self.waiting += u64::from(wait > 0.0);
            self.reneged += u64::from(wait > patience);
        }
    }

    fn serve(&mut self, from: f64) {
        let to = from + self.exponential(1.0);
        self.free.pop();
        self.free.push(Reverse(to.to_bits()));
        self.busy.push((from, to));
    }

    fn measured(&self) -> Result<Replication> {
        if self.customers == 0 {
            bail!("no customer came between the warm-up and the end: give more time");
        }
        let customers = self.customers as f64;
        Ok(Replication {
            customers: self.customers,
            mean_wait: self.total_wait / customers,
            utilisation: self.utilisation(),
            waiting: self.waiting as f64 / customers,
            reneged: self.reneged as f64 / customers,
        })
    }

    fn utilisation(&self) -> f64 {
        let Point {
            servers,
            length,
            warm_up,
            ..
        } = *self.point;
        let end = match length {
            Length::Customers(_) => self.now,
            Length::Time(time) => warm_up + time,
        };
        let overlap = |&(from, to): &(f64, f64)| (to.min(end) - from.max(warm_up)).max(0.0);
        let work: f64 = self.busy.iter().map(overlap).sum();
        work / (f64::from(servers) * (end - warm_up))
    }
}

#[cfg(test)]
mod tests {
    use statrs::statistics::Statistics;

    use super::*;
    use crate::erlang::exact;

    fn point(servers: u32, load: f64, patience: Patience, length: Length) -> Point {
        let warm_up = 100.0;
        Point {
            servers,
            load,
            patience,
            length,
            warm_up,
        }
    }

    /// Returns by how many standard errors each mean of some replications is off. The seeds are fixed.
    fn deviations(point: &Point) -> Vec<f64> {
        let replicate = |seed| {
            replicate(point, seed)
                .expect("there are customers")
                .values()
        };
        let found: Vec<[f64; 4]> = (0..30).map(replicate).collect();
        let exact = exact(point).expect("it is stable").values();
        let of = |measure: usize| {
            let values: Vec<f64> = found.iter().map(|values| values[measure]).collect();
            let error = (&values).std_dev() / (values.len() as f64).sqrt();
            let off = (values.mean() - exact[measure]).abs();
            if off == 0.0 { 0.0 } else { off / error }
        };
        (0..4).map(of).collect()
    }

    /// More than four standard errors come by chance in one case of thousands.
    #[test]
    fn replications_agree_with_the_formulas() {
        let customers = Length::Customers(5_000);
        for point in [
            point(1, 0.7, Patience::Forever, customers),
            point(3, 0.8, Patience::Forever, Length::Time(2_000.0)),
            point(2, 0.9, Patience::Mean(2.0), customers),
            point(2, 1.5, Patience::Mean(0.5), customers),
        ] {
            let deviations = deviations(&point);
            let agree = deviations.iter().all(|deviation| *deviation <= 4.0);
            assert!(agree, "{point}: {deviations:?}");
        }
    }

    #[test]
    fn the_length_is_what_was_asked_for() {
        let of = |length| replicate(&point(2, 0.5, Patience::Forever, length), 1);
        assert_eq!(of(Length::Customers(7)).expect("customers").customers, 7);
        let customers = of(Length::Time(10_000.0)).expect("customers").customers;
        assert!(customers.abs_diff(10_000) < 300, "{customers}"); // three times the deviation
        assert!(of(Length::Time(1e-9)).is_err());
    }
}
