//! PEP 342 and PEP 380 over the public API: what the scenarios cannot say.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Co, Delegate, Error, Generator, Result, State, iter};

type Slot<T> = Rc<RefCell<Option<T>>>;

fn slot<T>() -> Slot<T> {
    Rc::new(RefCell::new(None))
}

fn numbers(co: &Co<i32, i32>) -> Result<&'static str> {
    let mut sent = co.yield_(1)?;
    while sent != 0 {
        sent = co.yield_(sent * 10)?;
    }
    Ok("end")
}

#[test]
fn created_generator_accepts_only_next() {
    let g = Generator::new(numbers);
    assert!(g.send(5).unwrap_err().is_just_started());
    assert_eq!(g.state(), State::Created);
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(g.send(5).unwrap(), Yielded(50));
    assert_eq!(g.next().unwrap(), Complete("end"));
    assert_eq!(g.state(), State::Closed);
}

#[test]
fn finished_generator_gives_its_value_once() {
    let g = Generator::new(numbers);
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(g.send(0).unwrap(), Complete("end"));
    assert!(g.next().unwrap_err().is_finished());
    assert!(g.send(3).unwrap_err().is_finished());
    assert!(g.throw(Error::msg("x")).unwrap_err().to_string() == "x");
    g.close().unwrap();
}

