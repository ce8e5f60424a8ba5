//! How generators end otherwise than by returning: drops, panics, leaks.

mod during_a_panic;
mod forgotten;

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::{Co, Error, Generator, Result, State, stack};

use crate::support::log_of;

/// Notes its name when it is dropped.
struct Guard(&'static str, Log);

type Log = Rc<RefCell<Vec<&'static str>>>;

impl Drop for Guard {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

/// Panics without a message on standard error.
fn quiet_panic() -> ! {
    panic::resume_unwind(Box::new("quiet"))
}

fn caught<R>(f: impl FnOnce() -> R) -> Option<&'static str> {
    let payload = panic::catch_unwind(AssertUnwindSafe(f)).err()?;
    Some(
        payload
            .downcast_ref::<&'static str>()
            .expect("the payload of quiet_panic"),
    )
}

fn chain_of_three(
    log: &Log,
    innermost: impl FnOnce(&Co<i32>) -> Result<()> + 'static,
) -> Generator<i32> {
    let (log_a, log_b, log_c) = (log.clone(), log.clone(), log.clone());
    let c: Generator<i32> = Generator::new(move |co| {
        let _guard = Guard("c", log_c);
        innermost(co)
    });
    let b: Generator<i32> = Generator::new(move |co| {
        let _guard = Guard("b", log_b);
        co.yield_from(c)
    });
    Generator::new(move |co| {
        let _guard = Guard("a", log_a);
        co.yield_from(b)
    })
}

#[test]
fn dropping_a_suspended_generator_ends_its_body_by_value() {
    let log = Log::default();
    let inside = log.clone();
    let g: Generator<i32> = Generator::new(move |co| {
        let _guard = Guard("guard", inside.clone());
        if co.yield_(1).is_err_and(|e| e.is_generator_exit()) {
            inside.borrow_mut().push("exit");
        }
        Ok(())
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    let other = g.clone();
    drop(g);
    assert!(log.borrow().is_empty(), "another handle keeps it");
    drop(other);
    assert_eq!(*log.borrow(), ["exit", "guard"]);
}

#[test]
fn dropping_in_the_middle_of_a_delegation_ends_the_innermost_first() {
    let log = Log::default();
    let g = chain_of_three(&log, |co| co.yield_(1));
    assert_eq!(g.next().unwrap(), Yielded(1));
    drop(g);
    assert_eq!(*log.borrow(), ["c", "b", "a"]);
}

#[test]
fn dropping_while_a_panic_unwinds_ends_bodies_by_value_too() {
    let log = Log::default();
    let g = chain_of_three(&log, |co| co.yield_(1));
    assert_eq!(g.next().unwrap(), Yielded(1));
    let message = caught(|| {
        let _g = g;
        quiet_panic()
    });
    assert_eq!(message, Some("quiet"));
    assert_eq!(*log.borrow(), ["c", "b", "a"]);
}

#[test]
fn a_body_that_refuses_to_end_is_unwound_when_dropped() {
    for panicking in [false, true] {
        let log = Log::default();
        let live = stack::stats().live;
        let g = chain_of_three(&log, |co| {
            loop {
                let _ = co.yield_(1);
            }
        });
        assert_eq!(g.next().unwrap(), Yielded(1));
        let message = caught(|| {
            let _g = g;
            if panicking {
                quiet_panic()
            }
        });
        assert_eq!(message.is_some(), panicking);
        assert_eq!(*log.borrow(), ["c", "b", "a"]);
        assert_eq!(stack::stats().live, live);
        assert!(!std::thread::panicking());
    }
}

#[test]
fn a_body_that_catches_even_that_is_leaked_with_a_warning() {
    let live = stack::stats().live;
    let (warnings, ()) = log_of(|| {
        let g: Generator<i32> = Generator::new(|co| {
            loop {
                let _ = panic::catch_unwind(AssertUnwindSafe(|| co.yield_(1)));
            }
        });
        assert_eq!(g.next().unwrap(), Yielded(1));
    });
    assert_eq!(stack::stats().live, live + 1);
    assert!(
        warnings[0].contains("does not end: its stack is leaked"),
        "{warnings:?}"
    );
}

#[test]
fn errors_of_a_dropped_generator_are_logged() {
    let (warnings, ()) = log_of(|| {
        let g: Generator<i32> = Generator::new(|co| {
            let _ = co.yield_(1);
            Err(Error::msg("cannot clean up"))
        });
        assert_eq!(g.next().unwrap(), Yielded(1));
    });
    assert!(warnings[0].contains("cannot clean up"), "{warnings:?}");

    let (errors, ()) = log_of(|| {
        let g: Generator<i32> = Generator::new(|co| {
            let _ = co.yield_(1);
            quiet_panic()
        });
        assert_eq!(g.next().unwrap(), Yielded(1));
    });
    assert!(errors[0].contains("panic ignored"), "{errors:?}");
}

#[test]
fn a_value_lost_by_a_refusal_is_dropped_once() {
    let log = Log::default();
    let inside = log.clone();
    let g: Generator<Guard> = Generator::new(move |co| {
        let _ = co.yield_(Guard("kept", inside.clone()));
        co.yield_(Guard("lost", inside.clone()))
    });
    let Ok(Yielded(kept)) = g.next() else {
        unreachable!("it yields")
    };
    assert!(g.close().unwrap_err().is_ignored_exit());
    assert_eq!(*log.borrow(), ["lost"]);
    drop(kept);
    assert_eq!(*log.borrow(), ["lost", "kept"]);
}

#[test]
fn a_panic_unwinds_every_delegator_and_reaches_the_driver() {
    let log = Log::default();
    let g = chain_of_three(&log, |co| {
        co.yield_(1)?;
        quiet_panic()
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(caught(|| g.next()), Some("quiet"));
    assert_eq!(*log.borrow(), ["c", "b", "a"]);
    assert_eq!(g.state(), State::Closed);
    assert!(g.next().unwrap_err().is_finished());
}

#[test]
fn a_delegator_can_catch_its_delegates_panic() {
    let inner: Generator<i32> = Generator::new(|_| quiet_panic());
    let g: Generator<i32> = Generator::new(move |co| {
        assert_eq!(caught(|| co.yield_from(inner)), Some("quiet"));
        co.yield_(2)
    });
    assert_eq!(g.next().unwrap(), Yielded(2));
}

#[test]
fn a_panic_during_close_reaches_who_closes() {
    let log = Log::default();
    let g = chain_of_three(&log, |co| {
        let _ = co.yield_(1);
        quiet_panic()
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(caught(|| g.close()), Some("quiet"));
    assert_eq!(*log.borrow(), ["c", "b", "a"]);
    assert_eq!(g.state(), State::Closed);
}

/// Yields when it is dropped, and keeps what comes of it.
struct YieldsInDrop<'a>(&'a Co<i32>, Rc<Cell<Option<bool>>>);

impl Drop for YieldsInDrop<'_> {
    fn drop(&mut self) {
        self.1
            .set(Some(self.0.yield_(99).is_err_and(|e| e.is_panicking())));
    }
}

#[test]
fn a_body_cannot_suspend_while_a_panic_unwinds_it() {
    let refused = Rc::new(Cell::new(None));
    let inside = refused.clone();
    let g: Generator<i32> = Generator::new(move |co| {
        let _yields = YieldsInDrop(co, inside);
        quiet_panic()
    });
    assert_eq!(caught(|| g.next()), Some("quiet"));
    assert_eq!(refused.get(), Some(true));
    assert!(!std::thread::panicking());
}

/// Delegates to a new generator when it is dropped, and keeps what comes of it.
struct DelegatesInDrop<'a>(&'a Co<i32>, Rc<Cell<Option<bool>>>);

impl Drop for DelegatesInDrop<'_> {
    fn drop(&mut self) {
        let delegate: Generator<i32> = Generator::new(|_| unreachable!("cannot be entered"));
        let refused = self
            .0
            .yield_from(&delegate)
            .is_err_and(|e| e.is_panicking());
        delegate.close().unwrap();
        self.1
            .set(Some(refused && delegate.state() == State::Closed));
    }
}

#[test]
fn a_body_cannot_delegate_to_a_generator_while_a_panic_unwinds_it() {
    let refused = Rc::new(Cell::new(None));
    let inside = refused.clone();
    let g: Generator<i32> = Generator::new(move |co| {
        let _delegates = DelegatesInDrop(co, inside);
        quiet_panic()
    });
    let live = stack::stats().live;
    assert_eq!(caught(|| g.next()), Some("quiet"));
    assert_eq!(refused.get(), Some(true));
    assert_eq!(stack::stats().live, live);
}

#[test]
fn the_error_of_a_dropped_generator_is_logged_though_it_is_anothers_refusal() {
    let (warnings, ()) = log_of(|| {
        let other: Generator<i32> = Generator::new(|co| {
            let _ = co.yield_(1);
            co.yield_(2)
        });
        other.next().unwrap();
        let g: Generator<i32> = Generator::new(move |co| {
            let _ = co.yield_(1);
            other.close()
        });
        assert_eq!(g.next().unwrap(), Yielded(1));
    });
    assert!(
        warnings[0].contains("error ignored in generator"),
        "{warnings:?}"
    );
}
