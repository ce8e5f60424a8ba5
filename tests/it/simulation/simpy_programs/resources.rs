//! Resources with slots: a queue whose customers renege, priorities, and preemption.

use super::processes::python_bool;
use super::{Say, assert_prints_as_in_simpy};
use yieldfrom::Result;
use yieldfrom::simulation::{
    Co, Env, Interrupt, Preempted, PreemptiveResource, PriorityResource, Resource,
};

/// What Python's `random.Random(42)` gives for each customer: the patience `uniform(1, 3)`, the service `expovariate(1 / 4)`,
/// and the time until the next one arrives, `expovariate(1 / 2)`.
const DRAWN: [(f64, f64, f64); 8] = [
    (2.2788535969157673, 0.10131535617095556, 0.6432481281499312),
    (1.4464214762976455, 5.334370691232332, 2.2583460175971855),
    (2.784359135409691, 0.3638096184262646, 1.0960923187929819),
    (1.0595944388761407, 0.9868667838392973, 1.4078310557323068),
    (1.0530719393677272, 0.8867666766547218, 2.0989840024451447),
    (2.0898829612064334, 0.9961056758672946, 1.7796174126035256),
    (2.618860913355653, 0.026079874217067076, 3.277931724181103),
    (2.3962787899764537, 1.6635803459943237, 0.3379725361745396),
];

#[test]
fn customers_renege_when_they_have_waited_too_long() {
    assert_prints_as_in_simpy("bank", |env, say| {
        let counter = Resource::new(env, 1)?;
        let (handle, say) = (env.handle(), say.clone());
        env.process(move |co: &Co| {
            for (i, (patience, service, gap)) in DRAWN.into_iter().enumerate() {
                let name = format!("c{i}");
                handle.process(customer(&handle, &say, &counter, name, patience, service));
                co.yield_from(handle.timeout(gap))?;
            }
            Ok(())
        });
        env.run()
    });
}

fn customer(
    env: &Env,
    say: &Say,
    counter: &Resource,
    name: String,
    patience: f64,
    service: f64,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, counter) = (env.clone(), say.clone(), counter.clone());
    move |co| {
        let arrive = env.now();
        let (queue, users) = (counter.queue_len(), counter.count());
        say.say(format_args!("{name} here queue {queue} users {users}"));
        let req = counter.request();
        let results = co.yield_from(&req | env.timeout(patience))?;
        let wait = env.now() - arrive;
        if results.contains(&req) {
            say.say(format_args!("{name} waited {wait:.3}"));
            co.yield_from(env.timeout(service))?;
            say.say(format_args!("{name} finished"));
        } else {
            say.say(format_args!("{name} reneged {wait:.3}"));
        }
        Ok(())
    }
}

#[test]
fn lower_priority_numbers_are_served_first() {
    assert_prints_as_in_simpy("priorities", |env, say| {
        let r = PriorityResource::new(env, 1)?;
        for (name, at, priority) in [
            ("a", 0.0, 0),
            ("b", 1.0, 0),
            ("c", 2.0, -1),
            ("d", 2.0, 0),
            ("e", 2.5, -1),
        ] {
            env.process(patient_user(env, say, &r, name, at, priority));
        }
        env.run()
    });
}

fn patient_user(
    env: &Env,
    say: &Say,
    r: &PriorityResource,
    name: &'static str,
    at: f64,
    priority: i32,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, r) = (env.clone(), say.clone(), r.clone());
    move |co| {
        co.yield_from(env.timeout(at))?;
        let req = co.yield_from(r.request(priority))?;
        say.say(format_args!("{name} has it"));
        co.yield_from(env.timeout(3))?;
        drop(req);
        say.say(format_args!("{name} gave it back"));
        Ok(())
    }
}

#[test]
fn a_process_that_loses_its_slot_learns_since_when_it_had_it() {
    assert_prints_as_in_simpy("preemption", |env, say| {
        let r = PreemptiveResource::new(env, 1)?;
        for (name, at, priority, preempt, need) in [
            ("low", 0, 2, true, 5),
            ("polite", 1, 1, false, 2),
            ("high", 2, 0, true, 2),
            ("equal", 3, 0, true, 1),
        ] {
            let (handle, say, r) = (env.handle(), say.clone(), r.clone());
            env.process(move |co: &Co| {
                co.yield_from(handle.timeout(at))?;
                let _req = co.yield_from(r.request_with(priority, preempt))?;
                say.say(format_args!("{name} has it"));
                use_it(co, &handle, &say, &r, name, need)
            });
        }
        env.run()
    });
}

fn use_it(
    co: &Co,
    env: &Env,
    say: &Say,
    r: &PreemptiveResource,
    name: &str,
    need: i32,
) -> Result<()> {
    let Err(error) = co.yield_from(env.timeout(need)) else {
        say.say(format_args!("{name} done"));
        return Ok(());
    };
    let interrupt = error.downcast_ref::<Interrupt>();
    let Some(cause) = interrupt.and_then(Interrupt::cause::<Preempted>) else {
        return Err(error);
    };
    let (since, same) = (cause.usage_since(), python_bool(cause.resource() == r));
    say.say(format_args!(
        "{name} preempted, had it since {since:.3} resource {same}"
    ));
    Ok(())
}
