//! Timeouts of pieces of a task, as 3.11's `asyncio.timeout`.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{
    Co, EventLoop, Result, RuntimeError, Timeout, TimeoutError, current_task, sleep, timeout,
    timeout_at, wait_for, yield_now,
};

use crate::support::{failed_with, run_virtual, secs, virtual_loop};

fn nap(seconds: u64) -> impl FnOnce(&Co) -> Result<()> {
    move |co| co.yield_from(sleep(secs(seconds)))
}

fn timed_out<T>(result: Result<T>) -> bool {
    failed_with::<TimeoutError, T>(result)
}

fn cancelling() -> usize {
    current_task().expect("inside a task").cancelling()
}

/// Runs this, and returns when it ended.
fn ends_at(body: impl FnOnce(&Co) -> Result<()> + 'static) -> Duration {
    let event_loop = virtual_loop();
    event_loop.run_until_complete(body).unwrap();
    assert_eq!(event_loop.time_to_next(), None, "no timer is left");
    event_loop.time()
}

#[test]
fn a_piece_that_is_quick_enough_is_left_alone() {
    let end = ends_at(|co| {
        let limit = Timeout::after(secs(5));
        assert_eq!(limit.when(), None, "not before it begins");
        co.yield_from(limit.enter(nap(3)))?;
        assert!(!limit.expired() && limit.when() == Some(secs(5)) && cancelling() == 0);
        co.yield_from(timeout(None, nap(60)))
    });
    assert_eq!(end, secs(63));
}

#[test]
fn a_piece_that_is_too_slow_ends_at_the_deadline() {
    let end = ends_at(|co| {
        let limit = Timeout::after(secs(5));
        assert!(timed_out(co.yield_from(limit.enter(nap(9)))));
        assert!(limit.expired() && cancelling() == 0);
        assert!(timed_out(co.yield_from(timeout_at(secs(7), nap(9)))));
        Ok(())
    });
    assert_eq!(end, secs(7));
}

#[test]
fn the_outer_of_two_may_expire_first() {
    let end = ends_at(|co| {
        let (outer, inner) = (Timeout::after(secs(1)), Timeout::after(secs(5)));
        let nested = inner.clone();
        let result = co.yield_from(outer.enter(move |co: &Co| {
            let result = co.yield_from(nested.enter(nap(9)));
            assert!(result.as_ref().is_err_and(yieldfrom::Error::is_cancelled));
            result
        }));
        assert!(timed_out(result));
        assert!(outer.expired() && !inner.expired() && cancelling() == 0);
        Ok(())
    });
    assert_eq!(end, secs(1));
}

#[test]
fn the_inner_of_two_may_expire_first() {
    let end = ends_at(|co| {
        co.yield_from(timeout(secs(5), |co: &Co| {
            assert!(timed_out(co.yield_from(timeout(secs(1), nap(9)))));
            co.yield_from(sleep(secs(2)))
        }))
    });
    assert_eq!(end, secs(3));
}

#[test]
fn two_that_expire_at_once_end_as_the_outer() {
    ends_at(|co| {
        let (outer, inner) = (Timeout::after(secs(1)), Timeout::after(secs(1)));
        let nested = inner.clone();
        let result = co.yield_from(outer.enter(move |co: &Co| {
            let result = co.yield_from(nested.enter(nap(9)));
            assert!(result.as_ref().is_err_and(yieldfrom::Error::is_cancelled));
            result
        }));
        assert!(timed_out(result) && outer.expired() && inner.expired());
        assert_eq!(cancelling(), 0);
        Ok(())
    });
}

#[test]
fn a_deadline_can_be_moved_while_it_runs_only() {
    let end = ends_at(|co| {
        let limit = Timeout::after(secs(1));
        assert!(failed_with::<RuntimeError, _>(
            limit.reschedule(Some(secs(9)))
        ));
        let moved = limit.clone();
        let result = co.yield_from(limit.enter(move |co: &Co| {
            moved.reschedule(Some(secs(10)))?;
            co.yield_from(sleep(secs(5)))?;
            moved.reschedule(None)?;
            co.yield_from(sleep(secs(50)))?;
            moved.reschedule(Some(secs(3)))?; // in the past
            co.yield_from(sleep(secs(9)))
        }));
        assert!(timed_out(result) && limit.expired());
        assert!(failed_with::<RuntimeError, _>(limit.reschedule(None)));
        let again = co.yield_from(limit.enter(nap(1)));
        assert!(failed_with::<RuntimeError, _>(again), "it serves once");
        Ok(())
    });
    assert_eq!(end, secs(55));
}

