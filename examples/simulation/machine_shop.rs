//! Ten machines that break now and then, and one repairman, who has other work as well: SimPy's "Machine Shop".
//!
//! A breakdown interrupts the machine's process. That asks for the repairman, who drops a less important job for it. So he is
//! interrupted in his turn, and goes on with the rest of that job later.
//!
//! ```text
//! cargo run --release --example machine_shop -- --seed 7
//! ```

mod options;

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::Result;
use yieldfrom::simulation::{Co, Env, Environment, Interrupt, PreemptiveResource, Process};

use crate::options::SharedRandom;

const MACHINES: usize = 10;
const WEEKS: i32 = 4;
// Minutes.
const PART_MEAN: f64 = 10.0;
const PART_SIGMA: f64 = 2.0;
const MEAN_TIME_TO_FAILURE: f64 = 300.0;
const REPAIR_TIME: f64 = 30.0;
const JOB_TIME: f64 = 30.0;
// The lower number is the more important one.
const REPAIR: i32 = 1;
const JOB: i32 = 2;

/// What the machines share.
#[derive(Clone)]
struct Shop {
    env: Env,
    repairman: PreemptiveResource,
    random: SharedRandom,
}

impl Shop {
    /// Has the repairman do other jobs, one after the other.
    fn other_jobs(&self, co: &Co) -> Result<()> {
        loop {
            self.other_job(co)?;
        }
    }

    fn other_job(&self, co: &Co) -> Result<()> {
        let mut left = JOB_TIME;
        while left != 0.0 {
            let _repairman = co.yield_from(self.repairman.request(JOB))?;
            let start = self.env.now();
            match co.yield_from(self.env.timeout(left)) {
                Err(error) if error.is::<Interrupt>() => left -= self.env.now() - start,
                result => return result,
            }
        }
        Ok(())
    }

    fn time_per_part(&self) -> f64 {
        loop {
            let time = self
                .random
                .borrow_mut()
                .normalvariate(PART_MEAN, PART_SIGMA);
            if time > 0.0 {
                return time;
            }
        }
    }

    fn time_to_failure(&self) -> f64 {
        self.random
            .borrow_mut()
            .expovariate(1.0 / MEAN_TIME_TO_FAILURE)
    }
}

struct Machine {
    shop: Shop,
    parts_made: Cell<u32>,
    is_broken: Cell<bool>,
}

impl Machine {
    /// Makes a machine, which works from now on and breaks now and then.
    fn start(shop: &Shop) -> Rc<Self> {
        let machine = Rc::new(Self {
            shop: shop.clone(),
            parts_made: Cell::new(0),
            is_broken: Cell::new(false),
        });
        let worker = Rc::clone(&machine);
        let work = shop.env.process(move |co| worker.work(co));
        let breaker = Rc::clone(&machine);
        shop.env.process(move |co| breaker.break_down(co, &work));
        machine
    }

    fn work(&self, co: &Co) -> Result<()> {
        loop {
            self.make_part(co)?;
            self.parts_made.set(self.parts_made.get() + 1);
        }
    }

    fn make_part(&self, co: &Co) -> Result<()> {
        let mut left = self.shop.time_per_part();
        while left != 0.0 {
            let start = self.shop.env.now();
            match co.yield_from(self.shop.env.timeout(left)) {
                Err(error) if error.is::<Interrupt>() => {
                    left -= self.shop.env.now() - start;
                    self.is_broken.set(true);
                    self.be_repaired(co)?;
                    self.is_broken.set(false);
                }
                result => return result,
            }
        }
        Ok(())
    }

    fn be_repaired(&self, co: &Co) -> Result<()> {
        let _repairman = co.yield_from(self.shop.repairman.request(REPAIR))?;
        co.yield_from(self.shop.env.timeout(REPAIR_TIME))
    }

    /// Breaks the machine at random times, unless it is broken already.
    fn break_down(&self, co: &Co, work: &Process) -> Result<()> {
        loop {
            let lifetime = self.shop.time_to_failure();
            co.yield_from(self.shop.env.timeout(lifetime))?;
            if !self.is_broken.get() {
                work.interrupt(())?;
            }
        }
    }
}

fn main() -> Result<()> {
    let env = Environment::new();
    let (random, recording) = options::begin(&env)?;
    println!("Machine shop");
    let shop = Shop {
        env: env.handle(),
        repairman: PreemptiveResource::new(&env, 1)?,
        random,
    };
    let machines: Vec<_> = (0..MACHINES).map(|_| Machine::start(&shop)).collect();
    env.process(move |co| shop.other_jobs(co));
    recording.write_after(env.run_until(WEEKS * 7 * 24 * 60))?;

    println!("Machine shop results after {WEEKS} weeks");
    for (number, machine) in machines.iter().enumerate() {
        let parts = machine.parts_made.get();
        println!("Machine {number} made {parts} parts.");
    }
    Ok(())
}
