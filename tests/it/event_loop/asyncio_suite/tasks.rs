//! test_tasks: cancelling, and the current task.

use yieldfrom::{Co, Error, Future, Panicked, Result, current_task, sleep, yield_now};

use crate::support::{Journal, secs, settle, virtual_loop};

/// A task that waits for a future, and that future.
fn waiting() -> (yieldfrom::EventLoop, yieldfrom::Task<i32>, Future<i32>) {
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    let awaited = future.clone();
    let task = event_loop.create_task(move |co: &Co| {
        co.yield_from(awaited)?;
        Ok(12)
    });
    settle(&event_loop);
    (event_loop, task, future)
}

#[test]
fn cancelling_what_a_task_waits_for_cancels_the_task() {
    let (event_loop, task, future) = waiting();
    future.cancel();
    assert!(
        event_loop
            .run_until_complete(&task)
            .unwrap_err()
            .is_cancelled()
    );
    assert!(future.cancelled() && task.cancelled());
}

#[test]
fn cancelling_both_is_one_cancellation() {
    let (event_loop, task, future) = waiting();
    future.cancel();
    assert!(task.cancel());
    assert!(
        event_loop
            .run_until_complete(&task)
            .unwrap_err()
            .is_cancelled()
    );
    assert!(task.done() && future.cancelled() && task.cancelled());
}

#[test]
fn a_cancellation_can_be_answered_by_another_wait() {
    let event_loop = virtual_loop();
    let [first, second, third] = [(); 3].map(|()| event_loop.create_future::<i32>());
    let awaited = [first.clone(), second.clone(), third.clone()];
    let task = event_loop.create_task(move |co: &Co| {
        let [first, second, third] = awaited;
        co.yield_from(first)?;
        if co
            .yield_from(second)
            .is_err_and(|error| error.is_cancelled())
        {
            co.yield_from(third)?;
        }
        Ok(42)
    });
    first.set_result(0).unwrap();
    settle(&event_loop);
    task.cancel();
    settle(&event_loop);
    assert!(second.cancelled() && !task.done());
    third.set_result(0).unwrap();
    assert_eq!(event_loop.run_until_complete(&task).unwrap(), 42);
    assert!(!task.cancelled() && !third.cancelled());
}

#[test]
fn a_sleeper_is_cancelled_in_the_middle_of_a_run() {
    let event_loop = virtual_loop();
    let journal = Journal::default();
    let notes = journal.clone();
    let sleeper = event_loop.create_task(move |co: &Co| {
        let result = co.yield_from(sleep(secs(5000)));
        notes.note(result.as_ref().is_err_and(Error::is_cancelled));
        result
    });
    let cancelled = sleeper.clone();
    let run = event_loop.run_until_complete(move |co: &Co| {
        co.yield_from(sleep(secs(5)))?;
        cancelled.cancel();
        co.yield_from(cancelled)
    });
    assert!(run.unwrap_err().is_cancelled() && sleeper.cancelled());
    assert_eq!(journal.take(), ["true"]);
    assert_eq!(
        (event_loop.time(), event_loop.time_to_next()),
        (secs(5), None)
    );
}

#[test]
fn a_panic_in_the_cleanup_is_the_tasks_error() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|co: &Co| -> Result<()> {
        match co.yield_from(sleep(secs(10))) {
            Err(error) if error.is_cancelled() => std::panic::resume_unwind(Box::new("cleanup")),
            other => other,
        }
    });
    settle(&event_loop);
    task.cancel();
    assert!(!task.done());
    settle(&event_loop);
    assert!(task.done() && !task.cancelled());
    assert!(task.exception().unwrap().unwrap().is::<Panicked>());
    assert!(event_loop.run_until_complete(|_: &Co| Ok(())).is_ok());
}

#[test]
fn the_current_task_is_right_while_two_alternate() {
    let event_loop = virtual_loop();
    let journal = Journal::default();
    let tasks = ["one", "other"].map(|name| {
        let notes = journal.clone();
        let task = event_loop.create_task(move |co: &Co| {
            for _ in 0..3 {
                let me = current_task().expect("inside a task");
                assert_eq!(me.get_name(), name);
                notes.note(name);
                co.yield_from(yield_now())?;
            }
            Ok(())
        });
        task.set_name(name);
        task
    });
    assert!(event_loop.current_task().is_none());
    event_loop
        .run_until_complete(yieldfrom::gather(tasks))
        .unwrap();
    assert!(event_loop.current_task().is_none());
    assert_eq!(
        journal.take(),
        ["one", "other", "one", "other", "one", "other"]
    );
}

#[test]
fn a_task_that_is_done_can_be_run_again_for_its_result() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|_: &Co| Ok("ok"));
    for _ in 0..2 {
        assert_eq!(event_loop.run_until_complete(&task).unwrap(), "ok");
    }
}
