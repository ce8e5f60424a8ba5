//! Nothing is kept when an environment is dropped, and little while it runs.

use std::rc::Rc;

use crate::support::Census;
use yieldfrom::simulation::{
    AnyProcess, Co, Env, Environment, FilterStore, Observer, PreemptiveResource, Process, Resource,
    Store,
};
use yieldfrom::{Result, ValueError};

/// Sets up a model, runs it, drops its environment, and checks that all counted values are gone.
fn assert_releases(setup: impl FnOnce(&Environment, &Census)) {
    let (env, census) = (Environment::new(), Census::default());
    setup(&env, &census);
    env.run_until(10).unwrap();
    assert!(census.live() > 0, "there is something to be released");
    drop(env);
    assert_eq!(census.live(), 0);
}

#[test]
fn conditions_that_never_come() {
    assert_releases(|env, census| {
        for _ in 0..5 {
            let (handle, one) = (env.handle(), census.one());
            env.process(move |co: &Co| {
                let never = handle.event::<()>();
                let both = handle.timeout_with(1, one) & &never;
                co.yield_from(both | never).map(drop)
            });
            // Nobody waits for this one, and nobody has it.
            drop(env.timeout_with(2, census.one()) & env.event::<()>());
        }
    });
}

#[test]
fn conditions_that_are_not_processed_yet() {
    assert_releases(|env, census| {
        drop(env.timeout_with(99, census.one()) | env.event::<()>());
        let event = env.event();
        event.succeed(census.one()).unwrap();
        drop(&event & env.timeout(99));
    });
}

#[test]
fn stores_with_requests_that_wait() {
    assert_releases(|env, census| {
        let (full, empty) = (
            Store::with_capacity(env, 1).unwrap(),
            FilterStore::<i32>::new(env),
        );
        for _ in 0..3 {
            full.put(census.one());
            let one = census.one();
            empty.get(move |_| one.as_ref() != &());
            let (full, one) = (full.clone(), census.one());
            env.process(move |co: &Co| co.yield_from(full.put(one)));
            let (empty, one) = (empty.clone(), census.one());
            env.process(move |co: &Co| {
                let _one = one;
                co.yield_from(empty.get_any()).map(drop)
            });
        }
    });
}

#[test]
fn resources_with_queues() {
    assert_releases(|env, census| {
        let (slots, machine) = (
            Resource::new(env, 1).unwrap(),
            PreemptiveResource::new(env, 1).unwrap(),
        );
        for priority in [3, 2, 1] {
            let (handle, one) = (env.handle(), census.one());
            let (slots, machine) = (slots.clone(), machine.clone());
            env.process(move |co: &Co| {
                let _one = one;
                co.yield_from(handle.timeout(4 - priority))?;
                let _lost = co.yield_from(machine.request(priority))?;
                let _interrupted = co.yield_from(slots.request());
                let _waits = slots.request();
                drop(co.yield_from(handle.event::<()>()));
                co.yield_from(handle.event::<()>())
            });
        }
    });
}

#[test]
fn processes_that_wait_for_each_other() {
    assert_releases(|env, census| {
        let bell = env.event::<Process>();
        let (one, waits) = (census.one(), bell.clone());
        let first = env.process(move |co: &Co| {
            let _one = one;
            let other = co.yield_from(&waits)?;
            co.yield_from(&other)
        });
        let one = census.one();
        let waiting = first.clone();
        let second = env.process(move |co: &Co| {
            let _one = one;
            co.yield_from(&waiting)
        });
        bell.succeed(second).unwrap();
    });
}

#[test]
fn events_with_callbacks_processes_that_have_not_begun_and_interrupts_to_come() {
    let (env, census) = (Environment::new(), Census::default());
    let one = census.one();
    env.event::<()>().add_callback(move |_| drop(one)).unwrap();
    assert_eq!(census.live(), 0, "nobody can trigger this one");
    let (never, one) = (env.event::<()>(), census.one());
    never.add_callback(move |_| drop(one)).unwrap();
    let one = census.one();
    let process = env.process(move |co: &Co| {
        let _one = one;
        co.yield_from(&never)
    });
    process.interrupt(census.one()).unwrap();
    drop(process);
    assert_eq!(census.live(), 3);
    drop(env);
    assert_eq!(census.live(), 0);
}

#[test]
fn observers_that_have_a_handle_of_what_they_observe() {
    struct Holder(Env, Rc<()>);
    impl Observer for Holder {
        fn started(&self, now: f64, _: &AnyProcess) {
            assert!(self.0.now() == now && Rc::strong_count(&self.1) > 1);
        }
    }
    assert_releases(|env, census| {
        let observing = env.observe(Rc::new(Holder(env.handle(), census.one())));
        let handle = env.handle();
        env.process(move |co: &Co| {
            let _observing = observing;
            co.yield_from(handle.event::<()>())
        });
    });
}

#[test]
fn a_long_run_keeps_no_event_that_nobody_has() {
    let (env, census) = (Environment::new(), Census::default());
    let never = env.event::<()>();
    let (handle, one) = (env.handle(), census.one());
    let process = env.process(move |co: &Co| -> Result<usize> {
        let mut most = 0;
        for _ in 0..2_000 {
            let value = Rc::clone(&one);
            co.yield_from(&never | handle.timeout_with(1, value))?;
            let failing = handle.event::<()>();
            failing.fail(ValueError::new("expected"))?;
            assert!(co.yield_from((&failing & &never) | &never).is_err());
            most = most.max(Rc::strong_count(&one));
        }
        Ok(most)
    });
    let most = env.run_until(process).unwrap();
    assert!(most < 10, "{most}");
}

/// Each of these knows itself, by what the program has given to it.
#[test]
fn what_knows_itself() {
    assert_releases(|env, census| {
        let (member, one) = (env.event::<()>(), census.one());
        let known = member.clone();
        drop(env.condition(
            move |_, _| known.triggered() && one.as_ref() == &(),
            [&member],
        ));
        let (event, one) = (env.event::<()>(), census.one());
        let known = event.clone();
        let callback = move |_: &_| drop((known, one));
        event.add_callback(callback).unwrap();
        let (shelf, one) = (FilterStore::<i32>::new(env), census.one());
        let known = shelf.clone();
        shelf.get(move |_| known.is_empty() && one.as_ref() == &());
    });
}
