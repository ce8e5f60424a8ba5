//! Code that the loop runs in passing, such as destructors and handlers, and that uses the loop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{
    Co, Error, EventLoop, Future, InvalidStateError, Panicked, create_task, get_running_loop,
    set_event_loop, sleep, yield_now,
};

use crate::support::{Journal, log_of, run_virtual, secs, settle, virtual_loop};

/// Does this when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Uses all parts of a loop.
fn use_everything(event_loop: &EventLoop, journal: &Journal) {
    let (soon, later) = (journal.clone(), journal.clone());
    let _ = event_loop.call_soon(move || soon.note("soon"));
    let _ = event_loop.call_later(secs(1), move || later.note("later"));
    if let Ok(timer) = event_loop.call_later(secs(2), || ()) {
        timer.cancel();
    }
    event_loop.create_task(|_: &Co| Ok(())).cancel();
    let future = event_loop.create_future();
    future.add_done_callback(|_| ());
    future.set_result(()).unwrap();
    event_loop.set_exception_handler(None);
    event_loop.set_task_factory(None);
    event_loop
        .all_tasks()
        .iter()
        .for_each(|task| drop(task.to_string()));
    drop((
        event_loop.time_to_next(),
        event_loop.current_task(),
        event_loop.handle(),
    ));
    set_event_loop(Some(event_loop));
    set_event_loop(None);
}

/// Returns a value whose destructor uses all parts of a loop.
fn meddler(event_loop: &EventLoop, journal: &Journal) -> OnDrop<impl FnMut() + use<>> {
    // A handle that cannot close the loop, nor keep it open: made when needed, from a future.
    let (future, journal) = (event_loop.create_future::<()>(), journal.clone());
    OnDrop(move || use_everything(&future.get_loop(), &journal))
}

#[test]
fn destructors_of_what_is_cancelled_may_use_the_loop() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let timers: Vec<_> = (0..300)
        .map(|n| {
            let value = meddler(&event_loop, &journal);
            event_loop
                .call_later(secs(10 + n), move || drop(value))
                .unwrap()
        })
        .collect();
    timers.iter().for_each(|timer| timer.cancel());
    let value = meddler(&event_loop, &journal);
    event_loop.call_soon(move || drop(value)).unwrap().cancel();
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(9))))
        .unwrap();
    assert_eq!(journal.take().len(), 301 * 2);
}

#[test]
fn destructors_of_results_and_callbacks_may_use_the_loop() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let future = event_loop.create_future();
    assert!(
        future
            .set_result(Rc::new(meddler(&event_loop, &journal)))
            .is_ok()
    );
    assert!(
        future
            .set_result(Rc::new(meddler(&event_loop, &journal)))
            .is_err()
    );
    drop(future);
    let future = event_loop.create_future::<()>();
    future.add_done_callback(|_| ()); // so that there are several
    let value = meddler(&event_loop, &journal);
    let id = future.add_done_callback(move |_| drop(value));
    assert_eq!(future.remove_done_callback(&id), 1);
    let value = meddler(&event_loop, &journal);
    drop(event_loop.create_task(move |_: &Co| Ok(value)));
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(9))))
        .unwrap();
    assert_eq!(journal.take().len(), 4 * 2);
}

#[test]
fn destructors_of_suspended_bodies_may_use_the_loop() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let make = || {
        let value = meddler(&event_loop, &journal);
        event_loop.create_task(move |co: &Co| {
            let _value = value;
            co.yield_from(sleep(secs(60)))
        })
    };
    let (cancelled, _destroyed) = (make(), make());
    settle(&event_loop);
    cancelled.cancel();
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(9))))
        .unwrap();
    assert_eq!(journal.take(), ["soon", "later"]);
    log_of(|| event_loop.close().unwrap());
    assert!(journal.take().is_empty(), "a closed loop runs nothing");
}

#[test]
fn handlers_and_factories_may_use_the_loop_and_replace_themselves() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    event_loop.set_exception_handler(Some(Box::new(move |event_loop, _| {
        use_everything(event_loop, &notes);
        notes.note("handled");
    })));
    let notes = journal.clone();
    event_loop.set_task_factory(Some(Box::new(move |event_loop, _| {
        event_loop.set_task_factory(None);
        event_loop.create_task(|_: &Co| Ok(()));
        notes.note("made");
    })));
    event_loop.call_soon(|| panic!("once")).unwrap();
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(9))))
        .unwrap();
    assert_eq!(journal.take(), ["made", "handled", "soon", "later"]);
}

