//! Orders of safe calls that must not break a generator's state: what runs in between, what gets at
//! a `Co` from outside, and what a thread does while it ends.

mod co_outside_its_body;
mod default_that_reenters;
mod end_of_thread;

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Error, Generator, State};

use crate::support::log_of;

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

/// An error whose destructor drives a generator.
#[derive(Debug)]
struct Drives(RefCell<Option<G>>);

impl std::fmt::Display for Drives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("drives")
    }
}

impl std::error::Error for Drives {}

impl Drop for Drives {
    fn drop(&mut self) {
        if let Some(g) = self.0.take() {
            assert_ne!(g.state(), State::Running);
            let _ = g.next();
            let _ = g.close();
        }
    }
}

#[test]
fn an_exit_that_is_lost_is_dropped_when_the_operation_is_over() {
    let inner: G = Generator::new(|co| {
        let _ = co.yield_(1);
        Err(Error::msg("cannot close"))
    });
    let outer: G = Generator::new(move |co| {
        assert_eq!(
            co.yield_from(inner).unwrap_err().to_string(),
            "cannot close"
        );
        co.yield_(2)
    });
    outer.next().unwrap();
    let exit = Drives(RefCell::new(Some(outer.clone())));
    let thrown = outer.throw(Error::generator_exit_with(exit));
    assert_eq!(thrown.unwrap(), Yielded(2));
    assert_eq!(outer.state(), State::Closed, "the destructor went on");
}

#[test]
fn an_error_that_meets_a_running_delegate_is_dropped_when_the_operation_is_over() {
    let chain: Rc<RefCell<Option<G>>> = Rc::default();
    let seen = Rc::clone(&chain);
    let inner: G = Generator::new(move |co| {
        co.yield_(1)?;
        // It was resumed from elsewhere, so that the error gets no further than to the delegator.
        let outer = seen.take().expect("it was noted");
        let error = Error::new(Drives(RefCell::new(Some(outer.clone()))));
        let thrown = outer.throw(error);
        assert!(thrown.unwrap_err().is_already_executing());
        co.yield_(2)
    });
    let delegate = inner.clone();
    let middle: G = Generator::new(move |co| co.yield_from(&delegate));
    let outer: G = Generator::new(move |co| co.yield_from(middle));
    chain.replace(Some(outer.clone()));
    assert_eq!(outer.next().unwrap(), Yielded(1));
    assert_eq!(inner.next().unwrap(), Yielded(2));
    assert_eq!(outer.state(), State::Closed);
}

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        quiet_panic()
    }
}

#[test]
fn a_value_on_its_way_out_is_dropped_if_a_lost_one_panics() {
    let value = Rc::new(());
    let yielded = Rc::clone(&value);
    let inner: Generator<Rc<()>, Option<Bomb>> =
        Generator::new(|co| co.yield_(Rc::default()).map(drop));
    let delegate = inner.clone();
    let outer: Generator<Rc<()>, Option<Bomb>> = Generator::new(move |co| {
        assert!(co.yield_from(&delegate).unwrap_err().is_finished());
        co.yield_(Rc::clone(&yielded)).map(drop)
    });
    outer.next().unwrap();
    assert_eq!(inner.next().unwrap(), Complete(()));
    assert!(panics(|| outer.send(Some(Bomb))));
    assert_eq!(Rc::strong_count(&value), 2, "only the body has one");
    outer.close().unwrap();
}

#[derive(Debug)]
struct Explodes(Bomb);

impl std::fmt::Display for Explodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("explodes")
    }
}

impl std::error::Error for Explodes {}

#[test]
fn a_value_on_its_way_out_is_dropped_if_a_lost_exit_panics() {
    let value = Rc::new(());
    let yielded = Rc::clone(&value);
    let inner: Generator<Rc<()>> = Generator::new(|co| {
        let _ = co.yield_(Rc::default());
        Err(Error::msg("cannot close"))
    });
    let outer: Generator<Rc<()>> = Generator::new(move |co| {
        assert!(co.yield_from(inner).is_err());
        co.yield_(Rc::clone(&yielded))
    });
    outer.next().unwrap();
    let exit = Error::generator_exit_with(Explodes(Bomb));
    assert!(panics(|| outer.throw(exit)));
    assert_eq!(Rc::strong_count(&value), 2, "only the body has one");
    outer.close().unwrap();
}

