//! What should not be done with loops, futures and tasks: it is refused, and nothing breaks.

mod extreme_times;

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;

use yieldfrom::sync::{BoundedSemaphore, Lock};
use yieldfrom::{
    Co, Error, Future, InvalidStateError, Request, Result, RuntimeError, Task, ValueError,
    create_task, ensure_future, get_event_loop, get_running_loop, run, run_sync, set_event_loop,
    sleep, wait, yield_now,
};
use yieldfrom::{Generator, GeneratorState};

use crate::support::{Journal, failed_with, log_of, run_virtual, secs, settle, virtual_loop};

fn is_runtime_error<T>(result: Result<T>) -> bool {
    failed_with::<RuntimeError, T>(result)
}

#[test]
fn a_loop_cannot_run_inside_a_run() {
    let outer = virtual_loop();
    let other = virtual_loop();
    let (outside, inside) = (outer.clone(), other.clone());
    outer
        .run_until_complete(move |_: &Co| {
            assert!(is_runtime_error(
                outside.run_until_complete(|_: &Co| Ok(()))
            ));
            assert!(is_runtime_error(outside.run_forever()));
            assert!(is_runtime_error(outside.turn(None)));
            assert!(is_runtime_error(inside.run_until_complete(|_: &Co| Ok(()))));
            assert!(is_runtime_error(inside.run_forever()));
            assert!(is_runtime_error(run(|_: &Co| Ok(()))));
            assert!(is_runtime_error(outside.close()));
            inside.close().unwrap();
            Ok(())
        })
        .unwrap();
    assert!(outer.all_tasks().is_empty() && !outer.is_running() && other.is_closed());
}

#[test]
fn a_closed_loop_refuses_everything() {
    let event_loop = virtual_loop();
    event_loop.close().unwrap();
    event_loop.close().unwrap();
    assert!(event_loop.is_closed() && !event_loop.is_running());
    assert!(is_runtime_error(
        event_loop.run_until_complete(|_: &Co| Ok(()))
    ));
    assert!(is_runtime_error(event_loop.run_forever()));
    assert!(is_runtime_error(event_loop.turn(None)));
    assert!(is_runtime_error(event_loop.call_soon(|| ())));
    assert!(is_runtime_error(event_loop.call_later(secs(1), || ())));
    assert!(is_runtime_error(event_loop.call_at(secs(1), || ())));
    let task = event_loop.create_task(|_: &Co| Ok(1));
    assert!(task.done() && is_runtime_error(task.result()));
    assert_eq!(event_loop.time_to_next(), None);
    assert!(event_loop.all_tasks().is_empty());
    event_loop.stop();
    let future = event_loop.create_future::<i32>();
    assert!(future.cancel() && future.cancelled());
}

#[test]
fn a_future_of_another_loop_is_neither_run_nor_awaited() {
    let (one, two) = (virtual_loop(), virtual_loop());
    let future = one.create_future::<()>();
    assert!(failed_with::<ValueError, _>(
        two.run_until_complete(&future)
    ));
    let theirs = future.clone();
    let awaiting = two.run_until_complete(move |co: &Co| co.yield_from(&theirs));
    let why = awaiting.as_ref().unwrap_err().to_string();
    assert!(why.contains("the future is of another loop"), "{why}");
    assert!(is_runtime_error(awaiting));
    future.set_result(()).unwrap();
    one.run_until_complete(&future).unwrap();
}

#[test]
fn a_lent_handle_cannot_close_the_loop() {
    let event_loop = virtual_loop();
    let lent = event_loop.lend();
    assert!(is_runtime_error(lent.close()) && is_runtime_error(lent.clone().close()));
    assert_eq!(lent.run_until_complete(|_: &Co| Ok(1)).unwrap(), 1);
    event_loop.close().unwrap();
    assert!(lent.is_closed());
}

#[test]
fn a_task_cannot_wait_for_itself() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let (own, notes) = (Rc::<RefCell<Option<Task<()>>>>::default(), journal.clone());
    let mine = Rc::clone(&own);
    let task = event_loop.create_task(move |co: &Co| {
        let me = mine.take().expect("put there before the first step");
        let refused = co.yield_from(&me);
        let why = refused.as_ref().unwrap_err().to_string();
        assert!(why.contains("it cannot wait for itself"), "{why}");
        notes.note(is_runtime_error(refused));
        co.yield_from(yield_now())
    });
    own.replace(Some(task.clone()));
    event_loop.run_until_complete(task).unwrap();
    assert_eq!(journal.take(), ["true"]);
}

#[test]
fn results_come_neither_too_early_nor_twice() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    assert!(failed_with::<InvalidStateError, _>(future.result()));
    assert!(failed_with::<InvalidStateError, _>(future.take_result()));
    assert!(failed_with::<InvalidStateError, _>(future.exception()));
    future.set_result(1).unwrap();
    assert!(failed_with::<InvalidStateError, _>(future.set_result(2)));
    assert!(failed_with::<InvalidStateError, _>(
        future.set_exception(Error::msg("late"))
    ));
    assert!(!future.cancel() && !future.cancelled());
    assert_eq!(future.result().unwrap(), 1);
    assert!(future.exception().unwrap().is_none());
}

