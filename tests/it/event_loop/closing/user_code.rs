//! Code of the program that runs, or panics, while its loop is closed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{Co, EventLoop, Result, create_task, sleep};

use crate::support::{Census, Journal, log_of, secs, virtual_loop};

use super::forever;

#[test]
fn a_destructor_that_panics_keeps_no_other_from_running() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a destructor");
        }
    }
    let (census, event_loop) = (Census::default(), virtual_loop());
    event_loop.create_task(|co: &Co| {
        let _bomb = Bomb;
        co.yield_from(sleep(secs(1)))
    });
    let value = census.one();
    event_loop.create_task(move |co: &Co| {
        let _value = value;
        co.yield_from(sleep(secs(1)))
    });
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    let (logged, closed) = log_of(|| event_loop.close());
    closed.unwrap();
    assert_eq!(census.live(), 0);
    assert!(
        logged.iter().any(|line| line.contains("panic ignored")),
        "{logged:?}"
    );
}

#[test]
fn a_body_that_refuses_to_end_is_unwound() {
    let (census, event_loop) = (Census::default(), virtual_loop());
    let value = census.one();
    event_loop.create_task(move |co: &Co| -> Result<()> {
        let _value = value;
        loop {
            let _ = co.yield_from(sleep(secs(1)));
        }
    });
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    log_of(|| event_loop.close().unwrap());
    assert_eq!(census.live(), 0);
}

#[test]
fn what_a_closing_loop_is_given_is_dropped() {
    let (census, event_loop) = (Census::default(), virtual_loop());
    let (value, lent) = (census.one(), census.one());
    event_loop.create_task(move |co: &Co| {
        let result = co.yield_from(sleep(secs(1)));
        // The loop is closing: none of these may run, nor stay.
        let task = create_task(move |_: &Co| {
            drop(value);
            Ok(())
        });
        let _ = task.add_done_callback(move |_| drop(lent));
        let _ = task.exception();
        result
    });
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    log_of(|| event_loop.close().unwrap());
    drop(event_loop);
    assert_eq!(census.live(), 0);
}

#[test]
fn an_exception_handler_may_use_the_loop_that_closes() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    event_loop.set_exception_handler(Some(Box::new(move |event_loop: &EventLoop, context| {
        notes.note(context.message());
        notes.note(event_loop.call_soon(|| ()).is_err());
        notes.note(event_loop.close().is_ok());
    })));
    event_loop.create_task(forever());
    drop(event_loop);
    assert_eq!(
        journal.take(),
        ["Task was destroyed but it is pending!", "true", "true"]
    );
}

#[test]
fn a_result_that_panics_when_it_is_dropped_does_not_prolong_the_run() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let reports = Rc::new(Cell::new(0));
    let count = reports.clone();
    event_loop.set_exception_handler(Some(Box::new(move |_, _| count.set(count.get() + 1))));
    drop(event_loop.create_task(|_: &Co| Ok(Bomb)));
    event_loop.stop();
    assert!(event_loop.run_forever().is_ok());
    assert_eq!(reports.get(), 1);
}
