//! Tracebacks of errors that come by a wait: each waiter has its own.

use std::time::Duration;

use yieldfrom::{
    Co, Error, EventLoop, ExceptionGroup, Future, Panicked, Queue, Result, TimeoutError,
    as_completed, create_task, gather, get_running_loop, shield, sleep, task_group, timeout,
    to_thread, wait, wait_for, yield_now,
};

use super::{below, five, frames_of};
use crate::support::{Journal, secs, virtual_loop};

/// Runs a coroutine that fails.
fn failure_of<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Error {
    let failed = virtual_loop().run_until_complete(body);
    failed.err().expect("it fails")
}

type Body = fn(&Co) -> Result<i32>;

const FIRST: u32 = line!() + 3;
/// Waits in many ways, each in one line.
const WAYS: [Body; 9] = [
    |co| co.yield_from(five),
    |co| co.yield_from(create_task(five)),
    |co| co.yield_from(&create_task(five)),
    |co| co.yield_from(gather([five, five])).map(|both| both[0]),
    |co| co.yield_from(wait_for(five, secs(1))),
    |co| co.yield_from(wait_for(create_task(five), secs(1))),
    |co| co.yield_from(shield(five)),
    |co| co.yield_from(wait([five]))?.done[0].result(),
    |co| co.yield_from(timeout(secs(1), five)),
];

#[test]
fn each_wait_adds_its_line() {
    for (way, line) in WAYS.into_iter().zip(FIRST..) {
        let error = failure_of(way);
        let frames = frames_of(&error);
        let own = frames.len() - 5;
        assert_eq!(frames[own..], below([]), "{error:?}");
        // What was taken out of a set of tasks has come by no delegation.
        let lines: Vec<_> = frames[..own].iter().map(|(_, line)| *line).collect();
        assert!(lines.iter().all(|it| *it == line), "{line}: {error:?}");
        assert!(own > 0, "{line}: {error:?}");
    }
}

#[test]
fn each_of_several_waiters_has_its_own_traceback() {
    let (one, other, original) = virtual_loop()
        .run_until_complete(|co: &Co| {
            let task = create_task(five);
            let (first, second) = (task.clone(), task.clone());
            let one = create_task(move |co: &Co| co.yield_from(&first));
            let other = create_task(move |co: &Co| co.yield_from(&second));
            co.yield_from(wait([&one, &other]))?;
            let errors = (one.exception()?, other.exception()?, task.exception()?);
            Ok((errors.0.unwrap(), errors.1.unwrap(), errors.2.unwrap()))
        })
        .unwrap();
    let here = line!() - 7;
    assert_eq!(frames_of(&original), below([]));
    assert_eq!(frames_of(&one)[0].1, here);
    assert_eq!(frames_of(&other)[0].1, here + 1);
    assert_eq!(frames_of(&one)[1..], below([]));
    assert_eq!(frames_of(&other).len(), 6, "{other:?}");
    assert!(
        one.ptr_eq(&original) && one.ptr_eq(&other),
        "it is one error"
    );
    assert!(one.is::<std::num::ParseIntError>());
    drop((other, original));
    let taken = one.downcast::<std::num::ParseIntError>();
    assert!(taken.is_ok(), "the last holder can take it");
}

#[test]
fn a_copy_that_is_not_the_last_keeps_its_traceback() {
    let error = failure_of(five);
    let mut copies = Vec::new();
    for _ in 0..2 {
        let given = error.clone();
        copies.push(failure_of(move |_| Err::<(), _>(given)));
    }
    let last = copies.pop().unwrap();
    let kept = last.downcast::<std::num::ParseIntError>().unwrap_err();
    assert_eq!(frames_of(&kept).len(), 6);
}

