//! Cancellation, as in Python 3.11.

mod awaited_things;
mod many;

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::{AnyTask, Co, Error, Future, Result, coroutine, current_task, sleep};

use crate::support::{Census, Journal, log_of, run_virtual, secs, settle, virtual_loop};

fn cancelled<T>(result: &Result<T>) -> bool {
    result.as_ref().is_err_and(Error::is_cancelled)
}

fn me() -> AnyTask {
    current_task().expect("inside a task")
}

#[test]
fn before_its_first_step_a_body_does_not_run() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let (notes, guard) = (journal.clone(), journal.guard("captured"));
    let task = event_loop.create_task(move |_: &Co| {
        let _guard = guard;
        notes.note("ran");
        Ok(())
    });
    assert!(task.cancel() && !task.done() && !task.cancelled());
    assert!(cancelled(&event_loop.run_until_complete(&task)));
    assert!(task.done() && task.cancelled() && !task.cancel());
    assert_eq!(journal.take(), ["drop captured"]);
}

/// Nests coroutines and functions; each notes how its delegate ends.
fn nest(co: &Co, journal: &Journal, depth: usize) -> Result<()> {
    if depth == 0 {
        return co.yield_from(sleep(secs(60)));
    }
    let notes = journal.clone();
    let result = if depth.is_multiple_of(2) {
        co.yield_from(|co: &Co| nest(co, &notes, depth - 1))
    } else {
        co.yield_from(coroutine(move |co: &Co| nest(co, &notes, depth - 1)))
    };
    journal.note(format!("{depth} {}", cancelled(&result)));
    result
}

#[test]
fn a_suspended_task_is_cancelled_through_all_its_delegations() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    let task = event_loop.create_task(move |co: &Co| nest(co, &notes, 6));
    settle(&event_loop);
    assert!(
        task.cancel() && journal.take().is_empty(),
        "nothing runs yet"
    );
    settle(&event_loop);
    assert!(task.cancelled());
    assert_eq!(
        journal.take(),
        ["1 true", "2 true", "3 true", "4 true", "5 true", "6 true"]
    );
    assert_eq!(event_loop.time(), secs(0));
}

/// Runs a task, cancels it when it is suspended, and returns its result and the time.
fn cancel_once<T: Clone + 'static>(
    body: impl FnOnce(&Co) -> Result<T> + 'static,
) -> (Result<T>, u64) {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(body);
    settle(&event_loop);
    assert!(task.cancel());
    let result = event_loop.run_until_complete(task);
    (result, event_loop.time().as_secs())
}

#[test]
fn a_cancellation_that_is_caught_leaves_a_result() {
    let (result, time) = cancel_once(|co| match co.yield_from(sleep(secs(60))) {
        Err(error) if error.is_cancelled() => Ok(("caught", me().cancelling())),
        other => other.map(|()| ("slept", 0)),
    });
    assert_eq!((result.unwrap(), time), (("caught", 1), 0));
}

#[test]
fn a_cancellation_that_is_refused_lets_the_task_go_on() {
    let (result, time) = cancel_once(|co| {
        assert!(cancelled(&co.yield_from(sleep(secs(60)))));
        co.yield_from(sleep(secs(5)))?;
        Ok("finished")
    });
    assert_eq!((result.unwrap(), time), ("finished", 5));
}

#[test]
fn a_cleanup_may_sleep_first() {
    let (result, time) = cancel_once(|co| {
        let result = co.yield_from(sleep(secs(60)));
        co.yield_from(sleep(secs(3)))?;
        result
    });
    assert!(cancelled(&result) && time == 3);
}

#[test]
fn another_error_replaces_the_cancellation() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|co: &Co| {
        co.yield_from(sleep(secs(60)))
            .map_err(|_| Error::msg("cleanup failed"))
    });
    settle(&event_loop);
    task.cancel();
    let error = event_loop.run_until_complete(&task).unwrap_err();
    assert!(!task.cancelled() && error.to_string() == "cleanup failed");
}

#[test]
fn a_second_cancellation_interrupts_the_cleanup() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    let task = event_loop.create_task(move |co: &Co| {
        let first = co.yield_from(sleep(secs(60)));
        let second = co.yield_from(sleep(secs(60)));
        notes.note(format!("{} {}", cancelled(&first), cancelled(&second)));
        second
    });
    for _ in 0..2 {
        settle(&event_loop);
        assert!(task.cancel());
    }
    assert_eq!(task.cancelling(), 2);
    assert!(cancelled(&event_loop.run_until_complete(&task)));
    assert_eq!(journal.take(), ["true true"]);
}

