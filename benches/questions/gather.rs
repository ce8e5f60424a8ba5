//! Waiting for the results of many.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use smol::LocalExecutor;
use tokio::task::JoinSet;
use yieldfrom::{Co, EventLoop, Result, coroutine, gather};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, May, joined};
use crate::questions::{Case, Contestant, Question, number};

const SCRIPT: &str = include_str!("../peers/python/gather.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/gather_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "gather",
    about: "a task makes so many tasks that return a number at once, and gathers the results (tokio: by a JoinSet; \
            smol: by join_all; may: joins each; go: by a WaitGroup); ns for each task",
    cases: &[Case::ns("n=1000")],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::rust("may", may),
        Contestant::go(),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT).long(),
        Contestant::gevent(GEVENT_SCRIPT),
    ],
    repetitions: usize::MAX,
    seconds: 0.07,
};

/// Measures what gathers, a number of times, as many results as the case says. It returns their sums.
fn measured(case: &str, meter: &Meter, mut run: impl FnMut(u64, u64) -> u64) -> Sample {
    let size = number(case);
    let sample = meter.runs(|count| -> Duration {
        let start = Instant::now();
        let sum = run(count, size as u64);
        let took = start.elapsed();
        assert_eq!(sum, count * (0..size as u64).sum::<u64>());
        took
    });
    sample.divided(size)
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(case, meter, |count, size| {
        let gathers = move |co: &Co| -> Result<u64> {
            let mut sum = 0;
            for _ in 0..count {
                let tasks = (0..size).map(|number| coroutine(move |_: &Co| Ok(number)));
                sum += co.yield_from(gather(tasks))?.iter().sum::<u64>();
            }
            Ok(sum)
        };
        let sum = event_loop.run_until_complete(gathers);
        sum.expect("all tasks end")
    })
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(case, meter, |count, size| {
        runtime.block_on(async {
            let mut sum = 0;
            for _ in 0..count {
                let tasks: JoinSet<u64> = (0..size).map(|number| async move { number }).collect();
                sum += tasks.join_all().await.iter().sum::<u64>();
            }
            sum
        })
    })
}

fn smol(case: &str, meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    measured(case, meter, |count, size| {
        runtimes::smol(&executor, async {
            let mut sum = 0;
            for _ in 0..count {
                let tasks = (0..size).map(|number| executor.spawn(async move { number }));
                sum += join_all(tasks).await.iter().sum::<u64>();
            }
            sum
        })
    })
}

fn may(case: &str, meter: &Meter) -> Sample {
    let may = May::start();
    measured(case, meter, |count, size| {
        may.run(move || {
            let mut sum = 0;
            for _ in 0..count {
                let create = |number| may::go!(move || number);
                let tasks: Vec<_> = (0..size).map(create).collect();
                sum += tasks.into_iter().map(joined).sum::<u64>();
            }
            sum
        })
    })
}