#[test]
fn an_error_of_a_callback_shows_where_it_was_made() {
    let error = failure_of(|co| {
        let future = Future::<i32>::new();
        let setter = future.clone();
        get_running_loop()?.call_soon(move || {
            setter.set_exception(Error::msg("no fuel")).unwrap();
        })?;
        co.yield_from(future)
    });
    let here = line!() - 2;
    let lines: Vec<_> = frames_of(&error)
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    assert_eq!(lines, [here, here - 2]);
    assert_eq!(frames_of(&error)[1].0, "", "it has left nothing there");
}

#[test]
fn an_error_passed_on_by_a_done_callback_keeps_its_traceback() {
    let error = failure_of(|co| {
        let future = Future::<i32>::new();
        let setter = future.clone();
        create_task(five).add_done_callback(move |task| {
            let error = task.exception().unwrap().unwrap();
            setter.set_exception(error).unwrap();
        });
        co.yield_from(future)
    });
    assert_eq!(frames_of(&error)[1..], below([]));
    assert_eq!(frames_of(&error)[0].1, line!() - 3);
}

#[test]
fn a_group_has_the_tracebacks_of_its_tasks() {
    let error = failure_of(|co| {
        co.yield_from(task_group(|_, group| {
            group.create_task(five);
            group.create_task(|co: &Co| {
                let ended = co.yield_from(Future::<()>::new());
                ended.map_err(|_| Error::msg("cancelled, and fails"))
            });
            Ok(())
        }))
    });
    let here = line!() - 5; // of the second error
    let group = error.downcast_ref::<ExceptionGroup>().unwrap();
    assert_eq!(frames_of(&group.errors()[0]), below([]));
    assert_eq!(frames_of(&group.errors()[1])[0].1, here);
    assert_eq!(frames_of(&error)[0].1, here - 4);
    let text = format!("{error:?}");
    for line in [
        "yieldfrom::errors::ExceptionGroup: unhandled errors in a task group (2 sub-exceptions)\n  +---",
        "\n  +---------------- 1 ----------------\n  | Traceback (most recent call last):\n  |   File ",
        "\n  +---------------- 2 ----------------\n  | Traceback",
        "\n  | core::num::error::ParseIntError: invalid digit found in string (",
        "\n  +------------------------------------",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn errors_of_the_library_have_the_line_of_the_wait() {
    let late = failure_of(|co| co.yield_from(wait_for(Future::<i32>::new(), secs(1))));
    assert!(late.is::<TimeoutError>());
    assert_eq!(frames_of(&late)[0].1, line!() - 2);
    let late = failure_of(|co| {
        co.yield_from(timeout(secs(1), |co: &Co| co.yield_from(sleep(secs(2)))))?;
        co.yield_from(yield_now())
    });
    assert_eq!(frames_of(&late)[0].1, line!() - 3, "{late:?}");
    let down = failure_of(|co| {
        let queue = Queue::<i32>::new();
        queue.shutdown(true);
        co.yield_from(queue.get())
    });
    assert_eq!(frames_of(&down)[0].1, line!() - 2, "{down:?}");
    assert_eq!(frames_of(&down).len(), 1, "{down:?}");
}

#[test]
fn the_panic_of_a_job_has_the_line_of_the_wait() {
    let quiet_panic = || -> i32 { std::panic::resume_unwind(Box::new("no fuel")) };
    let error = EventLoop::new()
        .unwrap()
        .run_until_complete(move |co: &Co| co.yield_from(to_thread(quiet_panic)))
        .unwrap_err();
    assert!(error.is::<Panicked>());
    assert_eq!(frames_of(&error)[0].1, line!() - 3);
}

#[test]
fn what_comes_one_by_one_has_the_line_of_its_wait() {
    let journal = Journal::default();
    let notes = journal.clone();
    virtual_loop()
        .run_until_complete(move |co: &Co| {
            for next in as_completed([five, five]) {
                let error = co.yield_from(next).unwrap_err();
                notes.note(format!("{:?}", frames_of(&error)));
            }
            co.yield_from(sleep(Duration::ZERO))
        })
        .unwrap();
    let here = line!() - 6;
    for note in journal.take() {
        assert!(note.contains(&here.to_string()), "{note}");
    }
}
