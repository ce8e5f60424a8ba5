//! Futures of async/await, on a loop of ours and on those that are made for them.

use std::future::ready;
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use smol::LocalExecutor;
use smol::channel::{Receiver, Sender, bounded};
use tokio::task::{LocalSet, spawn_local};
use yieldfrom::{Co, EventLoop, Result, Task, from_std, spawn_std};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes;
use crate::questions::{Case, Contestant, Question};

const AWAIT: &str = "await";
const READY: &str = "ready";
const SPAWN: &str = "spawn batch=1000";
const SPAWN_ONE: &str = "spawn one-by-one";
const WAKE: &str = "wake";

/// How many tasks a batch has.
const BATCH: usize = 1000;

pub(crate) const QUESTION: Question = Question {
    name: "futures",
    about: "futures of async/await; await: an async block awaits a future that wakes itself and is pending once (a \
            task of tokio's or smol's; tokio-block-on: no task; yieldfrom: the block by from_std in a coroutine; \
            yieldfrom-task: as a task by spawn_std); ready: a coroutine delegates to from_std(ready(x)); spawn: an \
            async block that returns at once is spawned and joined, 1000 at a time or each before the next \
            (yieldfrom: spawn_std, joined by a coroutine; yieldfrom-task: joined by async code; yieldfrom-coroutine: \
            a coroutine in place of the block; tokio: spawn_local in a LocalSet); wake: a question to another thread \
            and its answer, by two channels of async-channel; ns for each",
    cases: &[
        Case::ns(AWAIT),
        Case::ns(READY),
        Case::ns(SPAWN),
        Case::ns(SPAWN_ONE).long(),
        Case::ns(WAKE),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("yieldfrom-task", yieldfrom_task).only(&[AWAIT, SPAWN, SPAWN_ONE, WAKE]),
        Contestant::rust("yieldfrom-coroutine", yieldfrom_coroutine).only(&[SPAWN, SPAWN_ONE]),
        Contestant::rust("tokio", tokio).only(&[AWAIT, SPAWN, SPAWN_ONE, WAKE]),
        Contestant::rust("tokio-spawn", tokio_spawn).only(&[AWAIT, SPAWN, SPAWN_ONE]),
        Contestant::rust("tokio-block-on", tokio_block_on).only(&[AWAIT, WAKE]),
        Contestant::rust("smol", smol).only(&[AWAIT, SPAWN, SPAWN_ONE, WAKE]),
    ],
    repetitions: usize::MAX,
    seconds: 0.07,
};

/// A future that is pending once, and wakes itself.
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn yields(count: u64) {
    for _ in 0..count {
        Once(false).await;
    }
}

/// Asks another thread so often.
async fn asks(thread: Answering, count: u64) {
    for _ in 0..count {
        thread.questions.send(()).await.expect("it answers");
        thread.answers.recv().await.expect("it answers");
    }
}

/// A thread that answers each question, and ends when this is dropped.
struct Answering {
    questions: Sender<()>,
    answers: Receiver<()>,
}

impl Answering {
    fn start() -> Self {
        let (questions, asked) = bounded(1);
        let (answering, answers) = bounded(1);
        thread::spawn(move || {
            while asked.recv_blocking().is_ok() && answering.send_blocking(()).is_ok() {}
        });
        Self { questions, answers }
    }
}

/// Measures what does so many operations. Tasks come in batches of the size that it gets.
fn measured(case: &str, meter: &Meter, mut run: impl FnMut(u64, usize)) -> Sample {
    let size = if case == SPAWN { BATCH } else { 1 };
    let sample = meter.runs(|count| -> Duration {
        let start = Instant::now();
        run(count, size);
        start.elapsed()
    });
    // What two threads do, each for the other, is not the same each time.
    let sample = if case == WAKE {
        sample.uncounted()
    } else {
        sample
    };
    sample.divided(size)
}

