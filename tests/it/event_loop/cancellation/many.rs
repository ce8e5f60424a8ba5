//! Cancellation of very many tasks, and of long chains of them.

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::{Co, Future, Task, create_task, gather, gather_with, sleep, yield_now};

use super::cancelled;
use crate::support::{in_a_child, run_virtual, secs, settle, test_path, virtual_loop};

fn many() -> usize {
    if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    }
}

#[test]
fn very_many_tasks_are_cancelled_at_once() {
    let event_loop = virtual_loop();
    let tasks: Vec<_> = (0..many())
        .map(|_| event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(60)))))
        .collect();
    // Most are cancelled before their first step: they take less memory.
    let (begun, fresh) = tasks.split_at(many() / 20);
    assert!(fresh.iter().all(|task| task.cancel()));
    settle(&event_loop);
    assert!(fresh.iter().all(|task| task.cancelled()) && begun.iter().all(|task| !task.done()));
    assert!(begun.iter().all(|task| task.cancel()));
    settle(&event_loop);
    assert!(begun.iter().all(|task| task.cancelled()));
    assert_eq!(event_loop.time_to_next(), None);
}

#[test]
fn a_long_chain_of_tasks_is_cancelled_from_its_end() {
    let name = test_path!("a_long_chain_of_tasks_is_cancelled_from_its_end");
    if !in_a_child(name) {
        return;
    }
    let event_loop = virtual_loop();
    let end = event_loop.create_future::<()>();
    let mut task: Task<()> = event_loop.create_task({
        let end = end.clone();
        move |co: &Co| co.yield_from(end)
    });
    for _ in 0..100_000 {
        let next = task;
        task = event_loop.create_task(move |co: &Co| co.yield_from(next));
    }
    settle(&event_loop);
    assert!(task.cancel() && end.cancelled());
    assert!(cancelled(&event_loop.run_until_complete(task)));
    assert!(event_loop.all_tasks().is_empty());
}

#[test]
fn deeply_nested_gathers_are_cancelled_through_their_tasks() {
    let event_loop = virtual_loop();
    let innermost: Rc<RefCell<Option<Future<()>>>> = Rc::default();
    let slot = Rc::clone(&innermost);
    let outermost = event_loop.run_until_complete(move |co: &Co| {
        let future = Future::new();
        slot.replace(Some(future.clone()));
        let mut task = create_task(move |co: &Co| co.yield_from(future));
        for _ in 0..10_000 {
            let inner = task;
            task = create_task(move |co: &Co| co.yield_from(gather([inner])).map(drop));
        }
        co.yield_from(yield_now())?;
        Ok(task)
    });
    let outermost = outermost.unwrap();
    settle(&event_loop);
    assert!(outermost.cancel());
    assert!(innermost.take().unwrap().cancelled());
    assert!(cancelled(&event_loop.run_until_complete(&outermost)));
    assert!(event_loop.all_tasks().is_empty());
}

#[test]
fn gathers_of_gathers_are_cancelled_without_recursion() {
    let name = test_path!("gathers_of_gathers_are_cancelled_without_recursion");
    if !in_a_child(name) {
        return;
    }
    let result = run_virtual(|co| {
        let innermost = Future::new();
        let mut outermost = innermost.clone();
        for _ in 0..20_000 {
            outermost = gather_with([outermost], false, |_| Ok(()));
        }
        assert!(outermost.cancel() && innermost.cancelled());
        co.yield_from(outermost)
    });
    assert!(cancelled(&result));
}
