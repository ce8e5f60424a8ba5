//! Times that are too early, or too late to ever come.

use std::time::Duration;

use yieldfrom::{Co, EventLoop, TimeoutError, create_task, sleep, timeout, wait_for, yield_now};

use crate::support::{Journal, failed_with, log_of, secs, virtual_loop};

#[test]
fn a_deadline_in_the_past_is_the_next_turn() {
    let event_loop = EventLoop::builder()
        .virtual_clock()
        .start_time(secs(100))
        .build()
        .unwrap();
    let (journal, notes) = (Journal::default(), Journal::default());
    let (late, soon) = (journal.clone(), journal.clone());
    event_loop
        .call_at(secs(5), move || late.note("past"))
        .unwrap();
    event_loop.call_soon(move || soon.note("soon")).unwrap();
    drop(notes);
    event_loop
        .run_until_complete(|co: &Co| {
            let limit = yieldfrom::timeout_at(secs(1), |co: &Co| co.yield_from(sleep(secs(9))));
            assert!(failed_with::<TimeoutError, _>(co.yield_from(limit)));
            Ok(())
        })
        .unwrap();
    assert_eq!(journal.take(), ["soon", "past"]);
    assert_eq!(event_loop.time(), secs(100));
}

#[test]
fn absurdly_long_times_are_as_good_as_endless() {
    let event_loop = EventLoop::new().unwrap();
    let when = event_loop
        .call_later(Duration::MAX, || unreachable!())
        .unwrap()
        .when();
    assert!(when > secs(580 * 365 * 24 * 3600));
    event_loop.call_at(Duration::MAX, || ()).unwrap().cancel();
    let value = event_loop.run_until_complete(|co: &Co| {
        let sleeper = create_task(|co: &Co| co.yield_from(sleep(Duration::MAX)));
        let value = co.yield_from(wait_for(|_: &Co| Ok(1), Duration::MAX))?;
        co.yield_from(timeout(Duration::MAX, |co: &Co| co.yield_from(yield_now())))?;
        assert!(!sleeper.done() && sleeper.cancel());
        Ok(value)
    });
    assert_eq!(value.unwrap(), 1);
}

#[test]
fn endless_sleeps_do_not_end_on_a_virtual_clock_either() {
    let event_loop = virtual_loop();
    let sleeping = event_loop.create_task(|co: &Co| co.yield_from(sleep(Duration::MAX)));
    event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(5))));
    let run = event_loop.run_until_complete(&sleeping);
    assert!(
        run.is_err() && !sleeping.done(),
        "time: {:?}",
        event_loop.time()
    );
    assert_eq!(event_loop.time(), secs(5));
    log_of(|| drop((event_loop, sleeping)));
}
