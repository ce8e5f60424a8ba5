//! The end of tasks that sleep.

use std::time::{Duration, Instant};

use smol::{LocalExecutor, Timer};
use yieldfrom::{Co, EventLoop, Result, Task, sleep, yield_now};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes;
use crate::questions::{Case, Contestant, Question, SMALL_STACK, number};

const HOUR: Duration = Duration::from_secs(3600);

const SCRIPT: &str = include_str!("../peers/python/cancel.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/cancel_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "cancel",
    about: "a task cancels so many tasks that sleep (yieldfrom's on stacks of 16 KiB), and awaits each; ns for each, without making them",
    cases: &[Case::ns("n=10000")],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::absent("monoio", "its tasks cannot be cancelled"),
        Contestant::absent(
            "may",
            "its way to cancel is unsafe code, which this program does without",
        ),
        Contestant::go(),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT).long(),
        Contestant::gevent(GEVENT_SCRIPT).long(),
    ],
    repetitions: usize::MAX,
    seconds: 0.5,
};

/// Measures what makes, cancels and awaits as many tasks as the case says. It returns how long it took
/// from the first cancellation to the last end.
fn measured(case: &str, meter: &Meter, mut run: impl FnMut(usize) -> Duration) -> Sample {
    let size = number(case);
    let sample = meter.runs(|count| (0..count).map(|_| run(size)).sum());
    // Making them takes more instructions than their end.
    sample.divided(size).uncounted()
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    fn round(co: &Co, event_loop: &EventLoop, size: usize) -> Result<Duration> {
        let sleeper = || event_loop.create_task(|co: &Co| co.yield_from(sleep(HOUR)));
        let tasks: Vec<Task<()>> = (0..size).map(|_| sleeper()).collect();
        co.yield_from(yield_now())?;
        let start = Instant::now();
        for task in &tasks {
            task.cancel();
        }
        for task in tasks {
            assert!(co.yield_from(task).is_err_and(|error| error.is_cancelled()));
        }
        Ok(start.elapsed())
    }
    let builder = EventLoop::builder().stack_size(SMALL_STACK);
    let event_loop = builder.build().expect("the loop starts");
    measured(case, meter, |size| {
        let handle = event_loop.clone();
        event_loop
            .run_until_complete(move |co: &Co| round(co, &handle, size))
            .expect("the sleepers are cancelled, not the round")
    })
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(case, meter, |size| {
        runtime.block_on(async {
            let sleeper = || tokio::spawn(tokio::time::sleep(HOUR));
            let tasks: Vec<_> = (0..size).map(|_| sleeper()).collect();
            tokio::task::yield_now().await;
            let start = Instant::now();
            for task in &tasks {
                task.abort();
            }
            for task in tasks {
                assert!(task.await.is_err_and(|error| error.is_cancelled()));
            }
            start.elapsed()
        })
    })
}

fn smol(case: &str, meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    measured(case, meter, |size| {
        runtimes::smol(&executor, async {
            let sleeper = || executor.spawn(Timer::after(HOUR));
            let tasks: Vec<_> = (0..size).map(|_| sleeper()).collect();
            smol::future::yield_now().await;
            let start = Instant::now();
            // It cancels and waits in one.
            for task in tasks {
                assert!(task.cancel().await.is_none());
            }
            start.elapsed()
        })
    })
}
