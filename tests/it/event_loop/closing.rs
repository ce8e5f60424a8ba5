//! What a loop leaves behind when it is closed or dropped: nothing.

mod user_code;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::sync::{Condition, Event, Lock, Queue};
use yieldfrom::{
    Co, Coroutine, Future, Result, Task, as_completed, coroutine, create_task, gather, gather_with,
    set_event_loop, shield, sleep, task_group, timeout, wait, wait_for,
};

use crate::support::{Census, Journal, in_a_child, log_of, secs, settle, test_path, virtual_loop};

fn forever() -> Coroutine<()> {
    coroutine(|co: &Co| co.yield_from(Future::new()))
}

#[test]
fn dropping_the_loop_runs_destructors_innermost_first_and_tasks_in_order_of_making() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    for name in ["a", "b"] {
        let journal = journal.clone();
        event_loop.create_task(move |co: &Co| {
            let (_outer, journal) = (journal.guard(format!("{name} task")), journal.clone());
            co.yield_from(coroutine(move |co| {
                let _middle = journal.guard(format!("{name} coroutine"));
                co.yield_from(|co: &Co| {
                    let _inner = journal.guard(format!("{name} function"));
                    co.yield_from(sleep(secs(5)))
                })
            }))
        });
    }
    settle(&event_loop);
    let (logged, ()) = log_of(|| drop(event_loop));
    let expected = ["a", "b"]
        .map(|name| ["function", "coroutine", "task"].map(|part| format!("drop {name} {part}")));
    assert_eq!(journal.take(), expected.concat());
    assert_eq!(logged.len(), 2, "a report for each: {logged:?}");
}

#[test]
fn tasks_that_hold_each_other_and_themselves_leave_nothing() {
    let (census, event_loop) = (Census::default(), virtual_loop());
    let all: Rc<RefCell<Vec<Task<()>>>> = Rc::default();
    for _ in 0..3 {
        let (all_tasks, value) = (Rc::clone(&all), census.one());
        let task = event_loop.create_task(move |co: &Co| {
            let (_handles, _value) = (all_tasks, value);
            co.yield_from(sleep(secs(1)))
        });
        all.borrow_mut().push(task);
    }
    drop(all);
    event_loop.turn(None).unwrap();
    assert_eq!(census.live(), 3);
    log_of(|| drop(event_loop));
    assert_eq!(census.live(), 0);
}

#[test]
fn tasks_that_never_began_leave_nothing() {
    let (census, event_loop) = (Census::default(), virtual_loop());
    let value = census.one();
    event_loop.create_task(move |_: &Co| {
        drop(value);
        Ok(())
    });
    let value = census.one();
    event_loop.call_soon(move || drop(value)).unwrap();
    let value = census.one();
    event_loop.call_later(secs(1), move || drop(value)).unwrap();
    assert_eq!(census.live(), 3);
    log_of(|| drop(event_loop));
    assert_eq!(census.live(), 0);
}

/// Suspended coroutines, one for each way to wait.
fn all_ways_to_wait() -> Vec<(&'static str, Coroutine<()>)> {
    fn way<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Coroutine<()> {
        coroutine(move |co| body(co).map(drop))
    }
    vec![
        ("sleep", way(|co| co.yield_from(sleep(secs(1))))),
        ("future", way(|co| co.yield_from(Future::<()>::new()))),
        ("task", way(|co| co.yield_from(create_task(forever())))),
        ("wait", way(|co| co.yield_from(wait([forever()])))),
        (
            "wait with timeout",
            way(|co| co.yield_from(wait([forever()]).timeout(secs(9)))),
        ),
        (
            "wait_for",
            way(|co| co.yield_from(wait_for(forever(), secs(9)))),
        ),
        (
            "timeout",
            way(|co| co.yield_from(timeout(secs(9), |co| co.yield_from(forever())))),
        ),
        ("gather", way(|co| co.yield_from(gather([forever()])))),
        ("shield", way(|co| co.yield_from(shield(forever())))),
        (
            "as_completed",
            way(|co| {
                let mut rounds = as_completed([forever()]);
                co.yield_from(rounds.next().expect("one"))
            }),
        ),
        (
            "task_group",
            way(|co| {
                co.yield_from(task_group(|co, group| {
                    group.create_task(forever());
                    co.yield_from(forever())
                }))
            }),
        ),
        (
            "task_group's end",
            way(|co| {
                co.yield_from(task_group(|_, group| {
                    drop(group.create_task(forever()));
                    Ok(())
                }))
            }),
        ),
        ("event", way(|co| co.yield_from(Event::new().wait()))),
        ("queue", way(|co| co.yield_from(Queue::<i32>::new().get()))),
        (
            "lock",
            way(|co| {
                let lock = Lock::new();
                let _held = co.yield_from(lock.acquire())?;
                co.yield_from(lock.acquire()).map(drop)
            }),
        ),
        (
            "condition",
            way(|co| {
                let condition = Condition::new();
                let _held = co.yield_from(condition.acquire())?;
                co.yield_from(condition.wait())
            }),
        ),
    ]
}

