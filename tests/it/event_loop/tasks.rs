//! How tasks are made, named, shown, listed and found.

mod shown;

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::{
    Awaitable, Co, CoroutineBuilder, EventLoop, Future, Result, Task, Timeout, ValueError,
    as_completed, create_task, current_task, ensure_future, gather, run, shield, wait, yield_now,
};

use crate::support::{Census, failed_with, run_virtual, secs, settle, virtual_loop};

fn text(task: &Task<()>) -> String {
    assert_eq!(task.to_string(), format!("{task:?}"));
    assert_eq!(task.to_string(), task.to_any().to_string());
    task.to_string()
}

#[test]
fn names_are_given_or_counted() {
    let event_loop = virtual_loop();
    let first = event_loop.create_task(|_: &Co| Ok(()));
    let second = event_loop.create_task(|_: &Co| Ok(()));
    assert_eq!(
        (first.get_name(), second.get_name()),
        ("Task-1".into(), "Task-2".into())
    );
    second.set_name("download");
    assert!(text(&second).starts_with("<Task pending name='download' coro=<"));
    second.set_name(format!("download {}", 2));
    assert_eq!(second.to_any().get_name(), "download 2");
    settle(&event_loop);
    assert_eq!(second.get_name(), "download 2");
    assert_eq!(first.to_any(), first.clone().to_any());
    assert_ne!(first.to_any(), second.to_any());
    let named = CoroutineBuilder::new().name("taxi 7").build(|_| Ok(()));
    assert_eq!(named.name(), "taxi 7");
    let task = event_loop.create_task(named);
    assert!(text(&task).contains("coro=<taxi 7() running at "));
    settle(&event_loop);
}

#[test]
fn the_current_task_is_the_one_that_runs() {
    run_virtual(|co| {
        let me = current_task().expect("inside a task");
        let other = create_task(|co: &Co| {
            let name = current_task().map(|task| task.get_name());
            co.yield_from(yield_now())?;
            assert_eq!(current_task().map(|task| task.get_name()), name);
            Ok(name)
        });
        let name = other.get_name();
        assert_ne!(me.get_name(), name);
        assert_eq!(co.yield_from(other)?, Some(name));
        assert!(current_task() == Some(me.clone()) && !me.done());
        let seen = Rc::new(Cell::new(false));
        let callback = Rc::clone(&seen);
        yieldfrom::get_running_loop()?.call_soon(move || callback.set(current_task().is_none()))?;
        co.yield_from(yield_now())?;
        assert!(seen.get(), "no task runs while a callback does");
        Ok(())
    })
    .unwrap();
}