#[test]
fn throw_and_close_before_the_start_do_not_run_the_body() {
    let dropped = Rc::new(Cell::new(false));
    struct Flag(Rc<Cell<bool>>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let flag = Flag(dropped.clone());
    let g: Generator<i32> = Generator::new(move |_| {
        let _keep = flag;
        unreachable!("must not run")
    });
    assert_eq!(
        g.throw(Error::msg("early")).unwrap_err().to_string(),
        "early"
    );
    assert_eq!(g.state(), State::Closed);
    assert!(dropped.get(), "what the body captured goes with it");

    let g: Generator<i32> = Generator::new(|_| unreachable!("must not run"));
    let error = g.throw(Error::stop_iteration(std::fmt::Error)).unwrap_err();
    assert!(
        error.is_raised_stop_iteration(),
        "as if raised where the body begins"
    );

    let g: Generator<i32> = Generator::new(|_| unreachable!("must not run"));
    g.close().unwrap();
    assert!(g.next().unwrap_err().is_finished());
}

#[test]
fn sending_a_value_without_content_is_next() {
    let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    assert_eq!(g.send(()).unwrap(), Yielded(1));
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

#[test]
fn delegating_to_a_finished_generator_is_an_error_that_can_be_told() {
    let done: Generator<i32> = Generator::new(|_| Ok(()));
    assert_eq!(done.next().unwrap(), Complete(()));
    let g: Generator<i32> = Generator::new(move |co| {
        assert!(co.yield_from(&done).unwrap_err().is_finished());
        co.yield_(1)
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
}

#[test]
fn stop_iteration_does_not_leave_a_body() {
    let g: Generator<i32> = Generator::new(|_| Err(Error::stop_iteration(std::fmt::Error)));
    let error = g.next().unwrap_err();
    assert!(error.is_raised_stop_iteration() && !error.is_finished());
    assert!(error.source().unwrap().is::<std::fmt::Error>());

    let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    assert_eq!(g.next().unwrap(), Yielded(1));
    let stop = Error::stop_iteration(std::fmt::Error);
    assert!(g.throw(stop).unwrap_err().is_raised_stop_iteration());
}

#[test]
fn refused_exit_is_reported_and_the_generator_goes_on() {
    let g: Generator<i32> = Generator::new(|co| {
        assert!(co.yield_(1).unwrap_err().is_generator_exit());
        co.yield_(2)?;
        co.yield_(3)
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert!(g.close().unwrap_err().is_ignored_exit());
    assert_eq!(g.state(), State::Suspended);
    assert_eq!(g.next().unwrap(), Yielded(3));
    g.close().unwrap();
}

#[test]
fn close_goes_from_the_innermost_outwards() {
    let order = Rc::new(RefCell::new(Vec::new()));
    fn level(n: usize, order: Rc<RefCell<Vec<usize>>>) -> Generator<usize> {
        Generator::new(move |co| {
            let end = if n == 0 {
                co.yield_(0)
            } else {
                co.yield_from(level(n - 1, order.clone()))
            };
            assert!(end.as_ref().unwrap_err().is_generator_exit());
            order.borrow_mut().push(n);
            end
        })
    }
    let g = level(4, order.clone());
    assert_eq!(g.next().unwrap(), Yielded(0));
    g.close().unwrap();
    assert_eq!(*order.borrow(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_failing_close_of_the_delegate_is_raised_in_the_delegator() {
    let inner: Generator<i32> = Generator::new(|co| {
        let _ = co.yield_(1);
        Err(Error::msg("no"))
    });
    let g: Generator<i32> = Generator::new(move |co| {
        assert_eq!(co.yield_from(inner).unwrap_err().to_string(), "no");
        Ok(())
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    g.close().unwrap();
}

#[test]
fn iterators_have_only_next() {
    let g: Generator<i32, i32> = Generator::new(|co| {
        let mut items = vec![1, 2, 3].into_iter();
        assert!(
            co.yield_from(iter(items.by_ref()))
                .unwrap_err()
                .is_no_send()
        );
        assert_eq!(items.next(), Some(2), "a refused value does not advance it");
        let thrown = co.yield_from(iter([7, 8])).unwrap_err();
        assert_eq!(thrown.to_string(), "thrown");
        Ok(())
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(g.send(5).unwrap(), Yielded(7));
    assert_eq!(g.throw(Error::msg("thrown")).unwrap(), Complete(()));
}

#[test]
fn values_sent_and_thrown_reach_the_innermost_through_every_kind_of_delegate() {
    struct Custom;
    impl Delegate<i32, i32> for Custom {
        type Output = i32;
        fn delegate(self, co: &Co<i32, i32>) -> Result<i32> {
            co.yield_from(|co: &Co<i32, i32>| co.yield_(100))
        }
    }
    let g: Generator<i32, i32, i32> = Generator::new(|co| {
        let mut nested = Generator::<i32, i32, i32>::new(|co| co.yield_from(Custom));
        co.yield_from(&mut nested)
    });
    assert_eq!(g.next().unwrap(), Yielded(100));
    assert_eq!(g.send(42).unwrap(), Complete(42));
}

#[test]
fn a_for_loop_ends_with_the_error() {
    let g: Generator<i32> = Generator::new(|co| {
        co.yield_(1)?;
        Err(Error::msg("over"))
    });
    let items: Vec<_> = g.map(|item| item.map_err(|e| e.to_string())).collect();
    assert_eq!(items, [Ok(1), Err("over".to_owned())]);
}

fn nested(depth: usize) -> Generator<usize, usize, usize> {
    Generator::new(move |co| match depth {
        0 => co.yield_(0),
        _ => Ok(1 + co.yield_from(nested(depth - 1))?),
    })
}

#[test]
fn delegation_is_ten_thousand_levels_deep() {
    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    assert_eq!(g.delegation_chain().len(), 10_001);
    assert_eq!(g.send(5).unwrap(), Complete(10_005));

    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    assert_eq!(g.throw(Error::msg("deep")).unwrap_err().to_string(), "deep");

    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    g.close().unwrap();

    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    drop(g);
}

#[test]
fn chain_names_every_link_and_its_line() {
    fn leaf(co: &Co<i32>) -> Result<()> {
        co.yield_(1) // line A
    }
    fn same_stack(co: &Co<i32>) -> Result<()> {
        co.yield_from(leaf) // line B
    }
    fn own_stack(co: &Co<i32>) -> Result<()> {
        co.yield_from(Generator::new(same_stack)) // line C
    }
    let line = |marker: &str| {
        let source = include_str!("pep_342_and_380.rs");
        1 + source
            .lines()
            .position(|line| line.ends_with(marker))
            .unwrap() as u32
    };
    let g = Generator::new(own_stack);
    let made = g.delegation_chain();
    assert_eq!((made.len(), made[0].line()), (1, line!() - 2));
    assert_eq!(g.next().unwrap(), Yielded(1));
    let chain: Vec<_> = g
        .delegation_chain()
        .iter()
        .map(|l| (l.name().to_owned(), l.line()))
        .collect();
    let expected = [
        ("own_stack".to_owned(), line("// line C")),
        ("same_stack".to_owned(), line("// line B")),
        ("leaf".to_owned(), line("// line A")),
    ];
    assert_eq!(chain, expected);
    let shown = format!("{g:?}");
    assert!(
        shown.starts_with("<Generator suspended own_stack() at "),
        "{shown}"
    );
    assert!(
        shown.ends_with(&format!("-> leaf() at {}:{}>", file!(), line("// line A"))),
        "{shown}"
    );
    assert_eq!(g.next().unwrap(), Complete(()));
    assert!(g.delegation_chain().is_empty());
    assert_eq!(format!("{g:?}"), "<Generator closed own_stack()>");
}

#[test]
fn a_frame_that_a_panic_left_is_not_in_the_chain() {
    fn fails(_: &Co<i32>) -> Result<()> {
        std::panic::resume_unwind(Box::new("quiet"))
    }
    let g: Generator<i32> = Generator::new(|co| {
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| co.yield_from(fails)));
        assert!(caught.is_err());
        co.yield_(1)
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(g.delegation_chain().len(), 1);
}

#[test]
fn handles_of_one_generator_are_equal_and_of_two_are_not() {
    let (a, b) = (Generator::new(numbers), Generator::new(numbers));
    assert!(a.ptr_eq(&a.clone()) && !a.ptr_eq(&b));
}

#[test]
fn error_is_one_pointer_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}
