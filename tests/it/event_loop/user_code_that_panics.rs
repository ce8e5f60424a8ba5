//! Code of the program that panics where the loop calls it, or drops it: loggers, handlers,
//! destructors, what panics carry.
//!
//! Many of these would end the process, and need a logger of their own: they run in a child.

mod logger;
mod reports;

use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;

use yieldfrom::{
    Co, Error, EventLoop, Future, Panicked, Result, TimeoutError, as_completed, create_task,
    current_task, sleep, yield_now,
};

use crate::support::{Journal, in_a_child, log_of, millis, secs, settle, test_path, virtual_loop};

/// Returns what this panics with, as text.
fn panic_of<R>(f: impl FnOnce() -> R) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(f)).err()?;
    let text = payload.downcast_ref::<&str>().copied();
    Some(text.unwrap_or("something else").to_owned())
}

/// Panics when it is dropped, with something whose destructor panics as well, and so on.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any(Bomb);
    }
}

/// Panics when it is dropped, and notes it.
struct Noisy(Journal, &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.note(self.1);
        panic_any(self.1);
    }
}

#[test]
fn a_handler_that_panics_with_a_panicking_payload_is_logged_and_the_run_goes_on() {
    let name =
        test_path!("a_handler_that_panics_with_a_panicking_payload_is_logged_and_the_run_goes_on");
    if !in_a_child(name) {
        return;
    }
    let event_loop = virtual_loop();
    event_loop.set_exception_handler(Some(Box::new(|_, _| panic_any(Bomb))));
    event_loop.call_soon(|| panic_any(Bomb)).unwrap();
    drop(event_loop.create_task(|_: &Co| -> Result<()> { panic_any(Bomb) }));
    let (logged, answer) = log_of(|| {
        event_loop.run_until_complete(|co: &Co| {
            co.yield_from(sleep(secs(1)))?;
            Ok(7)
        })
    });
    assert_eq!(answer.unwrap(), 7);
    assert_eq!(logged.len(), 2, "{logged:?}");
}

#[test]
fn a_handler_may_replace_itself_though_its_destructor_panics() {
    let name = test_path!("a_handler_may_replace_itself_though_its_destructor_panics");
    if !in_a_child(name) {
        return;
    }
    let event_loop = virtual_loop();
    let bomb = Bomb;
    event_loop.set_exception_handler(Some(Box::new(move |event_loop: &EventLoop, _| {
        let _ = &bomb;
        event_loop.set_exception_handler(None);
    })));
    event_loop.call_soon(|| panic!("callback")).unwrap();
    let (logged, answer) = log_of(|| event_loop.run_until_complete(|_: &Co| Ok(7)));
    assert_eq!((answer.unwrap(), logged.len()), (7, 1), "{logged:?}");
}

#[test]
fn a_panics_payload_that_panics_harms_nobody() {
    if !in_a_child(test_path!("a_panics_payload_that_panics_harms_nobody")) {
        return;
    }
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|_: &Co| -> Result<()> { panic_any(Bomb) });
    let error = event_loop.run_until_complete(&task).unwrap_err();
    let panicked = error.downcast_ref::<Panicked>().unwrap();
    assert_eq!(panicked.message(), "a value that is not a message");
    drop((task, error));
    assert_eq!(event_loop.run_until_complete(|_: &Co| Ok(7)).unwrap(), 7);
}

/// Puts something with a panicking destructor everywhere where a loop may have it.
fn fill(event_loop: &EventLoop, journal: &Journal) -> (UnixStream, Future<()>) {
    let noisy = |name| Noisy(journal.clone(), name);
    for name in ["soon 1", "soon 2"] {
        let value = noisy(name);
        event_loop.call_soon(move || drop(value)).unwrap();
    }
    for name in ["later 1", "later 2"] {
        let value = noisy(name);
        event_loop.call_later(secs(1), move || drop(value)).unwrap();
    }
    let (near, _far) = UnixStream::pair().unwrap();
    let (reader, writer) = (noisy("reader"), noisy("writer"));
    event_loop.add_reader(&near, move || _ = &reader).unwrap();
    event_loop.add_writer(&near, move || _ = &writer).unwrap();
    let future = event_loop.create_future();
    let task = event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
    for name in ["done 1", "done 2"] {
        let value = noisy(name);
        task.add_done_callback(move |_| drop(value));
    }
    let (handler, factory) = (noisy("handler"), noisy("factory"));
    event_loop.set_task_factory(Some(Box::new(move |_, _| _ = &factory)));
    event_loop.set_exception_handler(Some(Box::new(move |_, _| {
        let _ = &handler;
        panic!("a handler")
    })));
    (near, future)
}

