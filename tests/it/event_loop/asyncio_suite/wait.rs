//! test_tasks: `wait`, `wait_for` and `as_completed`.

use std::time::Duration;

use yieldfrom::{
    Co, Coroutine, Error, FIRST_COMPLETED, FIRST_EXCEPTION, Future, Result, Task, TimeoutError,
    as_completed, coroutine, create_task, get_running_loop, sleep, sleep_with, wait, wait_for,
    yield_now,
};

use crate::support::{millis, run_virtual, secs, settle, virtual_loop};

fn later(ms: u64) -> Coroutine<u64> {
    coroutine(move |co| co.yield_from(sleep_with(millis(ms), ms)))
}

/// Returns after so many turns.
fn after(turns: usize) -> Coroutine<u64> {
    coroutine(move |co| {
        (0..turns).try_for_each(|_| co.yield_from(yield_now()))?;
        Ok(turns as u64)
    })
}

fn fails() -> Coroutine<u64> {
    coroutine(|_| Err(Error::msg("no fuel")))
}

fn now() -> Duration {
    get_running_loop().unwrap().time()
}

#[test]
fn an_error_in_the_first_step_ends_a_wait_for_the_first_error() {
    run_virtual(|co| {
        let waited = co.yield_from(wait([later(9), fails()]).return_when(FIRST_EXCEPTION))?;
        assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
        assert_eq!(now(), Duration::ZERO);
        assert_eq!(waited.done[0].result().unwrap_err().to_string(), "no fuel");
        Ok(())
    })
    .unwrap();
}

