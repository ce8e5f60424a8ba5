//! Timeouts, which are no events until the program asks for more than a wait.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::Generator;
use yieldfrom::simulation::{Co, Environment, Interrupt};

use super::in_process;

#[test]
fn a_timeout_that_is_over_is_waited_for_at_once() {
    let now = in_process(|co, env| {
        let early = env.timeout(1);
        co.yield_from(env.timeout(5))?;
        co.yield_from(early)?;
        Ok(env.now())
    });
    assert_eq!(now.unwrap(), 5.0);
}

#[test]
fn a_timeout_of_the_same_time_that_was_made_later_is_still_to_come() {
    let order = in_process(|co, env| {
        let order = Rc::new(RefCell::new(Vec::new()));
        let (first, second) = (env.timeout(5), env.timeout(5));
        let (note, other) = (Rc::clone(&order), env.timeout(5));
        env.process(move |co: &Co| {
            co.yield_from(other)?;
            note.borrow_mut().push("other");
            Ok(())
        });
        co.yield_from(first)?;
        order.borrow_mut().push("first");
        assert!(second.triggered() && !second.processed());
        co.yield_from(second)?;
        order.borrow_mut().push("second");
        co.yield_from(env.timeout(1))?;
        Ok(order.take())
    });
    assert_eq!(order.unwrap(), ["first", "second", "other"]);
}

#[test]
fn what_a_process_waits_for_is_one_event_that_others_can_wait_for() {
    let env = Environment::new();
    let handle = env.handle();
    let sleeper = env.process(move |co: &Co| co.yield_from(handle.timeout(4)));
    let start = sleeper.target().unwrap();
    assert_eq!(
        (format!("{start:?}"), start.triggered()),
        ("Initialize()".into(), true)
    );
    env.run_until(1).unwrap();
    assert!(start.processed());
    let target = sleeper.target().unwrap();
    assert_eq!(target, sleeper.target().unwrap());
    assert_eq!(format!("{target:?}"), "Timeout(4)");
    let (handle, awaited) = (env.handle(), target.clone());
    let other = env.process(move |co: &Co| {
        co.yield_from(&awaited)?;
        Ok(handle.now())
    });
    assert_eq!(env.run_until(other).unwrap(), 4.0);
    assert!(target.processed() && !sleeper.is_alive());
    assert!(sleeper.target().is_none());
}

#[test]
fn a_wait_that_was_interrupted_does_nothing_when_its_time_comes() {
    let env = Environment::new();
    let steps = Rc::new(Cell::new(0));
    let (handle, counted) = (env.handle(), Rc::clone(&steps));
    let worker = env.process(move |co: &Co| {
        let error = co.yield_from(handle.timeout(3)).unwrap_err();
        assert!(error.is::<Interrupt>());
        counted.set(counted.get() + 1);
        co.yield_from(handle.timeout(10))?;
        counted.set(counted.get() + 1);
        Ok(handle.now())
    });
    env.run_until(1).unwrap();
    worker.interrupt(()).unwrap();
    env.run_until(5).unwrap();
    assert_eq!(steps.get(), 1);
    assert_eq!(env.run_until(worker).unwrap(), 11.0);
}

#[test]
fn the_target_of_an_interrupted_wait_can_be_waited_for_again() {
    let env = Environment::new();
    let handle = env.handle();
    let aim = Rc::new(RefCell::new(None));
    let taken = Rc::clone(&aim);
    let worker = env.process(move |co: &Co| {
        co.yield_from(handle.timeout(3)).unwrap_err();
        let target = taken.borrow_mut().take().unwrap();
        co.yield_from(&target)?;
        Ok(handle.now())
    });
    env.run_until(1).unwrap();
    aim.replace(worker.target());
    worker.interrupt(()).unwrap();
    assert_eq!(env.run_until(worker).unwrap(), 3.0);
}

#[test]
fn a_delegate_with_its_own_stack_waits_for_timeouts_too() {
    let now = in_process(|co, env| {
        let (inner, handle) = (env.clone(), env.clone());
        let delegate = Generator::new(move |co: &Co| {
            co.yield_from(inner.timeout(2))?;
            co.yield_from(|co: &Co| co.yield_from(inner.timeout(3)))
        });
        co.yield_from(delegate)?;
        Ok(handle.now())
    });
    assert_eq!(now.unwrap(), 5.0);
}

#[test]
fn generators_that_are_driven_by_hand_wait_for_their_own_timeouts() {
    let times = in_process(|co, env| {
        let made = |delay| {
            let env = env.clone();
            Generator::new(move |co: &Co| {
                co.yield_from(env.timeout(delay))?;
                Ok(env.now())
            })
        };
        // Both have begun to wait before the first wait is passed on.
        let (long, short) = (made(7), made(2));
        let waits = (long.next()?.yielded(), short.next()?.yielded());
        co.yield_(waits.0.unwrap())?;
        let long = long.next()?.complete();
        co.yield_(waits.1.unwrap())?;
        Ok((long, short.next()?.complete()))
    });
    assert_eq!(times.unwrap(), (Some(7.0), Some(7.0)));
}

#[test]
fn thousands_of_timeouts_come_in_order() {
    let env = Environment::new();
    let seen = Rc::new(RefCell::new(Vec::new()));
    for number in 0..3000_u32 {
        let (env, seen) = (env.handle(), Rc::clone(&seen));
        env.clone().process(move |co: &Co| {
            // Some are far away, and many are at the same time.
            for delay in [number % 7, number % 500 * 40, 1 << (number % 30)] {
                co.yield_from(env.timeout(delay))?;
                seen.borrow_mut().push((env.now(), number));
            }
            Ok(())
        });
    }
    env.run().unwrap();
    let (seen, mut expected) = (seen.take(), Vec::new());
    for number in 0..3000_u32 {
        let mut time = 0;
        for delay in [number % 7, number % 500 * 40, 1 << (number % 30)] {
            time += delay;
            expected.push((f64::from(time), number));
        }
    }
    assert!(seen.is_sorted_by_key(|(time, _)| *time));
    let mut sorted = seen;
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(sorted, expected);
}
