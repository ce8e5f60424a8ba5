//! An environment that is dropped in the middle: every destructor runs, innermost first.

use std::cell::RefCell;
use std::rc::Rc;

use crate::support::Journal;
use yieldfrom::simulation::{Co, Env, Environment, PreemptiveResource, Resource, Store};
use yieldfrom::{Error, Result, RuntimeError};

/// Waits for ever, two functions deep, and notes what is dropped.
fn deep(
    env: &Env,
    journal: &Journal,
    name: &'static str,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, journal) = (env.clone(), journal.clone());
    let captured = journal.guard(format!("{name} captured"));
    move |co| {
        let _captured = captured;
        let _outer = journal.guard(format!("{name} outer"));
        co.yield_from(|co: &Co| {
            let _inner = journal.guard(format!("{name} inner"));
            co.yield_from(env.event::<()>())
        })
    }
}

#[test]
fn processes_end_in_the_order_in_which_they_were_started_each_innermost_first() {
    let (env, journal) = (Environment::new(), Journal::default());
    env.process(deep(&env, &journal, "first"));
    env.process(deep(&env, &journal, "second"));
    env.run().unwrap();
    env.process(deep(&env, &journal, "not begun"));
    assert!(journal.take().is_empty());
    drop(env);
    let expected = [
        "drop first inner",
        "drop first outer",
        "drop first captured",
        "drop second inner",
        "drop second outer",
        "drop second captured",
        "drop not begun captured",
    ];
    assert_eq!(journal.take(), expected);
}

#[test]
fn a_generator_exit_is_raised_where_a_process_waits() {
    let (env, journal) = (Environment::new(), Journal::default());
    let (handle, noted) = (env.handle(), journal.clone());
    env.process(move |co: &Co| {
        let error = co.yield_from(handle.timeout(9)).unwrap_err();
        noted.note(error.is_generator_exit());
        let _late = noted.guard("what is made at the end");
        Err::<(), Error>(error)
    });
    env.run_until(1).unwrap();
    drop(env);
    assert_eq!(journal.take(), ["true", "drop what is made at the end"]);
}

#[test]
fn a_process_drops_its_environment_and_ends_at_its_next_wait() {
    let (env, journal) = (Environment::new(), Journal::default());
    let handle = env.handle();
    handle.process(deep(&handle, &journal, "bystander"));
    let (mine, noted) = (handle.clone(), journal.clone());
    let dropper = handle.process(move |co: &Co| {
        let _guard = noted.guard("dropper");
        co.yield_from(mine.timeout(1))?;
        drop(env);
        noted.note("goes on");
        co.yield_from(mine.timeout(1))?;
        noted.note("is never here");
        Ok(())
    });
    handle.run().unwrap();
    let bystander = [
        "drop bystander inner",
        "drop bystander outer",
        "drop bystander captured",
    ];
    assert_eq!(
        journal.take(),
        [&bystander[..], &["goes on", "drop dropper"]].concat()
    );
    assert!(dropper.is_alive() && handle.now() == 1.0);
    assert!(handle.run().unwrap_err().is::<RuntimeError>());
}

#[test]
fn a_process_drops_its_environment_and_returns() {
    let env = Environment::new();
    let handle = env.handle();
    let dropper = handle.process(move |_: &Co| {
        drop(env);
        Ok(5)
    });
    assert!(handle.run_until(&dropper).unwrap_err().is::<RuntimeError>());
    assert_eq!(dropper.value().unwrap(), 5);
}

#[test]
fn a_callback_drops_the_environment() {
    let (env, journal) = (Environment::new(), Journal::default());
    let handle = env.handle();
    handle.process(deep(&handle, &journal, "bystander"));
    let timeout = handle.timeout(1);
    let noted = journal.clone();
    timeout.add_callback(move |_| drop(env)).unwrap();
    timeout
        .add_callback(move |_| noted.note("the next callback"))
        .unwrap();
    handle.run().unwrap();
    let dropped = [
        "drop bystander inner",
        "drop bystander outer",
        "drop bystander captured",
    ];
    assert_eq!(
        journal.take(),
        [&dropped[..], &["the next callback"]].concat()
    );
}

#[test]
fn a_destructor_drops_another_environment() {
    let (env, other, journal) = (Environment::new(), Environment::new(), Journal::default());
    other.process(deep(&other, &journal, "other"));
    other.run().unwrap();
    let handle = env.handle();
    env.process(move |co: &Co| {
        let _other = other;
        co.yield_from(handle.event::<()>())
    });
    env.run().unwrap();
    drop(env);
    assert_eq!(
        journal.take(),
        [
            "drop other inner",
            "drop other outer",
            "drop other captured"
        ]
    );
}

#[test]
fn nothing_is_given_back_and_nobody_goes_on() {
    let env = Environment::new();
    let (slots, machine) = (
        Resource::new(&env, 1).unwrap(),
        PreemptiveResource::new(&env, 1).unwrap(),
    );
    let shelf = Store::<i32>::new(&env);
    for _ in 0..3 {
        let (handle, slots, machine, shelf) =
            (env.handle(), slots.clone(), machine.clone(), shelf.clone());
        env.process(move |co: &Co| {
            let _slot = co.yield_from(slots.request())?;
            let _machine = co.yield_from(machine.request(0))?;
            let _item = shelf.get().cancel_on_drop();
            co.yield_from(handle.timeout(9))
        });
    }
    env.run_until(1).unwrap();
    drop(env);
    assert_eq!((slots.count(), machine.count()), (1, 1));
    assert_eq!((slots.queue_len(), shelf.get_queue_len()), (0, 0));
}

#[test]
fn what_is_scheduled_is_dropped_with_its_callbacks() {
    let (env, journal) = (Environment::new(), Journal::default());
    let (value, callback) = (journal.guard("value"), journal.guard("callback"));
    let kept = Rc::new(RefCell::new(Some(env.timeout_with(1, value))));
    env.timeout(2)
        .add_callback(move |_| drop(callback))
        .unwrap();
    drop(env);
    assert_eq!(journal.take(), ["drop callback"]);
    kept.take();
    assert_eq!(journal.take(), ["drop value"]);
}

#[test]
fn destructors_of_what_is_scheduled_ask_the_environment() {
    struct Asks(Env, Rc<RefCell<Vec<(usize, f64)>>>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let answer = (self.0.scheduled_events(), self.0.peek());
            self.1.borrow_mut().push(answer);
        }
    }
    let (env, answers) = (Environment::new(), Rc::default());
    let asks = || Asks(env.handle(), Rc::clone(&answers));
    drop(env.timeout_with(1, asks()));
    let callback = asks();
    env.timeout(2)
        .add_callback(move |_| drop(callback))
        .unwrap();
    drop(env);
    assert_eq!(*answers.borrow(), [(0, f64::INFINITY); 2]);
}
