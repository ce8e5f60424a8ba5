//! Which generators of a chain are running, and what a running one refuses.

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::{Error, Generator, State};

type Slot<T> = Rc<RefCell<Option<T>>>;

fn slot<T>() -> Slot<T> {
    Rc::new(RefCell::new(None))
}

#[test]
fn every_operation_on_a_running_generator_is_refused_without_effect() {
    let itself = slot::<Generator<i32, i32>>();
    let handle = itself.clone();
    let g = Generator::new(move |co| {
        let me = handle.borrow().clone().unwrap();
        assert_eq!(me.state(), State::Running);
        assert!(me.next().unwrap_err().is_already_executing());
        assert!(me.send(1).unwrap_err().is_already_executing());
        assert!(
            me.throw(Error::msg("x"))
                .unwrap_err()
                .is_already_executing()
        );
        assert!(
            me.throw(Error::generator_exit())
                .unwrap_err()
                .is_already_executing()
        );
        assert!(me.close().unwrap_err().is_already_executing());
        co.yield_(7).map(drop)
    });
    itself.replace(Some(g.clone()));
    assert_eq!(g.next().unwrap(), Yielded(7));
    itself.replace(None);
}

#[test]
fn delegators_up_the_chain_count_as_running() {
    let outer = slot::<Generator<i32>>();
    let handle = outer.clone();
    let inner: Generator<i32> = Generator::new(move |co| {
        let outer = handle.borrow().clone().unwrap();
        assert_eq!(outer.state(), State::Running);
        assert!(outer.next().unwrap_err().is_already_executing());
        assert!(outer.close().unwrap_err().is_already_executing());
        // Delegating to one's own delegator is refused at the delegation.
        assert!(co.yield_from(&outer).unwrap_err().is_already_executing());
        co.yield_(1)
    });
    let g: Generator<i32> = Generator::new(move |co| co.yield_from(inner));
    outer.replace(Some(g.clone()));
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(g.state(), State::Suspended);
    outer.replace(None);
}

#[test]
fn another_delegator_of_a_running_delegate_is_not_running() {
    let other = slot::<Generator<i32>>();
    let handle = other.clone();
    let shared: Generator<i32> = Generator::new(move |co| {
        co.yield_(1)?;
        let b = handle.borrow().clone().unwrap();
        assert_eq!(b.state(), State::Suspended);
        // b turns to its delegate, which is running: the error is raised in b, not here.
        assert_eq!(b.next().unwrap(), Yielded(-1));
        co.yield_(2)
    });
    let delegate = shared.clone();
    let a: Generator<i32> = Generator::new(move |co| co.yield_from(delegate));
    let delegate = shared.clone();
    let b: Generator<i32> = Generator::new(move |co| {
        assert!(co.yield_from(delegate).unwrap_err().is_already_executing());
        co.yield_(-1)
    });
    assert_eq!(b.next().unwrap(), Yielded(1));
    other.replace(Some(b));
    assert_eq!(a.next().unwrap(), Yielded(2));
    other.replace(None);
}

#[test]
fn direct_driver_of_a_delegate_leaves_the_delegator_suspended() {
    let delegator = slot::<Generator<i32>>();
    let handle = delegator.clone();
    let inner: Generator<i32> = Generator::new(move |co| {
        co.yield_(1)?;
        assert_eq!(handle.borrow().as_ref().unwrap().state(), State::Suspended);
        co.yield_(2)?;
        assert_eq!(handle.borrow().as_ref().unwrap().state(), State::Running);
        co.yield_(3)
    });
    let delegate = inner.clone();
    let outer: Generator<i32> = Generator::new(move |co| co.yield_from(delegate));
    delegator.replace(Some(outer.clone()));
    assert_eq!(outer.next().unwrap(), Yielded(1));
    assert_eq!(inner.next().unwrap(), Yielded(2));
    assert_eq!(outer.next().unwrap(), Yielded(3));
    delegator.replace(None);
}

#[test]
fn direct_driver_of_a_delegator_leaves_those_above_suspended() {
    let top = slot::<Generator<i32>>();
    let handle = top.clone();
    let inner: Generator<i32> = Generator::new(move |co| {
        co.yield_(1)?;
        assert_eq!(handle.borrow().as_ref().unwrap().state(), State::Suspended);
        co.yield_(2)?;
        assert_eq!(handle.borrow().as_ref().unwrap().state(), State::Running);
        let refused = handle.borrow().as_ref().unwrap().next();
        assert!(refused.unwrap_err().is_already_executing());
        let closed = co.yield_(3);
        assert_eq!(handle.borrow().as_ref().unwrap().state(), State::Suspended);
        closed
    });
    let middle: Generator<i32> = Generator::new(move |co| co.yield_from(inner));
    let delegate = middle.clone();
    let outer: Generator<i32> = Generator::new(move |co| co.yield_from(delegate));
    top.replace(Some(outer.clone()));
    assert_eq!(outer.next().unwrap(), Yielded(1));
    assert_eq!(middle.next().unwrap(), Yielded(2));
    assert_eq!(outer.next().unwrap(), Yielded(3));
    middle.close().unwrap();
    top.replace(None);
}
