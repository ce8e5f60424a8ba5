//! How tasks, and what belongs to them, are shown.

use yieldfrom::{
    Co, Coroutine, Error, Future, Queue, Result, Task, TaskGroup, Timeout, coroutine, sleep,
    task_group, wait, yield_now,
};

use crate::support::{log_of, secs, settle, virtual_loop};

use super::text;

/// Returns where a task of this file is shown to be, as `file:line` without the folder.
fn shown(prefix: &str, line: u32) -> String {
    format!("{prefix}{}:{line}", file!())
}

fn inner(co: &Co) -> Result<()> {
    co.yield_from(yield_now())?; // the first line where it waits
    co.yield_from(sleep(secs(1)))
}
const FIRST: u32 = line!() - 3;

fn outer(co: &Co) -> Result<()> {
    co.yield_from(coroutine(inner))?;
    co.yield_from(Future::<()>::new())
}
const OUTER: u32 = line!() - 3;

#[test]
fn a_pending_task_is_shown_with_the_line_where_it_waits_innermost() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(outer);
    let made = line!() - 1;
    assert_eq!(
        text(&task),
        shown("<Task pending coro=<outer() running at ", made) + ">>"
    );
    for line in [FIRST, FIRST + 1, OUTER + 1] {
        if event_loop.time_to_next() == Some(secs(1)) {
            settle(&event_loop);
        }
        while !text(&task).contains(&shown("", line)) {
            assert!(event_loop.time_to_next().is_some(), "not at {line}: {task}");
            event_loop.turn(None).unwrap();
        }
        assert_eq!(
            text(&task),
            shown("<Task pending coro=<outer() running at ", line) + ">>"
        );
    }
    assert_eq!(event_loop.time(), secs(1));
    log_of(|| drop(event_loop));
}

#[test]
fn a_task_that_ended_is_shown_with_how_and_where_it_was_defined() {
    let event_loop = virtual_loop();
    let fine = event_loop.create_task(|_: &Co| Ok(()));
    let bad = event_loop.create_task(|_: &Co| Err(Error::msg("no fuel")));
    let cancelled = event_loop.create_task(|_: &Co| Ok(()));
    let line = line!() - 3;
    cancelled.cancel();
    settle(&event_loop);
    let name =
        "a_task_that_ended_is_shown_with_how_and_where_it_was_defined::{closure} done, defined at ";
    let expected = |state, line| shown(&format!("<Task {state} coro=<{name}"), line);
    assert_eq!(text(&fine), expected("finished", line) + ">>");
    let failed = text(&bad);
    assert!(
        failed.starts_with(&(expected("finished", line + 1) + "> exception=")),
        "{failed}"
    );
    assert!(failed.contains("no fuel"), "{failed}");
    assert_eq!(text(&cancelled), expected("cancelled", line + 2) + ">>");
    assert!(bad.exception().unwrap().is_some());
}

#[test]
fn plain_futures_are_shown_by_state() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    assert_eq!(
        format!("{future} {future:?}"),
        "<Future pending> <Future pending>"
    );
    future.set_result(1).unwrap();
    assert_eq!(future.to_string(), "<Future finished>");
    let future = event_loop.create_future::<i32>();
    future.cancel();
    assert_eq!(future.to_string(), "<Future cancelled>");
}

#[test]
fn a_stack_is_printed_with_a_line_for_each_delegation() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(outer);
    settle(&event_loop);
    let lines = |task: &Task<()>| {
        let mut out = Vec::new();
        task.print_stack(&mut out).unwrap();
        String::from_utf8(out)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let file = file!();
    let expected = [
        format!("Stack for {task} (most recent call last):"),
        format!("  File \"{file}\", line {OUTER}, in outer"),
        format!("  File \"{file}\", line {}, in inner", FIRST + 1),
    ];
    assert_eq!(lines(&task), expected);
    let names: Vec<_> = task.stack().iter().map(|at| at.name().to_owned()).collect();
    assert_eq!(names, ["outer", "inner"]);
    task.cancel();
    settle(&event_loop);
    assert_eq!(lines(&task), [format!("No stack for {task}")]);
    assert!(task.stack().is_empty());
}

#[test]
fn what_belongs_to_tasks_is_shown_for_debugging() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|co: &Co| {
        let limit = Timeout::at(secs(5));
        assert_eq!(format!("{limit:?}"), "<Timeout Created when=5s>");
        assert_eq!(
            format!("{:?}", Timeout::after(secs(5))),
            "<Timeout Created>"
        );
        let limited = limit.enter(|_: &Co| Ok(()));
        assert_eq!(format!("{limited:?}"), "<Operation timeout>");
        co.yield_from(limited)?;
        assert_eq!(format!("{limit:?}"), "<Timeout Exited when=5s>");
        let grouped = task_group(|co: &Co, group: &TaskGroup<'_, '_>| {
            group.create_task(|_: &Co| Err::<(), _>(Error::msg("no fuel")));
            assert_eq!(format!("{group:?}"), "<TaskGroup tasks=1 errors=0>");
            assert!(co.yield_from(sleep(secs(1))).is_err());
            assert_eq!(format!("{group:?}"), "<TaskGroup tasks=0 errors=1>");
            Ok(())
        });
        assert_eq!(format!("{grouped:?}"), "<Operation task_group>");
        let wait = wait([Future::<()>::new()]).timeout(secs(5));
        assert!(format!("{wait:?}").starts_with("Wait { timeout: Some(5s), return_when: "));
        let queue = Queue::<i32>::new();
        assert_eq!(format!("{:?}", queue.put(1)), format!("Put({queue:?})"));
        assert!(co.yield_from(grouped).is_err());
        Ok(())
    });
    assert_eq!(format!("{:?}", task.to_any()), task.to_string());
    event_loop.run_until_complete(&task).unwrap();
    let future: &Future<()> = task.as_ref();
    assert!(future.done() && format!("{future:?}") == task.to_string());
}

#[test]
fn closures_are_shown_as_closures_and_coroutine_functions_by_their_names() {
    const SPIN: u32 = line!() + 2;
    fn spin() -> Coroutine<()> {
        coroutine(|co| co.yield_from(yield_now()))
    }
    const HERE: &str = "closures_are_shown_as_closures_and_coroutine_functions_by_their_names";
    let event_loop = virtual_loop();
    let closure = event_loop.create_task(|co: &Co| {
        co.yield_from(|co: &Co| co.yield_from(spin())) // three deep
    });
    let named = event_loop
        .create_task(spin())
        .named(format_args!("spin({})", 7));
    event_loop.turn(None).unwrap();
    let stack: Vec<_> = closure.stack().iter().map(ToString::to_string).collect();
    let here = line!() - 7;
    let shown = format!("{HERE}::{{closure}}");
    let expected = [(&*shown, here), (&*shown, here), ("spin()", SPIN)];
    for (link, (name, line)) in stack.iter().zip(expected) {
        assert_eq!(*link, format!("{name} at {}:{line}", file!()));
    }
    assert_eq!(stack.len(), 3);
    let beginning = format!("<Task pending coro=<{shown} running at ");
    assert!(text(&closure).starts_with(&beginning), "{closure}");
    let beginning = "<Task pending name='spin(7)' coro=<spin() running at ";
    assert!(text(&named).starts_with(beginning), "{named}");
    assert_eq!(named.get_name(), "spin(7)");
    let (logged, ()) = log_of(|| drop(coroutine(|_: &Co| Ok(()))));
    assert!(
        logged[0].contains(&format!("coroutine {HERE}() was never")),
        "{logged:?}"
    );
    settle(&event_loop);
}
