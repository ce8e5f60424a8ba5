//! A gas station with two pumps on one tank, which a truck fills up: SimPy's "Gas Station Refueling".
//!
//! The pumps are a resource with slots, the tank is a container with a level. A car that needs more than is left waits for the
//! truck, with its pump.
//!
//! ```text
//! cargo run --release --example gas_station_refuel -- --seed 7
//! ```

mod options;

use yieldfrom::Result;
use yieldfrom::simulation::{Co, Container, Env, Environment, Resource};

use crate::options::SharedRandom;

const PUMPS: usize = 2;
// Litres.
const STATION_TANK: i32 = 200;
const CAR_TANK: i64 = 50;
const CAR_LEVEL: (i64, i64) = (5, 25);
/// The truck is called when less than this part of the station's tank is full.
const LOW: f64 = 0.25;
/// Litres a second.
const PUMP_SPEED: f64 = 2.0;
// Seconds.
const INTERVAL: (i64, i64) = (30, 300);
const CHECK_INTERVAL: f64 = 10.0;
const TRUCK_TIME: f64 = 300.0;
const END: i32 = 1000;

#[derive(Clone)]
struct Station {
    env: Env,
    pumps: Resource,
    tank: Container,
    random: SharedRandom,
}

impl Station {
    fn arrivals(&self, co: &Co) -> Result<()> {
        for number in 0.. {
            let interval = self.randint(INTERVAL);
            co.yield_from(self.env.timeout(interval))?;
            let station = self.clone();
            self.env.process(move |co| station.car(co, number));
        }
        Ok(())
    }

    fn car(&self, co: &Co, number: u32) -> Result<()> {
        let needed = (CAR_TANK - self.randint(CAR_LEVEL)) as f64;
        self.say(&format!("Car {number} arrived at gas station"));
        let _pump = co.yield_from(self.pumps.request())?;
        co.yield_from(self.tank.get(needed))?;
        co.yield_from(self.env.timeout(needed / PUMP_SPEED))?;
        self.say(&format!("Car {number} refueled with {needed:.1}L"));
        Ok(())
    }

    /// Looks at the tank again and again, and calls the truck when it is low.
    fn control(&self, co: &Co) -> Result<()> {
        loop {
            if self.tank.level() / self.tank.capacity() < LOW {
                self.say("Calling tank truck");
                let station = self.clone();
                co.yield_from(self.env.process(move |co| station.truck(co)))?;
            }
            co.yield_from(self.env.timeout(CHECK_INTERVAL))?;
        }
    }

    fn truck(&self, co: &Co) -> Result<()> {
        co.yield_from(self.env.timeout(TRUCK_TIME))?;
        let amount = self.tank.capacity() - self.tank.level();
        self.tank.put(amount);
        self.say(&format!(
            "Tank truck arrived and refuelled station with {amount:.1}L"
        ));
        Ok(())
    }

    fn randint(&self, (low, high): (i64, i64)) -> i64 {
        self.random.borrow_mut().randint(low, high)
    }

    fn say(&self, what: &str) {
        println!("{:6.1} s: {what}", self.env.now());
    }
}

fn main() -> Result<()> {
    let env = Environment::new();
    let (random, recording) = options::begin(&env)?;
    println!("Gas Station refuelling");
    let station = Station {
        env: env.handle(),
        pumps: Resource::new(&env, PUMPS)?,
        tank: Container::with_capacity(&env, STATION_TANK, STATION_TANK)?,
        random,
    };
    let controlled = station.clone();
    env.process(move |co| controlled.control(co));
    env.process(move |co| station.arrivals(co));
    recording.write_after(env.run_until(END))
}
