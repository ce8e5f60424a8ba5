//! A lock, or a permit of a semaphore, goes from one task to the next.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use smol::LocalExecutor;
use yieldfrom::sync::{Lock, Semaphore};
use yieldfrom::{Co, EventLoop, Result, yield_now};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, May, joined};
use crate::questions::{Case, Contestant, Question, number};

/// How often each task gets it in a run.
const TIMES: usize = 20;
/// How many permits the semaphore has.
const PERMITS: usize = 10;

const LOCK_SCRIPT: &str = concat!(
    "make = lambda: asyncio.Lock()\n",
    include_str!("../peers/python/hand_off.py")
);
const SEMAPHORE_SCRIPT: &str = concat!(
    "make = lambda: asyncio.Semaphore(10)\n",
    include_str!("../peers/python/hand_off.py")
);

const GEVENT_LOCK_SCRIPT: &str = concat!(
    "make = lambda: Semaphore(1)\n",
    include_str!("../peers/python/hand_off_gevent.py")
);
const GEVENT_SEMAPHORE_SCRIPT: &str = concat!(
    "make = lambda: Semaphore(10)\n",
    include_str!("../peers/python/hand_off_gevent.py")
);

pub(crate) const LOCK: Question = Question {
    name: "lock",
    about: "so many tasks take a lock in turn, and let the others go first while they have it (go: who \
            gives its lock may take it again, for a millisecond); ns for each time that one has it",
    cases: &[Case::ns("tasks=100")],
    contestants: &[
        Contestant::rust("yieldfrom", |case, meter| yieldfrom(case, meter, locked)),
        Contestant::native(),
        Contestant::rust("tokio", tokio_lock),
        Contestant::rust("smol", smol_lock),
        Contestant::rust("may", may_lock),
        Contestant::go(),
        Contestant::asyncio(LOCK_SCRIPT),
        Contestant::uvloop(LOCK_SCRIPT).long(),
        Contestant::gevent(GEVENT_LOCK_SCRIPT),
    ],
    repetitions: usize::MAX,
    seconds: 0.07,
};

pub(crate) const SEMAPHORE: Question = Question {
    name: "semaphore",
    about: "so many tasks take the ten permits of a semaphore in turn, and let the others go first \
            while they have one (go: a channel of capacity 10); ns for each time that one has one",
    cases: &[Case::ns("tasks=100")],
    contestants: &[
        Contestant::rust("yieldfrom", |case, meter| yieldfrom(case, meter, permitted)),
        Contestant::native(),
        Contestant::rust("tokio", tokio_semaphore),
        Contestant::rust("smol", smol_semaphore),
        Contestant::rust("may", may_semaphore),
        Contestant::go(),
        Contestant::asyncio(SEMAPHORE_SCRIPT),
        Contestant::uvloop(SEMAPHORE_SCRIPT).long(),
        Contestant::gevent(GEVENT_SEMAPHORE_SCRIPT),
    ],
    repetitions: usize::MAX,
    seconds: 0.07,
};

/// Measures what lets as many tasks as the case says have it, each `TIMES` times.
fn measured(case: &str, meter: &Meter, mut run: impl FnMut(usize)) -> Sample {
    let tasks = number(case);
    meter.batches(tasks * TIMES, || {
        let start = Instant::now();
        run(tasks);
        start.elapsed()
    })
}

fn yieldfrom(case: &str, meter: &Meter, body: fn(&Co, &Shared) -> Result<()>) -> Sample {
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(case, meter, |tasks| {
        let handle = event_loop.clone();
        let main = move |co: &Co| {
            let shared = Rc::new((Lock::new(), Semaphore::new(PERMITS)));
            let create = |_| {
                let shared = Rc::clone(&shared);
                handle.create_task(move |co: &Co| (0..TIMES).try_for_each(|_| body(co, &shared)))
            };
            let tasks: Vec<_> = (0..tasks).map(create).collect();
            tasks.into_iter().try_for_each(|task| co.yield_from(task))
        };
        event_loop.run_until_complete(main).expect("all tasks end");
    })
}

type Shared = (Lock, Semaphore);

