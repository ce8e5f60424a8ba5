//! Processes of odem-rs, which are futures: jobs, the lighter kind of the two it has.

use std::cell::Cell;
use std::pin::pin;

use odem_rs::prelude::*;
use odem_rs::sync::chain::Chain;
use odem_rs::sync::channel::pinned::{Receiver, Sender};

use super::model::{
    ARRIVALS, CAPACITY, CONDITIONED, CONSUMERS, CUSTOMERS, Draws, INTERRUPTER, INTERRUPTS, ITEMS,
    JOB, Outcome, PRODUCERS, ROUNDS, SERVERS, SERVICE, SERVICES, Simulator, Tally, WORKERS, waits,
};

pub(super) struct Odem;

impl Simulator for Odem {
    fn timeouts(processes: usize) -> Outcome {
        simulated(async |sim, tally| {
            let jobs = pin!(Pool::with_capacity(processes).with(Job::new));
            let start = |number| jobs.activate(sim, timeouts(sim, tally, number, waits(processes)));
            let started: Vec<_> = (0..processes).map(start).collect();
            for job in started {
                job.await;
            }
        })
    }

    fn mmc() -> Outcome {
        simulated(source)
    }

    fn interrupts() -> Outcome {
        simulated(async |sim, tally| {
            let shop = Shop {
                tally,
                is_closed: Cell::new(false),
                interrupts: (0..WORKERS).map(|_| Chain::new()).collect(),
            };
            let workers = pin!(Pool::with_capacity(WORKERS).with(Job::new));
            let start = |number| workers.activate(sim, worker(sim, &shop, number));
            let started: Vec<_> = (0..WORKERS).map(start).collect();
            interrupter(sim, &shop).await;
            for job in started {
                job.await;
            }
        })
    }

    fn conditions() -> Outcome {
        simulated(async |sim, tally| {
            let jobs = pin!(Pool::with_capacity(CONDITIONED).with(Job::new));
            let start = |number| jobs.activate(sim, conditions(sim, tally, number));
            let started: Vec<_> = (0..CONDITIONED).map(start).collect();
            for job in started {
                job.await;
            }
        })
    }

    fn store() -> Outcome {
        simulated(async |sim, tally| {
            let store = pin!(Channel::fixed::<CAPACITY>());
            let (put, get) = store.split();
            let producers = pin!(Pool::with_capacity(PRODUCERS).with(Job::new));
            let consumers = pin!(Pool::with_capacity(CONSUMERS).with(Job::new));
            let produce = |number| producers.activate(sim, producer(sim, tally, &put, number));
            let consume = |number| consumers.activate(sim, consumer(sim, tally, &get, number));
            let producing: Vec<_> = (0..PRODUCERS).map(produce).collect();
            let consuming: Vec<_> = (PRODUCERS..PRODUCERS + CONSUMERS).map(consume).collect();
            for job in producing {
                job.await;
            }
            for job in consuming {
                job.await;
            }
        })
    }
}

/// Runs the main process to its end, which waits for all others.
fn simulated(main: impl AsyncFnOnce(&Sim, &Tally)) -> Outcome {
    let tally = Tally::default();
    let simulator = odem_rs::core::simulator::Simulator::default();
    let ended = simulator.run(async |sim| main(sim, &tally).await);
    ended.expect("nobody waits for ever");
    tally.outcome()
}

async fn timeouts(sim: &Sim, tally: &Tally, number: usize, waits: u64) {
    let mut draws = Draws::of(number);
    for _ in 0..waits {
        sim.advance(draws.next()).await;
    }
    tally.done(waits, sim.now(), 0.0);
}

/// Its facility is for one at a time; this is the same for several, made as that one is.
struct Servers {
    free: Cell<usize>,
    queue: Chain,
    /// Where the main process waits for the last customer.
    closed: Chain,
}

impl Servers {
    async fn seize(&self) {
        if self.free.get() > 0 {
            self.free.update(|free| free - 1);
        } else {
            self.queue.fifo().await;
        }
    }

    /// Hands a server to whoever is next in the queue.
    fn release(&self) {
        if self.queue.notifier().first().go().is_none() {
            self.free.update(|free| free + 1);
        }
    }
}

async fn source(sim: &Sim, tally: &Tally) {
    let servers = Servers {
        free: Cell::new(SERVERS),
        queue: Chain::new(),
        closed: Chain::new(),
    };
    let customers = pin!(Pool::dynamic().with(Job::new));
    let (mut arrivals, mut services) = (Draws::of(ARRIVALS), Draws::of(SERVICES));
    for _ in 0..CUSTOMERS {
        sim.advance(arrivals.next()).await;
        let service = SERVICE * services.next();
        customers.activate(sim, customer(sim, &servers, service, tally));
    }
    servers.closed.fifo().await;
}

async fn customer(sim: &Sim, servers: &Servers, service: f64, tally: &Tally) {
    let arrived = sim.now();
    servers.seize().await;
    let waited = sim.now() - arrived;
    sim.advance(service).await;
    servers.release();
    tally.done(1, sim.now(), waited);
    if tally.outcome().operations == CUSTOMERS as u64 {
        servers.closed.notify_one();
    }
}

/// An interrupt is something else that a worker waits for.
struct Shop<'a> {
    tally: &'a Tally,
    is_closed: Cell<bool>,
    interrupts: Vec<Chain>,
}

async fn worker(sim: &Sim, shop: &Shop<'_>, number: usize) {
    let (mut draws, mut interrupted) = (Draws::of(number), 0);
    while !shop.is_closed.get() {
        let mut left = JOB * draws.next();
        loop {
            let begun = sim.now();
            let end = async {
                sim.advance(left).await;
                true
            };
            let interrupt = async {
                shop.interrupts[number].fifo().await;
                false
            };
            if sim.fork(end).or(interrupt).await {
                break;
            }
            interrupted += 1;
            left -= sim.now() - begun;
        }
    }
    shop.tally.done(interrupted, sim.now(), 0.0);
}

async fn interrupter(sim: &Sim, shop: &Shop<'_>) {
    let mut pauses = Draws::of(INTERRUPTER);
    for count in 0..INTERRUPTS {
        sim.advance(pauses.next()).await;
        shop.interrupts[count % WORKERS].notify_one();
    }
    shop.is_closed.set(true);
    shop.tally.done(0, sim.now(), 0.0);
}

async fn conditions(sim: &Sim, tally: &Tally, number: usize) {
    let mut draws = Draws::of(number);
    for _ in 0..ROUNDS {
        let first = sim.advance(draws.next());
        sim.fork(first).or(sim.advance(draws.next())).await;
        let first = sim.advance(draws.next());
        sim.fork(first).and(sim.advance(draws.next())).await;
    }
    tally.done(2 * ROUNDS as u64, sim.now(), 0.0);
}

async fn producer(sim: &Sim, tally: &Tally, store: &Sender<f64>, number: usize) {
    let mut draws = Draws::of(number);
    for _ in 0..ITEMS {
        sim.advance(draws.next()).await;
        store.send(sim.now()).await.expect("it is open");
    }
    tally.done(0, sim.now(), 0.0);
}

async fn consumer(sim: &Sim, tally: &Tally, store: &Receiver<f64>, number: usize) {
    let (mut draws, mut waited) = (Draws::of(number), 0.0);
    for _ in 0..ITEMS {
        let item = store.recv().await.expect("it is open");
        waited += sim.now() - item;
        sim.advance(draws.next()).await;
    }
    tally.done(ITEMS as u64, sim.now(), waited);
}