#[test]
fn a_timeout_of_zero_expires_at_the_first_suspension() {
    let end = ends_at(|co| {
        assert_eq!(co.yield_from(timeout(Duration::ZERO, |_: &Co| Ok(7)))?, 7);
        let piece = |co: &Co| co.yield_from(yield_now());
        assert!(timed_out(co.yield_from(timeout(Duration::ZERO, piece))));
        assert!(timed_out(co.yield_from(timeout(Duration::ZERO, nap(9)))));
        assert_eq!(cancelling(), 0);
        Ok(())
    });
    assert_eq!(end, Duration::ZERO);
}

#[test]
fn a_piece_that_swallows_the_cancellation_gives_its_result() {
    ends_at(|co| {
        let limit = Timeout::after(secs(1));
        let value = co.yield_from(limit.enter(|co: &Co| {
            assert!(co.yield_from(sleep(secs(9))).unwrap_err().is_cancelled());
            co.yield_from(sleep(secs(2)))?;
            Ok(7)
        }))?;
        assert_eq!((value, limit.expired(), cancelling()), (7, true, 0));
        Ok(())
    });
}

#[test]
fn another_error_of_an_expired_piece_comes_out_as_it_is() {
    ends_at(|co| {
        let result = co.yield_from(timeout(secs(1), |co: &Co| {
            co.yield_from(sleep(secs(9)))
                .map_err(|_| yieldfrom::Error::msg("cleanup"))
        }));
        assert_eq!(result.unwrap_err().to_string(), "cleanup");
        Ok(())
    });
}

/// Runs a piece under a limit of one second, and cancels its task at this time.
fn cancelled_at(time: Duration) -> (Result<()>, bool) {
    let event_loop = virtual_loop();
    let limit = Timeout::after(secs(1));
    let used = limit.clone();
    let task = event_loop.create_task(move |co: &Co| co.yield_from(used.enter(nap(9))));
    let cancelled = task.clone();
    event_loop
        .call_later(time, move || assert!(cancelled.cancel()))
        .unwrap();
    (event_loop.run_until_complete(task), limit.expired())
}

#[test]
fn a_cancellation_by_somebody_else_passes_through() {
    let (result, expired) = cancelled_at(Duration::from_millis(500));
    assert!(result.unwrap_err().is_cancelled() && !expired);
    let (result, expired) = cancelled_at(secs(1));
    assert!(
        result.unwrap_err().is_cancelled() && expired,
        "both at once: somebody else's wins"
    );
}

#[test]
fn a_timeout_works_inside_a_task_only() {
    let event_loop = EventLoop::new().unwrap();
    let seen: Rc<RefCell<Option<Result<()>>>> = Rc::default();
    let result = Rc::clone(&seen);
    event_loop
        .call_soon(move || {
            let generator =
                yieldfrom::Generator::new(|co: &Co| co.yield_from(timeout(None, nap(1))));
            result.replace(Some(generator.next().map(drop)));
        })
        .unwrap();
    event_loop.turn(None).unwrap();
    assert!(failed_with::<RuntimeError, _>(seen.take().expect("it ran")));
}

#[test]
fn a_wait_for_waits_for_the_end_of_what_it_cancels() {
    let event_loop = virtual_loop();
    let result = event_loop.run_until_complete(|co: &Co| {
        let stubborn = |co: &Co| {
            let result = co.yield_from(sleep(secs(9)));
            co.yield_from(sleep(secs(2)))?;
            result
        };
        co.yield_from(wait_for(stubborn, secs(1)))
    });
    assert!(timed_out(result) && event_loop.time() == secs(3));
    let refusing = |co: &Co| Ok(co.yield_from(sleep(secs(9))).is_err());
    let result = run_virtual(move |co| co.yield_from(wait_for(refusing, secs(1))));
    assert!(result.unwrap(), "who refuses to end gives a result");
}

#[test]
fn a_wait_for_of_zero_takes_what_is_done_and_no_more() {
    run_virtual(|co| {
        let future = yieldfrom::Future::<()>::new();
        assert!(timed_out(co.yield_from(wait_for(&future, Duration::ZERO))));
        assert!(future.cancelled());
        let future = yieldfrom::Future::new();
        future.set_result(7)?;
        assert_eq!(co.yield_from(wait_for(&future, Duration::ZERO))?, 7);
        let never = |_: &Co| -> Result<()> { unreachable!("cancelled before its first step") };
        assert!(timed_out(co.yield_from(wait_for(never, Duration::ZERO))));
        Ok(())
    })
    .unwrap();
}
