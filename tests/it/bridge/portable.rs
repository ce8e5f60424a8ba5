//! Values that stay on their thread, with handles that go to others.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;

use yieldfrom::bridge::Portable;
use yieldfrom::{EventLoop, RuntimeError, to_thread};

use crate::support::{Census, failed_with, run_io, until};

#[test]
fn only_its_thread_uses_the_value() {
    let portable = Portable::new(Rc::new(Cell::new(1)));
    portable.with(|value| value.set(2)).unwrap();
    let portable = thread::spawn(move || {
        assert!(failed_with::<RuntimeError, _>(
            portable.with(|value| value.set(3))
        ));
        portable
    })
    .join()
    .unwrap();
    assert_eq!(portable.with(|value| value.get()).unwrap(), 2);
}

#[test]
fn one_that_is_dropped_on_another_thread_goes_home() {
    run_io(|co| {
        let census = Census::default();
        let portable = Portable::new(census.one());
        co.yield_from(to_thread(move || drop(portable)))?;
        until(co, || census.live() == 0)
    })
    .unwrap();
}

#[test]
fn one_of_a_closed_loop_stays_until_its_thread_ends() {
    let dropped = std::sync::Arc::new(());
    let inside = std::sync::Arc::clone(&dropped);
    thread::spawn(move || {
        let event_loop = EventLoop::new().unwrap();
        let portable = event_loop
            .run_until_complete(|_: &yieldfrom::Co| Ok(Portable::new(inside)))
            .unwrap();
        event_loop.close().unwrap();
        thread::spawn(move || drop(portable)).join().unwrap();
    })
    .join()
    .unwrap();
    assert_eq!(std::sync::Arc::strong_count(&dropped), 1);
}

#[test]
fn a_value_may_use_other_portable_values_and_panic_when_it_is_dropped() {
    struct Nested(Option<Portable<Census>>);
    impl Drop for Nested {
        fn drop(&mut self) {
            drop(self.0.take());
            drop(Portable::new(1));
        }
    }
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a portable value");
        }
    }
    drop(Portable::new(Nested(Some(
        Portable::new(Census::default()),
    ))));
    // At the end of the thread, a panic must not end the process.
    let thread = thread::spawn(|| {
        std::mem::forget(Portable::new(Panics));
        std::mem::forget(Portable::new(Nested(None)));
    });
    thread.join().unwrap();
    let caught = std::panic::catch_unwind(|| drop(Portable::new(Panics)));
    assert!(caught.is_err());
    assert_eq!(Portable::new(1).with(|value| *value).unwrap(), 1);
}
