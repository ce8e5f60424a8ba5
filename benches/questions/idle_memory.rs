//! What a sleeping task weighs.

mod processes;

use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use smol::{LocalExecutor, Timer};
use yieldfrom::{Co, EventLoop, create_task, sleep, spawn_std, yield_now};

use crate::measuring::machine::memory;
use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, May};
use crate::questions::{Case, Contestant, Question, SMALL_STACK, number};

const HOUR: Duration = Duration::from_secs(3600);
const FEWER: &[&str] = &["n=10000", "n=100000"];
const MANY: &[&str] = &["n=100000", "n=1000000"];

/// How many tasks have got as far as to sleep.
static ASLEEP: AtomicUsize = AtomicUsize::new(0);

const SCRIPT: &str = include_str!("../peers/python/idle_memory.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/idle_memory_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "idle-memory",
    about: "n tasks (or threads) that sleep (yieldfrom's on stacks of 16 KiB): what the process has grown by, \
            resident and page tables, for each (yieldfrom-futures: tasks by spawn_std, which have no stack; processes: 1000, each this program, which waits for its input to end: \
            what no other process shares with it); what the system keeps for a thread or a process is not counted",
    cases: &[
        Case::new("n=10000", "bytes"),
        Case::new("n=100000", "bytes").long(),
        Case::new("n=1000000", "bytes").long(),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("yieldfrom-futures", yieldfrom_futures),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::rust("monoio", monoio),
        Contestant::rust("threads", threads).only(&["n=10000"]),
        Contestant::absent("threads", "few systems have room for so many threads").only(MANY),
        Contestant::rust("may", may).only(&["n=10000"]),
        Contestant::rust("processes", processes::processes).only(&["n=10000"]),
        Contestant::absent("processes", "few systems have room for so many processes").only(MANY),
        Contestant::absent(
            "may",
            "each of its stacks is two mappings, of the 65,530 that a process may have",
        )
        .only(MANY),
        Contestant::go(),
        Contestant::asyncio(SCRIPT).only(FEWER),
        Contestant::uvloop(SCRIPT).only(FEWER).long(),
        Contestant::gevent(GEVENT_SCRIPT).only(FEWER).long(),
    ],
    // The answer is the same each time.
    repetitions: 1,
    seconds: 1.5,
};

fn falls_asleep() {
    ASLEEP.fetch_add(1, Ordering::Relaxed);
}

fn all_asleep(n: usize) -> bool {
    ASLEEP.load(Ordering::Relaxed) == n
}

fn yieldfrom(case: &str, _meter: &Meter) -> Sample {
    in_loop(number(case), || {
        create_task(|co: &Co| {
            falls_asleep();
            co.yield_from(sleep(HOUR))
        });
    })
}

fn yieldfrom_futures(case: &str, _meter: &Meter) -> Sample {
    in_loop(number(case), || {
        spawn_std(async {
            falls_asleep();
            sleep(HOUR).await
        });
    })
}

/// Spawns so many tasks in a loop of ours.
fn in_loop(n: usize, spawn: impl Fn() + 'static) -> Sample {
    let event_loop = EventLoop::builder()
        .stack_size(SMALL_STACK)
        .build()
        .expect("the loop starts");
    let grown = Rc::new(Cell::new(0.0));
    let (handle, answer) = (event_loop.clone(), Rc::clone(&grown));
    event_loop.create_task(move |co: &Co| {
        let before = memory();
        (0..n).for_each(|_| spawn());
        while !all_asleep(n) {
            co.yield_from(yield_now())?;
        }
        answer.set(memory() - before);
        handle.stop();
        Ok(())
    });
    event_loop.run_forever().expect("the loop runs");
    // The system is faster at this than a million destructors: here and below.
    mem::forget(event_loop);
    Sample::count(grown.get()).divided(n)
}

fn tokio(case: &str, _meter: &Meter) -> Sample {
    let n = number(case);
    let runtime = runtimes::tokio();
    let grown = runtime.block_on(async {
        let before = memory();
        for _ in 0..n {
            tokio::spawn(async {
                falls_asleep();
                tokio::time::sleep(HOUR).await;
            });
        }
        while !all_asleep(n) {
            tokio::task::yield_now().await;
        }
        memory() - before
    });
    mem::forget(runtime);
    Sample::count(grown).divided(n)
}

fn smol(case: &str, _meter: &Meter) -> Sample {
    let n = number(case);
    let executor = LocalExecutor::new();
    let grown = runtimes::smol(&executor, async {
        let before = memory();
        for _ in 0..n {
            let idle = executor.spawn(async {
                falls_asleep();
                Timer::after(HOUR).await;
            });
            idle.detach();
        }
        while !all_asleep(n) {
            smol::future::yield_now().await;
        }
        memory() - before
    });
    mem::forget(executor);
    Sample::count(grown).divided(n)
}

fn monoio(case: &str, _meter: &Meter) -> Sample {
    let n = number(case);
    let mut runtime = runtimes::monoio();
    let grown = runtime.block_on(async {
        let before = memory();
        for _ in 0..n {
            monoio::spawn(async {
                falls_asleep();
                monoio::time::sleep(HOUR).await;
            });
        }
        while !all_asleep(n) {
            // One that wakes itself would be the next to run.
            monoio::spawn(async {}).await;
        }
        memory() - before
    });
    mem::forget(runtime);
    Sample::count(grown).divided(n)
}

/// On stacks of 32 KiB, as is its default.
fn may(case: &str, _meter: &Meter) -> Sample {
    let n = number(case);
    let grown = May::start().run(move || {
        let before = memory();
        for _ in 0..n {
            may::go!(|| {
                falls_asleep();
                may::coroutine::sleep(HOUR);
            });
        }
        // One that yields is the next to run, as long as it is the only one that has begun.
        while !all_asleep(n) {
            may::coroutine::sleep(Duration::from_millis(1));
        }
        memory() - before
    });
    Sample::count(grown).divided(n)
}

/// Threads as they come; the memory that the system has for each is not the process's.
fn threads(case: &str, _meter: &Meter) -> Sample {
    let n = number(case);
    let before = memory();
    for _ in 0..n {
        let idle = thread::Builder::new().spawn(|| {
            falls_asleep();
            thread::sleep(HOUR);
        });
        idle.expect("this system has room for so many threads");
    }
    while !all_asleep(n) {
        thread::yield_now();
    }
    let grown = memory() - before;
    Sample::count(grown).divided(n)
}
