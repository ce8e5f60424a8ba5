//! What another thread has for a loop.

mod may;
mod monoio;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use smol::LocalExecutor;
use tokio::sync::{Notify, mpsc};
use yieldfrom::{Co, Event, EventLoop, get_running_loop};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes;
use crate::questions::{Case, Contestant, Question};

const ONE: &str = "one";
const FLOOD: &str = "flood";

const SCRIPT: &str = include_str!("../peers/python/wake_up.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/wake_up_gevent.py");

pub(crate) const QUESTION: Question = Question {
    name: "wake-up",
    about: "one: a task asks another thread by a channel, and waits until that thread has woken it; flood: another \
            thread has small closures called by the loop's thread, as fast as it can (tokio, smol, may and, with \
            tokio's, monoio: boxed, through an unbounded channel, from which a task takes them; tokio-spawn: each as a \
            task); ns for each",
    cases: &[Case::ns(ONE), Case::ns(FLOOD)],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("yieldfrom-portable", yieldfrom_portable),
        Contestant::rust("tokio", tokio),
        Contestant::rust("tokio-spawn", tokio_spawn).only(&[FLOOD]),
        Contestant::rust("smol", smol),
        Contestant::rust("monoio", monoio::monoio),
        Contestant::rust("threads", threads),
        Contestant::rust("may", may::may),
        Contestant::go().only(&[ONE]),
        Contestant::absent("go", "its channels have a capacity").only(&[FLOOD]),
        Contestant::asyncio(SCRIPT),
        Contestant::uvloop(SCRIPT),
        Contestant::gevent(GEVENT_SCRIPT),
    ],
    repetitions: usize::MAX,
    seconds: 0.07,
};

type Call = Box<dyn FnOnce() + Send>;

thread_local! {
    /// What the calls of a flood have summed up.
    static SUM: Cell<u64> = const { Cell::new(0) };
    /// What the task of the loop waits for.
    static ANSWER: RefCell<Option<Event>> = const { RefCell::new(None) };
}

/// Returns the closure that a flood sends with a number.
fn adding(number: u64) -> impl FnOnce() + Send {
    move || SUM.set(SUM.get() + number)
}

/// Measures what asks so many questions, or what has so many calls made.
fn measured(
    case: &str,
    meter: &Meter,
    one: impl FnMut(u64) -> Duration,
    mut flood: impl FnMut(u64) -> Duration,
) -> Sample {
    if case == ONE {
        return meter.runs(one);
    }
    meter.runs(|count| {
        SUM.set(0);
        let took = flood(count);
        assert_eq!(SUM.get(), count * (count - 1) / 2, "a call was lost");
        took
    })
}

/// Starts a thread that answers each question, and returns what asks it. The thread ends with that.
fn answerer(mut answer: impl FnMut() + Send + 'static) -> Sender<()> {
    let (asking, questions) = channel();
    thread::spawn(move || questions.iter().for_each(|()| answer()));
    asking
}

/// Starts a thread that sends all numbers when it is told to, and takes the time until `wait` has
/// returned: it does when all have come.
fn flooded(
    count: u64,
    mut send: impl FnMut(u64) + Send + 'static,
    wait: impl FnOnce(),
) -> Duration {
    let (go, gone): (Sender<()>, Receiver<()>) = channel();
    let sender = thread::spawn(move || {
        gone.recv().expect("it is told to");
        (0..count).for_each(&mut send);
    });
    let start = Instant::now();
    go.send(()).expect("it waits");
    wait();
    let took = start.elapsed();
    sender.join().expect("it sends all");
    took
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    on_loop(&EventLoop::new().expect("the loop starts"), case, meter)
}

fn yieldfrom_portable(case: &str, meter: &Meter) -> Sample {
    let portable = EventLoop::builder().portable_reactor().build();
    on_loop(&portable.expect("the loop starts"), case, meter)
}

fn on_loop(event_loop: &EventLoop, case: &str, meter: &Meter) -> Sample {
    measured(
        case,
        meter,
        |count| yieldfrom_one(event_loop, count),
        |count| yieldfrom_flood(event_loop, count),
    )
}

