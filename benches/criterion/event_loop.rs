//! Our own event loop, watched by criterion.
//!
//! ```text
//! cargo bench -p benches --bench event_loop
//! ```
//!
//! For the comparison with others see the program `versus`.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use yieldfrom::{Co, EventLoop, Queue, Result, sleep, yield_now};

/// Runs a task that is told how many times to do what is measured, and returns its time.
fn timed(
    event_loop: &EventLoop,
    count: u64,
    body: impl FnOnce(&Co, u64) -> Result<()> + 'static,
) -> Duration {
    let main = move |co: &Co| {
        let start = Instant::now();
        body(co, count)?;
        Ok(start.elapsed())
    };
    event_loop.run_until_complete(main).expect("the task ends")
}

fn new_loop() -> EventLoop {
    EventLoop::new().expect("the loop starts")
}

fn yields(c: &mut Criterion) {
    let event_loop = new_loop();
    c.bench_function("yield_now", |b| {
        b.iter_custom(|count| {
            timed(&event_loop, count, |co, count| {
                (0..count).try_for_each(|_| co.yield_from(yield_now()))
            })
        });
    });
}

fn spawn_join(c: &mut Criterion) {
    let event_loop = new_loop();
    c.bench_function("spawn and join", |b| {
        b.iter_custom(|count| {
            let handle = event_loop.clone();
            timed(&event_loop, count, move |co, count| {
                (0..count).try_for_each(|_| co.yield_from(handle.create_task(|_: &Co| Ok(()))))
            })
        });
    });
}

fn ping_pong(c: &mut Criterion) {
    let event_loop = new_loop();
    let mut group = c.benchmark_group("queue");
    // There and back.
    group.throughput(Throughput::Elements(2));
    group.bench_function("ping-pong", |b| {
        b.iter_custom(|count| {
            let handle = event_loop.clone();
            timed(&event_loop, count, move |co, count| {
                rounds(co, &handle, count)
            })
        });
    });
    group.finish();
}

fn rounds(co: &Co, event_loop: &EventLoop, count: u64) -> Result<()> {
    let (there, back) = (Queue::with_maxsize(1), Queue::with_maxsize(1));
    let (inbox, outbox) = (there.clone(), back.clone());
    let answerer = event_loop.create_task(move |co: &Co| {
        (0..count).try_for_each(|_| {
            let number = co.yield_from(inbox.get())?;
            co.yield_from(outbox.put(number))
        })
    });
    for number in 0..count {
        co.yield_from(there.put(number))?;
        co.yield_from(back.get())?;
    }
    co.yield_from(answerer)
}

/// A thousand callbacks, and the turn of the loop that calls them.
fn call_soon(c: &mut Criterion) {
    const CALLBACKS: u64 = 1000;
    let event_loop = new_loop();
    let mut group = c.benchmark_group("call_soon");
    group.throughput(Throughput::Elements(CALLBACKS));
    group.bench_function("1000 callbacks", |b| {
        b.iter(|| {
            for _ in 0..CALLBACKS {
                event_loop.call_soon(|| ()).expect("the loop is open");
            }
            event_loop
                .run_until_complete(|_: &Co| Ok(()))
                .expect("the task ends");
        });
    });
    group.finish();
}

/// Under the virtual clock nobody waits: what is left is the timer and the switch.
fn sleeps(c: &mut Criterion) {
    let event_loop = EventLoop::builder()
        .virtual_clock()
        .build()
        .expect("the loop starts");
    c.bench_function("sleep (virtual clock)", |b| {
        b.iter_custom(|count| {
            timed(&event_loop, count, |co, count| {
                (0..count).try_for_each(|_| co.yield_from(sleep(Duration::from_secs(1))))
            })
        });
    });
}

criterion_group!(event_loop, yields, spawn_join, ping_pong, call_soon, sleeps);
criterion_main!(event_loop);