/// Goes on whatever comes, and is lost when it is driven during a panic.
fn give_up(g: &G) {
    let g = g.clone();
    let drives = OnDrop(move || while !g.next().unwrap_err().is_stack() {});
    assert!(panics(move || {
        let _drives = drives;
        quiet_panic()
    }));
}

#[test]
fn the_delegator_of_a_body_that_was_given_up_gets_an_error_and_goes_on() {
    let (_, ()) = log_of(|| {
        let lost: G = Generator::new(|co| {
            loop {
                let _ = panic::catch_unwind(AssertUnwindSafe(|| co.yield_(1)));
            }
        });
        let delegator = || {
            let delegate = lost.clone();
            Generator::new(move |co| {
                assert!(co.yield_from(&delegate).unwrap_err().is_stack());
                co.yield_(2)
            })
        };
        let (resumed, thrown): (G, G) = (delegator(), delegator());
        assert_eq!(resumed.next().unwrap(), Yielded(1));
        assert_eq!(thrown.next().unwrap(), Yielded(1));
        give_up(&lost);
        assert_eq!(resumed.next().unwrap(), Yielded(2));
        assert_eq!(resumed.delegation_chain().len(), 1);
        let error = Drives(RefCell::new(Some(thrown.clone())));
        assert_eq!(thrown.throw(Error::new(error)).unwrap(), Yielded(2));
        assert_eq!(thrown.state(), State::Closed, "the destructor went on");
    });
}

/// Goes on with the same delegate, whatever comes.
fn clings_to(delegate: G) -> G {
    Generator::new(move |co| {
        loop {
            let _ = co.yield_from(&delegate);
        }
    })
}

#[test]
fn an_error_of_a_body_that_is_unwound_is_dropped_when_all_of_the_chain_are() {
    let (_, ()) = log_of(|| {
        let chain: Rc<RefCell<Option<G>>> = Rc::default();
        let seen = Rc::clone(&chain);
        let inner: G = Generator::new(move |co| {
            let refuses = || {
                loop {
                    let _ = co.yield_(1);
                }
            };
            let unwound: std::thread::Result<()> = panic::catch_unwind(AssertUnwindSafe(refuses));
            assert!(unwound.is_err());
            Err(Error::new(Drives(RefCell::new(seen.take()))))
        });
        let middle = clings_to(inner);
        chain.replace(Some(middle.clone()));
        let outer = clings_to(middle);
        assert_eq!(outer.next().unwrap(), Yielded(1));
        drop(outer);
        assert!(chain.take().is_none(), "the inner body was unwound");
    });
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

/// An error whose destructor panics.
struct PanicsInDrop(&'static str);

impl std::fmt::Debug for PanicsInDrop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::fmt::Display for PanicsInDrop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for PanicsInDrop {}

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic::resume_unwind(Box::new(self.0));
    }
}

#[test]
fn several_destructors_that_panic_in_one_operation_are_one_panic() {
    let fails = |name| Error::new(PanicsInDrop(name));
    let inner: G = Generator::new(move |co| co.yield_(1).map_err(|_| fails("inner")));
    let middle: G = Generator::new(move |co| {
        co.yield_from(inner).map_err(|error| {
            std::mem::forget(error);
            fails("middle")
        })
    });
    let outer: G = Generator::new(move |co| {
        co.yield_from(middle).map_err(|error| {
            std::mem::forget(error);
            fails("outer")
        })
    });
    outer.next().unwrap();
    let exit = Error::generator_exit_with(PanicsInDrop("exit"));
    let thrown = panic::catch_unwind(AssertUnwindSafe(|| outer.throw(exit).map(drop)));
    let payload = thrown.map_err(|payload| payload.downcast_ref::<&str>().copied());
    assert_eq!(payload.map(std::mem::forget), Err(Some("exit")));
    assert_eq!(outer.state(), State::Closed);
}
