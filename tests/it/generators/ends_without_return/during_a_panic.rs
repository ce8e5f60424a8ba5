//! Generators that are driven or dropped while a panic unwinds their thread.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use yieldfrom_delegation::{Co, Generator, stack};

use super::{Guard, Log, YieldsInDrop, caught, quiet_panic};
use crate::support::log_of;

/// Drives a generator to its end when it is dropped, and keeps what came of each resume.
struct Drives(Generator<i32>, Rc<RefCell<Vec<String>>>);

impl Drop for Drives {
    fn drop(&mut self) {
        for _ in 0..3 {
            let end = self.0.next().map_err(|error| error.to_string());
            self.1.borrow_mut().push(format!("{end:?}"));
        }
    }
}

/// Drives the generator in a destructor during a panic, and returns what came of it.
fn driven_during_a_panic(g: Generator<i32>) -> Vec<String> {
    let ends = Rc::default();
    let drives = Drives(g, Rc::clone(&ends));
    let message = caught(move || {
        let _drives = drives;
        quiet_panic()
    });
    assert_eq!(message, Some("quiet"));
    assert!(!std::thread::panicking());
    ends.take()
}

const FINISHED: &str = "Err(\"generator already finished\")";
const REFUSED: &str = "Err(\"can't suspend a generator while a panic unwinds its thread\")";

#[test]
fn a_destructor_can_drive_a_generator_to_its_end_during_a_panic() {
    let calls: Generator<i32> = Generator::new(|co| co.yield_from(|_: &Co<i32>| Ok(())));
    let ends = driven_during_a_panic(calls);
    assert_eq!(ends, ["Ok(Complete(()))", FINISHED, FINISHED]);
}

#[test]
fn a_body_that_runs_during_a_panic_cannot_suspend() {
    let yields: Generator<i32> = Generator::new(|co| co.yield_(1));
    assert_eq!(driven_during_a_panic(yields), [REFUSED, FINISHED, FINISHED]);

    let inner: Generator<i32> = Generator::new(|_| Ok(()));
    let delegates: Generator<i32> = Generator::new(move |co| co.yield_from(inner));
    let ends = driven_during_a_panic(delegates);
    assert_eq!(ends, [REFUSED, FINISHED, FINISHED]);
}

#[test]
fn a_body_that_goes_on_for_ever_during_a_panic_is_unwound() {
    let log = Log::default();
    let inside = log.clone();
    let stubborn: Generator<i32> = Generator::new(move |co| {
        let _guard = Guard("unwound", inside);
        loop {
            let _ = co.yield_(1);
        }
    });
    let ends = driven_during_a_panic(stubborn);
    assert!(ends[0].contains("forced unwinding"), "{ends:?}");
    assert_eq!(ends[1..], [FINISHED, FINISHED]);
    assert_eq!(*log.borrow(), ["unwound"]);
}

#[test]
fn a_body_that_goes_on_for_long_during_a_panic_may_end_by_itself() {
    let tries: Generator<i32> = Generator::new(|co| {
        for _ in 0..9_000 {
            assert!(co.yield_(1).unwrap_err().is_panicking());
        }
        Ok(())
    });
    let ends = driven_during_a_panic(tries);
    assert_eq!(ends, ["Ok(Complete(()))", FINISHED, FINISHED]);
}

#[test]
fn a_body_that_catches_even_that_is_given_up_during_a_panic() {
    for driven in [true, false] {
        let live = stack::stats().live;
        let (warnings, ()) = log_of(|| {
            let g: Generator<i32> = Generator::new(|co| {
                loop {
                    let _ = panic::catch_unwind(AssertUnwindSafe(|| co.yield_(1)));
                }
            });
            g.next().unwrap();
            if driven {
                let ends = driven_during_a_panic(g);
                assert_eq!(ends[0], REFUSED);
                assert!(ends[1].contains("stack was given up"), "{ends:?}");
            } else {
                let dropping = AssertUnwindSafe(move || {
                    let _g = g;
                    quiet_panic()
                });
                assert_eq!(caught(dropping), Some("quiet"));
            }
        });
        assert!(!std::thread::panicking());
        assert!(warnings[0].contains("its stack is leaked"), "{warnings:?}");
        assert_eq!(stack::stats().live, live + 1);
    }
}

