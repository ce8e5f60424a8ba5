//! Processes that wait, wait for each other, are interrupted, and delegate; and the ways to run them.

use super::{Say, assert_prints_as_in_simpy};
use yieldfrom::simulation::{Co, EmptySchedule, Env, Interrupt};
use yieldfrom::{Result, ValueError};

#[test]
fn clocks_that_tick_at_the_same_time_are_served_in_the_order_of_scheduling() {
    assert_prints_as_in_simpy("clock", |env, say| {
        env.process(tick(env, say, "fast", 0.5));
        env.process(tick(env, say, "slow", 1.0));
        env.run_until(3)?;
        say.say("end");
        Ok(())
    });
}

fn tick(
    env: &Env,
    say: &Say,
    name: &'static str,
    step: f64,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say) = (env.clone(), say.clone());
    move |co| {
        loop {
            say.say(name);
            co.yield_from(env.timeout(step))?;
        }
    }
}

#[test]
fn a_process_waits_for_another_is_interrupted_and_goes_on() {
    assert_prints_as_in_simpy("car_and_charger", |env, say| {
        let c = env.process(car(env, say));
        let handle = env.handle();
        env.process(move |co: &Co| {
            co.yield_from(handle.timeout(3))?;
            c.interrupt("hurry")
        });
        env.run_until(15)
    });
}

fn charge(env: &Env, duration: i32) -> impl FnOnce(&Co) -> Result<&'static str> + use<> {
    let env = env.clone();
    move |co| {
        co.yield_from(env.timeout(duration))?;
        Ok("full")
    }
}

fn car(env: &Env, say: &Say) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say) = (env.clone(), say.clone());
    move |co| {
        loop {
            say.say("park");
            let charging = env.process(charge(&env, 5));
            match co.yield_from(&charging) {
                Ok(got) => say.say(format_args!("charged {got}")),
                Err(error) => {
                    let cause = cause(&error).ok_or(error)?;
                    let alive = python_bool(charging.is_alive());
                    say.say(format_args!("interrupted {cause} charging alive {alive}"));
                }
            }
            say.say("drive");
            co.yield_from(env.timeout(2))?;
        }
    }
}

/// Returns the cause of an interrupt, if the error is one.
fn cause(error: &yieldfrom::Error) -> Option<&'static str> {
    error.downcast_ref::<Interrupt>()?.cause().copied()
}

pub(super) fn python_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

#[test]
fn functions_that_are_delegated_to_wait_and_return_values() {
    assert_prints_as_in_simpy("subroutines", |env, say| {
        let p = env.process(journey(env, say));
        let (handle, traveller) = (env.handle(), p.clone());
        env.process(move |co: &Co| {
            co.yield_from(handle.timeout(7))?;
            traveller.interrupt("storm")
        });
        let result = env.run_until(p)?;
        say.say(format_args!("result {result}"));
        Ok(())
    });
}

fn leg(co: &Co, env: &Env, say: &Say, name: &str, t: i32) -> Result<i32> {
    say.say(format_args!("enter {name}"));
    co.yield_from(env.timeout(t))?;
    say.say(format_args!("leave {name}"));
    Ok(t)
}

fn trip(co: &Co, env: &Env, say: &Say) -> Result<i32> {
    let mut total = 0;
    for (name, t) in [("north", 2), ("east", 3)] {
        total += co.yield_from(|co: &Co| leg(co, env, say, name, t))?;
    }
    Ok(total)
}

fn trip_and_home(co: &Co, env: &Env, say: &Say) -> Result<()> {
    let total = co.yield_from(|co: &Co| trip(co, env, say))?;
    say.say(format_args!("total {total}"));
    co.yield_from(|co: &Co| leg(co, env, say, "home", 10))?;
    Ok(())
}

fn journey(env: &Env, say: &Say) -> impl FnOnce(&Co) -> Result<&'static str> + use<> {
    let (env, say) = (env.clone(), say.clone());
    move |co| {
        if let Err(error) = trip_and_home(co, &env, &say) {
            let cause = cause(&error).ok_or(error)?;
            say.say(format_args!("interrupted inside {cause}"));
            let total = co.yield_from(|co: &Co| leg(co, &env, &say, "detour", 1))?;
            say.say(format_args!("then {total}"));
        }
        Ok("over")
    }
}

#[test]
fn runs_end_at_a_time_at_an_event_after_a_step_and_when_no_event_is_left() {
    assert_prints_as_in_simpy("run_until", |env, say| {
        let process = env.process(five_ticks(env, say));
        env.run_until(2.5)?;
        say.say(format_args!("paused {:.3}", env.peek()));
        env.step()?;
        say.say("stepped");
        let value = env.run_until(process)?;
        say.say(format_args!("value {value}"));
        if env
            .run_until(1)
            .is_err_and(|error| error.is::<ValueError>())
        {
            say.say("ValueError");
        }
        say.say(format_args!("peek {}", env.peek()));
        if env.step().is_err_and(|error| error.is::<EmptySchedule>()) {
            say.say("empty");
        }
        Ok(())
    });
}

fn five_ticks(env: &Env, say: &Say) -> impl FnOnce(&Co) -> Result<&'static str> + use<> {
    let (env, say) = (env.clone(), say.clone());
    move |co| {
        for i in 0..5 {
            co.yield_from(env.timeout(1))?;
            say.say(format_args!("tick {i}"));
        }
        Ok("finished")
    }
}