#[test]
fn ensure_future_makes_tasks_of_coroutines_only() {
    run_virtual(|co| {
        let task = ensure_future(|_: &Co| Ok(1));
        assert!(ensure_future(&task).ptr_eq(&task) && task.as_task().is_some());
        let future: Future<i32> = ensure_future(Future::new());
        assert!(future.as_task().is_none() && ensure_future(&future).ptr_eq(&future));
        assert!(future.get_loop().ptr_eq(&task.get_loop()));
        assert_eq!(co.yield_from(task)?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn results_that_cannot_be_cloned_are_moved_out_once() {
    struct Unique(i32);
    let event_loop = virtual_loop();
    assert_eq!(
        event_loop
            .run_until_complete(|_: &Co| Ok(Unique(1)))
            .unwrap()
            .0,
        1
    );
    let task = event_loop.create_task(|_: &Co| Ok(Unique(2)));
    settle(&event_loop);
    assert_eq!(task.take_result().unwrap().0, 2);
    assert!(task.take_result().is_err() && task.exception().unwrap().is_none());
}

#[test]
fn done_callbacks_run_in_order_in_the_turn_after() {
    let (event_loop, journal) = (virtual_loop(), crate::support::Journal::default());
    let future = event_loop.create_future();
    let ids: Vec<_> = ["a", "b", "c"]
        .map(|name| {
            let notes = journal.clone();
            future.add_done_callback(move |future| {
                notes.note(format!("{name} {}", future.result().unwrap()));
            })
        })
        .into();
    assert_eq!(
        (
            future.remove_done_callback(&ids[1]),
            future.remove_done_callback(&ids[1])
        ),
        (1, 0)
    );
    future.set_result(7).unwrap();
    assert!(journal.take().is_empty(), "not before the loop's turn");
    let notes = journal.clone();
    future.add_done_callback(move |_| notes.note("late"));
    assert_eq!(
        future.remove_done_callback(&ids[0]),
        0,
        "it is scheduled already"
    );
    event_loop.turn(None).unwrap();
    assert_eq!(journal.take(), ["a 7", "c 7", "late"]);
}

/// As asyncio's `ensure_future(f, loop=other)`, wherever a loop is named beside a future.
#[test]
fn a_future_beside_another_loop_is_a_value_error() {
    let (one, two) = (virtual_loop(), virtual_loop());
    let (future, task) = (one.create_future::<()>(), one.create_task(|_: &Co| Ok(())));
    let refused = |result: Result<()>| assert!(failed_with::<ValueError, _>(result));
    refused((&future).ensure_future(&two).result());
    refused(future.clone().ensure_future(&two).result());
    refused((&task).ensure_future(&two).result());
    refused(task.clone().ensure_future(&two).result());
    refused(two.run_until_complete(&future));
    refused(two.run_until_complete(&task));
    refused(run(&future));
    let same = (&future).ensure_future(&one);
    assert!(same.ptr_eq(&future) && !future.done());
    // Without a loop beside it, a future stays what it is.
    assert!(ensure_future(&future).ptr_eq(&future));
    let theirs = future.clone();
    two.run_until_complete(move |co: &Co| {
        assert!(ensure_future(&theirs).ptr_eq(&theirs));
        refused(co.yield_from(wait([&theirs])).map(drop));
        let mine = Future::new();
        refused(co.yield_from(gather([&mine, &theirs])).map(drop));
        let next = as_completed([&theirs]).next().expect("there is one");
        refused(co.yield_from(next));
        assert!(shield(&theirs).get_loop().ptr_eq(&theirs.get_loop()));
        Ok(())
    })
    .unwrap();
    future.set_result(()).unwrap();
    one.run_until_complete(&future).unwrap();
    one.run_until_complete(task).unwrap();
}

/// A job of another loop, too.
#[test]
fn a_job_beside_another_loop_is_a_value_error() {
    let (one, two) = (EventLoop::new().unwrap(), virtual_loop());
    let job = one.run_in_executor(None, || 6);
    let refused = (&job).ensure_future(&two).result();
    assert!(failed_with::<ValueError, _>(refused));
    assert_eq!(one.run_until_complete(&job).unwrap(), 6);
    assert!(failed_with::<ValueError, _>(two.run_until_complete(job)));
}

#[test]
fn a_task_keeps_nothing_of_what_it_has_waited_for() {
    let (event_loop, census) = (virtual_loop(), Rc::new(Census::default()));
    let future = event_loop.create_future();
    let (awaited, value, live) = (future.clone(), census.one(), Rc::clone(&census));
    let set = move || future.set_result(value).unwrap();
    event_loop.call_later(secs(1), set).unwrap();
    let task = event_loop.create_task(move |co: &Co| {
        drop(co.yield_from(awaited)?);
        co.yield_from(yield_now())?;
        Ok(live.live())
    });
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 0);
}

#[test]
fn a_task_that_fails_at_once_keeps_nothing_of_its_coroutine() {
    let (event_loop, census) = (virtual_loop(), Census::default());
    event_loop.close().unwrap();
    let value = census.one();
    let task = event_loop.create_task(move |_: &Co| {
        drop(value);
        Ok(())
    });
    assert!(task.exception().unwrap().is_some());
    assert_eq!(census.live(), 0);
}

#[test]
fn a_limit_that_was_left_keeps_nothing_of_its_task() {
    let (event_loop, census) = (virtual_loop(), Census::default());
    let limit = Timeout::after(secs(9));
    let (inside, value) = (limit.clone(), census.one());
    let task = event_loop.create_task(move |co: &Co| {
        co.yield_from(inside.enter(|_: &Co| Ok(())))?;
        Ok(value)
    });
    drop(event_loop.run_until_complete(&task).unwrap());
    drop(task);
    event_loop.run_until_complete(|_: &Co| Ok(())).unwrap();
    assert_eq!(census.live(), 0);
    assert!(!limit.expired());
}
