//! Tasks that let the others go first, on two processors at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use may::sync::SyncFlag;
use tokio::runtime::Builder;
use yieldfrom::{Co, EventLoop, Result, yield_now};

use super::switch::threads;
use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::May;
use crate::questions::{Case, Contestant, Question};

/// How many tasks there are for each processor,
const TASKS: usize = 100;
/// and how often each yields: so often that the beginning and the end do not count.
const YIELDS: usize = 5000;
const PROCESSORS: usize = 2;
/// How often somebody looks whether all tasks have started.
const GLANCE: Duration = Duration::from_micros(50);

const ONE_LOCK: &str = "one lock lets only one of Python's threads run at a time";

pub(crate) const QUESTION: Question = Question {
    name: "two-cores",
    about: "200 tasks yield to each other in turn, on two processors: two loops of 100 tasks, each on a thread of its own; \
            tokio's runtime and may's with two workers, smol's executor run by two threads, Go with two \
            processors, two rings of 100 threads; ns that a processor takes for a yield while both are busy",
    cases: &[Case::ns("yields").on_two_processors()],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::rust("threads", two_rings),
        Contestant::rust("may", may),
        Contestant::go(),
        Contestant::absent("asyncio", ONE_LOCK),
    ],
    repetitions: usize::MAX,
    seconds: 0.4,
};

/// Where all tasks wait until the last has started; it notes when the last has ended.
struct Gate {
    started: AtomicUsize,
    open: AtomicBool,
    left: AtomicUsize,
    ended: OnceLock<Instant>,
}

impl Gate {
    fn new(tasks: usize) -> Arc<Self> {
        Arc::new(Self {
            started: AtomicUsize::new(0),
            open: AtomicBool::new(false),
            left: AtomicUsize::new(tasks),
            ended: OnceLock::new(),
        })
    }

    fn enter(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    fn have_started(&self, tasks: usize) -> bool {
        self.started.load(Ordering::Relaxed) >= tasks
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn leave(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.ended.get_or_init(Instant::now);
        }
    }

    /// Opens when so many tasks have started, and returns how long it takes until all have ended.
    fn timed(&self, tasks: usize, wake: impl FnOnce()) -> Duration {
        while !self.have_started(tasks) {
            thread::sleep(GLANCE);
        }
        let start = Instant::now();
        self.open.store(true, Ordering::Release);
        wake();
        *self.ended.wait() - start
    }
}

/// Measures what starts the tasks of all processors; it returns what wakes them, if they sleep, and what
/// cleans up after them.
fn measured<W: FnOnce(), E: FnOnce()>(
    meter: &Meter,
    mut start: impl FnMut(&Arc<Gate>) -> (W, E),
) -> Sample {
    let tasks = PROCESSORS * TASKS;
    let batch = || {
        let gate = Gate::new(tasks);
        let (wake, end) = start(&gate);
        let took = gate.timed(tasks, wake);
        end();
        took
    };
    // Those who wait for others at the beginning do something, too.
    meter.batches(TASKS * YIELDS, batch).uncounted()
}

fn yieldfrom(_case: &str, meter: &Meter) -> Sample {
    measured(meter, |gate| {
        let start = |_| {
            let gate = Arc::clone(gate);
            thread::spawn(move || one_loop(&gate))
        };
        let threads: Vec<_> = (0..PROCESSORS).map(start).collect();
        let end = || {
            for thread in threads {
                thread.join().expect("it does not panic");
            }
        };
        (|| {}, end)
    })
}

fn one_loop(gate: &Arc<Gate>) {
    let event_loop = EventLoop::new().expect("the loop starts");
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let gate = Arc::clone(gate);
            event_loop.create_task(move |co: &Co| body(co, &gate))
        })
        .collect();
    let all = move |co: &Co| tasks.into_iter().try_for_each(|task| co.yield_from(task));
    event_loop.run_until_complete(all).expect("all tasks end");
}

fn body(co: &Co, gate: &Gate) -> Result<()> {
    gate.enter();
    while !gate.is_open() {
        co.yield_from(yield_now())?;
    }
    for _ in 0..YIELDS {
        co.yield_from(yield_now())?;
    }
    gate.leave();
    Ok(())
}

async fn async_body<F: Future<Output = ()>>(gate: Arc<Gate>, pause: fn() -> F) {
    gate.enter();
    while !gate.is_open() {
        pause().await;
    }
    for _ in 0..YIELDS {
        pause().await;
    }
    gate.leave();
}

/// The scheduler for several threads, as `#[tokio::main]` makes it.
fn tokio(_case: &str, meter: &Meter) -> Sample {
    let runtime = Builder::new_multi_thread()
        .worker_threads(PROCESSORS)
        .enable_all()
        .build()
        .expect("the runtime starts");
    measured(meter, |gate| {
        for _ in 0..PROCESSORS * TASKS {
            runtime.spawn(async_body(Arc::clone(gate), tokio::task::yield_now));
        }
        (|| {}, || {})
    })
}

fn smol(_case: &str, meter: &Meter) -> Sample {
    let executor = Arc::new(smol::Executor::new());
    let (stop, stopped) = smol::channel::bounded::<()>(1);
    for _ in 0..PROCESSORS {
        let (executor, stopped) = (Arc::clone(&executor), stopped.clone());
        thread::spawn(move || smol::block_on(executor.run(stopped.recv())));
    }
    let sample = measured(meter, |gate| {
        for _ in 0..PROCESSORS * TASKS {
            let task = async_body(Arc::clone(gate), smol::future::yield_now);
            executor.spawn(task).detach();
        }
        (|| {}, || {})
    });
    drop(stop);
    sample
}

/// Its coroutines sleep at the gate: a worker that has some to run takes no new ones.
fn may(_case: &str, meter: &Meter) -> Sample {
    let _may = May::with_workers(PROCESSORS);
    measured(meter, |gate| {
        let bell = Arc::new(SyncFlag::new());
        for _ in 0..PROCESSORS * TASKS {
            let (gate, bell) = (Arc::clone(gate), Arc::clone(&bell));
            may::go!(move || may_body(&gate, &bell));
        }
        (move || bell.fire(), || {})
    })
}

fn may_body(gate: &Gate, bell: &SyncFlag) {
    gate.enter();
    bell.wait();
    for _ in 0..YIELDS {
        may::coroutine::yield_now();
    }
    gate.leave();
}

/// Twice the ring of the question `switch`; the one that takes longer counts.
fn two_rings(_case: &str, meter: &Meter) -> Sample {
    let both = || {
        thread::scope(|scope| {
            let ring = || scope.spawn(|| threads::turns(TASKS, threads::TURNS));
            let rings = [ring(), ring()].map(|ring| ring.join().expect("it does not panic"));
            rings.into_iter().max().expect("there are two")
        })
    };
    meter.batches(TASKS * threads::TURNS, both).uncounted()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_opens_when_all_have_started_and_ends_with_the_last() {
        let gate = Gate::new(2);
        gate.enter();
        assert!(!gate.have_started(2));
        gate.enter();
        assert!(gate.have_started(2) && !gate.is_open());
        let leave = || {
            assert!(gate.is_open());
            gate.leave();
            assert_eq!(gate.ended.get(), None, "one is left");
            gate.leave();
        };
        // It would wait for ever if nobody had ended.
        gate.timed(2, leave);
    }
}