/// Measures what a coroutine does.
fn in_coroutine(
    case: &str,
    meter: &Meter,
    run: impl Fn(&Co, &EventLoop, u64, usize) -> Result<()> + Copy + 'static,
) -> Sample {
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(case, meter, |count, size| {
        let handle = event_loop.clone();
        let end = event_loop.run_until_complete(move |co: &Co| run(co, &handle, count, size));
        end.expect("all is done");
    })
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    match case {
        AWAIT => in_coroutine(case, meter, |co, _, count, _| {
            co.yield_from(from_std(yields(count)))
        }),
        READY => in_coroutine(case, meter, |co, _, count, _| readies(co, count)),
        WAKE => in_coroutine(case, meter, |co, _, count, _| {
            co.yield_from(from_std(asks(Answering::start(), count)))
        }),
        _ => in_coroutine(case, meter, |co, event_loop, count, size| {
            joined(co, count, size, || event_loop.spawn_std(async {}))
        }),
    }
}

/// Delegates so often to a future that is ready.
fn readies(co: &Co, count: u64) -> Result<()> {
    for x in 0..count {
        black_box(co.yield_from(from_std(ready(black_box(x))))?);
    }
    Ok(())
}

fn yieldfrom_coroutine(case: &str, meter: &Meter) -> Sample {
    in_coroutine(case, meter, |co, event_loop, count, size| {
        joined(co, count, size, || event_loop.create_task(|_: &Co| Ok(())))
    })
}

/// Spawns batches of tasks, and joins them.
fn joined(co: &Co, count: u64, size: usize, spawn: impl Fn() -> Task<()>) -> Result<()> {
    let mut tasks = Vec::with_capacity(size);
    for _ in 0..count {
        tasks.extend((0..size).map(|_| spawn()));
        for task in tasks.drain(..) {
            co.yield_from(task)?;
        }
    }
    Ok(())
}

fn yieldfrom_task(case: &str, meter: &Meter) -> Sample {
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(case, meter, |count, size| {
        let task = match case {
            AWAIT => event_loop.spawn_std(yields(count)),
            WAKE => event_loop.spawn_std(asks(Answering::start(), count)),
            _ => event_loop.spawn_std(async_joined(count, size, || spawn_std(async {}))),
        };
        event_loop.run_until_complete(task).expect("all is done");
    })
}

/// The same in async code; what a task returns counts for nothing.
async fn async_joined<T: IntoFuture>(count: u64, size: usize, spawn: impl Fn() -> T) {
    let mut tasks = Vec::with_capacity(size);
    for _ in 0..count {
        tasks.extend((0..size).map(|_| spawn()));
        for task in tasks.drain(..) {
            task.await;
        }
    }
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let (runtime, local) = (runtimes::tokio(), LocalSet::new());
    measured(case, meter, |count, size| {
        let done = match case {
            AWAIT => local.block_on(&runtime, async { spawn_local(yields(count)).await }),
            WAKE => {
                let asks = asks(Answering::start(), count);
                local.block_on(&runtime, async { spawn_local(asks).await })
            }
            _ => {
                let joined = async_joined(count, size, || spawn_local(async {}));
                local.block_on(&runtime, async { spawn_local(joined).await })
            }
        };
        done.expect("it does not panic");
    })
}

fn tokio_spawn(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(case, meter, |count, size| {
        let task = match case {
            AWAIT => runtime.spawn(yields(count)),
            _ => runtime.spawn(async_joined(count, size, || tokio::spawn(async {}))),
        };
        runtime.block_on(task).expect("it does not panic");
    })
}

fn tokio_block_on(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(case, meter, |count, _| match case {
        AWAIT => runtime.block_on(yields(count)),
        _ => runtime.block_on(asks(Answering::start(), count)),
    })
}

fn smol(case: &str, meter: &Meter) -> Sample {
    let executor = Rc::new(LocalExecutor::new());
    measured(case, meter, |count, size| {
        let task = match case {
            AWAIT => executor.spawn(yields(count)),
            WAKE => executor.spawn(asks(Answering::start(), count)),
            _ => {
                let spawner = Rc::clone(&executor);
                executor.spawn(async move {
                    async_joined(count, size, || spawner.spawn(async {})).await;
                })
            }
        };
        runtimes::smol(&executor, task);
    })
}
