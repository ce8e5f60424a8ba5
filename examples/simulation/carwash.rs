//! A carwash with two machines, where cars queue: SimPy's "Carwash".
//!
//! A car waits for a machine, starts the washing as a process of its own, and waits for the end of that process.
//!
//! ```text
//! cargo run --release --example carwash -- --seed 7
//! ```

mod options;

use yieldfrom::Result;
use yieldfrom::simulation::{Co, Env, Environment, Resource};

use crate::options::SharedRandom;

const MACHINES: usize = 2;
const FIRST_CARS: u32 = 4;
// Minutes.
const WASH_TIME: i32 = 5;
const MIN_INTERVAL: i64 = 5;
const MAX_INTERVAL: i64 = 9;
const END: i32 = 20;

#[derive(Clone)]
struct Carwash {
    env: Env,
    machines: Resource,
    random: SharedRandom,
}

impl Carwash {
    /// Some cars come at the beginning, the others one by one.
    fn arrivals(&self, co: &Co) -> Result<()> {
        (0..FIRST_CARS).for_each(|number| self.start_car(number));
        for number in FIRST_CARS.. {
            let interval = self.random.borrow_mut().randint(MIN_INTERVAL, MAX_INTERVAL);
            co.yield_from(self.env.timeout(interval))?;
            self.start_car(number);
        }
        Ok(())
    }

    fn start_car(&self, number: u32) {
        let (carwash, name) = (self.clone(), format!("Car {number}"));
        self.env.process(move |co| carwash.car(co, &name));
    }

    fn car(&self, co: &Co, name: &str) -> Result<()> {
        println!("{name} arrives at the carwash at {:.2}.", self.env.now());
        let _machine = co.yield_from(self.machines.request())?;
        println!("{name} enters the carwash at {:.2}.", self.env.now());
        let (carwash, car) = (self.clone(), name.to_owned());
        co.yield_from(self.env.process(move |co| carwash.wash(co, &car)))?;
        println!("{name} leaves the carwash at {:.2}.", self.env.now());
        Ok(())
    }

    fn wash(&self, co: &Co, car: &str) -> Result<()> {
        co.yield_from(self.env.timeout(WASH_TIME))?;
        let removed = self.random.borrow_mut().randint(50, 99);
        println!("Carwash removed {removed}% of {car}'s dirt.");
        Ok(())
    }
}

fn main() -> Result<()> {
    let env = Environment::new();
    let (random, recording) = options::begin(&env)?;
    println!("Carwash");
    println!("Check out http://youtu.be/fXXmeP9TvBg while simulating ... ;-)");
    let carwash = Carwash {
        env: env.handle(),
        machines: Resource::new(&env, MACHINES)?,
        random,
    };
    env.process(move |co| carwash.arrivals(co));
    recording.write_after(env.run_until(END))
}
