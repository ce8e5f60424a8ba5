//! Times that make no sense, and runs that cannot be.

use crate::simulation::{assert_refused, in_process};
use yieldfrom::simulation::{Co, EmptySchedule, Environment, RealtimeEnvironment, util};
use yieldfrom::{RuntimeError, ValueError};

#[test]
fn a_delay_that_is_negative_or_no_number_is_an_error_where_it_is_waited_for() {
    for delay in [-1.0, -1e-300, f64::NEG_INFINITY, f64::NAN] {
        let waited = in_process(move |co, env| co.yield_from(env.timeout(delay)));
        assert_refused::<ValueError>(waited, "timeout");
        let waited = in_process(move |co, env| co.yield_from(env.timeout_with(delay, "value")));
        assert_refused::<ValueError>(waited, "timeout");
    }
}

#[test]
fn a_delay_that_makes_no_sense_takes_no_time_and_the_process_may_go_on() {
    let went_on = in_process(|co, env| {
        assert!(co.yield_from(env.timeout(-2)).is_err());
        co.yield_from(env.timeout(3))?;
        Ok(env.now())
    });
    assert_eq!(went_on.unwrap(), 3.0);
}

#[test]
fn a_delay_that_makes_no_sense_ends_the_run_if_nobody_waits() {
    let env = Environment::new();
    let _never = env.timeout(-1);
    assert_refused::<ValueError>(env.run(), "timeout");
    env.run().unwrap();
}

#[test]
fn a_condition_with_a_delay_that_makes_no_sense_fails() {
    let either = in_process(|co, env| co.yield_from(env.timeout(-1) | env.timeout(5)));
    assert_refused::<ValueError>(either, "timeout");
    let both = in_process(|co, env| co.yield_from(env.timeout(5) & env.timeout(f64::NAN)));
    assert_refused::<ValueError>(both, "timeout");
}

#[test]
fn minus_zero_is_the_present() {
    let now = in_process(|co, env| {
        co.yield_from(env.timeout(-0.0))?;
        Ok(env.now())
    });
    assert_eq!(now.unwrap(), 0.0);
}

#[test]
fn an_infinite_delay_comes_after_all_others() {
    let env = Environment::new();
    env.timeout(f64::INFINITY);
    env.timeout(1e308);
    env.run_until(1e308).unwrap();
    assert_eq!((env.now(), env.scheduled_events()), (1e308, 3));
    env.run().unwrap();
    assert_eq!((env.now(), env.peek()), (f64::INFINITY, f64::INFINITY));
    // It is infinite for good, as in SimPy.
    assert_refused::<ValueError>(env.run_until(f64::INFINITY), "run_until");
    env.timeout(1);
    env.run().unwrap();
}

#[test]
fn environments_begin_at_a_finite_time() {
    for time in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let built = Environment::builder().initial_time(time).build();
        assert_refused::<ValueError>(built, "build");
        let built = RealtimeEnvironment::builder().initial_time(time).build();
        assert_refused::<ValueError>(built, "build");
    }
    for factor in [-1.0, f64::INFINITY, f64::NAN] {
        let built = RealtimeEnvironment::builder().factor(factor).build();
        assert_refused::<ValueError>(built, "build");
    }
}

#[test]
fn runs_to_the_past_or_to_the_present_are_errors() {
    let env = Environment::builder().initial_time(10).build().unwrap();
    for time in [10.0, 9.5, -1.0, f64::NEG_INFINITY, f64::NAN] {
        assert_refused::<ValueError>(env.run_until(time), "run_until");
    }
    assert_eq!((env.now(), env.scheduled_events()), (10.0, 0));
}

#[test]
fn a_step_without_events_is_an_error() {
    let env = Environment::new();
    assert_refused::<EmptySchedule>(env.step(), "step");
    env.timeout(1);
    env.step().unwrap();
    assert_refused::<EmptySchedule>(env.step(), "step");
}

#[test]
fn a_process_cannot_run_its_environment() {
    let nothing_was_scheduled = in_process(|_, env| {
        assert_refused::<RuntimeError>(env.run(), "run");
        assert_refused::<RuntimeError>(env.run_until(5), "run_until");
        assert_refused::<RuntimeError>(env.run_until(env.event::<()>()), "run_until");
        assert_refused::<RuntimeError>(env.step(), "step");
        Ok(env.scheduled_events())
    });
    assert_eq!(nothing_was_scheduled.unwrap(), 0);
}

#[test]
fn a_run_until_an_event_that_nobody_triggers_names_those_who_wait() {
    let env = Environment::new();
    let never = env.event::<()>();
    let waited = never.clone();
    env.named_process("hermit", move |co: &Co| co.yield_from(&waited));
    let error = env.run_until(&never).unwrap_err();
    let message = error.to_string();
    assert!(error.is::<RuntimeError>());
    assert!(
        message.starts_with("run_until: no scheduled events left"),
        "{message}"
    );
    assert!(
        message.contains("\n  hermit waits for Event() since 0: hermit() at "),
        "{message}"
    );
}

#[test]
fn a_process_starts_later_by_a_delay_above_zero() {
    let env = Environment::new();
    for delay in [0.0, -1.0, f64::NAN] {
        let started = util::start_delayed(&env, |_: &Co| Ok(()), delay);
        assert_refused::<ValueError>(started, "start_delayed");
    }
}
