//! Tasks of futures that are cancelled.

use std::future::pending;

use yieldfrom::{current_task, spawn_std};

use super::give_way;
use crate::support::{Journal, run_virtual, settle, virtual_loop};

#[test]
fn a_cancellation_drops_the_future_in_the_next_turn() {
    let journal = Journal::default();
    let event_loop = virtual_loop();
    let guard = journal.guard("future");
    let task = event_loop.spawn_std(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    settle(&event_loop);
    assert!(task.cancel());
    journal.note("cancelled");
    assert!(!task.done());
    assert!(
        event_loop
            .run_until_complete(&task)
            .unwrap_err()
            .is_cancelled()
    );
    assert_eq!(journal.take(), ["cancelled", "drop future"]);
    assert!(!task.cancel());
}

#[test]
fn one_that_is_cancelled_before_its_first_poll_is_never_polled() {
    let event_loop = virtual_loop();
    let task = event_loop.spawn_std(async { unreachable!("it is never polled") });
    task.cancel();
    settle(&event_loop);
    assert!(task.cancelled());
}

#[test]
fn a_cancellation_that_is_taken_back_in_time_does_nothing() {
    let event_loop = virtual_loop();
    let task = event_loop.spawn_std(async { 42 });
    task.cancel();
    assert_eq!((task.cancelling(), task.uncancel()), (1, 0));
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 42);
}

#[test]
fn a_task_can_cancel_itself() {
    let waits = run_virtual(|co| {
        co.yield_from(spawn_std(async {
            current_task().unwrap().cancel();
            pending::<()>().await;
        }))
    });
    assert!(waits.unwrap_err().is_cancelled());
    let gives_way = run_virtual(|co| {
        co.yield_from(spawn_std(async {
            current_task().unwrap().cancel();
            give_way().await;
        }))
    });
    assert!(gives_way.unwrap_err().is_cancelled());
    // As in asyncio, a task that ends at once has been cancelled nevertheless.
    let ends =
        run_virtual(|co| co.yield_from(spawn_std(async { current_task().unwrap().cancel() })));
    assert!(ends.unwrap_err().is_cancelled());
}
