//! Capacities, amounts and priorities that make no sense.

use crate::simulation::{assert_refused, in_process};
use yieldfrom::ValueError;
use yieldfrom::simulation::{
    Container, Environment, FilterStore, PreemptiveResource, PriorityResource, PriorityStore,
    Resource, Store,
};

#[test]
fn resources_without_slots_are_errors() {
    let env = Environment::new();
    assert_refused::<ValueError>(Resource::new(&env, 0), "Resource::new");
    assert_refused::<ValueError>(PriorityResource::new(&env, 0), "PriorityResource::new");
    assert_refused::<ValueError>(PreemptiveResource::new(&env, 0), "PreemptiveResource::new");
}

#[test]
fn stores_without_room_are_errors() {
    let env = Environment::new();
    let store = Store::<i32>::with_capacity(&env, 0);
    assert_refused::<ValueError>(store, "Store::with_capacity");
    let store = FilterStore::<i32>::with_capacity(&env, 0);
    assert_refused::<ValueError>(store, "FilterStore::with_capacity");
    let store = PriorityStore::<i32>::with_capacity(&env, 0);
    assert_refused::<ValueError>(store, "PriorityStore::with_capacity");
}

#[test]
fn containers_have_a_capacity_above_zero_and_a_level_within() {
    let env = Environment::new();
    let senseless = [
        (0.0, 0.0),
        (-1.0, 0.0),
        (f64::NAN, 0.0),
        (5.0, -1.0),
        (5.0, 6.0),
        (5.0, f64::NAN),
    ];
    for (capacity, init) in senseless {
        let made = Container::with_capacity(&env, capacity, init);
        assert_refused::<ValueError>(made, "Container::with_capacity");
    }
    let full = Container::with_capacity(&env, 5, 5).unwrap();
    assert_eq!(full.level(), 5.0);
}

#[test]
fn amounts_are_above_zero() {
    for amount in [0.0, -0.0, -1.0, f64::NEG_INFINITY, f64::NAN] {
        let put = in_process(move |co, env| co.yield_from(Container::new(env).put(amount)));
        assert_refused::<ValueError>(put, "put");
        let got = in_process(move |co, env| co.yield_from(Container::new(env).get(amount)));
        assert_refused::<ValueError>(got, "get");
    }
}

#[test]
fn a_senseless_amount_changes_nothing_and_stays_in_no_queue() {
    let env = Environment::new();
    let tank = Container::with_capacity(&env, 10, 5).unwrap();
    let refused = tank.put(-3);
    refused.cancel();
    assert_refused::<ValueError>(env.run_until(&refused), "put");
    assert_eq!(
        (tank.level(), tank.put_queue_len(), tank.get_queue_len()),
        (5.0, 0, 0)
    );
    tank.put(2);
    env.run().unwrap();
    assert_eq!(tank.level(), 7.0);
}

#[test]
fn priorities_are_numbers() {
    let requested = in_process(|co, env| {
        let resource = PriorityResource::new(env, 1)?;
        let request = co.yield_from(resource.request(f64::NAN));
        assert_eq!((resource.count(), resource.queue_len()), (0, 0));
        request.map(drop)
    });
    assert_refused::<ValueError>(requested, "request");
    let requested = in_process(|co, env| {
        let resource = PreemptiveResource::new(env, 1)?;
        co.yield_from(resource.request_with(f64::NAN, true))
            .map(drop)
    });
    assert_refused::<ValueError>(requested, "request");
}

#[test]
fn a_refused_request_that_is_dropped_ends_the_run() {
    let env = Environment::new();
    let resource = PriorityResource::new(&env, 1).unwrap();
    drop(resource.request(f64::NAN));
    assert_refused::<ValueError>(env.run(), "request");
    assert_eq!((resource.count(), resource.queue_len()), (0, 0));
}
