//! Handlers of a loop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc;

use yieldfrom::signal::{SIGHUP, SIGKILL, SIGSTOP, SIGUSR1, SIGUSR2};
use yieldfrom::{Co, DeadlockError, EventLoop, RuntimeError, ValueError, yield_now};

use crate::fixtures::{Census, Journal, failed_with, settle, virtual_loop};
use crate::{pause, raise, raise_soon};

pub(crate) fn a_signal_wakes_a_loop_that_waits_and_the_handler_runs_inside() {
    for builder in [
        EventLoop::builder(),
        EventLoop::builder().portable_reactor(),
    ] {
        let event_loop = builder.build().unwrap();
        let stopper = event_loop.clone();
        let handler = move || {
            assert!(stopper.is_running());
            stopper.stop();
        };
        event_loop.add_signal_handler(SIGUSR1, handler).unwrap();
        let task = event_loop.create_task(pause);
        raise_soon(SIGUSR1);
        event_loop.run_forever().unwrap();
        assert!(!task.done());
    }
}

pub(crate) fn each_signal_is_a_call_and_none_is_lost_before_a_run() {
    let (event_loop, journal) = (EventLoop::new().unwrap(), Journal::default());
    for signum in [SIGUSR1, SIGUSR2] {
        let journal = journal.clone();
        let note = move || journal.note(signum);
        event_loop.add_signal_handler(signum, note).unwrap();
    }
    for signum in [SIGUSR1, SIGUSR2, SIGUSR1, SIGUSR1] {
        raise(signum);
    }
    settle_all(&event_loop);
    let mut called = journal.take();
    called.sort();
    assert_eq!(called, ["10", "10", "10", "12"]);
    // More than the pipe can hold are not told one by one, but told.
    for _ in 0..5000 {
        raise(SIGUSR1);
    }
    settle_all(&event_loop);
    assert!(journal.take().len() > 64);
    raise(SIGUSR2);
    settle_all(&event_loop);
    assert_eq!(journal.take(), ["12"]);
}

/// Makes turns until nothing happens any more.
fn settle_all(event_loop: &EventLoop) {
    for _ in 0..3 {
        event_loop.turn(Some(std::time::Duration::ZERO)).unwrap();
        settle(event_loop);
    }
}

pub(crate) fn a_handler_is_replaced_and_removed() {
    let (event_loop, journal, census) = (
        EventLoop::new().unwrap(),
        Journal::default(),
        Census::default(),
    );
    let add = |name: &'static str| {
        let (journal, one) = (journal.clone(), census.one());
        let handler = move || journal.note(format!("{name} {}", Rc::strong_count(&one) > 0));
        event_loop.add_signal_handler(SIGUSR1, handler).unwrap();
    };
    add("first");
    add("second");
    assert_eq!(census.live(), 1, "the first is dropped");
    raise(SIGUSR1);
    settle_all(&event_loop);
    assert_eq!(journal.take(), ["second true"]);
    assert!(event_loop.remove_signal_handler(SIGUSR1).unwrap());
    assert!(!event_loop.remove_signal_handler(SIGUSR1).unwrap());
    assert_eq!(census.live(), 0);
    add("third");
    raise(SIGUSR1);
    assert!(event_loop.remove_signal_handler(SIGUSR1).unwrap());
    settle_all(&event_loop);
    assert!(journal.take().is_empty(), "removed before its turn");
}

pub(crate) fn a_handler_may_remove_and_replace_itself() {
    let (event_loop, journal) = (EventLoop::new().unwrap(), Journal::default());
    let (inner, notes) = (event_loop.clone(), journal.clone());
    let replace = move || {
        let (again, notes_again) = (inner.clone(), notes.clone());
        let remove = move || {
            notes_again.note(again.remove_signal_handler(SIGUSR1).unwrap());
        };
        inner.add_signal_handler(SIGUSR1, remove).unwrap();
        notes.note("replaced");
    };
    event_loop.add_signal_handler(SIGUSR1, replace).unwrap();
    for _ in 0..2 {
        raise(SIGUSR1);
        settle_all(&event_loop);
    }
    assert_eq!(journal.take(), ["replaced", "true"]);
}

pub(crate) fn what_cannot_be_caught_is_refused() {
    let event_loop = EventLoop::new().unwrap();
    for signum in [-1, 0, 32, 33, 65, 1000, i32::MIN, i32::MAX] {
        let added = event_loop.add_signal_handler(signum, || ());
        assert!(failed_with::<ValueError, _>(added), "{signum}");
    }
    for signum in [-1, 0, 65, i32::MAX] {
        let removed = event_loop.remove_signal_handler(signum);
        assert!(failed_with::<ValueError, _>(removed), "{signum}");
    }
    for signum in [SIGKILL, SIGSTOP, 4, 7, 8, 11] {
        let error = event_loop.add_signal_handler(signum, || ()).unwrap_err();
        assert!(error.is::<RuntimeError>(), "{error}");
        assert!(
            error
                .to_string()
                .contains(&format!("add_signal_handler: signal {signum}"))
        );
        assert!(!event_loop.remove_signal_handler(signum).unwrap());
    }
    event_loop.close().unwrap();
    let added = event_loop.add_signal_handler(SIGUSR1, || ());
    assert!(failed_with::<RuntimeError, _>(added));
    assert!(!event_loop.remove_signal_handler(SIGUSR1).unwrap());
}