#[test]
fn the_last_handle_closes_the_loop_whatever_its_tasks_wait_for() {
    let mut leaking = Vec::new();
    for (name, way) in all_ways_to_wait() {
        let (census, event_loop) = (Census::default(), virtual_loop());
        let value = census.one();
        event_loop.create_task(move |co: &Co| {
            let _value = value;
            co.yield_from(way)
        });
        settle(&event_loop);
        assert_eq!(census.live(), 1, "{name} is suspended");
        log_of(|| drop(event_loop));
        if census.live() > 0 {
            leaking.push(name);
        }
    }
    assert!(leaking.is_empty(), "left suspended: {leaking:?}");
}

#[test]
fn nothing_is_left_of_a_gather_or_shield_on_a_closed_loop() {
    let (census, event_loop) = (Census::default(), virtual_loop());
    set_event_loop(Some(&event_loop));
    let value = census.one();
    let gathered = gather_with([forever(), forever()], false, move |_| {
        drop(value);
        Ok(())
    });
    let shielded = shield(forever());
    let value = census.one();
    shielded.add_done_callback(move |_| drop(value));
    set_event_loop(None);
    settle(&event_loop);
    log_of(|| event_loop.close().unwrap());
    drop((gathered, shielded, event_loop));
    assert_eq!(census.live(), 0);
}

#[test]
fn a_callback_that_holds_its_own_task_is_dropped_with_the_loop() {
    let (census, event_loop) = (Census::default(), virtual_loop());
    let (task, value) = (event_loop.create_task(forever()), census.one());
    let own = task.clone();
    task.add_done_callback(move |_| drop((own, value)));
    settle(&event_loop);
    drop(task);
    log_of(|| drop(event_loop));
    assert_eq!(census.live(), 0);
}

#[test]
fn a_future_that_a_task_waits_for_is_dropped_with_the_loop() {
    let (event_loop, census) = (virtual_loop(), Census::default());
    let future = event_loop.create_future::<()>();
    let (awaited, value) = (future.clone(), census.one());
    future.add_done_callback(move |_| drop(value));
    let task = event_loop.create_task(move |co: &Co| co.yield_from(awaited));
    settle(&event_loop);
    drop(future);
    let (_, ()) = log_of(|| drop((event_loop, task)));
    assert_eq!(census.live(), 0);
}

#[test]
fn callbacks_of_a_future_that_ends_on_a_closed_loop_are_dropped() {
    let (census, event_loop) = (Census::default(), virtual_loop());
    let (future, value) = (event_loop.create_future(), census.one());
    future.add_done_callback(move |_| drop(value));
    event_loop.close().unwrap();
    future.set_result(1).unwrap();
    assert_eq!(future.result().unwrap(), 1, "results stay readable");
    drop((future, event_loop));
    assert_eq!(census.live(), 0);
}

#[test]
fn a_long_chain_of_waiting_tasks_is_dropped_without_recursion() {
    let name = test_path!("a_long_chain_of_waiting_tasks_is_dropped_without_recursion");
    if !in_a_child(name) {
        return;
    }
    let event_loop = virtual_loop();
    event_loop.set_exception_handler(Some(Box::new(|_, _| ())));
    let mut last = event_loop.create_task(forever());
    for _ in 0..100_000 {
        let next = last;
        last = event_loop.create_task(move |co: &Co| co.yield_from(next));
    }
    drop(last);
    settle(&event_loop);
    drop(event_loop);
}

#[test]
fn a_long_chain_in_the_other_order_is_dropped_without_recursion() {
    let name = test_path!("a_long_chain_in_the_other_order_is_dropped_without_recursion");
    if !in_a_child(name) {
        return;
    }
    let event_loop = virtual_loop();
    event_loop.set_exception_handler(Some(Box::new(|_, _| ())));
    let all: Rc<RefCell<Vec<Task<()>>>> = Rc::default();
    for i in 1..100_000 {
        let others = Rc::clone(&all);
        let task = event_loop.create_task(move |co: &Co| {
            let next = others.borrow().get(i).cloned();
            drop(others);
            match next {
                Some(next) => co.yield_from(&next),
                None => co.yield_from(forever()),
            }
        });
        all.borrow_mut().push(task);
    }
    settle(&event_loop);
    drop(all);
    drop(event_loop);
}

#[test]
fn a_thread_that_ends_closes_its_current_loop() {
    let name = test_path!("a_thread_that_ends_closes_its_current_loop");
    if !in_a_child(name) {
        return;
    }
    struct Tell(std::sync::mpsc::Sender<&'static str>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.send("dropped").unwrap();
        }
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let event_loop = virtual_loop();
        set_event_loop(Some(&event_loop));
        event_loop.create_task(move |co: &Co| {
            let _tell = Tell(sender);
            co.yield_from(sleep(secs(1)))
        });
        event_loop.turn(Some(Duration::ZERO)).unwrap();
    });
    thread.join().unwrap();
    assert_eq!(receiver.try_recv(), Ok("dropped"));
}
