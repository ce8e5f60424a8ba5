//! Futures, sleeps and gathers are cancelled with the task that waits for them.

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::{Co, Future, Task, gather, sleep};

use crate::support::{Census, Journal, run_virtual, secs, settle, virtual_loop};

use super::cancelled;

#[test]
fn a_cancelled_wait_cancels_what_was_waited_for() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future::<()>();
    let awaited = future.clone();
    let inner = event_loop.create_task(move |co: &Co| co.yield_from(awaited));
    let awaited = inner.clone();
    let outer = event_loop.create_task(move |co: &Co| co.yield_from(awaited));
    settle(&event_loop);
    outer.cancel();
    assert!(
        future.cancelled() && !inner.done() && !outer.done(),
        "one pass each"
    );
    event_loop.turn(None).unwrap();
    assert!(inner.cancelled() && !outer.done());
    event_loop.turn(None).unwrap();
    assert!(outer.cancelled());
    assert_eq!((inner.cancelling(), outer.cancelling()), (1, 1));
}

#[test]
fn a_cancelled_sleep_leaves_no_timer() {
    let event_loop = virtual_loop();
    let tasks: Vec<_> = (0..300)
        .map(|n| event_loop.create_task(move |co: &Co| co.yield_from(sleep(secs(1 + n)))))
        .collect();
    settle(&event_loop);
    assert_eq!(event_loop.time_to_next(), Some(secs(1)));
    tasks.iter().for_each(|task| assert!(task.cancel()));
    settle(&event_loop);
    assert_eq!(event_loop.time_to_next(), None);
    assert!(tasks.iter().all(|task| task.cancelled()) && event_loop.time() == secs(0));
}

#[test]
fn the_timers_of_cancelled_sleeps_do_not_keep_their_tasks() {
    let (event_loop, census) = (virtual_loop(), Census::default());
    // The next timer is wanted, so that those behind it are not looked at.
    event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
    for _ in 0..2_000 {
        let value = census.one();
        let task = event_loop.create_task(move |co: &Co| {
            assert!(co.yield_from(sleep(secs(86_400))).is_err());
            Ok(value)
        });
        settle(&event_loop);
        task.cancel();
        settle(&event_loop);
        assert!(task.done());
    }
    let kept = census.live();
    assert!(
        kept < 500,
        "{kept} of the tasks are kept until the next day"
    );
}

#[test]
fn a_sleep_whose_timer_has_fired_is_cancelled_in_the_same_turn() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let sleeper: Rc<RefCell<Option<Task<()>>>> = Rc::default();
    let (task, notes, handle) = (Rc::clone(&sleeper), journal.clone(), event_loop.clone());
    // It is before the sleep in the turn in which both are due.
    let cancel = move || {
        assert!(task.borrow().as_ref().unwrap().cancel());
        handle.call_soon(move || notes.note("soon")).unwrap();
    };
    event_loop.call_later(secs(1), cancel).unwrap();
    let notes = journal.clone();
    let task = event_loop.create_task(move |co: &Co| {
        let result = co.yield_from(sleep(secs(1)));
        notes.note(if cancelled(&result) {
            "cancelled"
        } else {
            "slept"
        });
        result
    });
    *sleeper.borrow_mut() = Some(task.clone());
    settle(&event_loop);
    event_loop.turn(None).unwrap();
    settle(&event_loop);
    assert!(task.cancelled(), "nothing is left that would wake it later");
    assert_eq!(journal.take(), ["cancelled", "soon"]);
    assert_eq!(event_loop.time(), secs(1));
}

#[test]
fn a_gather_whose_children_have_ended_cannot_be_cancelled() {
    let result = run_virtual(|co| {
        let future = Future::new();
        let all = gather([future.clone()]);
        future.set_result(1)?;
        assert!(!all.cancel() && !all.done());
        co.yield_from(all)
    });
    assert_eq!(result.unwrap(), [1]);
}