#[test]
fn without_an_error_a_wait_for_the_first_error_waits_for_all() {
    run_virtual(|co| {
        let cancelled = create_task(later(5));
        let killer = cancelled.clone();
        create_task(move |co: &Co| {
            co.yield_from(sleep(millis(1)))?;
            killer.cancel();
            Ok(())
        });
        let all = [cancelled, create_task(later(7)), create_task(later(3))];
        let waited = co.yield_from(wait(all).return_when(FIRST_EXCEPTION))?;
        assert_eq!((waited.done.len(), waited.pending.len()), (3, 0));
        assert_eq!(now(), millis(7), "a cancellation is no error");
        assert!(waited.done[0].cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_ends_between_the_first_and_the_return_counts_as_done() {
    run_virtual(|co| {
        let first = wait([after(1), after(2), later(9)]).return_when(FIRST_COMPLETED);
        let waited = co.yield_from(first)?;
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wait_that_runs_out_of_time_tells_done_from_pending() {
    run_virtual(|co| {
        let all = [create_task(later(100)), create_task(later(150))];
        let waited = co.yield_from(wait(&all).timeout(millis(110)))?;
        assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
        assert!(waited.pending[0].ptr_eq(&all[1]) && now() == millis(110));
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_ends_at_the_very_timeout_is_done() {
    run_virtual(|co| {
        let all = [create_task(later(100)), create_task(later(150))];
        co.yield_from(yield_now())?; // both sleep before the wait sets its own timer
        let waited = co.yield_from(wait(&all).timeout(millis(100)))?;
        assert!(waited.done.len() == 1 && waited.done[0].ptr_eq(&all[0]));
        assert_eq!(now(), millis(100));
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_that_is_given_twice_counts_once() {
    run_virtual(|co| {
        let (one, other) = (create_task(later(1)), create_task(later(2)));
        let waited = co.yield_from(wait([&one, &one, &other]))?;
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 0));
        let mut taken = Vec::new();
        for next in as_completed([&one, &other, &one]) {
            taken.push(co.yield_from(next)?);
        }
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_is_waited_for_can_be_cancelled() {
    let event_loop = virtual_loop();
    let child = event_loop.create_task(later(9));
    let waited = child.clone();
    let waiting = event_loop.create_task(move |co: &Co| co.yield_from(wait([waited])));
    settle(&event_loop);
    assert!(child.cancel());
    settle(&event_loop);
    let waited = waiting.take_result().unwrap();
    assert!(waited.done[0].cancelled() && waited.pending.is_empty());
    assert_eq!(event_loop.time(), Duration::ZERO);
}

#[test]
fn a_limit_that_is_not_reached_changes_nothing() {
    let event_loop = virtual_loop();
    let order = event_loop.run_until_complete(|co: &Co| {
        let rounds = as_completed([later(3), later(1), later(2)]).timeout(secs(9));
        rounds.map(|round| co.yield_from(round)).collect()
    });
    let order: Vec<u64> = order.unwrap();
    assert_eq!(order, [1, 2, 3]);
    assert_eq!(
        (event_loop.time(), event_loop.time_to_next()),
        (millis(3), None)
    );
}

#[test]
fn two_that_end_together_both_come() {
    run_virtual(|co| {
        let mut taken = Vec::new();
        for round in as_completed([later(5), later(5), later(9)]) {
            taken.push((co.yield_from(round)?, now()));
        }
        assert_eq!(taken, [(5, millis(5)), (5, millis(5)), (9, millis(9))]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_first_result_goes_to_the_round_that_is_awaited_first() {
    run_virtual(|co| {
        let slow = create_task(later(10));
        let quick = create_task(later(5));
        let mut rounds = as_completed([&quick, &slow]);
        let (first, second) = (rounds.next().unwrap(), rounds.next().unwrap());
        assert!(rounds.next().is_none());
        assert_eq!((co.yield_from(second)?, now()), (5, millis(5)));
        assert!(!slow.done());
        assert_eq!((co.yield_from(first)?, now()), (10, millis(10)));
        Ok(())
    })
    .unwrap();
}

/// Sets the awaited future at the very time at which the wait for it ends.
fn both_at_once(result_first: bool) -> Result<i32> {
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    let (awaited, setter) = (future.clone(), future);
    let set = move || assert_eq!(setter.set_result(7).is_ok(), result_first);
    let waiting = move |co: &Co| co.yield_from(wait_for(awaited, secs(1)));
    let waiting: Task<i32> = if result_first {
        event_loop.call_later(secs(1), set).unwrap();
        event_loop.create_task(waiting)
    } else {
        let waiting = event_loop.create_task(waiting);
        settle(&event_loop);
        event_loop.call_later(secs(1), set).unwrap();
        waiting
    };
    event_loop.run_until_complete(waiting)
}

/// As in CPython since 3.12, where `wait_for` is a `timeout`: gh-96764.
#[test]
fn a_result_that_comes_at_the_very_timeout_is_too_late() {
    for result_first in [true, false] {
        assert!(both_at_once(result_first).unwrap_err().is::<TimeoutError>());
    }
}

#[test]
fn who_waits_with_a_limit_or_without_cancels_what_it_waits_for() {
    for limit in [None, Some(secs(60))] {
        let event_loop = virtual_loop();
        let future = event_loop.create_future::<()>();
        let awaited = future.clone();
        let waiting =
            event_loop.create_task(move |co: &Co| co.yield_from(wait_for(awaited, limit)));
        event_loop
            .run_until_complete(|co: &Co| co.yield_from(sleep(millis(200))))
            .unwrap();
        assert!(waiting.cancel());
        let result = event_loop.run_until_complete(waiting);
        assert!(result.unwrap_err().is_cancelled() && future.cancelled());
        assert_eq!(
            (event_loop.time(), event_loop.time_to_next()),
            (millis(200), None)
        );
    }
}

#[test]
fn without_a_limit_a_wait_for_waits() {
    let event_loop = virtual_loop();
    let result = event_loop.run_until_complete(|co: &Co| co.yield_from(wait_for(later(500), None)));
    assert_eq!((result.unwrap(), event_loop.time()), (500, millis(500)));
}

#[test]
fn a_future_that_is_done_needs_no_time() {
    run_virtual(|co| {
        let done = Future::new();
        done.set_result(1)?;
        let waited = co.yield_from(wait([&done]).timeout(Duration::ZERO))?;
        assert!(waited.done[0].ptr_eq(&done));
        let round = as_completed([&done]).next().expect("one future");
        assert_eq!(co.yield_from(round)?, 1);
        Ok(())
    })
    .unwrap();
}
