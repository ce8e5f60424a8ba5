//! The models: M/M/c, and a bank whose customers have patience.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Result, bail};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use yieldfrom::simulation::random::{Stream, Streams};
use yieldfrom::simulation::statistics::{Monitor, Tally};
use yieldfrom::simulation::{Co, Env, Environment, Resource};

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

/// A customer needs little of a stack. So many of them find room in the cache.
const STACK_SIZE: usize = 64 << 10;

/// Simulates a point once. The same seed gives the same bits on every machine.
pub(crate) fn replicate(point: &Point, seed: u64) -> Result<Replication> {
    simulate(point, seed).map_err(yieldfrom::Error::into_send)?
}

fn simulate(point: &Point, seed: u64) -> yieldfrom::Result<Result<Replication>> {
    let env = Environment::builder().stack_size(STACK_SIZE).build()?;
    let counter = Resource::new(&env, point.servers as usize)?;
    let monitor = Monitor::of(&counter).warm_up(point.warm_up);
    let bank = Rc::new(Bank::new(&env, counter, point, seed));
    let end = env.run_until(env.process(arrivals(Rc::clone(&bank))))?;
    env.run()?; // until the last customer has left
    let level = monitor.level().mean(end).unwrap_or_default();
    Ok(bank.measured(level / f64::from(point.servers)))
}

/// What the processes of a replication share.
struct Bank {
    env: Env,
    counter: Resource,
    point: Point,
    arrivals: Stream,
    service: Stream,
    patience: Stream,
    measured: RefCell<Measured>,
}

#[derive(Default)]
struct Measured {
    waits: Tally,
    /// How many have arrived. Some of them may still wait.
    customers: u64,
    waiting: u64,
    reneged: u64,
}

impl Bank {
    fn new(env: &Env, counter: Resource, point: &Point, seed: u64) -> Self {
        let streams = Streams::new(seed);
        Self {
            env: env.clone(),
            counter,
            point: *point,
            arrivals: streams.stream("arrivals"),
            service: streams.stream("service"),
            patience: streams.stream("patience"),
            measured: RefCell::default(),
        }
    }

    /// Returns whether the next customer is not to come any more, who would come after this time.
    fn is_over(&self, interval: f64) -> bool {
        match self.point.length {
            Length::Customers(count) => self.measured.borrow().customers == count,
            Length::Time(time) => self.env.now() + interval >= self.point.warm_up + time,
        }
    }

    /// Notes how a wait has ended, unless the customer has come during the warm-up.
    fn note(&self, arrived: f64, is_served: bool) {
        if arrived >= self.point.warm_up {
            let (wait, mut measured) = (self.env.now() - arrived, self.measured.borrow_mut());
            measured.waits.record(wait);
            measured.waiting += u64::from(wait > 0.0);
            measured.reneged += u64::from(!is_served);
        }
    }

    fn measured(&self, utilisation: f64) -> Result<Replication> {
        let measured = self.measured.borrow();
        let Some(mean_wait) = measured.waits.mean() else {
            bail!("no customer came between the warm-up and the end: give more time");
        };
        let customers = measured.customers as f64;
        Ok(Replication {
            customers: measured.customers,
            mean_wait,
            utilisation,
            waiting: measured.waiting as f64 / customers,
            reneged: measured.reneged as f64 / customers,
        })
    }
}

fn exponential(stream: &Stream, mean: f64) -> f64 {
    let uniform: f64 = stream.clone().random();
    -mean * libm::log(1.0 - uniform)
}

/// Lets customers come. It returns when the measurement ends.
fn arrivals(bank: Rc<Bank>) -> impl FnOnce(&Co) -> yieldfrom::Result<f64> {
    move |co| {
        let Point {
            servers,
            load,
            length,
            warm_up,
            ..
        } = bank.point;
        loop {
            let interval = exponential(&bank.arrivals, 1.0 / (load * f64::from(servers)));
            if bank.is_over(interval) {
                break;
            }
            co.yield_from(bank.env.timeout(interval))?;
            if bank.env.now() >= warm_up {
                bank.measured.borrow_mut().customers += 1;
            }
            bank.env.process(customer(Rc::clone(&bank)));
        }
        Ok(match length {
            Length::Customers(_) => bank.env.now(),
            Length::Time(time) => warm_up + time,
        })
    }
}

/// Waits for a server, as long as there is patience.
fn customer(bank: Rc<Bank>) -> impl FnOnce(&Co) -> yieldfrom::Result<()> {
    move |co| {
        let (env, arrived) = (&bank.env, bank.env.now());
        let turn = bank.counter.request();
        let is_served = match bank.point.patience {
            Patience::Forever => co.yield_from(&turn).map(|()| true)?,
            Patience::Mean(mean) => {
                let patience = env.timeout(exponential(&bank.patience, mean));
                co.yield_from(&turn | patience)?.contains(&turn)
            }
        };
        bank.note(arrived, is_served);
        if is_served {
            co.yield_from(env.timeout(exponential(&bank.service, 1.0)))?;
        }
        Ok(())
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
