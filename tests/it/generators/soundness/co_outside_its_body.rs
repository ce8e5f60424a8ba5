//! A `Co` that code outside of its body gets at, through a scoped thread local.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Co, Generator, stack};

use super::{G, OnDrop};

scoped_tls::scoped_thread_local!(static CO: Co<i32>);
scoped_tls::scoped_thread_local!(static INNER: Co<i32>);

/// Yields 1 and 2 while its `Co` is to be found in `CO`.
fn exposed() -> G {
    Generator::new(|co| {
        CO.set(co, || {
            co.yield_(1)?;
            co.yield_(2)
        })
    })
}

fn refused<T>(result: yieldfrom_delegation::Result<T>) -> bool {
    result.is_err_and(|error| error.is_not_running())
}

#[test]
fn the_co_of_a_suspended_body_is_refused() {
    let g = exposed();
    g.next().unwrap();
    CO.with(|co| {
        assert!(refused(co.yield_(77)));
        assert!(refused(co.yield_from(
            |_: &Co<i32>| -> yieldfrom_delegation::Result<()> {
                unreachable!("the delegate does not run")
            }
        )));
        assert!(refused(co.yield_from(yieldfrom_delegation::iter([1]))));
        let delegate: G = Generator::new(|_| unreachable!("it is not entered"));
        assert!(refused(co.yield_from(&delegate)));
    });
    let other: G = Generator::new(|co| {
        assert!(refused(CO.with(|co| co.yield_(77))));
        co.yield_(5)
    });
    assert_eq!(other.next().unwrap(), Yielded(5));
    assert_eq!(g.next().unwrap(), Yielded(2));
    assert_eq!(g.next().unwrap(), Complete(()));
    assert_eq!(other.next().unwrap(), Complete(()));
}

#[test]
fn the_co_of_a_body_that_delegates_is_refused_in_the_delegate() {
    let inner: G = Generator::new(|_| {
        assert!(refused(CO.with(|co| co.yield_(77))));
        Ok(())
    });
    let g: G = Generator::new(|co| CO.set(co, || co.yield_from(inner)));
    assert_eq!(g.next().unwrap(), Complete(()));
}

#[test]
fn a_body_below_another_one_is_suspended_together_with_it() {
    let g: G = Generator::new(|co| {
        CO.set(co, || {
            let inner: G =
                Generator::new(|_| CO.with(|co| co.yield_from(|co: &Co<i32>| co.yield_(88))));
            let end = inner.next();
            assert_eq!(end.unwrap(), Complete(()));
            co.yield_(3)
        })
    });
    assert_eq!(g.next().unwrap(), Yielded(88));
    assert_eq!(g.delegation_chain().len(), 2);
    // Driven from elsewhere, by another body.
    let drives = g.clone();
    let other: G = Generator::new(move |_| {
        assert_eq!(drives.next()?, Yielded(3));
        Ok(())
    });
    assert_eq!(other.next().unwrap(), Complete(()));
    assert_eq!(g.next().unwrap(), Complete(()));
}

#[test]
fn a_body_below_another_one_ends_with_it() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let (outer_log, inner_log) = (log.clone(), log.clone());
    let g: G = Generator::new(move |co| {
        let _outer = OnDrop(|| outer_log.borrow_mut().push("outer"));
        CO.set(co, || {
            let inner: G = Generator::new(|_| {
                let _inner = OnDrop(move || inner_log.borrow_mut().push("inner"));
                CO.with(|co| {
                    loop {
                        let _ = co.yield_(1); // refuses to end
                    }
                })
            });
            inner.next().map(drop)
        })
    });
    g.next().unwrap();
    drop(g);
    assert_eq!(*log.borrow(), ["inner", "outer"]);
}

#[test]
fn a_leaked_body_keeps_its_generator() {
    let live = stack::stats().live;
    let g: G = Generator::new(|co| {
        CO.set(co, || {
            loop {
                let _ = panic::catch_unwind(AssertUnwindSafe(|| co.yield_(1)));
            }
        })
    });
    g.next().unwrap();
    drop(g);
    assert_eq!(stack::stats().live, live + 1);
    // The same memory, were it free, would be another generator's by now.
    let others: Vec<G> = (0..10)
        .map(|n| Generator::new(move |co| co.yield_(n)))
        .collect();
    for other in &others {
        other.next().unwrap();
    }
    assert!(refused(CO.with(|co| co.yield_(7))));
}

/// Returns a generator that is suspended by the last of so many bodies, each resumed by the one
/// before. The second shows its `Co` in `INNER`.
fn suspended_from_above(depth: usize) -> G {
    fn above(depth: usize) -> G {
        Generator::new(move |_| match depth {
            0 => CO.with(|co| co.yield_(1)),
            _ => above(depth - 1).next().map(drop),
        })
    }
    let g: G = Generator::new(move |co| {
        CO.set(co, || {
            let second: G = Generator::new(move |co| {
                INNER.set(co, || above(depth).next())?;
                co.yield_(2)
            });
            assert_eq!(second.next()?, Yielded(2));
            assert_eq!(second.next()?, Complete(()));
            co.yield_(3)
        })
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    g
}

#[test]
fn a_body_that_was_suspended_together_with_the_one_below_does_not_run() {
    for depth in [0, 1, 5] {
        let g = suspended_from_above(depth);
        assert!(refused(INNER.with(|co| co.yield_(77))), "{depth}");
        let delegate: G = Generator::new(|_| unreachable!("it is not entered"));
        assert!(refused(INNER.with(|co| co.yield_from(&delegate))));
        assert!(refused(
            INNER.with(|co| co.yield_from(yieldfrom_delegation::iter([1])))
        ));
        let other: G = Generator::new(|co| {
            assert!(refused(INNER.with(|co| co.yield_(77))));
            co.yield_(5)
        });
        assert_eq!(other.next().unwrap(), Yielded(5));
        assert_eq!(g.next().unwrap(), Yielded(3));
        assert_eq!(g.next().unwrap(), Complete(()));
    }
}

#[test]
fn a_delegation_on_another_stack_that_ends_out_of_order_is_not_shown() {
    let g: G = Generator::new(|co| {
        CO.set(co, || {
            let other: G =
                Generator::new(|own| CO.with(|co| co.yield_from(|_: &Co<i32>| own.yield_(5))));
            assert_eq!(other.next()?, Yielded(5));
            co.yield_from(|_: &Co<i32>| {
                assert_eq!(other.next()?, Complete(()));
                drop(other);
                Ok(())
            })?;
            stack::trim();
            co.yield_(1)
        })
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(g.delegation_chain().len(), 1);
}