#[test]
fn two_cancellations_before_a_step_are_one_error() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    let task = event_loop.create_task(move |co: &Co| {
        for _ in 0..3 {
            notes.note(cancelled(&co.yield_from(sleep(secs(1)))));
        }
        Ok(())
    });
    settle(&event_loop);
    assert!(task.cancel() && task.cancel() && task.cancelling() == 2);
    event_loop.run_until_complete(task).unwrap();
    assert_eq!(journal.take(), ["true", "false", "false"]);
    assert_eq!(event_loop.time(), secs(2));
}

/// As in CPython since 3.13, gh-116720; before, it counted only.
#[test]
fn uncancel_counts_down_to_zero_and_the_last_one_undoes_what_has_not_begun() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|_: &Co| Ok(()));
    assert_eq!((task.cancelling(), task.uncancel()), (0, 0));
    assert!(task.cancel() && task.cancel());
    assert_eq!(
        (
            task.cancelling(),
            task.uncancel(),
            task.uncancel(),
            task.uncancel()
        ),
        (2, 1, 0, 0)
    );
    event_loop.run_until_complete(task).unwrap();
    let task = event_loop.create_task(|_: &Co| Ok(()));
    assert!(task.cancel() && task.cancel() && task.uncancel() == 1);
    assert!(cancelled(&event_loop.run_until_complete(task)));
    // What the task waits for is cancelled already.
    let task = event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
    settle(&event_loop);
    assert!(task.cancel() && task.uncancel() == 0);
    assert!(cancelled(&event_loop.run_until_complete(task)));
}

#[test]
fn a_task_that_cancels_itself_learns_it_at_its_next_suspension() {
    for future in [false, true] {
        let journal = Journal::default();
        let notes = journal.clone();
        let result = run_virtual(move |co| {
            assert!(me().cancel());
            notes.note("goes on");
            let result = match future {
                true => co.yield_from(Future::<()>::new()),
                false => co.yield_from(sleep(secs(9))),
            };
            notes.note(cancelled(&result));
            result
        });
        assert!(cancelled(&result));
        assert_eq!(journal.take(), ["goes on", "true"]);
    }
}

#[test]
fn a_task_that_cancels_itself_and_returns_is_cancelled() {
    let result = run_virtual(|_| {
        me().cancel();
        Ok(1)
    });
    assert!(cancelled(&result));
}

#[test]
fn a_cancellation_in_the_pass_in_which_the_future_got_done_wins() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    let awaited = future.clone();
    let task = event_loop.create_task(move |co: &Co| co.yield_from(&awaited));
    settle(&event_loop);
    future.set_result(1).unwrap();
    assert!(
        task.cancel(),
        "the step that would bring the result is scheduled"
    );
    assert!(cancelled(&event_loop.run_until_complete(task)));
    assert_eq!(future.result().unwrap(), 1);
}

#[test]
fn an_error_that_a_cancellation_replaces_is_not_reported_as_unseen() {
    let (log, ()) = log_of(|| {
        let event_loop = virtual_loop();
        let future = event_loop.create_future::<()>();
        let awaited = future.clone();
        let task = event_loop.create_task(move |co: &Co| co.yield_from(awaited));
        settle(&event_loop);
        future.set_exception(Error::msg("no fuel")).unwrap();
        task.cancel();
        assert!(cancelled(&event_loop.run_until_complete(task)));
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn no_task_is_current_after_one_has_caught_its_cancellation() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|co: &Co| {
        assert!(co.yield_from(sleep(secs(9))).is_err());
        co.yield_from(sleep(secs(1)))
    });
    settle(&event_loop);
    task.cancel();
    let seen = Rc::new(RefCell::new(None));
    let current = Rc::clone(&seen);
    let look = move || *current.borrow_mut() = Some(current_task().is_some());
    event_loop.call_soon(look).unwrap();
    settle(&event_loop);
    assert_eq!(seen.take(), Some(false));
}

#[test]
fn a_cancelled_callback_is_dropped_at_once() {
    let (event_loop, census) = (virtual_loop(), Census::default());
    let (soon, later) = (census.one(), census.one());
    let soon = event_loop.call_soon(move || drop(soon)).unwrap();
    let later = event_loop.call_later(secs(1), move || drop(later)).unwrap();
    soon.cancel();
    later.cancel();
    soon.cancel();
    assert!(census.live() == 0 && soon.cancelled() && later.cancelled());
    assert_eq!(
        event_loop.time_to_next(),
        Some(secs(0)),
        "an empty entry is left"
    );
    settle(&event_loop);
    assert_eq!(event_loop.time_to_next(), None);
}

#[test]
fn a_loop_can_be_dropped_between_a_cancellation_and_its_step() {
    let (event_loop, census) = (virtual_loop(), Census::default());
    let value = census.one();
    let task = event_loop.create_task(move |co: &Co| {
        let _value = value;
        co.yield_from(sleep(secs(1)))
    });
    settle(&event_loop);
    task.cancel();
    log_of(|| drop(event_loop));
    assert!(census.live() == 0 && !task.cancelled());
}