const FILLED: [&str; 10] = [
    "done 1", "done 2", "factory", "handler", "later 1", "later 2", "reader", "soon 1", "soon 2",
    "writer",
];

#[test]
fn a_loop_drops_all_that_it_has_though_each_destructor_panics() {
    if !in_a_child(test_path!(
        "a_loop_drops_all_that_it_has_though_each_destructor_panics"
    )) {
        return;
    }
    std::panic::set_hook(Box::new(|_| ()));
    for unwinding in [false, true] {
        let (event_loop, journal) = (virtual_loop(), Journal::default());
        let kept = fill(&event_loop, &journal);
        let (_, end) = log_of(|| match unwinding {
            false => panic_of(|| event_loop.close()),
            true => panic_of(move || {
                let _event_loop = event_loop;
                panic!("outer")
            }),
        });
        let expected = if unwinding { "outer" } else { "soon 1" };
        assert_eq!(end.as_deref(), Some(expected));
        let mut dropped = journal.take();
        dropped.sort();
        assert_eq!(dropped, FILLED);
        drop(kept);
    }
}

#[test]
fn a_panic_after_a_tasks_end_is_not_that_of_the_task_that_has_its_place() {
    /// Makes a task, and panics.
    struct Successor(Rc<RefCell<Option<yieldfrom::Task<&'static str>>>>);
    impl Drop for Successor {
        fn drop(&mut self) {
            let task = create_task(|co: &Co| {
                co.yield_from(yield_now())?;
                Ok("alive")
            });
            self.0.replace(Some(task));
            panic!("a destructor");
        }
    }
    let (event_loop, made) = (virtual_loop(), Rc::new(RefCell::new(None)));
    let reports = Rc::new(Cell::new(0));
    let (count, inner) = (Rc::clone(&reports), Rc::clone(&made));
    event_loop.set_exception_handler(Some(Box::new(move |_, _| count.set(count.get() + 1))));
    drop(event_loop.create_task(move |_: &Co| {
        // So that the result is not wanted any more, when it comes.
        current_task().expect("it is running").cancel();
        Ok(Successor(inner))
    }));
    settle(&event_loop);
    let task = made.take().unwrap();
    assert_eq!(event_loop.run_until_complete(task).unwrap(), "alive");
    assert_eq!(reports.get(), 1);
}

#[test]
fn an_error_that_cannot_be_shown_is_reported_as_a_panic() {
    #[derive(Clone)]
    struct Unshown;
    impl std::fmt::Debug for Unshown {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no words")
        }
    }
    impl std::fmt::Display for Unshown {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no words")
        }
    }
    impl std::error::Error for Unshown {}
    let event_loop = virtual_loop();
    let (logged, answer) = log_of(|| {
        drop(event_loop.create_task(|_: &Co| Err::<(), _>(Error::new(Unshown))));
        event_loop.run_until_complete(|co: &Co| {
            co.yield_from(sleep(millis(1)))?;
            Ok(7)
        })
    });
    assert_eq!(answer.unwrap(), 7);
    assert!(
        logged.iter().any(|line| line.contains("no words")),
        "{logged:?}"
    );
}

#[test]
fn all_who_wait_for_a_limit_are_told_though_a_destructor_panics() {
    let event_loop = virtual_loop();
    let (logged, late) = log_of(|| {
        event_loop.run_until_complete(|co: &Co| {
            let bomb = Bomb;
            let futures = [Future::<()>::new(), Future::new()];
            futures[0].add_done_callback(move |_| drop(bomb));
            let steps: Vec<_> = as_completed(futures).timeout(millis(1)).take(2).collect();
            let late = steps.into_iter().map(|next| co.yield_from(next));
            Ok(late.collect::<Vec<_>>())
        })
    });
    for late in late.unwrap() {
        assert!(late.unwrap_err().is::<TimeoutError>());
    }
    assert!(logged[0].contains("Exception"), "{logged:?}");
}
