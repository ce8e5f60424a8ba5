//! A trivial task's whole life.

use std::thread;
use std::time::{Duration, Instant};

use smol::LocalExecutor;
use yieldfrom::{Co, EventLoop, Result};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::processes;
use crate::peers::runtimes::{self, May, joined};
use crate::questions::{Case, Contestant, Question};

const BATCH: usize = 1000;

const SCRIPT: &str = include_str!("../peers/python/spawn.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/spawn_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "spawn",
    about: "a task creates tasks (a thread: threads, a process: processes, which are this program) that return at once and awaits each; batch: creates 1000, then \
            awaits them; one-by-one: awaits each before the next; ns for each",
    cases: &[Case::ns("batch=1000"), Case::ns("one-by-one")],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::rust("monoio", monoio),
        Contestant::rust("threads", threads),
        Contestant::rust("processes", processes).only(&["one-by-one"]),
        Contestant::rust("processes", processes)
            .only(&["batch=1000"])
            .long(),
        Contestant::rust("may", may),
        Contestant::go(),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT).long(),
        Contestant::gevent(GEVENT_SCRIPT),
    ],
    repetitions: usize::MAX,
    seconds: 0.07,
};

/// Measures what creates and awaits, so many times, as many tasks as it is told.
fn measured(case: &str, meter: &Meter, mut run: impl FnMut(u64, usize)) -> Sample {
    let size = if case == "one-by-one" { 1 } else { BATCH };
    let mut timed = |count| -> Duration {
        let start = Instant::now();
        run(count, size);
        start.elapsed()
    };
    meter.runs(&mut timed).divided(size)
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    fn batches(co: &Co, event_loop: &EventLoop, count: u64, size: usize) -> Result<()> {
        let mut tasks = Vec::with_capacity(size);
        for _ in 0..count {
            tasks.extend((0..size).map(|_| event_loop.create_task(|_: &Co| Ok(()))));
            for task in tasks.drain(..) {
                co.yield_from(task)?;
            }
        }
        Ok(())
    }
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(case, meter, |count, size| {
        let handle = event_loop.clone();
        event_loop
            .run_until_complete(move |co: &Co| batches(co, &handle, count, size))
            .expect("all tasks end");
    })
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(case, meter, |count, size| {
        runtime.block_on(async {
            let mut tasks = Vec::with_capacity(size);
            for _ in 0..count {
                tasks.extend((0..size).map(|_| tokio::spawn(async {})));
                for task in tasks.drain(..) {
                    task.await.expect("all tasks end");
                }
            }
        });
    })
}

fn smol(case: &str, meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    measured(case, meter, |count, size| {
        runtimes::smol(&executor, async {
            let mut tasks = Vec::with_capacity(size);
            for _ in 0..count {
                tasks.extend((0..size).map(|_| executor.spawn(async {})));
                for task in tasks.drain(..) {
                    task.await;
                }
            }
        });
    })
}

fn monoio(case: &str, meter: &Meter) -> Sample {
    let mut runtime = runtimes::monoio();
    measured(case, meter, |count, size| {
        runtime.block_on(async {
            let mut tasks = Vec::with_capacity(size);
            for _ in 0..count {
                tasks.extend((0..size).map(|_| monoio::spawn(async {})));
                for task in tasks.drain(..) {
                    task.await;
                }
            }
        });
    })
}

/// Threads that return at once, by the standard library.
fn threads(case: &str, meter: &Meter) -> Sample {
    measured(case, meter, |count, size| {
        let mut threads = Vec::with_capacity(size);
        for _ in 0..count {
            threads.extend((0..size).map(|_| thread::spawn(|| {})));
            for thread in threads.drain(..) {
                thread.join().expect("it does not panic");
            }
        }
    })
}

/// Processes that end at once, by the standard library; what they begin with is this program's size.
fn processes(case: &str, meter: &Meter) -> Sample {
    let sample = measured(case, meter, |count, size| {
        let mut children = Vec::with_capacity(size);
        for _ in 0..count {
            children.extend((0..size).map(|_| processes::start()));
            children.drain(..).for_each(processes::joined);
        }
    });
    // Theirs are not those of this one.
    sample.uncounted()
}

fn may(case: &str, meter: &Meter) -> Sample {
    let may = May::start();
    measured(case, meter, |count, size| {
        may.run(move || {
            let mut tasks = Vec::with_capacity(size);
            for _ in 0..count {
                tasks.extend((0..size).map(|_| may::go!(|| {})));
                tasks.drain(..).for_each(joined);
            }
        });
    })
}