#[test]
fn the_values_of_a_body_that_is_given_up_are_dropped() {
    let (_, ()) = log_of(|| {
        let value = Rc::new(());
        let own = Rc::clone(&value);
        let g: Generator<Rc<()>> = Generator::new(move |co| {
            loop {
                let yields = || co.yield_(Rc::clone(&own));
                let _ = panic::catch_unwind(AssertUnwindSafe(yields));
            }
        });
        let dropping = AssertUnwindSafe(move || {
            let _drives = DropsAfterNext(g);
            quiet_panic()
        });
        assert_eq!(caught(dropping), Some("quiet"));
        assert_eq!(Rc::strong_count(&value), 2, "only the body has one");
    });
}

/// Drives a generator when it is dropped.
struct DropsAfterNext(Generator<Rc<()>>);

impl Drop for DropsAfterNext {
    fn drop(&mut self) {
        assert!(self.0.next().unwrap_err().is_panicking());
    }
}

#[test]
fn a_body_that_is_unwound_during_a_panic_cannot_suspend_in_its_destructors() {
    let refused = Rc::new(Cell::new(None));
    let inside = refused.clone();
    let g: Generator<i32> = Generator::new(move |co| {
        let _yields = YieldsInDrop(co, inside);
        loop {
            let _ = co.yield_(1);
        }
    });
    g.next().unwrap();
    let message = caught(|| {
        let _g = g;
        quiet_panic()
    });
    assert_eq!((message, refused.get()), (Some("quiet"), Some(true)));
    assert!(!std::thread::panicking());
}

#[test]
fn a_panic_of_a_body_leaves_nothing_behind_that_runs_during_another() {
    let refused = Rc::new(Cell::new(None));
    let inside = refused.clone();
    let g: Generator<i32> = Generator::new(move |co| {
        co.yield_(0)?;
        let panics = || {
            let _yields = YieldsInDrop(co, inside);
            quiet_panic()
        };
        assert_eq!(caught(panics), Some("quiet"));
        co.yield_(5)
    });
    g.next().unwrap();
    assert_eq!(driven_during_a_panic(g), [REFUSED, FINISHED, FINISHED]);
    assert_eq!(refused.get(), Some(true));
    let lock = std::sync::Mutex::new(());
    drop(lock.lock());
    assert!(!lock.is_poisoned(), "the thread does not panic any more");
}

#[test]
fn panics_of_what_a_drop_loses_do_not_abort_during_a_panic() {
    /// Panics when it is dropped.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            quiet_panic()
        }
    }
    for panicking in [false, true] {
        let live = stack::stats().live;
        let g: Generator<Option<Bomb>> = Generator::new(|co| {
            let _ = co.yield_(None);
            loop {
                let _ = co.yield_(Some(Bomb)); // instead of ending
            }
        });
        drop(g.next().unwrap());
        let message = caught(|| {
            let _g = g;
            if panicking {
                // The body cannot even suspend. It drops what it yields itself, and ends by that.
                quiet_panic()
            }
        });
        assert_eq!(message, Some("quiet"));
        assert!(!std::thread::panicking());
        let left = stack::stats().live - live;
        assert!(left <= 1, "{left} stacks are leaked");
    }
}

#[test]
fn a_destructor_of_a_body_that_is_unwound_during_a_panic_is_refused_as_often_as_it_asks() {
    struct Asks<'a>(&'a Co<i32>);
    impl Drop for Asks<'_> {
        fn drop(&mut self) {
            for _ in 0..30_000 {
                assert!(self.0.yield_(1).is_err_and(|error| error.is_panicking()));
            }
        }
    }
    let live = stack::stats().live;
    let g: Generator<i32> = Generator::new(|co| {
        let _asks = Asks(co);
        loop {
            let _ = co.yield_(1);
        }
    });
    g.next().unwrap();
    let message = caught(move || {
        let _dropped = g;
        quiet_panic()
    });
    assert_eq!(message, Some("quiet"));
    assert!(!std::thread::panicking());
    assert_eq!(stack::stats().live, live, "the body has ended");
}