fn locked(co: &Co, (lock, _): &Shared) -> Result<()> {
    let _guard = co.yield_from(lock.acquire())?;
    co.yield_from(yield_now())
}

fn permitted(co: &Co, (_, semaphore): &Shared) -> Result<()> {
    let _permit = co.yield_from(semaphore.acquire())?;
    co.yield_from(yield_now())
}

fn tokio_lock(case: &str, meter: &Meter) -> Sample {
    on_tokio(case, meter, || {
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        move || {
            let lock = Arc::clone(&lock);
            async move {
                for _ in 0..TIMES {
                    let _guard = lock.lock().await;
                    tokio::task::yield_now().await;
                }
            }
        }
    })
}

fn tokio_semaphore(case: &str, meter: &Meter) -> Sample {
    on_tokio(case, meter, || {
        let semaphore = Arc::new(tokio::sync::Semaphore::new(PERMITS));
        move || {
            let semaphore = Arc::clone(&semaphore);
            async move {
                for _ in 0..TIMES {
                    let _permit = semaphore.acquire().await.expect("it is not closed");
                    tokio::task::yield_now().await;
                }
            }
        }
    })
}

/// Runs tasks that `share` makes, once for each run.
fn on_tokio<F, B>(case: &str, meter: &Meter, share: impl Fn() -> F) -> Sample
where
    F: Fn() -> B,
    B: Future<Output = ()> + Send + 'static,
{
    let runtime = runtimes::tokio();
    measured(case, meter, |tasks| {
        runtime.block_on(async {
            let body = share();
            let tasks: Vec<_> = (0..tasks).map(|_| tokio::spawn(body())).collect();
            for task in tasks {
                task.await.expect("all tasks end");
            }
        });
    })
}

fn smol_lock(case: &str, meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    measured(case, meter, |tasks| {
        let lock = smol::lock::Mutex::new(());
        let lock = Rc::new(lock);
        let body = || {
            let lock = Rc::clone(&lock);
            async move {
                for _ in 0..TIMES {
                    let _guard = lock.lock().await;
                    smol::future::yield_now().await;
                }
            }
        };
        on_smol(&executor, tasks, body);
    })
}

fn smol_semaphore(case: &str, meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    measured(case, meter, |tasks| {
        let semaphore = Rc::new(smol::lock::Semaphore::new(PERMITS));
        let body = || {
            let semaphore = Rc::clone(&semaphore);
            async move {
                for _ in 0..TIMES {
                    let _permit = semaphore.acquire().await;
                    smol::future::yield_now().await;
                }
            }
        };
        on_smol(&executor, tasks, body);
    })
}

fn on_smol<B: Future<Output = ()> + 'static>(
    executor: &LocalExecutor<'static>,
    tasks: usize,
    body: impl Fn() -> B,
) {
    runtimes::smol(executor, async {
        let tasks: Vec<_> = (0..tasks).map(|_| executor.spawn(body())).collect();
        for task in tasks {
            task.await;
        }
    });
}

fn may_lock(case: &str, meter: &Meter) -> Sample {
    on_may(case, meter, || {
        let lock = Arc::new(may::sync::Mutex::new(()));
        move || {
            let _guard = lock.lock().expect("nobody panics");
            may::coroutine::yield_now();
        }
    })
}

fn may_semaphore(case: &str, meter: &Meter) -> Sample {
    on_may(case, meter, || {
        let semaphore = Arc::new(may::sync::Semphore::new(PERMITS));
        move || {
            semaphore.wait();
            may::coroutine::yield_now();
            semaphore.post();
        }
    })
}

/// Runs coroutines that do what `share` makes, `TIMES` times each.
fn on_may<B>(case: &str, meter: &Meter, share: fn() -> B) -> Sample
where
    B: Fn() + Clone + Send + 'static,
{
    let may = May::start();
    measured(case, meter, |tasks| {
        may.run(move || {
            let body = share();
            let create = |_| {
                let body = body.clone();
                may::go!(move || (0..TIMES).for_each(|_| body()))
            };
            let tasks: Vec<_> = (0..tasks).map(create).collect();
            tasks.into_iter().for_each(joined);
        });
    })
}
