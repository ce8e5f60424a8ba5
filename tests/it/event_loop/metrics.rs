//! `EventLoop::metrics`: each counter counts what it says.

use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::time::Duration;

use yieldfrom::{
    Co, Coroutine, Event, EventLoop, LoopMetrics, coroutine, create_task, gather, get_running_loop,
    sleep, yield_now,
};

use crate::support::{secs, virtual_loop};

fn here() -> LoopMetrics {
    get_running_loop().unwrap().metrics()
}

#[test]
fn turns_and_entries_are_counted() {
    let event_loop = virtual_loop();
    assert_eq!(event_loop.metrics(), LoopMetrics::default());
    let (first, second) = event_loop
        .block_on(|co| {
            let first = here();
            for _ in 0..3 {
                get_running_loop()?.call_soon(|| ())?;
            }
            co.yield_from(yield_now())?;
            Ok((first, here()))
        })
        .unwrap();
    assert_eq!((first.turns, first.entries), (1, 0));
    // The first step, and three callbacks: the second step has not ended.
    assert_eq!((second.turns, second.entries), (2, 4));
    assert_eq!(
        second.ready, 0,
        "what runs now is not ready for the next turn"
    );
}

#[test]
fn calls_of_other_threads_are_entries() {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    (0..20).for_each(|_| handle.call_soon_threadsafe(|| ()).unwrap());
    event_loop.turn(None).unwrap();
    let metrics = event_loop.metrics();
    assert_eq!((metrics.turns, metrics.entries), (1, 20));
}

#[test]
fn what_is_ready_is_what_the_next_turn_runs() {
    let event_loop = virtual_loop();
    for _ in 0..4 {
        event_loop.call_soon(|| ()).unwrap();
    }
    assert_eq!(event_loop.metrics().ready, 4);
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    assert_eq!(event_loop.metrics().ready, 0);
}

fn napping(seconds: u64) -> Coroutine<()> {
    coroutine(move |co| co.yield_from(sleep(secs(seconds))))
}

#[test]
fn tasks_and_timers_are_those_that_are_left() {
    let event_loop = virtual_loop();
    let (during, after) = event_loop
        .block_on(|co| {
            let naps = [create_task(napping(1)), create_task(napping(2))];
            let alarm = get_running_loop()?.call_later(secs(3), || ())?;
            co.yield_from(yield_now())?;
            let during = here();
            alarm.cancel();
            co.yield_from(gather(naps))?;
            Ok((during, here()))
        })
        .unwrap();
    assert_eq!((during.tasks, during.tasks_made, during.timers), (3, 3, 3));
    assert_eq!((after.tasks, after.tasks_made, after.timers), (1, 3, 0));
}

#[test]
fn stacks_are_those_of_bodies_that_have_begun() {
    let event_loop = virtual_loop();
    let before = event_loop.metrics();
    let during = event_loop
        .block_on(|co| {
            let nap = create_task(napping(1));
            assert_eq!(here().stacks, 1);
            co.yield_from(yield_now())?;
            let during = here();
            co.yield_from(nap)?;
            Ok(during)
        })
        .unwrap();
    assert_eq!(before.stacks + 2, during.stacks);
    let after = event_loop.metrics();
    assert_eq!((after.stacks, after.idle_stacks), (0, 2));
}

#[test]
fn descriptors_and_their_waits_are_counted() {
    let event_loop = virtual_loop();
    let (one, _other) = UnixStream::pair().unwrap();
    event_loop.add_reader(&one, || ()).unwrap();
    let metrics = event_loop.metrics();
    assert_eq!((metrics.descriptors, metrics.descriptor_waits), (1, 1));
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    assert_eq!(event_loop.metrics().polls, 1);
    event_loop.remove_reader(&one);
    let metrics = event_loop.metrics();
    assert_eq!((metrics.descriptors, metrics.descriptor_waits), (0, 0));
}

#[test]
fn jobs_are_counted_until_the_loop_knows_their_end() {
    let event_loop = EventLoop::new().unwrap();
    let (go, wait) = channel::<()>();
    let (during, after) = event_loop
        .block_on(move |co| {
            let job = get_running_loop()?.run_in_executor(None, move || wait.recv());
            let during = here();
            go.send(()).unwrap();
            co.yield_from(job)?.unwrap();
            Ok((during, here()))
        })
        .unwrap();
    assert_eq!((during.jobs, during.threads, during.children), (1, 1, 0));
    assert_eq!((after.jobs, after.threads), (0, 1));
}

/// Waits until the coarse clock has seen the loop wait: no span is certain to be long enough.
#[test]
fn the_time_for_which_the_loop_waits_is_idle() {
    let event_loop = EventLoop::new().unwrap();
    let busy = event_loop.block_on(|co| {
        (0..100).try_for_each(|_| co.yield_from(yield_now()))?;
        Ok(here())
    });
    assert_eq!(busy.unwrap().idle_time, Duration::ZERO);
    let idle = event_loop.block_on(|co| {
        while here().idle_time == Duration::ZERO {
            co.yield_from(sleep(0.001))?;
        }
        Ok(here())
    });
    assert!(idle.unwrap().polls > 0);
}

#[test]
fn a_closed_loop_has_nothing_at_hand() {
    let event_loop = virtual_loop();
    let event = Rc::new(Event::new());
    let held = Rc::clone(&event);
    event_loop.create_task(move |co: &Co| co.yield_from(held.wait()).map(drop));
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    event_loop.close().unwrap();
    let metrics = event_loop.metrics();
    assert_eq!((metrics.turns, metrics.tasks, metrics.jobs), (1, 0, 0));
}
