//! Callbacks of jobs that are done, on the thread that did them.

use std::panic;
use std::sync::mpsc;

use crate::support::secs;

use super::{Gate, pool, thread_name};

#[test]
fn a_callback_may_wait_for_another_job() {
    let executor = pool(2);
    let (gate, held) = Gate::occupy(&executor);
    let inner = executor.clone();
    let (tell, told) = mpsc::channel();
    held.add_done_callback(move || {
        // With a timeout, so that it does not run it itself.
        let other = inner.submit(thread_name).result(Some(secs(5)));
        drop(inner);
        tell.send(other).unwrap();
    });
    gate.open();
    let other = told.recv().unwrap();
    assert_eq!(other, Ok("yieldfrom-worker-1".to_owned()));
}

#[test]
fn a_job_queued_while_a_callback_begins_is_taken_by_another_thread() {
    for _ in 0..200 {
        let executor = pool(2);
        let (gate, held) = Gate::occupy(&executor);
        let (open, opened) = mpsc::channel();
        held.add_done_callback(move || opened.recv_timeout(secs(60)).unwrap());
        gate.open();
        held.result(None).unwrap();
        let next = executor.submit(move || open.send(()).unwrap());
        assert_eq!(next.result(Some(secs(5))), Ok(()));
    }
}

#[test]
fn a_callback_that_panics_does_not_keep_others_from_being_called() {
    let executor = pool(1);
    let (gate, held) = Gate::occupy(&executor);
    let (tell, told) = mpsc::channel();
    held.add_done_callback(|| panic!("a callback"));
    held.add_done_callback(move || tell.send(()).unwrap());
    gate.open();
    assert_eq!(told.recv_timeout(secs(60)), Ok(()));
    assert_eq!(executor.submit(|| 1).result(None), Ok(1));
}
