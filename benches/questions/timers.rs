//! What the processor does for a sleep, timer and task together.

use std::time::Duration;

use smol::{LocalExecutor, Timer};
use yieldfrom::{Co, EventLoop, sleep};

use crate::measuring::meter::{Meter, Sample, processor_time};
use crate::peers::runtimes;
use crate::questions::{Case, Contestant, Question, SMALL_STACK};

const SLEEPS: usize = 1_000_000;

const SCRIPT: &str = include_str!("../peers/python/timers.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/timers_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "timers",
    about: "1,000,000 tasks (Python: 100,000; yieldfrom's on stacks of 16 KiB) sleep until random times \
            within a second and are awaited; cold: in a new process; warm: once more in the same; \
            the processor's ns for each",
    cases: &[
        Case::new("cold", "CPU ns").long(),
        Case::new("warm", "CPU ns"),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::rust("monoio", monoio),
        Contestant::absent(
            "may",
            "each of its stacks is two mappings, of the 65,530 that a process may have",
        ),
        Contestant::absent("threads", "a system has no room for 1,000,000 threads"),
        Contestant::go(),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT).long(),
        Contestant::gevent(GEVENT_SCRIPT).long(),
    ],
    repetitions: usize::MAX,
    seconds: 3.0,
};

/// Random delays within a second, the same for all contestants.
fn delays() -> impl Iterator<Item = Duration> {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    (0..SLEEPS).map(move |_| {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Duration::from_nanos(state % 1_000_000_000)
    })
}

/// Measures a round, or a second one. A sample is one round: the time is the processor's.
fn measured(case: &str, mut round: impl FnMut()) -> Sample {
    if case == "warm" {
        round();
    }
    let before = processor_time();
    round();
    let took = processor_time() - before;
    Sample::count(took.as_secs_f64() * 1e9).divided(SLEEPS)
}

fn yieldfrom(case: &str, _meter: &Meter) -> Sample {
    let event_loop = EventLoop::builder()
        .stack_size(SMALL_STACK)
        .build()
        .expect("the loop starts");
    measured(case, || {
        let handle = event_loop.clone();
        let create = move |delay| handle.create_task(move |co: &Co| co.yield_from(sleep(delay)));
        let main = move |co: &Co| {
            let mut tasks = delays().map(create).collect::<Vec<_>>().into_iter();
            tasks.try_for_each(|task| co.yield_from(task))
        };
        event_loop.run_until_complete(main).expect("all tasks end");
    })
}

/// Its timers are those of a wheel that turns each millisecond.
fn tokio(case: &str, _meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    let create = |delay| tokio::spawn(tokio::time::sleep(delay));
    measured(case, || {
        runtime.block_on(async {
            for task in delays().map(create).collect::<Vec<_>>() {
                task.await.expect("all tasks end");
            }
        });
    })
}

fn smol(case: &str, _meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    let create = |delay| executor.spawn(Timer::after(delay));
    measured(case, || {
        runtimes::smol(&executor, async {
            for task in delays().map(create).collect::<Vec<_>>() {
                task.await;
            }
        });
    })
}

/// Its timers are a wheel, too.
fn monoio(case: &str, _meter: &Meter) -> Sample {
    let mut runtime = runtimes::monoio();
    let create = |delay| monoio::spawn(monoio::time::sleep(delay));
    measured(case, || {
        runtime.block_on(async {
            for task in delays().map(create).collect::<Vec<_>>() {
                task.await;
            }
        });
    })
}
