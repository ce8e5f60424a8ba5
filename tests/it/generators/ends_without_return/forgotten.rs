//! Generators that are forgotten, or that somebody else has finished.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Generator, State, stack};

#[test]
fn a_forgotten_generator_keeps_its_stack() {
    let live = stack::stats().live;
    let shared = Rc::new(Cell::new(1));
    let inside = shared.clone();
    let g: Generator<i32> = Generator::new(move |co| {
        let local = Cell::new(5);
        while co.yield_(local.get()).is_ok() {
            inside.set(inside.get() + local.get());
        }
        Ok(())
    });
    assert_eq!(g.next().unwrap(), Yielded(5));
    std::mem::forget(g);
    // The slot must not be handed out again, whatever else is made and dropped meanwhile.
    for _ in 0..1000 {
        let g: Generator<i32> = Generator::new(|co| co.yield_(1));
        assert_eq!(g.next().unwrap(), Yielded(1));
    }
    assert_eq!(stack::stats().live, live + 1);
    assert_eq!(Rc::strong_count(&shared), 2, "its locals live on");
}

#[test]
fn a_delegate_outlives_a_forgotten_delegator() {
    let inner: Generator<i32> = Generator::new(|co| {
        for n in 0.. {
            co.yield_(n)?;
        }
        Ok(())
    });
    let delegate = inner.clone();
    let outer: Generator<i32> = Generator::new(move |co| co.yield_from(delegate));
    assert_eq!(outer.next().unwrap(), Yielded(0));
    std::mem::forget(outer);
    assert_eq!(inner.next().unwrap(), Yielded(1));
    let delegate = inner.clone();
    let another: Generator<i32> = Generator::new(move |co| co.yield_from(delegate));
    assert_eq!(another.next().unwrap(), Yielded(2));
    drop(another);
    assert_eq!(
        inner.state(),
        State::Closed,
        "a dropped delegator closes its delegate"
    );
}

#[test]
fn a_delegate_that_somebody_finished_is_found_closed_by_the_others() {
    let inner: Generator<i32> = Generator::new(|co| co.yield_(1));
    let delegator = || -> Generator<i32> {
        let inner = inner.clone();
        Generator::new(move |co| match co.yield_from(inner) {
            Err(error) if error.is_finished() => co.yield_(-1),
            end => end,
        })
    };
    let (a, b, c) = (delegator(), delegator(), delegator());
    drop(inner);
    assert_eq!(a.next().unwrap(), Yielded(1));
    assert_eq!(b.next().unwrap(), Complete(()), "finishes it");
    assert_eq!(a.delegation_chain().len(), 2, "a has not noticed");
    assert_eq!(a.next().unwrap(), Yielded(-1));
    assert_eq!(c.next().unwrap(), Yielded(-1));
}
