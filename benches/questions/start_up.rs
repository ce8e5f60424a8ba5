//! The first loop of a process, and its first task.

use std::mem;
use std::time::Instant;

use smol::LocalExecutor;
use yieldfrom::{Co, EventLoop};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, joined};
use crate::questions::{Case, Contestant, Question};

const SCRIPT: &str = include_str!("../peers/python/start_up.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/start_up_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "start-up",
    about: "in a new process, a loop is made, and a task on it creates a task and awaits it: until that has ended. \
            Each sample is a process; what it does before is not counted, nor is the import of asyncio",
    cases: &[Case::new("first-task", "us")],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::rust("monoio", monoio),
        Contestant::rust("may", may),
        Contestant::absent("go", "its scheduler has started before its program does"),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT),
        Contestant::package("gevent", GEVENT_SCRIPT),
    ],
    repetitions: usize::MAX,
    seconds: 0.02,
};

/// Returns the microseconds since then. Nothing is warm, so there is one run.
fn since(start: Instant) -> Sample {
    Sample::count(start.elapsed().as_secs_f64() * 1e6)
}

fn yieldfrom(_case: &str, _meter: &Meter) -> Sample {
    let start = Instant::now();
    let event_loop = EventLoop::new().expect("the loop starts");
    let handle = event_loop.clone();
    let main = move |co: &Co| co.yield_from(handle.create_task(|_: &Co| Ok(1)));
    event_loop.run_until_complete(main).expect("it ends");
    let sample = since(start);
    // To close it is not part of the question: here and below.
    mem::forget(event_loop);
    sample
}

fn tokio(_case: &str, _meter: &Meter) -> Sample {
    let start = Instant::now();
    let runtime = runtimes::tokio();
    let main = runtime.spawn(async { tokio::spawn(async { 1 }).await.expect("it ends") });
    runtime.block_on(main).expect("it ends");
    let sample = since(start);
    mem::forget(runtime);
    sample
}

/// Without timers and sockets: these need a thread, which smol starts when they are first used.
fn smol(_case: &str, _meter: &Meter) -> Sample {
    let start = Instant::now();
    let executor = LocalExecutor::new();
    runtimes::smol(&executor, async {
        let task = executor.spawn(async { 1 });
        task.await
    });
    let sample = since(start);
    mem::forget(executor);
    sample
}

/// With its ring, or its epoll, which is made with the runtime.
fn monoio(_case: &str, _meter: &Meter) -> Sample {
    let start = Instant::now();
    let mut runtime = runtimes::monoio();
    runtime.block_on(async {
        let main = monoio::spawn(async { monoio::spawn(async { 1 }).await });
        main.await
    });
    let sample = since(start);
    mem::forget(runtime);
    sample
}

/// With as many stacks as it keeps if nobody says how many, all of which its first coroutine makes.
fn may(_case: &str, _meter: &Meter) -> Sample {
    let start = Instant::now();
    may::config().set_workers(1).set_worker_pin(false);
    joined(may::go!(|| joined(may::go!(|| 1))));
    since(start)
}
