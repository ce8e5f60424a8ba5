//! Values and errors that an operation loses: their destructors come back in, or panic.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Error, Generator, State};

use crate::support::log_of;

use super::{G, OnDrop, panics, quiet_panic};

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
