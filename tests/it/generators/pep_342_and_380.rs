//! PEP 342 and PEP 380 over the public API: what the scenarios cannot say.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Co, Error, Generator, Result, State, iter};

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
fn a_for_loop_ends_with_the_error() {
    let g: Generator<i32> = Generator::new(|co| {
        co.yield_(1)?;
        Err(Error::msg("over"))
    });
    let items: Vec<_> = g.map(|item| item.map_err(|e| e.to_string())).collect();
    assert_eq!(items, [Ok(1), Err("over".to_owned())]);
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

#[test]
fn a_driver_closes_delegates_before_it_throws_an_exit() {
    let inner: Generator<i32> = Generator::new(|co| co.yield_(1).or(Ok(())));
    let g: Generator<i32> = Generator::new(move |co| co.yield_from(inner));
    g.next().unwrap();
    let unresolved = g.driver().throw(Error::generator_exit()).unwrap_err();
    let end = g.resolve(unresolved);
    assert!(
        end.unwrap_err().is_generator_exit(),
        "the inner one only ends"
    );
}