fn yieldfrom_one(event_loop: &EventLoop, count: u64) -> Duration {
    let handle = event_loop.handle();
    let asking = answerer(move || {
        let answer = || ANSWER.with_borrow(|event| event.as_ref().expect("one waits").set());
        handle.call_soon_threadsafe(answer).expect("the loop runs");
    });
    let start = Instant::now();
    let main = move |co: &Co| {
        for _ in 0..count {
            let answer = Event::new();
            ANSWER.set(Some(answer.clone()));
            asking.send(()).expect("it answers");
            co.yield_from(answer.wait())?;
        }
        Ok(())
    };
    event_loop
        .run_until_complete(main)
        .expect("all are answered");
    start.elapsed()
}

fn yieldfrom_flood(event_loop: &EventLoop, count: u64) -> Duration {
    let handle = event_loop.handle();
    let send = move |number| {
        handle
            .call_soon_threadsafe(adding(number))
            .expect("the loop runs");
        if number + 1 == count {
            let stop = || get_running_loop().expect("it runs").stop();
            handle.call_soon_threadsafe(stop).expect("the loop runs");
        }
    };
    flooded(count, send, || {
        event_loop.run_forever().expect("it is stopped")
    })
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(
        case,
        meter,
        |count| {
            let answer = Arc::new(Notify::new());
            let theirs = Arc::clone(&answer);
            let asking = answerer(move || theirs.notify_one());
            let start = Instant::now();
            let task = runtime.spawn(async move {
                for _ in 0..count {
                    asking.send(()).expect("it answers");
                    answer.notified().await;
                }
            });
            runtime.block_on(task).expect("all are answered");
            start.elapsed()
        },
        |count| {
            let (sender, mut calls) = mpsc::unbounded_channel::<Call>();
            let send = move |number| {
                let sent = sender.send(Box::new(adding(number)));
                sent.expect("the task takes all");
            };
            let task = runtime.spawn(async move {
                while let Some(call) = calls.recv().await {
                    call();
                }
            });
            flooded(count, send, || runtime.block_on(task).expect("all come"))
        },
    )
}

fn tokio_spawn(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::tokio();
    measured(
        case,
        meter,
        |_| unreachable!("it answers the other case"),
        |count| {
            let (handle, all) = (runtime.handle().clone(), Arc::new(Notify::new()));
            let last = Arc::clone(&all);
            let send = move |number| {
                handle.spawn(async move { adding(number)() });
                if number + 1 == count {
                    let last = Arc::clone(&last);
                    handle.spawn(async move { last.notify_one() });
                }
            };
            flooded(count, send, || runtime.block_on(all.notified()))
        },
    )
}

fn smol(case: &str, meter: &Meter) -> Sample {
    let executor = LocalExecutor::new();
    measured(
        case,
        meter,
        |count| {
            let (sender, answers) = smol::channel::bounded(1);
            let asking = answerer(move || sender.send_blocking(()).expect("one waits"));
            let start = Instant::now();
            let task = executor.spawn(async move {
                for _ in 0..count {
                    asking.send(()).expect("it answers");
                    answers.recv().await.expect("it answers");
                }
            });
            runtimes::smol(&executor, task);
            start.elapsed()
        },
        |count| {
            let (sender, calls) = smol::channel::unbounded::<Call>();
            let send = move |number| {
                let sent = sender.send_blocking(Box::new(adding(number)));
                sent.expect("the task takes all");
            };
            let task = executor.spawn(async move {
                while let Ok(call) = calls.recv().await {
                    call();
                }
            });
            flooded(count, send, || runtimes::smol(&executor, task))
        },
    )
}

/// No loop: a thread that waits, by the standard library's channels.
fn threads(case: &str, meter: &Meter) -> Sample {
    measured(
        case,
        meter,
        |count| {
            let (sender, answers) = channel();
            let asking = answerer(move || sender.send(()).expect("one waits"));
            let start = Instant::now();
            for _ in 0..count {
                asking.send(()).expect("it answers");
                answers.recv().expect("it answers");
            }
            start.elapsed()
        },
        |count| {
            let (sender, calls) = channel::<Call>();
            let send = move |number| {
                let sent = sender.send(Box::new(adding(number)));
                sent.expect("the thread takes all");
            };
            flooded(count, send, || calls.iter().for_each(|call| call()))
        },
    )
}
