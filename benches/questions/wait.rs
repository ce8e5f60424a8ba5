//! Waiting for the first of many.

use std::time::{Duration, Instant};

use futures_util::future::select_all;
use may::cqueue::{self, EventSender};
use may::sync::mpsc::Sender;
use smol::LocalExecutor;
use smol::channel;
use tokio::sync::{Notify, mpsc, oneshot};
use yieldfrom::{Co, Event, EventLoop, FIRST_COMPLETED, Future, Queue, Result, first, sleep, wait};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, May};
use crate::questions::{Case, Contestant, Question, number};

const SCRIPT: &str = include_str!("../peers/python/wait.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/wait_gevent.py");

/// The case of three different things.
const SELECT: &str = "select=3";

/// What those answer that have no `select` of different things, or none that is written here.
const FIRST_OF: &[&str] = &["first-of=10", "first-of=100"];

pub(crate) const QUESTION: Question = Question {
    name: "wait",
    about: "a task waits for the first of so many futures (tokio: oneshot channels; smol, go: channels; may: coroutines of a queue of events), all of \
            which are pending; something that runs next ends one of them, another one at each turn; the rest \
            stay for the next wait, with a new one; ns for each wait. yieldfrom-first: the same by `first`, of `get`s of so many \
            queues. select=3: the first of an item of a queue, an event and a timer of a minute, by `first` and `select!`; \
            the item comes",
    cases: &[
        Case::ns("first-of=10"),
        Case::ns("first-of=100"),
        Case::ns("select=3"),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("yieldfrom-first", yieldfrom_first).only(FIRST_OF),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol).only(FIRST_OF),
        Contestant::rust("may", may).only(FIRST_OF),
        Contestant::go().only(FIRST_OF),
        Contestant::asyncio(SCRIPT).only(FIRST_OF),
        Contestant::uvloop(SCRIPT).only(FIRST_OF).long(),
        Contestant::gevent(GEVENT_SCRIPT).only(FIRST_OF),
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
    if case == SELECT {
        return in_loop(meter, select);
    }
    let size = number(case);
    in_loop(meter, move |co, event_loop, count| {
        waits(co, event_loop, size, count)
    })
}

/// Measures a coroutine that waits a number of times.
fn in_loop(
    meter: &Meter,
    run: impl Fn(&Co, &EventLoop, u64) -> Result<()> + Copy + 'static,
) -> Sample {
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(meter, |count| {
        let handle = event_loop.clone();
        event_loop
            .run_until_complete(move |co: &Co| run(co, &handle, count))
            .expect("all waits end");
    })
}

fn select(co: &Co, event_loop: &EventLoop, count: u64) -> Result<()> {
    let (queue, event) = (Queue::new(), Event::new());
    for _ in 0..count {
        let input = queue.clone();
        event_loop.call_soon(move || input.put_nowait(()).expect("it has no limit"))?;
        let (item, _, _) = co.yield_from(first((queue.get(), event.wait(), sleep(60))))?;
        item.expect("it came first")?;
    }
    Ok(())
}

fn yieldfrom_first(case: &str, meter: &Meter) -> Sample {
    let size = number(case);
    in_loop(meter, move |co, event_loop, count| {
        let queues: Vec<Queue<()>> = (0..size).map(|_| Queue::new()).collect();
        for at in (0..size).cycle().take(count as usize) {
            let input = queues[at].clone();
            event_loop.call_soon(move || input.put_nowait(()).expect("it has no limit"))?;
            let outcomes = co.yield_from(first(queues.iter().map(Queue::get)))?;
            assert!(outcomes[at].is_some());
        }
        Ok(())
    })
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    if case == SELECT {
        return tokio_select(meter);
    }
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

fn tokio_select(meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(meter, |count| {
        runtime.block_on(async {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            let event = Notify::new();
            for _ in 0..count {
                let sender = sender.clone();
                tokio::spawn(async move { sender.send(()) });
                tokio::select! {
                    item = receiver.recv() => item.expect("the sender has sent"),
                    () = event.notified() => unreachable!("nobody notifies"),
                    () = tokio::time::sleep(Duration::from_secs(60)) => unreachable!("the item came first"),
                }
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