pub(crate) fn a_handler_is_an_outside_wake_up() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future::<i32>();
    let inner = future.clone();
    let handler = move || _ = inner.set_result(7);
    event_loop.add_signal_handler(SIGHUP, handler).unwrap();
    raise_soon(SIGHUP);
    assert_eq!(event_loop.run_until_complete(&future).unwrap(), 7);
    assert!(event_loop.remove_signal_handler(SIGHUP).unwrap());
    let waited = event_loop.run_until_complete(event_loop.create_future::<()>());
    assert!(failed_with::<DeadlockError, _>(waited));
}

pub(crate) fn a_busy_loop_sees_signals() {
    let (event_loop, seen) = (EventLoop::new().unwrap(), Rc::new(Cell::new(false)));
    let noted = Rc::clone(&seen);
    event_loop
        .add_signal_handler(SIGUSR1, move || noted.set(true))
        .unwrap();
    raise_soon(SIGUSR1);
    let spin = move |co: &Co| {
        while !seen.get() {
            co.yield_from(yield_now())?;
        }
        Ok(())
    };
    event_loop.run_until_complete(spin).unwrap();
}

pub(crate) fn a_panic_of_a_handler_is_reported_and_it_stays() {
    let (event_loop, seen) = (EventLoop::new().unwrap(), Rc::new(RefCell::new(Vec::new())));
    let log = Rc::clone(&seen);
    event_loop.set_exception_handler(Some(Box::new(move |_, context| {
        log.borrow_mut().push(context.to_string());
    })));
    event_loop
        .add_signal_handler(SIGUSR1, || panic!("no fuel"))
        .unwrap();
    for n in 1..3 {
        raise(SIGUSR1);
        settle_all(&event_loop);
        assert_eq!(seen.borrow().len(), n);
    }
    assert!(seen.borrow()[0].contains("no fuel"), "{seen:?}");
    assert!(seen.borrow()[0].contains("handlers.rs"), "{seen:?}");
}

pub(crate) fn loops_of_several_threads_are_all_told() {
    let (ready, is_ready) = mpsc::channel();
    let (told, is_told) = mpsc::channel();
    let threads: Vec<_> = (0..3)
        .map(|i| {
            let (ready, told) = (ready.clone(), told.clone());
            std::thread::spawn(move || {
                let event_loop = EventLoop::new().unwrap();
                let stopper = event_loop.clone();
                let mut left = i;
                let handler = move || {
                    told.send(i).unwrap();
                    left -= 1;
                    if left < 0 {
                        stopper.stop();
                    }
                };
                event_loop.add_signal_handler(SIGUSR1, handler).unwrap();
                ready.send(()).unwrap();
                event_loop.run_forever().unwrap();
                drop(event_loop);
                ready.send(()).unwrap();
            })
        })
        .collect();
    (0..3).for_each(|_| is_ready.recv().unwrap());
    for expected in [vec![0, 1, 2], vec![1, 2], vec![2]] {
        raise(SIGUSR1);
        let mut got: Vec<_> = expected.iter().map(|_| is_told.recv().unwrap()).collect();
        got.sort();
        assert_eq!(got, expected);
        is_ready.recv().unwrap(); // one of them is closed
    }
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

pub(crate) fn handlers_leave_no_descriptor() {
    let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let round = |remove: bool| {
        let event_loop = EventLoop::new().unwrap();
        for signum in [SIGUSR1, SIGUSR2, SIGUSR1] {
            event_loop.add_signal_handler(signum, || ()).unwrap();
        }
        if remove {
            event_loop.remove_signal_handler(SIGUSR1).unwrap();
        }
    };
    round(true);
    let before = count();
    (0..10).for_each(|i| round(i % 2 == 0));
    assert_eq!(count(), before);
}

pub(crate) fn handlers_that_are_replaced_or_removed_hold_no_descriptor_until_the_next_turn() {
    let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    for builder in [
        EventLoop::builder(),
        EventLoop::builder().portable_reactor(),
    ] {
        let event_loop = builder.build().unwrap();
        event_loop.add_signal_handler(SIGUSR1, || ()).unwrap();
        let with_one = count();
        for _ in 0..20 {
            event_loop.add_signal_handler(SIGUSR1, || ()).unwrap();
            raise(SIGUSR1);
            assert_eq!(count(), with_one);
        }
        event_loop.remove_signal_handler(SIGUSR1).unwrap();
        let without = count();
        assert!(without < with_one);
        for _ in 0..20 {
            event_loop.add_signal_handler(SIGUSR2, || ()).unwrap();
            event_loop.remove_signal_handler(SIGUSR2).unwrap();
            assert_eq!(count(), without);
        }
        // Inside of a handler, too.
        let (inner, least) = (event_loop.clone(), Rc::new(Cell::new(usize::MAX)));
        let seen = Rc::clone(&least);
        let replace = move || {
            inner.remove_signal_handler(SIGUSR1).unwrap();
            seen.set(count());
        };
        event_loop.add_signal_handler(SIGUSR1, replace).unwrap();
        raise(SIGUSR1);
        settle_all(&event_loop);
        assert_eq!(least.get(), without);
    }
}
