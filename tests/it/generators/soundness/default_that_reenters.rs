//! An `S::default()` that comes back in, or panics, where a delegation begins.

use std::cell::RefCell;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Generator, State};

use super::{panics, quiet_panic};

thread_local! {
    static DEFAULT: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// A value to be sent whose `default` runs what is in `DEFAULT`.
struct Sent;

impl Default for Sent {
    fn default() -> Self {
        if let Some(f) = DEFAULT.take() {
            f();
        }
        Self
    }
}

fn on_default(f: impl FnOnce() + 'static) {
    DEFAULT.replace(Some(Box::new(f)));
}

#[test]
fn a_default_that_panics_where_a_delegation_begins_panics_in_the_delegator() {
    let inner: Generator<i32, Sent> = Generator::new(|co| co.yield_(1).map(drop));
    let delegate = inner.clone();
    let outer: Generator<i32, Sent> = Generator::new(move |co| {
        on_default(|| quiet_panic());
        assert!(panics(|| co.yield_from(&delegate)));
        co.yield_(5)?;
        co.yield_from(&delegate)
    });
    assert_eq!(outer.next().unwrap(), Yielded(5));
    assert_eq!(inner.state(), State::Created, "it was not entered");
    assert_eq!(outer.next().unwrap(), Yielded(1));
    assert_eq!(outer.next().unwrap(), Complete(()));

    let uncaught: Generator<i32, Sent> = Generator::new(move |co| {
        on_default(|| quiet_panic());
        co.yield_from(inner)
    });
    assert!(panics(|| uncaught.next()));
    assert_eq!(uncaught.state(), State::Closed);
}

#[test]
fn a_default_that_drives_the_delegate_comes_before_the_delegation() {
    let inner: Generator<i32, Sent> = Generator::new(|co| {
        co.yield_(1)?;
        co.yield_(2).map(drop)
    });
    let (delegate, driven) = (inner.clone(), inner);
    let outer: Generator<i32, Sent> = Generator::new(move |co| {
        on_default(move || assert_eq!(driven.next().unwrap(), Yielded(1)));
        co.yield_from(delegate)
    });
    assert_eq!(outer.next().unwrap(), Yielded(2));
    assert_eq!(outer.next().unwrap(), Complete(()));
}
