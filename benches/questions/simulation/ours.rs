//! Processes of yieldfrom, which are generators.

use std::rc::Rc;

use yieldfrom::Result;
use yieldfrom::simulation::{Co, Env, Environment, Event, Interrupt, Process, Resource, Store};

use super::model::{
    ARRIVALS, CAPACITY, CONDITIONED, CONSUMERS, CUSTOMERS, Draws, INTERRUPTER, INTERRUPTS, ITEMS,
    JOB, Outcome, PRODUCERS, ROUNDS, SERVERS, SERVICE, SERVICES, Simulator, Tally, WORKERS, waits,
};

pub(super) struct Ours;

impl Simulator for Ours {
    fn timeouts(processes: usize) -> Outcome {
        simulated(|env, tally| {
            for number in 0..processes {
                env.process(timeouts(env, tally, number, waits(processes)));
            }
            Ok(())
        })
    }

    fn mmc() -> Outcome {
        simulated(|env, tally| {
            let servers = Resource::new(env, SERVERS)?;
            env.process(source(env, tally, &servers));
            Ok(())
        })
    }

    fn interrupts() -> Outcome {
        simulated(|env, tally| {
            let closing = env.event();
            let start = |number| env.process(worker(env, tally, &closing, number));
            let workers: Vec<_> = (0..WORKERS).map(start).collect();
            env.process(interrupter(env, tally, &closing, workers));
            Ok(())
        })
    }

    fn conditions() -> Outcome {
        simulated(|env, tally| {
            for number in 0..CONDITIONED {
                env.process(conditions(env, tally, number));
            }
            Ok(())
        })
    }

    fn store() -> Outcome {
        simulated(|env, tally| {
            let store = Store::with_capacity(env, CAPACITY)?;
            for number in 0..PRODUCERS {
                env.process(producer(env, tally, &store, number));
            }
            for number in PRODUCERS..PRODUCERS + CONSUMERS {
                env.process(consumer(env, tally, &store, number));
            }
            Ok(())
        })
    }
}

/// Makes the first processes, and runs to the end.
fn simulated(make: impl FnOnce(&Env, &Rc<Tally>) -> Result<()>) -> Outcome {
    let (env, tally) = (Environment::new(), Rc::default());
    make(&env, &tally).expect("the arguments are good");
    env.run().expect("no process fails");
    tally.outcome()
}

fn timeouts(
    env: &Env,
    tally: &Rc<Tally>,
    number: usize,
    waits: u64,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally) = (env.clone(), Rc::clone(tally));
    move |co| {
        let mut draws = Draws::of(number);
        for _ in 0..waits {
            co.yield_from(env.timeout(draws.next()))?;
        }
        tally.done(waits, env.now(), 0.0);
        Ok(())
    }
}

fn source(
    env: &Env,
    tally: &Rc<Tally>,
    servers: &Resource,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally, servers) = (env.clone(), Rc::clone(tally), servers.clone());
    move |co| {
        let (mut arrivals, mut services) = (Draws::of(ARRIVALS), Draws::of(SERVICES));
        for _ in 0..CUSTOMERS {
            co.yield_from(env.timeout(arrivals.next()))?;
            env.process(customer(&env, &tally, &servers, SERVICE * services.next()));
        }
        Ok(())
    }
}

fn customer(
    env: &Env,
    tally: &Rc<Tally>,
    servers: &Resource,
    service: f64,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally, servers) = (env.clone(), Rc::clone(tally), servers.clone());
    move |co| {
        let arrived = env.now();
        let server = co.yield_from(servers.request())?;
        let waited = env.now() - arrived;
        co.yield_from(env.timeout(service))?;
        drop(server);
        tally.done(1, env.now(), waited);
        Ok(())
    }
}

fn worker(
    env: &Env,
    tally: &Rc<Tally>,
    closing: &Event,
    number: usize,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally, closing) = (env.clone(), Rc::clone(tally), closing.clone());
    move |co| {
        let (mut draws, mut interrupted) = (Draws::of(number), 0);
        while !closing.triggered() {
            let mut left = JOB * draws.next();
            while left > 0.0 {
                let begun = env.now();
                match co.yield_from(env.timeout(left)) {
                    Ok(()) => left = 0.0,
                    Err(error) if error.is::<Interrupt>() => {
                        interrupted += 1;
                        left -= env.now() - begun;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        tally.done(interrupted, env.now(), 0.0);
        Ok(())
    }
}

fn interrupter(
    env: &Env,
    tally: &Rc<Tally>,
    closing: &Event,
    workers: Vec<Process>,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally, closing) = (env.clone(), Rc::clone(tally), closing.clone());
    move |co| {
        let mut pauses = Draws::of(INTERRUPTER);
        for worker in workers.iter().cycle().take(INTERRUPTS) {
            co.yield_from(env.timeout(pauses.next()))?;
            worker.interrupt(())?;
        }
        closing.succeed(())?;
        tally.done(0, env.now(), 0.0);
        Ok(())
    }
}

fn conditions(
    env: &Env,
    tally: &Rc<Tally>,
    number: usize,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally) = (env.clone(), Rc::clone(tally));
    move |co| {
        let mut draws = Draws::of(number);
        for _ in 0..ROUNDS {
            co.yield_from(env.timeout(draws.next()) | env.timeout(draws.next()))?;
            co.yield_from(env.timeout(draws.next()) & env.timeout(draws.next()))?;
        }
        tally.done(2 * ROUNDS as u64, env.now(), 0.0);
        Ok(())
    }
}

fn producer(
    env: &Env,
    tally: &Rc<Tally>,
    store: &Store<f64>,
    number: usize,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally, store) = (env.clone(), Rc::clone(tally), store.clone());
    move |co| {
        let mut draws = Draws::of(number);
        for _ in 0..ITEMS {
            co.yield_from(env.timeout(draws.next()))?;
            co.yield_from(store.put(env.now()))?;
        }
        tally.done(0, env.now(), 0.0);
        Ok(())
    }
}

fn consumer(
    env: &Env,
    tally: &Rc<Tally>,
    store: &Store<f64>,
    number: usize,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, tally, store) = (env.clone(), Rc::clone(tally), store.clone());
    move |co| {
        let (mut draws, mut waited) = (Draws::of(number), 0.0);
        for _ in 0..ITEMS {
            let item = co.yield_from(store.get())?;
            waited += env.now() - item;
            co.yield_from(env.timeout(draws.next()))?;
        }
        tally.done(ITEMS as u64, env.now(), waited);
        Ok(())
    }
}
