//! Messages from one task to another.

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use smol::LocalExecutor;
use smol::channel;
use tokio::sync::mpsc;
use yieldfrom::{Co, EventLoop, Queue};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, May, joined};
use crate::questions::{Case, Contestant, Question};

/// How many messages are on the way at most, in the case `stream`.
const CAPACITY: usize = 128;
const PING_PONG: &str = "ping-pong";

const SCRIPT: &str = include_str!("../peers/python/channel.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/channel_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "channel",
    about: "ping-pong: a task sends a number and waits for it to come back, through two queues of \
            capacity 1; stream: it sends through a queue of capacity 128; ns for each message",
    cases: &[Case::ns(PING_PONG), Case::ns("stream")],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("tokio", tokio),
        Contestant::rust("smol", smol),
        Contestant::rust("threads", threads),
        Contestant::rust("may", may).only(&[PING_PONG]),
        Contestant::absent("may", "its channels have no capacity").only(&["stream"]),
        Contestant::go(),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT).long(),
        Contestant::gevent(GEVENT_SCRIPT),
    ],
    repetitions: usize::MAX,
    seconds: 0.07,
};

/// Measures what plays so many rounds of ping-pong, or streams so many messages.
fn measured(
    case: &str,
    meter: &Meter,
    mut ping_pong: impl FnMut(u64),
    mut stream: impl FnMut(u64),
) -> Sample {
    let timed = |run: &mut dyn FnMut(u64), count| {
        let start = Instant::now();
        run(count);
        start.elapsed()
    };
    match case {
        // Each round is two messages.
        PING_PONG => meter.runs(|count| timed(&mut ping_pong, count)).divided(2),
        _ => meter.runs(|count| timed(&mut stream, count)),
    }
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(
        case,
        meter,
        |rounds| yieldfrom_ping_pong(&event_loop, rounds),
        |messages| yieldfrom_stream(&event_loop, messages),
    )
}

fn yieldfrom_ping_pong(event_loop: &EventLoop, rounds: u64) {
    let handle = event_loop.clone();
    let main = move |co: &Co| {
        let (there, back) = (Queue::with_maxsize(1), Queue::with_maxsize(1));
        let (inbox, outbox) = (there.clone(), back.clone());
        let server = handle.create_task(move |co: &Co| {
            (0..rounds).try_for_each(|number| {
                co.yield_from(there.put(number))?;
                co.yield_from(back.get()).map(drop)
            })
        });
        let answerer = handle.create_task(move |co: &Co| {
            (0..rounds).try_for_each(|_| {
                let number = co.yield_from(inbox.get())?;
                co.yield_from(outbox.put(number))
            })
        });
        co.yield_from(server)?;
        co.yield_from(answerer)
    };
    event_loop.run_until_complete(main).expect("both end");
}

fn yieldfrom_stream(event_loop: &EventLoop, messages: u64) {
    let handle = event_loop.clone();
    let main = move |co: &Co| {
        let queue = Queue::with_maxsize(CAPACITY);
        let inbox = queue.clone();
        let producer = handle.create_task(move |co: &Co| {
            (0..messages).try_for_each(|number| co.yield_from(queue.put(number)))
        });
        let consumer = handle.create_task(move |co: &Co| {
            (0..messages).try_for_each(|_| co.yield_from(inbox.get()).map(drop))
        });
        co.yield_from(producer)?;
        co.yield_from(consumer)
    };
    event_loop.run_until_complete(main).expect("both end");
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(
        case,
        meter,
        |rounds| runtime.block_on(tokio_ping_pong(rounds)),
        |messages| runtime.block_on(tokio_stream(messages)),
    )
}

async fn tokio_ping_pong(rounds: u64) {
    let (there, mut inbox) = mpsc::channel(1);
    let (outbox, mut back) = mpsc::channel(1);
    let server = tokio::spawn(async move {
        for number in 0..rounds {
            there.send(number).await.expect("somebody answers");
            back.recv().await.expect("somebody answers");
        }
    });
    let answerer = tokio::spawn(async move {
        for _ in 0..rounds {
            let number = inbox.recv().await.expect("somebody serves");
            outbox.send(number).await.expect("somebody serves");
        }
    });
    server.await.expect("it ends");
    answerer.await.expect("it ends");
}

