//! Orders of safe calls that must not break a generator's state: what runs in between, what gets at
//! a `Co` from outside, and what a thread does while it ends.

mod co_outside_its_body;
mod default_that_reenters;
mod end_of_thread;
mod lost_values;

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Error, Generator, State};

type G = Generator<i32>;

/// Panics without a message on standard error.
fn quiet_panic() -> ! {
    panic::resume_unwind(Box::new("quiet"))
}

fn panics<R>(f: impl FnOnce() -> R) -> bool {
    panic::catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// Runs `f` when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn what_a_driver_leaves_is_not_needed_by_the_chain() {
    let inner: G = Generator::new(|co| {
        co.yield_(1)?;
        Err(Error::msg("inner failed"))
    });
    let g: G = Generator::new(move |co| {
        assert!(co.yield_from(inner).is_err());
        co.yield_(2)
    });
    g.next().unwrap();
    // The delegator goes on at once, so that nothing is left that other operations could break.
    assert_eq!(g.driver().step().unwrap(), 2);
    let end = g.driver().step().unwrap_err();
    assert_eq!(g.state(), State::Closed);
    assert!(g.next().unwrap_err().is_finished());
    g.close().unwrap();
    assert_eq!(g.resolve(end).unwrap(), Complete(()));
}

#[test]
fn an_end_that_nobody_resolves_is_lost_and_nothing_else() {
    let fails: G = Generator::new(|_| Err(Error::msg("no fuel")));
    let fresh = fails.driver().step().unwrap_err();
    assert_eq!(fails.state(), State::Created, "it is left alone");
    drop(fresh);
    let fresh = fails.driver().step().unwrap_err();
    assert!(fails.next().is_err(), "another one is faster");
    assert!(fails.resolve(fresh).unwrap_err().is_finished());

    let g: G = Generator::new(|co| {
        co.yield_(1)?;
        quiet_panic()
    });
    g.next().unwrap();
    drop(g.driver().step().unwrap_err());
    assert_eq!(g.state(), State::Closed);
}

#[test]
fn a_result_that_nobody_fetches_is_dropped_with_the_generator() {
    let result = Rc::new(());
    let returned = Rc::clone(&result);
    let g: Generator<i32, (), Rc<()>> = Generator::new(move |co| {
        co.yield_(1)?;
        Ok(returned)
    });
    g.next().unwrap();
    drop(g.driver().step().unwrap_err());
    let other = g.clone();
    drop(g);
    assert_eq!(Rc::strong_count(&result), 2, "there is another handle");
    drop(other);
    assert_eq!(Rc::strong_count(&result), 1);
}

#[test]
fn an_end_is_not_resolved_by_another_generator() {
    let (a, b): (G, G) = (Generator::new(|_| Ok(())), Generator::new(|_| Ok(())));
    let end = a.driver().step().unwrap_err();
    assert!(panics(|| b.resolve(end)));
    assert_eq!(b.state(), State::Created);
}

#[test]
fn the_payload_of_a_forced_unwinding_is_an_error_elsewhere() {
    let kept = Rc::new(RefCell::new(None));
    let keeps = kept.clone();
    let g: G = Generator::new(move |co| {
        let yields = || loop {
            let _ = co.yield_(1);
        };
        *keeps.borrow_mut() = panic::catch_unwind(AssertUnwindSafe(yields)).err();
        Ok(())
    });
    g.next().unwrap();
    drop(g);
    let thrown = kept.take().expect("the body has kept it");
    let inner: G = Generator::new(move |co| {
        co.yield_(1)?;
        panic::resume_unwind(thrown)
    });
    let outer: G = Generator::new(move |co| {
        let error = co.yield_from(inner).unwrap_err();
        assert!(error.is_unwound());
        Err(error)
    });
    assert_eq!(outer.next().unwrap(), Yielded(1));
    assert!(outer.next().unwrap_err().is_unwound());
}

#[test]
fn a_delegator_that_was_told_that_its_delegate_runs_is_found_by_others() {
    let second: Rc<RefCell<Option<G>>> = Rc::default();
    let found = second.clone();
    let shared: G = Generator::new(move |co| {
        co.yield_(1)?;
        co.yield_(2)?;
        let b = found.take().expect("put there below");
        assert_eq!(b.next()?, Yielded(7));
        co.yield_(3)
    });
    let (x, y) = (shared.clone(), shared);
    let a: G = Generator::new(move |co| co.yield_from(x));
    let b: G = Generator::new(move |co| {
        assert!(co.yield_from(y).unwrap_err().is_already_executing());
        co.yield_(7)?;
        co.yield_(8)
    });
    assert_eq!(a.next().unwrap(), Yielded(1));
    assert_eq!(b.next().unwrap(), Yielded(2));
    second.replace(Some(b.clone()));
    assert_eq!(a.next().unwrap(), Yielded(3));
    assert_eq!(b.delegation_chain().len(), 1, "it delegates no more");
    drop(a); // and with it the shared one
    let delegate = b.clone();
    let outer: G = Generator::new(move |co| co.yield_from(delegate));
    assert_eq!(outer.next().unwrap(), Yielded(8));
    assert_eq!(outer.delegation_chain().len(), 2);
}
