//! What requests tell, and how they are given up.

use yieldfrom::Result;
use yieldfrom::simulation::statistics::Monitor;
use yieldfrom::simulation::{
    AnyProcess, Co, Environment, Interrupt, Observer, PriorityResource, Resource, Store,
};

#[test]
fn a_request_knows_since_when_it_had_its_slot() -> Result<()> {
    let env = Environment::new();
    let desk = Resource::new(&env, 1)?;
    env.run_until(env.timeout(3))?;
    let (first, second) = (desk.request(), desk.request());
    assert_eq!(
        (first.usage_since(), second.usage_since()),
        (Some(3.0), None)
    );
    first.release();
    env.run()?;
    assert_eq!(
        (first.usage_since(), second.usage_since()),
        (Some(3.0), Some(3.0))
    );
    Ok(())
}

#[test]
fn a_resource_releases_no_slot_of_another_one() -> Result<()> {
    let env = Environment::new();
    let (one, other) = (Resource::new(&env, 1)?, Resource::new(&env, 1)?);
    let request = one.request();
    other.release(&request);
    env.run()?;
    assert_eq!(one.count(), 1);
    drop(request);
    env.run()?;
    assert_eq!(one.count(), 0);
    Ok(())
}

/// As SimPy sorts them.
#[test]
fn of_equal_requests_those_that_preempt_come_first() -> Result<()> {
    let env = Environment::new();
    let desk = PriorityResource::new(&env, 1)?;
    let _first = desk.request(0);
    let requests = [false, true].map(|preempt| desk.request_with(1, preempt));
    let queue: Vec<_> = desk
        .queue()
        .iter()
        .map(|request| request.preempt())
        .collect();
    assert_eq!(queue, [true, false]);
    drop(requests);
    Ok(())
}

/// An item that cannot be cloned.
#[derive(Debug, PartialEq)]
struct Parcel(u32);

#[test]
fn a_get_that_is_given_up_loses_no_item() -> Result<()> {
    let env = Environment::new();
    let shelf = Store::new(&env);
    let parcels = shelf.clone();
    let waiter = env.process(move |co: &Co| {
        let error = co.yield_from(parcels.get().cancel_on_drop()).unwrap_err();
        assert!(error.is::<Interrupt>());
        co.yield_from(parcels.get().cancel_on_drop())
    });
    env.run()?;
    waiter.interrupt(())?;
    env.run()?;
    assert_eq!(shelf.get_queue_len(), 1); // the second one
    shelf.put(Parcel(7));
    assert_eq!(env.run_until(waiter)?, Parcel(7));
    Ok(())
}

#[test]
fn a_get_is_given_up_for_another_event() -> Result<()> {
    let env = Environment::new();
    let (handle, shelf) = (env.handle(), Store::<Parcel>::new(&env));
    let parcels = shelf.clone();
    let waiter = env.process(move |co: &Co| {
        let parcel = parcels.get().cancel_on_drop();
        let results = co.yield_from(&parcel | handle.timeout(2))?;
        Ok(results.contains(&parcel))
    });
    assert!(!env.run_until(waiter)?);
    assert_eq!(shelf.get_queue_len(), 0);
    Ok(())
}

#[test]
fn an_observer_that_interrupts_at_the_start_lets_the_process_begin() -> Result<()> {
    struct Hasty;
    impl Observer for Hasty {
        fn started(&self, _: f64, process: &AnyProcess) {
            process.interrupt(()).expect("it does not run yet");
        }
    }
    let env = Environment::new();
    let observing = env.observe(std::rc::Rc::new(Hasty));
    let handle = env.handle();
    let process = env.process(move |co: &Co| {
        let error = co.yield_from(handle.timeout(5)).unwrap_err();
        Ok(error.is::<Interrupt>())
    });
    assert!(env.run_until(process)?);
    drop(observing);
    Ok(())
}

#[test]
fn values_have_the_type_that_is_asked_for() -> Result<()> {
    let env = Environment::new();
    let both = env.run_until(env.timeout_with(1, "a") & env.timeout(2))?;
    assert_eq!(
        (both.len(), both.values::<()>().len(), both.values::<&str>()),
        (2, 1, vec!["a"])
    );
    Ok(())
}

#[test]
fn a_warm_up_that_is_told_late_leaves_the_same_out() -> Result<()> {
    let env = Environment::new();
    let desk = Resource::new(&env, 1)?;
    let monitor = Monitor::of(&desk);
    for _ in 0..4 {
        let (env, desk) = (env.handle(), desk.clone());
        env.clone().process(move |co: &Co| {
            let _turn = co.yield_from(desk.request())?;
            co.yield_from(env.timeout(2))
        });
    }
    env.run()?;
    let queue = monitor.queue(); // a copy: the desk can be used meanwhile
    drop(desk.request());
    env.run()?;
    let monitor = monitor.warm_up(3);
    assert_eq!(monitor.waiting_times().observations(), [4.0, 6.0, 0.0]);
    assert_eq!(monitor.holding_times().observations(), [2.0, 2.0, 2.0, 0.0]);
    assert_eq!(queue.mean(8), Some((3.0 + 2.0 + 1.0) * 2.0 / 8.0));
    Ok(())
}
