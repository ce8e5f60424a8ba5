//! test_futures: iterating, and callbacks.

use yieldfrom::{Co, Error, Future, Generator, GeneratorState, Request};

use crate::support::{Journal, log_of, run_virtual, settle, virtual_loop};

#[test]
fn a_future_is_new_at_first() {
    let future = virtual_loop().create_future::<i32>();
    assert!(!future.done() && !future.cancelled());
    future.cancel();
    assert!(future.done() && future.cancelled());
}

#[test]
fn waiting_yields_once_and_returns_the_result() {
    let result = run_virtual(|co| {
        let future = Future::new();
        let awaited = future.clone();
        let waits: Generator<Request, (), i32> =
            Generator::new(move |co: &Co| co.yield_from(&awaited));
        let GeneratorState::Yielded(request) = waits.next()? else {
            return Err(Error::msg("it did not wait"));
        };
        let set = future.clone();
        yieldfrom::get_running_loop()?.call_soon(move || set.set_result(42).unwrap())?;
        co.yield_(request)?;
        match waits.next()? {
            GeneratorState::Complete(result) => Ok((result, future.result()?)),
            GeneratorState::Yielded(_) => Err(Error::msg("it waited again")),
        }
    });
    assert_eq!(result.unwrap(), (42, 42));
}

/// Ends a future in some way, and returns what its callbacks note.
fn called(end: impl FnOnce(&Future<i32>)) -> Vec<String> {
    let event_loop = virtual_loop();
    let (future, journal) = (event_loop.create_future::<i32>(), Journal::default());
    for name in ["first", "second"] {
        let notes = journal.clone();
        future.add_done_callback(move |future| {
            let state = match future.result() {
                Ok(value) => value.to_string(),
                Err(error) if error.is_cancelled() => "cancelled".to_owned(),
                Err(error) => error.to_string(),
            };
            notes.note(format!("{name} {state}"));
        });
    }
    settle(&event_loop);
    assert!(journal.take().is_empty(), "it is pending");
    end(&future);
    assert!(journal.take().is_empty(), "they run through the loop");
    settle(&event_loop);
    settle(&event_loop);
    journal.take()
}

#[test]
fn callbacks_are_called_once_each_however_it_ends() {
    let result = called(|future| future.set_result(7).unwrap());
    assert_eq!(result, ["first 7", "second 7"]);
    let failed = called(|future| future.set_exception(Error::msg("no fuel")).unwrap());
    assert_eq!(failed, ["first no fuel", "second no fuel"]);
    let cancelled = called(|future| assert!(future.cancel()));
    assert_eq!(cancelled, ["first cancelled", "second cancelled"]);
}

#[test]
fn a_callback_cannot_take_back_those_that_are_scheduled_with_it() {
    let event_loop = virtual_loop();
    let (future, journal) = (event_loop.create_future::<()>(), Journal::default());
    let notes = journal.clone();
    let (sender, receiver) = std::sync::mpsc::channel();
    future.add_done_callback(move |future| {
        let other = receiver.recv().unwrap();
        notes.note(future.remove_done_callback(&other));
    });
    let notes = journal.clone();
    sender
        .send(future.add_done_callback(move |_| notes.note("other")))
        .unwrap();
    future.set_result(()).unwrap();
    settle(&event_loop);
    assert_eq!(journal.take(), ["0", "other"]);
}

#[test]
fn what_is_abandoned_or_fine_is_no_report() {
    let (logged, ()) = log_of(|| {
        let event_loop = virtual_loop();
        drop(event_loop.create_future::<i32>());
        event_loop.create_future().set_result(1).unwrap();
        let read = event_loop.create_future();
        read.set_result(1).unwrap();
        read.result().unwrap();
    });
    assert!(logged.is_empty(), "{logged:?}");
}
