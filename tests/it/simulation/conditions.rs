//! Conditions: their values, and events that do not belong to them.

use yieldfrom::simulation::{Co, Condition, Environment, Event};

use super::in_process;

#[test]
fn an_event_of_a_condition_gives_its_value_as_often_as_it_is_asked_for() {
    let lengths = in_process(|co, env| {
        let condition = env.timeout(1) | env.timeout(2);
        let [first, second] = [&condition; 2].map(|condition| Event::clone(condition));
        Ok([co.yield_from(first)?.len(), co.yield_from(second)?.len()])
    });
    assert_eq!(lengths.unwrap(), [1, 1]);
    let env = Environment::new();
    let condition = env.timeout(1) & env.timeout(2);
    assert_eq!(env.run_until(Event::clone(&condition)).unwrap().len(), 2);
}

#[test]
fn the_value_of_a_condition_stays_when_the_environment_is_gone() {
    let env = Environment::new();
    let (soon, late) = (env.timeout_with(1, "soon"), env.timeout_with(9, "late"));
    let both = &soon & &late;
    let either: Condition = &soon | &late;
    let never = &soon & env.event::<()>();
    env.run_until(5).unwrap();
    let before = either.value().unwrap();
    drop(env);
    for value in [before, either.value().unwrap()] {
        assert_eq!(value.events(), [soon.to_any()]);
        assert_eq!(value.values::<&str>(), ["soon"]);
    }
    assert!(both.value().is_err() && never.value().is_err());
}

#[test]
fn an_event_of_another_environment_is_not_used_again_by_this_one() {
    let other = Environment::new();
    let handle = other.handle();
    let done = in_process(move |co: &Co, env| {
        for _ in 0..3 {
            let mixed = env.event::<()>() | handle.event::<()>();
            assert!(co.yield_from(mixed).is_err());
            co.yield_from(env.timeout(1))?;
        }
        let events: Vec<_> = (0..20).map(|_| env.event::<()>()).collect();
        for event in events {
            event.succeed(())?;
            co.yield_from(event)?;
        }
        Ok(env.now())
    });
    assert_eq!(done.unwrap(), 3.0);
    assert_eq!(other.peek(), f64::INFINITY);
}
