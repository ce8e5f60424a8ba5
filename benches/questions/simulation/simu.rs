//! Processes of simu-des, which are futures.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use simu::{Container, EnvHandle, EventTrigger, Resource, SimEnv, all_of, any_of};

use super::model::{
    ARRIVALS, CAPACITY, CONDITIONED, CONSUMERS, CUSTOMERS, Draws, INTERRUPTER, INTERRUPTS, ITEMS,
    JOB, Outcome, PRODUCERS, ROUNDS, SERVERS, SERVICE, SERVICES, Simulator, Tally, WORKERS, waits,
};

pub(super) struct Simu;

impl Simulator for Simu {
    fn timeouts(processes: usize) -> Outcome {
        simulation(|env, tally| {
            for number in 0..processes {
                let process = timeouts(env.handle(), Rc::clone(&tally), number, waits(processes));
                env.spawn(process);
            }
        })
    }

    fn mmc() -> Outcome {
        simulation(|env, tally| _ = env.spawn(source(env.handle(), tally)))
    }

    fn interrupts() -> Outcome {
        simulation(|env, tally| {
            let shop = Rc::new(Shop {
                tally,
                is_closed: Cell::new(false),
                interrupts: (0..WORKERS).map(|_| RefCell::default()).collect(),
            });
            for number in 0..WORKERS {
                env.spawn(worker(env.handle(), Rc::clone(&shop), number));
            }
            env.spawn(interrupter(env.handle(), shop));
        })
    }

    fn conditions() -> Outcome {
        simulation(|env, tally| {
            for number in 0..CONDITIONED {
                env.spawn(conditions(env.handle(), Rc::clone(&tally), number));
            }
        })
    }

    fn store() -> Outcome {
        simulation(|env, tally| {
            let store = Rc::new(Store {
                tally,
                filled: Container::empty(CAPACITY as f64),
                items: RefCell::default(),
            });
            for number in 0..PRODUCERS {
                env.spawn(producer(env.handle(), Rc::clone(&store), number));
            }
            for number in PRODUCERS..PRODUCERS + CONSUMERS {
                env.spawn(consumer(env.handle(), Rc::clone(&store), number));
            }
        })
    }
}

/// Runs processes to the end of the last one.
fn simulation(spawn: impl FnOnce(&SimEnv, Rc<Tally>)) -> Outcome {
    let mut env = SimEnv::with_seed(0);
    let tally = Rc::<Tally>::default();
    spawn(&env, Rc::clone(&tally));
    env.run();
    tally.outcome()
}

async fn timeouts(env: EnvHandle, tally: Rc<Tally>, number: usize, waits: u64) {
    let mut draws = Draws::of(number);
    for _ in 0..waits {
        env.timeout(draws.next()).await;
    }
    tally.done(waits, env.now(), 0.0);
}

async fn source(env: EnvHandle, tally: Rc<Tally>) {
    let servers = Resource::new(SERVERS);
    let (mut arrivals, mut services) = (Draws::of(ARRIVALS), Draws::of(SERVICES));
    for _ in 0..CUSTOMERS {
        env.timeout(arrivals.next()).await;
        let (servers, tally) = (servers.clone(), Rc::clone(&tally));
        let service = SERVICE * services.next();
        env.spawn(customer(env.clone(), servers, service, tally));
    }
}

async fn customer(env: EnvHandle, servers: Resource, service: f64, tally: Rc<Tally>) {
    let arrived = env.now();
    let _server = servers.request().await;
    let waited = env.now() - arrived;
    env.timeout(service).await;
    tally.done(1, env.now(), waited);
}

/// An interrupt is an event here, which a worker waits for as well.
struct Shop {
    tally: Rc<Tally>,
    is_closed: Cell<bool>,
    interrupts: Vec<RefCell<Option<EventTrigger>>>,
}

async fn worker(env: EnvHandle, shop: Rc<Shop>, number: usize) {
    let (mut draws, mut interrupted) = (Draws::of(number), 0);
    while !shop.is_closed.get() {
        let mut left = JOB * draws.next();
        loop {
            let begun = env.now();
            let (interrupt, is_interrupted) = env.event();
            shop.interrupts[number].replace(Some(interrupt));
            any_of![env.timeout(left), is_interrupted].await;
            if env.now() == begun + left {
                break;
            }
            interrupted += 1;
            left -= env.now() - begun;
        }
    }
    shop.tally.done(interrupted, env.now(), 0.0);
}

async fn interrupter(env: EnvHandle, shop: Rc<Shop>) {
    let mut pauses = Draws::of(INTERRUPTER);
    for count in 0..INTERRUPTS {
        env.timeout(pauses.next()).await;
        let interrupt = shop.interrupts[count % WORKERS].take();
        interrupt.expect("it waits").fire();
    }
    shop.is_closed.set(true);
    shop.tally.done(0, env.now(), 0.0);
}

async fn conditions(env: EnvHandle, tally: Rc<Tally>, number: usize) {
    let mut draws = Draws::of(number);
    for _ in 0..ROUNDS {
        any_of![env.timeout(draws.next()), env.timeout(draws.next())].await;
        all_of![env.timeout(draws.next()), env.timeout(draws.next())].await;
    }
    tally.done(2 * ROUNDS as u64, env.now(), 0.0);
}

/// There are containers, which have a level, and no stores: the items are in a queue beside.
struct Store {
    tally: Rc<Tally>,
    filled: Container,
    items: RefCell<VecDeque<f64>>,
}

async fn producer(env: EnvHandle, store: Rc<Store>, number: usize) {
    let mut draws = Draws::of(number);
    for _ in 0..ITEMS {
        env.timeout(draws.next()).await;
        // Before there is room for it: who may get one has to find it.
        store.items.borrow_mut().push_back(env.now());
        store.filled.put(1.0).await;
    }
    store.tally.done(0, env.now(), 0.0);
}

async fn consumer(env: EnvHandle, store: Rc<Store>, number: usize) {
    let (mut draws, mut waited) = (Draws::of(number), 0.0);
    for _ in 0..ITEMS {
        store.filled.get(1.0).await;
        let item = store.items.borrow_mut().pop_front();
        waited += env.now() - item.expect("there is one");
        env.timeout(draws.next()).await;
    }
    store.tally.done(ITEMS as u64, env.now(), waited);
}
