//! Runs that wait for a future: which of them can never end.

use std::future::pending;
use std::sync::mpsc;
use std::task::Waker;
use std::thread;

use yieldfrom::bridge::Portable;
use yieldfrom::streams::{Read, duplex};
use yieldfrom::{Co, DeadlockError, EventLoop, create_task, from_std, spawn_std};

use super::suspend;
use crate::support::Watchdog;

fn deadlock(main: impl FnOnce(&Co) -> yieldfrom::Result<()> + 'static) -> String {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let error = EventLoop::new()
        .unwrap()
        .run_until_complete(main)
        .unwrap_err();
    assert!(error.is::<DeadlockError>(), "{error}");
    error.to_string()
}

#[test]
fn a_future_that_nobody_can_wake_is_a_deadlock_and_is_named() {
    let text = deadlock(|co| co.yield_from(from_std(pending::<()>())));
    assert!(
        text.contains("the std future Pending() at ") && text.contains("without_end.rs"),
        "{text}"
    );
    let text = deadlock(|co| co.yield_from(spawn_std(pending::<()>())));
    assert!(text.contains("the std future Pending() at "), "{text}");
}

#[test]
fn tasks_that_await_each_other_through_a_coroutine_are_a_deadlock() {
    let text = deadlock(|co| {
        let event_loop = yieldfrom::get_running_loop()?;
        let never = event_loop.create_future::<()>();
        drop(event_loop);
        co.yield_from(spawn_std(async move { never.await }))?
    });
    assert!(text.contains("the std future "), "{text}");
}

#[test]
fn a_waker_on_another_thread_keeps_a_run_alive() {
    let _watchdog = Watchdog::start("a wake-up was lost");
    for by_task in [false, true] {
        let (sender, receiver) = mpsc::channel::<Waker>();
        let worker = thread::spawn(move || {
            let waker = receiver.recv().unwrap();
            // The run is about to wait by now, or it waits; either way it is no deadlock.
            thread::yield_now();
            waker.wake();
        });
        let event_loop = EventLoop::new().unwrap();
        let future = suspend(move |waker| sender.send(waker).unwrap());
        if by_task {
            event_loop.run_until_complete(from_std(future)).unwrap();
        } else {
            event_loop
                .run_until_complete(move |co: &Co| co.yield_from(from_std(future)))
                .unwrap();
        }
        worker.join().unwrap();
    }
}

#[test]
fn a_value_that_may_come_home_keeps_a_run_alive() {
    let _watchdog = Watchdog::start("a value did not come home");
    let event_loop = EventLoop::new().unwrap();
    let read = event_loop.run_until_complete(|co: &Co| {
        let (near, far) = duplex(64);
        let far = Portable::new(far);
        let (go, gone) = mpsc::channel();
        let worker = thread::spawn(move || {
            gone.recv().unwrap();
            drop(far);
        });
        // The run waits when the value is dropped.
        let at_once = create_task(move |_: &Co| {
            go.send(()).unwrap();
            Ok(())
        });
        let n = co.yield_from(near.read(&mut [0; 8]))?;
        co.yield_from(at_once)?;
        worker.join().unwrap();
        Ok(n)
    });
    assert_eq!(read.unwrap(), 0);
}
