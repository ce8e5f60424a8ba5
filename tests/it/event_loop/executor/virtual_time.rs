//! Jobs take real time, also on a loop in virtual time.

use std::thread;
use std::time::{Duration, Instant};

use yieldfrom::{Co, TimeoutError, create_task, sleep, to_thread, wait_for};

use super::Gate;
use crate::support::{failed_with, millis, secs, virtual_loop};

#[test]
fn a_limit_in_virtual_time_gives_a_job_its_real_time() {
    let event_loop = virtual_loop();
    let slow = event_loop.run_in_executor(None, || thread::sleep(millis(5)));
    event_loop
        .run_until_complete(wait_for(slow, secs(60)))
        .unwrap();
    assert_eq!(event_loop.time(), Duration::ZERO);
}

#[test]
fn virtual_time_passes_no_faster_than_real_time_while_a_job_is_pending() {
    let event_loop = virtual_loop();
    let (gate, job) = Gate::occupy_default(&event_loop);
    let began = Instant::now();
    event_loop.run_until_complete(sleep(millis(12))).unwrap();
    assert!(began.elapsed() >= millis(12));
    let result = event_loop.run_until_complete(wait_for(job, millis(8)));
    assert!(failed_with::<TimeoutError, _>(result));
    assert!(began.elapsed() >= millis(20));
    assert_eq!(event_loop.time(), millis(20));
    // It still runs, but nobody waits for it.
    event_loop.run_until_complete(sleep(secs(3600))).unwrap();
    assert_eq!(event_loop.time(), secs(3600) + millis(20));
    gate.open();
}

#[test]
fn after_the_job_time_costs_nothing_again() {
    let event_loop = virtual_loop();
    let order = event_loop.run_until_complete(|co: &Co| {
        let sleeper = create_task(|co: &Co| co.yield_from(sleep(secs(3600))));
        co.yield_from(to_thread(|| thread::sleep(millis(3))))?;
        assert!(!sleeper.done());
        co.yield_from(&sleeper)
    });
    order.unwrap();
    assert_eq!(event_loop.time(), secs(3600));
}

#[test]
fn a_turn_waits_no_longer_than_it_may() {
    let event_loop = virtual_loop();
    let (gate, job) = Gate::occupy_default(&event_loop);
    let sleeper = event_loop.create_task(sleep(secs(3600)));
    let began = Instant::now();
    for _ in 0..5 {
        event_loop.turn(Some(millis(2))).unwrap();
    }
    assert!(began.elapsed() < secs(60) && !sleeper.done());
    assert!(event_loop.time() <= began.elapsed());
    gate.open();
    event_loop.run_until_complete(job).unwrap();
    event_loop.run_until_complete(sleeper).unwrap();
}