async fn tokio_stream(messages: u64) {
    let (queue, mut inbox) = mpsc::channel(CAPACITY);
    let producer = tokio::spawn(async move {
        for number in 0..messages {
            queue.send(number).await.expect("somebody consumes");
        }
    });
    let consumer = tokio::spawn(async move {
        for _ in 0..messages {
            inbox.recv().await.expect("somebody produces");
        }
    });
    producer.await.expect("it ends");
    consumer.await.expect("it ends");
}

fn smol(case: &str, meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    measured(
        case,
        meter,
        |rounds| runtimes::smol(&executor, smol_ping_pong(&executor, rounds)),
        |messages| runtimes::smol(&executor, smol_stream(&executor, messages)),
    )
}

async fn smol_ping_pong(executor: &LocalExecutor<'static>, rounds: u64) {
    let (there, inbox) = channel::bounded(1);
    let (outbox, back) = channel::bounded(1);
    let server = executor.spawn(async move {
        for number in 0..rounds {
            there.send(number).await.expect("somebody answers");
            back.recv().await.expect("somebody answers");
        }
    });
    let answerer = executor.spawn(async move {
        for _ in 0..rounds {
            let number = inbox.recv().await.expect("somebody serves");
            outbox.send(number).await.expect("somebody serves");
        }
    });
    server.await;
    answerer.await;
}

async fn smol_stream(executor: &LocalExecutor<'static>, messages: u64) {
    let (queue, inbox) = channel::bounded(CAPACITY);
    let producer = executor.spawn(async move {
        for number in 0..messages {
            queue.send(number).await.expect("somebody consumes");
        }
    });
    let consumer = executor.spawn(async move {
        for _ in 0..messages {
            inbox.recv().await.expect("somebody produces");
        }
    });
    producer.await;
    consumer.await;
}

/// Two threads and the standard library's channels; all on one processor, as all contestants are.
fn threads(case: &str, meter: &Meter) -> Sample {
    measured(case, meter, threads_ping_pong, threads_stream)
}

fn threads_ping_pong(rounds: u64) {
    let (there, inbox) = sync_channel(1);
    let (outbox, back) = sync_channel(1);
    thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..rounds {
                there.send(number).expect("somebody answers");
                back.recv().expect("somebody answers");
            }
        });
        scope.spawn(move || {
            for _ in 0..rounds {
                let number = inbox.recv().expect("somebody serves");
                outbox.send(number).expect("somebody serves");
            }
        });
    });
}

fn threads_stream(messages: u64) {
    let (queue, inbox) = sync_channel(CAPACITY);
    thread::scope(|scope| {
        scope.spawn(move || {
            (0..messages).for_each(|number| queue.send(number).expect("somebody consumes"));
        });
        scope.spawn(move || {
            (0..messages).for_each(|_| _ = inbox.recv().expect("somebody produces"));
        });
    });
}

/// Its queues have no capacity, but never hold more than one message here. (Of those it has, this is
/// the counterpart of tokio's.)
fn may(case: &str, meter: &Meter) -> Sample {
    let may = May::start();
    let ping_pong = |rounds| may.run(move || may_ping_pong(rounds));
    measured(case, meter, ping_pong, |_| unreachable!("it is absent"))
}

fn may_ping_pong(rounds: u64) {
    let (there, inbox) = may::sync::mpsc::channel();
    let (outbox, back) = may::sync::mpsc::channel();
    let server = may::go!(move || {
        for number in 0..rounds {
            there.send(number).expect("somebody answers");
            back.recv().expect("somebody answers");
        }
    });
    let answerer = may::go!(move || {
        for _ in 0..rounds {
            let number = inbox.recv().expect("somebody serves");
            outbox.send(number).expect("somebody serves");
        }
    });
    joined(server);
    joined(answerer);
}
