//! Waiting for the first of many.

use std::time::{Duration, Instant};

use futures_util::future::select_all;
use may::cqueue::{self, EventSender};
use may::sync::mpsc::Sender;
use smol::LocalExecutor;
use smol::channel;
use tokio::sync::oneshot;
use yieldfrom::{Co, EventLoop, FIRST_COMPLETED, Future, Result, wait};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, May};
use crate::questions::{Case, Contestant, Question, number};

const SCRIPT: &str = include_str!("../peers/python/wait.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/wait_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "wait",
    about: "a task waits for the first of so many futures (tokio: oneshot channels; smol, go: channels; may: coroutines of a queue of events), all of \
            which are pending; something that runs next ends one of them, another one at each turn; the rest \
            stay for the next wait, with a new one; ns for each wait",
    cases: &[Case::ns("first-of=10"), Case::ns("first-of=100")],
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

/// Measures what waits a number of times.
fn measured(meter: &Meter, mut run: impl FnMut(u64)) -> Sample {
    meter.runs(|count| -> Duration {
        let start = Instant::now();
        run(count);
        start.elapsed()
    })
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    fn waits(co: &Co, event_loop: &EventLoop, size: usize, count: u64) -> Result<()> {
        let mut futures: Vec<Future<()>> = (0..size).map(|_| event_loop.create_future()).collect();
        for at in (0..size).cycle().take(count as usize) {
            let first = futures[at].clone();
            event_loop.call_soon(move || first.set_result(()).expect("it is pending"))?;
            let outcome = co.yield_from(wait(futures).return_when(FIRST_COMPLETED))?;
            assert_eq!(outcome.done.len(), 1);
            futures = outcome.pending;
            futures.push(event_loop.create_future());
        }
        Ok(())
    }
    let size = number(case);
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(meter, |count| {
        let handle = event_loop.clone();
        event_loop
            .run_until_complete(move |co: &Co| waits(co, &handle, size, count))
            .expect("all waits end");
    })
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let size = number(case);
    let runtime = runtimes::tokio();
    measured(meter, |count| {
        runtime.block_on(async {
            let (mut senders, mut receivers): (Vec<_>, Vec<_>) =
                (0..size).map(|_| oneshot::channel()).unzip();
            for at in (0..size).cycle().take(count as usize) {
                let sender = senders.swap_remove(at);
                tokio::spawn(async move { sender.send(()) });
                let (result, index, rest) = select_all(receivers).await;
                result.expect("the sender has sent");
                assert_eq!(index, at);
                let (sender, receiver) = oneshot::channel();
                receivers = rest;
                receivers.push(receiver);
                senders.push(sender);
            }
        });
    })
}

/// Smol has no channel for one message.
fn smol(case: &str, meter: &Meter) -> Sample {
    let size = number(case);
    let executor = LocalExecutor::new();
    let pair = || {
        let (sender, receiver) = channel::bounded(1);
        (sender, Box::pin(async move { receiver.recv().await }))
    };
    measured(meter, |count| {
        runtimes::smol(&executor, async {
            let (mut senders, mut receivers): (Vec<_>, Vec<_>) = (0..size).map(|_| pair()).unzip();
            for at in (0..size).cycle().take(count as usize) {
                let sender = senders.swap_remove(at);
                executor
                    .spawn(async move { sender.send(()).await })
                    .detach();
                let (result, index, rest) = select_all(receivers).await;
                result.expect("the sender has sent");
                assert_eq!(index, at);
                let (sender, receiver) = pair();
                receivers = rest;
                receivers.push(receiver);
                senders.push(sender);
            }
        });
    })
}

/// What waits for one of many is a coroutine for each, which goes on waiting: they are made and
/// ended beside the time that counts.
fn may(case: &str, meter: &Meter) -> Sample {
    let size = number(case);
    let may = May::start();
    let sample = meter.runs(|count| may.run(move || may_waits(size, count)));
    // That they are made and ended would count.
    sample.uncounted()
}

fn may_waits(size: usize, count: u64) -> Duration {
    cqueue::scope(|queue| {
        let create = |at| {
            let (sender, receiver) = may::sync::mpsc::channel();
            may::go!(queue, at, move |events: EventSender<'_>| {
                receiver.iter().for_each(|()| events.send(at));
            });
            sender
        };
        let senders: Vec<_> = (0..size).map(create).collect();
        let first_of = |at: usize| {
            let sender: Sender<()> = senders[at].clone();
            may::go!(move || sender.send(()).expect("somebody waits"));
            let event = queue.poll(None).expect("somebody waits");
            assert_eq!(event.token, at);
        };
        // So that all have started.
        (0..size).for_each(first_of);
        let start = Instant::now();
        (0..size).cycle().take(count as usize).for_each(first_of);
        let took = start.elapsed();
        drop(senders);
        while queue.poll(None).is_ok() {}
        took
    })
}
