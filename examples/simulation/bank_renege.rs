//! A bank with one counter, whose customers leave when they have waited too long: SimPy's "Bank Renege".
//!
//! A customer waits for two events at once, the counter and the end of their patience, and then asks which of them has
//! happened. The request ends with its scope: it gives the counter back, or leaves the queue.
//!
//! ```text
//! cargo run --release --example bank_renege -- --seed 7
//! ```

mod options;

use yieldfrom::Result;
use yieldfrom::simulation::{Co, Env, Environment, Resource};

use crate::options::SharedRandom;

const CUSTOMERS: usize = 5;
const MEAN_INTERVAL: f64 = 10.0;
const MEAN_SERVICE: f64 = 12.0;
const MIN_PATIENCE: f64 = 1.0;
const MAX_PATIENCE: f64 = 3.0;

#[derive(Clone)]
struct Bank {
    env: Env,
    counter: Resource,
    random: SharedRandom,
}

impl Bank {
    fn arrivals(&self, co: &Co) -> Result<()> {
        for number in 0..CUSTOMERS {
            let bank = self.clone();
            let name = format!("Customer{number:02}");
            self.env.process(move |co| bank.customer(co, &name));
            let interval = self.random.borrow_mut().expovariate(1.0 / MEAN_INTERVAL);
            co.yield_from(self.env.timeout(interval))?;
        }
        Ok(())
    }

    fn customer(&self, co: &Co, name: &str) -> Result<()> {
        let arrival = self.env.now();
        println!("{arrival:7.4} {name}: Here I am");
        let turn = self.counter.request();
        let patience = self.random.borrow_mut().uniform(MIN_PATIENCE, MAX_PATIENCE);
        let happened = co.yield_from(&turn | self.env.timeout(patience))?;
        let (now, waited) = (self.env.now(), self.env.now() - arrival);
        if !happened.contains(&turn) {
            println!("{now:7.4} {name}: RENEGED after {waited:6.3}");
            return Ok(());
        }
        println!("{now:7.4} {name}: Waited {waited:6.3}");
        let service = self.random.borrow_mut().expovariate(1.0 / MEAN_SERVICE);
        co.yield_from(self.env.timeout(service))?;
        println!("{:7.4} {name}: Finished", self.env.now());
        Ok(())
    }
}

fn main() -> Result<()> {
    let env = Environment::new();
    let (random, recording) = options::begin(&env)?;
    println!("Bank renege");
    let bank = Bank {
        env: env.handle(),
        counter: Resource::new(&env, 1)?,
        random,
    };
    env.process(move |co| bank.arrivals(co));
    recording.write_after(env.run())
}
