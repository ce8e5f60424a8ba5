//! Events of another environment, and environments that are gone.

use crate::simulation::{assert_refused, in_process};
use yieldfrom::simulation::{Co, Container, Environment, Resource, Store};
use yieldfrom::{RuntimeError, ValueError};

#[test]
fn an_event_of_another_environment_cannot_be_waited_for() {
    let other = Environment::new();
    let stranger = other.timeout(1);
    let waited = in_process(move |co, _| co.yield_from(stranger));
    assert_refused::<RuntimeError>(waited, "yield_from");
    other.run().unwrap();
}

#[test]
fn a_request_of_another_environment_cannot_be_waited_for() {
    let other = Environment::new();
    let (slots, shelf) = (Resource::new(&other, 1).unwrap(), Store::<i32>::new(&other));
    let waited = in_process(move |co, _| co.yield_from(slots.request()).map(drop));
    assert_refused::<RuntimeError>(waited, "yield_from");
    let waited = in_process(move |co, _| co.yield_from(shelf.get()));
    assert_refused::<RuntimeError>(waited, "yield_from");
}

#[test]
fn a_condition_has_events_of_one_environment() {
    let other = Environment::new();
    let stranger = other.event::<()>();
    let waited = in_process(move |co, env| co.yield_from(env.timeout(1) | &stranger));
    assert_refused::<ValueError>(waited, "a condition");
    let stranger = other.timeout(1);
    let waited = in_process(move |co, env| co.yield_from(env.all_of([stranger])));
    assert_refused::<ValueError>(waited, "a condition");
}

#[test]
fn an_environment_runs_until_its_own_events() {
    let (env, other) = (Environment::new(), Environment::new());
    assert_refused::<ValueError>(env.run_until(other.timeout(1)), "run_until");
    assert_refused::<ValueError>(env.run_until(&other.event::<()>()), "run_until");
    assert_refused::<ValueError>(env.run_until(other.process(|_: &Co| Ok(()))), "run_until");
    assert_eq!(env.processed_events(), 0);
}

#[test]
fn what_is_left_of_an_environment_does_not_run() {
    let env = Environment::new();
    let (handle, event) = (env.handle(), env.event::<()>());
    let process = env.process(|_: &Co| Ok(()));
    drop(env);
    assert_refused::<RuntimeError>(handle.run(), "run");
    assert_refused::<RuntimeError>(handle.run_until(1), "run_until");
    assert_refused::<RuntimeError>(handle.step(), "step");
    assert_refused::<RuntimeError>(handle.run_until(&event), "run_until");
    assert_refused::<RuntimeError>(event.succeed(()), "succeed");
    assert_refused::<RuntimeError>(event.fail(ValueError::new("late")), "fail");
    assert_refused::<RuntimeError>(event.add_callback(|_| {}), "add_callback");
    assert_refused::<RuntimeError>(process.interrupt("late"), "interrupt");
}

#[test]
fn what_is_made_by_handles_of_a_gone_environment_never_happens() {
    let handle = Environment::new().handle();
    let (timeout, both) = (handle.timeout(1), handle.timeout(1) & handle.event::<i32>());
    let process = handle.process(|_: &Co| Ok(()));
    let store = Store::new(&handle);
    let (put, got) = (store.put(1), store.get());
    let tank = Container::new(&handle);
    drop(tank.put(1));
    let _request = Resource::new(&handle, 1).unwrap().request();
    assert!(process.is_alive() && !timeout.processed() && !both.processed());
    assert!(!put.processed() && !got.processed());
    assert_eq!(
        (handle.scheduled_events(), handle.peek()),
        (0, f64::INFINITY)
    );
    assert!(handle.waiting().is_empty() && handle.active_process().is_none());
}