#[test]
fn errors_of_futures_come_once() {
    let event_loop = virtual_loop();
    // As in CPython since 3.13, gh-112182: whoever waits is not left waiting.
    let (future, finished) = (
        event_loop.create_future::<i32>(),
        Error::stop_iteration(std::fmt::Error),
    );
    future.set_exception(finished).unwrap();
    assert!(failed_with::<RuntimeError, _>(
        event_loop.run_until_complete(future)
    ));
    let future = event_loop.create_future::<i32>();
    future.set_exception(Error::msg("first")).unwrap();
    assert!(failed_with::<InvalidStateError, _>(
        future.set_exception(Error::msg("second"))
    ));
    assert!(failed_with::<InvalidStateError, _>(future.set_result(1)));
    assert_eq!(future.result().unwrap_err().to_string(), "first");
    assert_eq!(future.exception().unwrap().unwrap().to_string(), "first");
}

#[test]
fn a_cancelled_future_takes_nothing() {
    let future = virtual_loop().create_future::<i32>();
    assert!(future.cancel() && !future.cancel());
    assert!(failed_with::<InvalidStateError, _>(future.set_result(1)));
    assert!(failed_with::<InvalidStateError, _>(
        future.set_exception(Error::msg("late"))
    ));
    assert!(future.result().unwrap_err().is_cancelled());
    assert!(future.exception().unwrap_err().is_cancelled());
}

#[test]
fn a_tasks_result_is_its_coroutines() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|_: &Co| Ok(1));
    assert!(is_runtime_error(task.set_result(2)));
    assert!(is_runtime_error(task.set_exception(Error::msg("no"))));
    assert_eq!(event_loop.run_until_complete(&task).unwrap(), 1);
    assert!(is_runtime_error(task.set_result(2)));
}

#[test]
fn waiting_for_nothing_and_releasing_too_often_are_errors() {
    let nothing = Vec::<Future<i32>>::new();
    let waited = run_virtual(move |co| co.yield_from(wait(nothing)).map(|_| ()));
    assert!(failed_with::<ValueError, _>(waited));
    run_virtual(|co| {
        let (lock, permits) = (Lock::new(), BoundedSemaphore::new(1));
        co.yield_from(lock.acquire())?.forget();
        lock.release()?;
        assert!(is_runtime_error(lock.release()));
        drop(co.yield_from(permits.acquire())?);
        assert!(failed_with::<ValueError, _>(permits.release()));
        Ok(())
    })
    .unwrap();
}

fn quietly<R>(f: impl FnOnce() -> R) -> R {
    log_of(f).1
}

#[test]
fn a_thread_without_a_loop_gets_errors() {
    let thread = thread::spawn(|| {
        assert!(is_runtime_error(get_event_loop()) && is_runtime_error(get_running_loop()));
        assert!(is_runtime_error(run_sync(|_: &Co| Ok(1))));
        assert!(is_runtime_error(create_task(|_: &Co| Ok(1)).result()));
        assert!(is_runtime_error(ensure_future(|_: &Co| Ok(1)).result()));
        let future = Future::new();
        future.set_result(1).unwrap();
        assert_eq!(future.result().unwrap(), 1);
        assert!(yieldfrom::current_task().is_none() && yieldfrom::all_tasks().is_empty());
        assert_eq!(run(|_: &Co| Ok(2)).unwrap(), 2);
        set_event_loop(Some(&virtual_loop()));
        assert_eq!(run_sync(|_: &Co| Ok(3)).unwrap(), 3);
    });
    thread.join().unwrap();
}

/// Drives a coroutine as `yield_from` does, by hand.
fn by_hand<T: 'static>(co: &Co, coroutine: &Generator<Request, (), T>) -> Result<T> {
    loop {
        match coroutine.next()? {
            GeneratorState::Yielded(request) => co.yield_(request)?,
            GeneratorState::Complete(value) => return Ok(value),
        }
    }
}

#[test]
fn requests_can_be_passed_on_by_hand() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    let (awaited, setter) = (future.clone(), future);
    event_loop
        .call_later(secs(2), move || setter.set_result(40).unwrap())
        .unwrap();
    let value = event_loop.run_until_complete(move |co: &Co| {
        let inner = Generator::new(move |co: &Co| {
            let value = co.yield_from(&awaited)?;
            co.yield_from(sleep(secs(3)))?;
            co.yield_from(yield_now())?;
            Ok(value + 2)
        });
        by_hand(co, &inner)
    });
    assert_eq!((value.unwrap(), event_loop.time()), (42, secs(5)));
}

#[test]
fn a_request_that_is_not_passed_on_is_an_error_of_the_driver() {
    let result = run_virtual(|_| {
        let inner: Generator<Request, ()> = Generator::new(|co| co.yield_from(Future::new()));
        drop(inner.next()?);
        inner.next().map(drop)
    });
    assert!(is_runtime_error(result));
}

#[test]
fn running_for_ever_with_nothing_to_do_leaves_the_loop_usable() {
    let event_loop = virtual_loop();
    let pending = event_loop.create_task(|co: &Co| co.yield_from(Future::<()>::new()));
    settle(&event_loop);
    for _ in 0..2 {
        assert!(quietly(|| event_loop.run_forever()).is_err());
    }
    pending.cancel();
    assert!(
        event_loop
            .run_until_complete(&pending)
            .unwrap_err()
            .is_cancelled()
    );
}
