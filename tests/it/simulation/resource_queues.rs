//! Queues of resources: cancelled requests in them, and filters that look at them.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::Result;
use yieldfrom::simulation::{
    AnyProcess, Co, Container, Env, Environment, FilterStore, ObservedResource, Observer, Resource,
    ResourceObserver, Store, Usage,
};

/// Holds the resource for a time.
fn hold(env: &Env, resource: &Resource, time: i32) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, resource) = (env.clone(), resource.clone());
    move |co| {
        let _request = co.yield_from(resource.request())?;
        co.yield_from(env.timeout(time))
    }
}

#[test]
fn a_cancelled_request_alone_in_the_queue_keeps_nobody_waiting() {
    let env = Environment::new();
    let resource = Resource::new(&env, 1).unwrap();
    env.process(hold(&env, &resource, 2));
    env.process(hold(&env, &resource, 1));
    let (handle, slots) = (env.handle(), resource.clone());
    let last = env.process(move |co: &Co| {
        hold(&handle, &slots, 1)(co)?;
        // Behind it was only the request that is cancelled at 1.
        Ok(slots.request().triggered())
    });
    let (handle, slots) = (env.handle(), resource.clone());
    env.process(move |co: &Co| {
        let request = slots.request();
        co.yield_from(&request | handle.timeout(1)).map(drop)
    });
    assert!(env.run_until(last).unwrap(), "SimPy grants it at once");
    env.run().unwrap();
    assert_eq!((resource.count(), resource.queue_len()), (0, 0));
}

#[test]
fn a_cancelled_get_alone_in_the_queue_keeps_nobody_waiting() {
    let env = Environment::new();
    let store = Store::new(&env);
    let waiting = [store.get(), store.get(), store.get()];
    waiting[2].cancel();
    store.put(1);
    store.put(2);
    env.run().unwrap();
    store.put(3);
    assert_eq!(store.get().value().unwrap(), 3);
}

#[test]
fn a_filter_looks_at_the_items_of_its_store() {
    let env = Environment::new();
    let shelf = FilterStore::new(&env);
    for item in [3, 1, 2] {
        shelf.put(item);
    }
    let (items, length) = (shelf.clone(), shelf.clone());
    let least = shelf.get(move |item| items.items().iter().min() == Some(item));
    assert_eq!(least.value().unwrap(), 1);
    let first = shelf.get(move |_| length.len() == 2 && !length.is_empty());
    assert_eq!(first.value().unwrap(), 3);
}

#[test]
fn infinite_amounts_wait_where_they_do_in_simpy() {
    let env = Environment::new();
    let ocean = Container::with_capacity(&env, f64::INFINITY, f64::INFINITY).unwrap();
    // There is no room in what has no limit and is full of it.
    assert!(!ocean.put(1).triggered());
    assert!(ocean.get(f64::INFINITY).triggered());
    assert!(ocean.level().is_nan());
    assert!(!ocean.get(1).triggered());
}

/// Counts what it is told.
#[derive(Default)]
struct Counter(Cell<u32>);

impl Observer for Counter {
    fn resumed(&self, _: f64, _: &AnyProcess) {
        self.0.set(self.0.get() + 1);
    }
}

impl ResourceObserver for Counter {
    fn usage(&self, _: &Usage) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn an_observer_that_was_added_twice_is_removed_once() {
    let (env, counter) = (Environment::new(), Rc::new(Counter::default()));
    let (first, second) = (env.observe(counter.clone()), env.observe(counter.clone()));
    drop(first);
    env.process(|_: &Co| Ok(()));
    env.run().unwrap();
    assert_eq!(counter.0.take(), 1);
    drop(second);
    let store = Store::new(&env);
    let (first, second) = (
        store.observe(counter.clone()),
        store.observe(counter.clone()),
    );
    drop(first);
    store.put(1);
    assert_eq!(counter.0.take(), 1);
    drop(second);
    store.put(2);
    assert_eq!(counter.0.take(), 0);
}
