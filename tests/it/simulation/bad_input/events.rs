//! Events that are triggered twice, or asked for what they do not have.

use crate::simulation::{assert_refused, in_process};
use yieldfrom::simulation::{Co, Environment, Event, util};
use yieldfrom::{RuntimeError, ValueError};

#[test]
fn an_event_is_triggered_once() {
    let env = Environment::new();
    let (event, other) = (env.event(), env.event());
    event.succeed(1).unwrap();
    other.succeed(2).unwrap();
    for _ in 0..2 {
        assert_refused::<RuntimeError>(event.succeed(3), "succeed");
        assert_refused::<RuntimeError>(event.fail(ValueError::new("late")), "fail");
        assert_refused::<RuntimeError>(event.trigger(&other), "trigger");
        assert_eq!(event.value().unwrap(), 1);
        env.run().unwrap();
    }
    assert_eq!(env.processed_events(), 2);
}

#[test]
fn what_triggers_itself_cannot_be_triggered() {
    let env = Environment::new();
    let timeout = env.timeout_with(5, "due");
    assert_refused::<RuntimeError>(timeout.succeed("early"), "succeed");
    assert_eq!(env.run_until(timeout).unwrap(), "due");
    assert_eq!(env.now(), 5.0);
}

#[test]
fn an_event_is_triggered_as_one_that_is_triggered() {
    let env = Environment::new();
    let (event, pending) = (env.event::<i32>(), env.event::<i32>());
    assert_refused::<RuntimeError>(event.trigger(&pending), "trigger");
    assert_refused::<RuntimeError>(event.trigger(&event), "trigger");
    assert!(!event.triggered());
    pending.succeed(7).unwrap();
    event.trigger(&pending).unwrap();
    assert_eq!(event.value().unwrap(), 7);
}

#[test]
fn the_value_of_an_event_is_there_when_it_is_triggered() {
    let env = Environment::new();
    let event = env.event();
    assert_refused::<RuntimeError>(event.value(), "value");
    event.succeed(4).unwrap();
    assert_eq!(event.value().unwrap(), 4);
    let failed = env.event::<i32>();
    failed
        .fail(ValueError::new("succeed: not this one"))
        .unwrap();
    assert_refused::<ValueError>(failed.value(), "succeed");
}

#[test]
fn the_value_of_a_condition_is_there_when_it_is_processed() {
    let env = Environment::new();
    let either = env.timeout(1) | env.timeout(1);
    assert_eq!(env.all_of(Vec::<Event>::new()).value().unwrap().len(), 0);
    env.run_until(env.timeout(1)).unwrap();
    assert!(either.triggered() && !either.processed());
    assert_refused::<RuntimeError>(either.value(), "value");
    env.run().unwrap();
    assert_eq!(either.value().unwrap().len(), 2);
}

#[test]
fn callbacks_are_added_before_the_event_is_processed() {
    let env = Environment::new();
    let timeout = env.timeout(1);
    env.run().unwrap();
    assert_refused::<RuntimeError>(timeout.add_callback(|_| {}), "add_callback");
}

#[test]
fn a_value_that_was_moved_out_is_an_error_that_says_so() {
    let env = Environment::new();
    let event = env.event::<String>();
    event.succeed("gone".to_owned()).unwrap();
    assert_eq!(env.run_until(event.clone()).unwrap(), "gone");
    let moved = env.process(move |co: &Co| co.yield_from(&event));
    let error = env.run_until(moved).unwrap_err();
    assert!(
        error.is::<RuntimeError>() && error.to_string().contains("was moved out"),
        "{error}"
    );
}

#[test]
fn a_process_that_waits_for_itself_is_told_so() {
    let env = Environment::new();
    let handle = env.handle();
    let process = env.named_process("narcissus", move |co: &Co| {
        let myself = handle.active_process().expect("this one runs");
        assert_refused::<RuntimeError>(co.yield_from(myself.to_any()), "yield_from");
        co.yield_from(handle.timeout(1))?;
        co.yield_from(myself.to_any())
    });
    let error = env.run_until(&process).unwrap_err();
    let message = error.to_string();
    assert!(
        error.is::<RuntimeError>() && message.contains("narcissus waits for itself"),
        "{message}"
    );
    assert_eq!(env.now(), 1.0);
}

#[test]
fn subscriptions_need_a_running_process_and_an_event_to_come() {
    let env = Environment::new();
    let event = env.event::<()>();
    assert_refused::<RuntimeError>(util::subscribe_at(&env, &event), "subscribe_at");
    let late = in_process(|co, env| {
        let timeout = env.timeout(1);
        co.yield_from(&timeout)?;
        util::subscribe_at(env, &timeout)
    });
    assert_refused::<RuntimeError>(late, "subscribe_at");
}
