//! A task lets the others go first.
//!
//! In the cases `helper` a task yields in a function that is not inlined: a switch of
//! stacks in there makes the processor mispredict its return, and a future is polled through it.

mod deferred;
pub(super) mod threads;

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use smol::LocalExecutor;
use yieldfrom::{Co, EventLoop, Result, yield_now};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::poll_helper;
use crate::peers::runtimes::{self, May, joined};
use crate::questions::{Case, Contestant, Question, SMALL_STACK};

const SCRIPT: &str = include_str!("../peers/python/switch.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/switch_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "switch",
    about: "a task creates so many others (yieldfrom's on stacks of 16 KiB), which yield to each other in turn (threads: wake each other in a \
            ring; monoio's tasks: are woken by a further one), and awaits them; ns for a yield, from when all \
            are there until all are awaited",
    cases: &[
        Case::ns("tasks=1 inlined").long(),
        Case::ns("tasks=1 helper").long(),
        Case::ns("tasks=100 inlined"),
        Case::ns("tasks=100 helper"),
        Case::ns("tasks=10000 inlined"),
        Case::ns("tasks=10000 helper").long(),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("tokio", tokio),
        Contestant::rust("tokio-selfwake", tokio_selfwake),
        Contestant::rust("smol", smol),
        Contestant::rust("monoio", deferred::monoio),
        Contestant::rust("threads", threads::ring).only(threads::RINGS),
        Contestant::absent("threads", threads::ALONE).only(threads::ONE),
        Contestant::absent("threads", threads::TOO_MANY).only(threads::MANY),
        Contestant::rust("may", may),
        Contestant::go(),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT).long(),
        Contestant::gevent(GEVENT_SCRIPT).long(),
    ],
    repetitions: usize::MAX,
    seconds: 0.4,
};

/// What a case asks for.
#[derive(Clone, Copy)]
struct Work {
    tasks: usize,
    /// How often each task yields: often enough that its beginning and end do not count.
    yields: usize,
    helper: bool,
}

impl Work {
    fn of(case: &str) -> Self {
        let (_, work) = case.split_once('=').expect("a case is called so");
        let (tasks, how) = work.split_once(' ').expect("a case is called so");
        let tasks = tasks.parse().expect("a case is called so");
        Self {
            tasks,
            yields: (40_000 / tasks).max(200),
            helper: how == "helper",
        }
    }

    fn yields_in_all(self) -> usize {
        self.tasks * self.yields
    }
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    let work = Work::of(case);
    let builder = EventLoop::builder().stack_size(SMALL_STACK);
    let event_loop = builder.build().expect("the loop starts");
    meter.batches(work.yields_in_all(), || {
        let handle = event_loop.clone();
        event_loop
            .run_until_complete(move |co: &Co| all_yield(co, &handle, work))
            .expect("all tasks end")
    })
}

fn all_yield(co: &Co, event_loop: &EventLoop, work: Work) -> Result<Duration> {
    #[inline(never)]
    fn helper(co: &Co) -> Result<()> {
        co.yield_from(yield_now())
    }
    let inlined = move |co: &Co| (0..work.yields).try_for_each(|_| co.yield_from(yield_now()));
    let helped = move |co: &Co| (0..work.yields).try_for_each(|_| helper(co));
    let create = |_| match work.helper {
        true => event_loop.create_task(helped),
        false => event_loop.create_task(inlined),
    };
    let tasks: Vec<_> = (0..work.tasks).map(create).collect();
    // So that they have started.
    co.yield_from(yield_now())?;
    let start = Instant::now();
    for task in tasks {
        co.yield_from(task)?;
    }
    Ok(start.elapsed())
}

async fn inlined<F: Future<Output = ()>>(yields: usize, pause: impl Fn() -> F) {
    for _ in 0..yields {
        pause().await;
    }
}

async fn helped<F: Future<Output = ()>>(yields: usize, pause: impl Fn() -> F) {
    for _ in 0..yields {
        let mut suspension = pin!(pause());
        poll_fn(|context| poll_helper(suspension.as_mut(), context)).await;
    }
}

/// Tokio's own way: whoever yields is woken when the runtime has looked after everything else.
fn tokio(case: &str, meter: &Meter) -> Sample {
    on_tokio(case, meter, tokio::task::yield_now)
}

/// Tokio without that: a future that wakes its task at once and is pending once.
fn tokio_selfwake(case: &str, meter: &Meter) -> Sample {
    on_tokio(case, meter, || SelfWake { woken: false })
}

struct SelfWake {
    woken: bool,
}

impl Future for SelfWake {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.woken {
            return Poll::Ready(());
        }
        self.woken = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn on_tokio<P, F>(case: &str, meter: &Meter, pause: P) -> Sample
where
    P: Fn() -> F + Copy + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let Work {
        tasks,
        yields,
        helper,
    } = Work::of(case);
    let create = |_| match helper {
        true => tokio::spawn(helped(yields, pause)),
        false => tokio::spawn(inlined(yields, pause)),
    };
    let runtime = runtimes::tokio();
    meter.batches(tasks * yields, || {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..tasks).map(create).collect();
            pause().await;
            let start = Instant::now();
            for task in tasks {
                task.await.expect("all tasks end");
            }
            start.elapsed()
        })
    })
}

fn smol(case: &str, meter: &Meter) -> Sample {
    let Work {
        tasks,
        yields,
        helper,
    } = Work::of(case);
    let executor = LocalExecutor::new();
    let create = |_| match helper {
        true => executor.spawn(helped(yields, smol::future::yield_now)),
        false => executor.spawn(inlined(yields, smol::future::yield_now)),
    };
    meter.batches(tasks * yields, || {
        runtimes::smol(&executor, async {
            let tasks: Vec<_> = (0..tasks).map(create).collect();
            smol::future::yield_now().await;
            let start = Instant::now();
            for task in tasks {
                task.await;
            }
            start.elapsed()
        })
    })
}

/// May maps new stacks, above as many as it keeps, and unmaps them at their end; so that
/// this does not count, the time of few yields is taken from that of many.
fn may(case: &str, meter: &Meter) -> Sample {
    let work = Work::of(case);
    let may = May::start();
    let all = |work| meter.batches(1, || may.run(move || all_yield_in_may(work)));
    let few = all(work);
    let many = all(Work {
        yields: 3 * work.yields,
        ..work
    });
    Sample {
        value: (many.value - few.value) / (2 * work.yields_in_all()) as f64,
        // Whoever counts instructions counts those of both.
        ..many.divided(4 * work.yields_in_all())
    }
}

fn all_yield_in_may(work: Work) -> Duration {
    #[inline(never)]
    fn helper() {
        may::coroutine::yield_now();
        // Else this would be a jump, and return to the body.
        black_box(());
    }
    let inlined = move || (0..work.yields).for_each(|_| may::coroutine::yield_now());
    let helped = move || (0..work.yields).for_each(|_| helper());
    let create = |_| match work.helper {
        true => may::go!(helped),
        false => may::go!(inlined),
    };
    let tasks: Vec<_> = (0..work.tasks).map(create).collect();
    may::coroutine::yield_now();
    let start = Instant::now();
    tasks.into_iter().for_each(joined);
    start.elapsed()
}
