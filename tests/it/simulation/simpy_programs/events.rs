//! Events that are triggered by hand, that fail, and that are combined.

use super::processes::python_bool;
use super::{Say, assert_prints_as_in_simpy};
use yieldfrom::simulation::{Co, ConditionValue, Env, Event};
use yieldfrom::{Result, ValueError, exception};

exception!(KeyError);

#[test]
fn events_call_callbacks_in_order_and_can_be_waited_for_when_they_are_done() {
    assert_prints_as_in_simpy("events_and_callbacks", |env, say| {
        let e = env.event::<&str>();
        let teller = say.clone();
        e.add_callback(move |ev| teller.say(format_args!("callback 1 {}", ev.value().unwrap())))?;
        let teller = say.clone();
        e.add_callback(move |ev| teller.say(format_args!("callback 2 {}", python_bool(ev.ok()))))?;
        env.process(waiter(env, say, &e, "early", 0));
        env.process(waiter(env, say, &e, "late", 5));
        env.process(maker(env, say, &e));
        env.run()
    });
}

fn waiter(
    env: &Env,
    say: &Say,
    e: &Event<&'static str>,
    name: &'static str,
    delay: i32,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, e) = (env.clone(), say.clone(), e.clone());
    move |co| {
        co.yield_from(env.timeout(delay))?;
        let v = co.yield_from(&e)?;
        say.say(format_args!("{name} got {v}"));
        Ok(())
    }
}

fn maker(env: &Env, say: &Say, e: &Event<&'static str>) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, e) = (env.clone(), say.clone(), e.clone());
    move |co| {
        let show = |e: &Event<_>| {
            let (triggered, processed) = (python_bool(e.triggered()), python_bool(e.processed()));
            say.say(format_args!("triggered {triggered} processed {processed}"));
        };
        co.yield_from(env.timeout(2))?;
        e.succeed("done")?;
        show(&e);
        co.yield_from(env.timeout(0))?;
        show(&e);
        Ok(())
    }
}

#[test]
fn failures_are_thrown_into_those_who_wait_or_end_the_run() {
    assert_prints_as_in_simpy("failing_event", |env, say| {
        let e = env.event::<()>();
        env.process(careful(env, say, &e));
        let handle = env.handle();
        env.process(move |co: &Co| {
            co.yield_from(handle.timeout(1))?;
            e.fail(ValueError::new("broken"))
        });
        env.run()?;
        let handle = env.handle();
        env.process(move |co: &Co| -> Result<()> {
            co.yield_from(handle.timeout(1))?;
            Err(KeyError::new("lost").into())
        });
        let error = env.run().unwrap_err();
        let lost = error.downcast_ref::<KeyError>().ok_or(error.clone())?;
        say.say(format_args!("run ended by KeyError '{lost}'"));
        Ok(())
    });
}

fn careful(env: &Env, say: &Say, e: &Event) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, e) = (env.clone(), say.clone(), e.clone());
    move |co| {
        match co.yield_from(&e) {
            Err(x) if x.is::<ValueError>() => say.say(format_args!("caught {x}")),
            other => other?,
        }
        co.yield_from(env.timeout(1))?;
        say.say("goes on");
        Ok(())
    }
}

#[test]
fn conditions_have_the_values_of_their_events_in_order() {
    assert_prints_as_in_simpy("conditions", |env, say| {
        env.process(combiner(env, say));
        env.run()
    });
}

fn combiner(env: &Env, say: &Say) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say) = (env.clone(), say.clone());
    move |co| {
        let (a, b, c) = (
            env.timeout_with(3, "a"),
            env.timeout_with(1, "b"),
            env.timeout_with(2, "c"),
        );
        let got = co.yield_from(&a | &b)?;
        let (has_a, has_b) = (python_bool(got.contains(&a)), python_bool(got.contains(&b)));
        say.say(format_args!("or {} {has_a} {has_b}", python_list(&got)));
        let got = co.yield_from(&a & &c)?;
        say.say(format_args!("and {}", python_list(&got)));
        let (d, e, f) = (
            env.timeout_with(1, "d"),
            env.timeout_with(5, "e"),
            env.timeout_with(2, "f"),
        );
        let got = co.yield_from((&d & &f) | &e)?;
        say.say(format_args!("nested {}", python_list(&got)));
        let none: [Event; 0] = [];
        let got = co.yield_from(env.all_of(none))?;
        say.say(format_args!("empty {}", python_list(&got)));
        let tie = [env.timeout_with(1, "x"), env.timeout_with(1, "y")];
        let got = co.yield_from(env.any_of(tie))?;
        say.say(format_args!("tie {}", python_list(&got)));
        Ok(())
    }
}

/// Shows the values as Python shows a list of strings.
fn python_list(got: &ConditionValue) -> String {
    let shown: Vec<_> = got
        .values::<&str>()
        .iter()
        .map(|value| format!("'{value}'"))
        .collect();
    format!("[{}]", shown.join(", "))
}