#[test]
fn an_error_handler_of_a_lost_task_may_use_the_loop() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    event_loop.set_exception_handler(Some(Box::new(move |event_loop, context| {
        notes.note(context.message());
        use_everything(event_loop, &notes);
    })));
    drop(event_loop.create_task(|co: &Co| {
        co.yield_from(yield_now())?;
        Err::<(), _>(Error::msg("lost"))
    }));
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(9))))
        .unwrap();
    assert_eq!(
        journal.take(),
        ["Task exception was never retrieved", "soon", "later"]
    );
}

thread_local! {
    static LOOKED_AT: RefCell<Option<Future<Peeking>>> = const { RefCell::new(None) };
}

/// Looks at the future that it is in, when it is cloned.
struct Peeking(Rc<Cell<bool>>);

impl Clone for Peeking {
    fn clone(&self) -> Self {
        let future = LOOKED_AT.with_borrow(Clone::clone).expect("put there");
        let inside = future.take_result();
        self.0
            .set(inside.is_err_and(|error| error.is::<InvalidStateError>()));
        assert!(future.exception().unwrap().is_none() && future.done());
        Self(Rc::clone(&self.0))
    }
}

#[test]
fn a_result_that_is_being_cloned_can_be_looked_for() {
    let refused = Rc::new(Cell::new(false));
    let future = virtual_loop().create_future();
    LOOKED_AT.set(Some(future.clone()));
    assert!(future.set_result(Peeking(Rc::clone(&refused))).is_ok());
    drop(future.result().unwrap());
    assert!(
        refused.get() && future.result().is_ok(),
        "it is there again"
    );
    drop(LOOKED_AT.take());
}

#[test]
fn a_clone_that_panics_leaves_the_result_where_it_is() {
    struct Once(Rc<Cell<bool>>);
    impl Clone for Once {
        fn clone(&self) -> Self {
            assert!(self.0.replace(true), "the first clone");
            Self(Rc::clone(&self.0))
        }
    }
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    assert!(future.set_result(Once(Rc::default())).is_ok());
    let awaited = future.clone();
    let task = event_loop.create_task(move |co: &Co| co.yield_from(&awaited).map(drop));
    assert!(
        event_loop
            .run_until_complete(task)
            .unwrap_err()
            .is::<Panicked>()
    );
    assert!(future.result().is_ok());
}

#[test]
fn a_loop_may_end_inside_another_ones_run() {
    let (inner, journal) = (virtual_loop(), Journal::default());
    let guard = journal.guard("inner task");
    inner.create_task(move |co: &Co| {
        let _guard = guard;
        co.yield_from(sleep(secs(1)))
    });
    inner.turn(Some(Duration::ZERO)).unwrap();
    let notes = journal.clone();
    let (_, result) = log_of(|| {
        run_virtual(move |co| {
            drop(inner);
            notes.note("outer goes on");
            co.yield_from(yield_now())?;
            get_running_loop().map(drop)
        })
    });
    result.unwrap();
    assert_eq!(journal.take(), ["drop inner task", "outer goes on"]);
}

#[test]
fn a_callback_may_hold_the_last_handle_of_its_loop() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let (own, notes) = (event_loop.clone(), journal.clone());
    event_loop
        .call_soon(move || {
            drop(own);
            notes.note(get_running_loop().unwrap().call_soon(|| ()).is_ok());
        })
        .unwrap();
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!(journal.take(), ["true"]);
}

#[test]
fn a_task_may_cancel_others_that_are_ready_with_it() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    let result = event_loop.run_until_complete(move |co: &Co| {
        let others: Vec<_> = (0..3)
            .map(|n| {
                let notes = notes.clone();
                create_task(move |co: &Co| {
                    notes.note(n);
                    co.yield_from(yield_now())
                })
            })
            .collect();
        others[1].cancel();
        co.yield_from(yield_now())?;
        others[2].cancel();
        co.yield_from(yield_now())?;
        Ok(others
            .iter()
            .map(|task| task.cancelled())
            .collect::<Vec<_>>())
    });
    assert_eq!(result.unwrap(), [false, true, true]);
    assert_eq!(journal.take(), ["0", "2"]);
}
