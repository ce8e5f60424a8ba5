//! Code that panics in a coroutine, in a callback and in the exception handler.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::{Co, EventLoop, Panicked, Result, coroutine, sleep, yield_now};

use crate::support::{Journal, log_of, secs, virtual_loop};

#[test]
fn a_coroutine_that_panics_fails_its_task_only() {
    let event_loop = virtual_loop();
    let other = event_loop.create_task(|co: &Co| {
        co.yield_from(yield_now())?;
        Ok("alive")
    });
    let bad = event_loop.create_task(|co: &Co| -> Result<()> {
        co.yield_from(coroutine(|_| -> Result<()> { panic!("inside") }))
    });
    let error = event_loop.run_until_complete(&bad).unwrap_err();
    assert_eq!(
        error.downcast_ref::<Panicked>().unwrap().message(),
        "inside"
    );
    assert_eq!(event_loop.run_until_complete(other).unwrap(), "alive");
    assert!(event_loop.current_task().is_none() && event_loop.all_tasks().is_empty());
}

#[test]
fn a_callback_that_panics_is_told_to_the_exception_handler() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let (notes, after) = (journal.clone(), journal.clone());
    event_loop.set_exception_handler(Some(Box::new(move |_, context| {
        let error = context
            .get_error()
            .unwrap()
            .downcast_ref::<Panicked>()
            .unwrap();
        notes.note(format!("{}: {}", context.message(), error.message()));
        assert!(context.get_source().unwrap().contains(file!()));
    })));
    event_loop.call_soon(|| panic!("soon")).unwrap();
    event_loop.call_later(secs(1), || panic!("later")).unwrap();
    let future = event_loop.create_future();
    future.add_done_callback(|_| panic!("done"));
    future.set_result(()).unwrap();
    event_loop
        .call_later(secs(2), move || after.note("goes on"))
        .unwrap();
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(3))))
        .unwrap();
    let expected = ["soon", "done", "later"].map(|what| format!("Exception in callback: {what}"));
    assert_eq!(
        journal.take(),
        [&expected[..], &["goes on".to_owned()]].concat()
    );
}

#[test]
fn an_exception_handler_that_panics_is_logged() {
    let event_loop = virtual_loop();
    event_loop.set_exception_handler(Some(Box::new(|_, _| panic!("handler"))));
    event_loop.call_soon(|| panic!("callback")).unwrap();
    let (logged, result) = log_of(|| event_loop.run_until_complete(|_: &Co| Ok(1)));
    assert_eq!(result.unwrap(), 1);
    assert!(
        logged.len() == 1 && logged[0].starts_with("ERROR") && logged[0].contains("callback"),
        "{logged:?}"
    );
}

/// A value that is counted, and whose first destructor panics.
struct Counted {
    alive: Rc<Cell<i32>>,
    has_panicked: Rc<Cell<bool>>,
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.alive.set(self.alive.get() + 1);
        Self {
            alive: Rc::clone(&self.alive),
            has_panicked: Rc::clone(&self.has_panicked),
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
        if !self.has_panicked.replace(true) {
            std::panic::panic_any("the first one");
        }
    }
}

#[test]
fn a_run_returns_a_clone_by_reference_and_moves_by_value() {
    let (alive, has_panicked) = (Rc::new(Cell::new(1)), Rc::new(Cell::new(false)));
    let event_loop = EventLoop::new().unwrap();
    let future = event_loop.create_future();
    let value = Counted {
        alive: Rc::clone(&alive),
        has_panicked,
    };
    assert!(future.set_result(value).is_ok());
    // By reference: what the run returns is a clone.
    let copy = event_loop.run_until_complete(&future).unwrap();
    assert_eq!(alive.get(), 2);
    // By value: it is moved out, and its future has nothing left to drop.
    let value = event_loop.run_until_complete(future).unwrap();
    assert_eq!(alive.get(), 2);
    for value in [copy, value] {
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(value)));
    }
    assert_eq!(alive.get(), 0);
}
