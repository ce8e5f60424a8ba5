//! Panics of processes, callbacks and filters.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use yieldfrom::simulation::{Co, Environment, FilterStore, Resource};
use yieldfrom::{Panicked, Result};

#[test]
fn a_process_that_panics_fails_and_the_others_go_on() {
    let env = Environment::new();
    let bell = env.event::<i32>();
    let heard = Rc::new(Cell::new(0));
    let waiters: Vec<_> = (0..3)
        .map(|number| {
            let (bell, heard) = (bell.clone(), Rc::clone(&heard));
            env.process(move |co: &Co| {
                let value = co.yield_from(&bell)?;
                heard.set(heard.get() + value);
                assert!(number != 1, "the second one has had enough");
                Ok(())
            })
        })
        .collect();
    bell.succeed(7).unwrap();
    let error = env.run().unwrap_err();
    let panicked = error.downcast_ref::<Panicked>().expect("it has panicked");
    assert_eq!(panicked.message(), "the second one has had enough");
    assert_eq!(heard.get(), 21);
    env.run().unwrap();
    let ok: Vec<_> = waiters.iter().map(|process| process.ok()).collect();
    assert_eq!(ok, [true, false, true]);
}

#[test]
fn a_panic_is_thrown_into_those_who_wait_for_the_process() {
    let env = Environment::new();
    let handle = env.handle();
    let fragile = env.process(move |co: &Co| -> Result<()> {
        co.yield_from(handle.timeout(1))?;
        panic!("it breaks");
    });
    let waits = env.process(move |co: &Co| {
        let error = co.yield_from(&fragile).unwrap_err();
        Ok(error
            .downcast_ref::<Panicked>()
            .map(|panicked| panicked.message().to_owned()))
    });
    assert_eq!(env.run_until(waits).unwrap().as_deref(), Some("it breaks"));
    env.run().unwrap();
}

#[test]
fn a_process_that_panics_gives_its_slot_back() {
    let env = Environment::new();
    let slots = Resource::new(&env, 1).unwrap();
    let (handle, mine) = (env.handle(), slots.clone());
    env.process(move |co: &Co| -> Result<()> {
        let _slot = co.yield_from(mine.request())?;
        co.yield_from(handle.timeout(2))?;
        panic!("it breaks");
    });
    let next = slots.clone();
    let waits = env.process(move |co: &Co| co.yield_from(next.request()).map(drop));
    assert!(env.run().unwrap_err().is::<Panicked>());
    env.run_until(waits).unwrap();
    assert_eq!((env.now(), slots.queue_len()), (2.0, 0));
}

#[test]
fn a_process_that_panics_when_it_is_interrupted_fails() {
    let env = Environment::new();
    let handle = env.handle();
    let fragile = env.process(move |co: &Co| {
        co.yield_from(handle.timeout(9))
            .expect("nobody disturbs it");
        Ok(())
    });
    env.run_until(1).unwrap();
    fragile.interrupt("boo").unwrap();
    assert!(env.run_until(fragile).unwrap_err().is::<Panicked>());
    assert_eq!(env.now(), 1.0);
}

#[test]
fn a_callback_that_panics_leaves_the_run_which_can_go_on() {
    let env = Environment::new();
    let handle = env.handle();
    let ticks = Rc::new(Cell::new(0));
    let counted = Rc::clone(&ticks);
    env.process(move |co: &Co| -> Result<()> {
        loop {
            co.yield_from(handle.timeout(1))?;
            counted.set(counted.get() + 1);
        }
    });
    env.timeout(2.5)
        .add_callback(|_| panic!("it breaks"))
        .unwrap();
    let ran = catch_unwind(AssertUnwindSafe(|| env.run_until(4)));
    assert!(ran.is_err());
    assert_eq!((env.now(), ticks.get()), (2.5, 2));
    assert!(env.active_process().is_none());
    env.run_until(5).unwrap(); // up to the end of the first run
    env.run_until(5).unwrap();
    assert_eq!((env.now(), ticks.get()), (5.0, 4));
}

#[test]
fn a_filter_that_panics_leaves_the_store_as_it_was() {
    let env = Environment::new();
    let shelf = FilterStore::new(&env);
    shelf.put(1);
    shelf.put(2);
    env.run().unwrap();
    let asked = catch_unwind(AssertUnwindSafe(|| shelf.get(|_| panic!("it breaks"))));
    assert!(asked.is_err());
    assert_eq!((shelf.items(), shelf.get_queue_len()), (vec![1, 2], 0));
    let second = shelf.get(|item| *item == 2);
    assert_eq!(env.run_until(second).unwrap(), 2);
}

#[test]
fn a_filter_that_panics_while_an_item_is_put_in_leaves_the_store_as_it_was() {
    let env = Environment::new();
    let shelf = FilterStore::new(&env);
    let fussy = shelf.get(|item| {
        if *item == 3 {
            panic!("it breaks")
        } else {
            false
        }
    });
    let patient = shelf.get(|item| *item == 4);
    shelf.put(3);
    assert!(catch_unwind(AssertUnwindSafe(|| env.run())).is_err());
    assert_eq!((shelf.items(), shelf.get_queue_len()), (vec![3], 2));
    fussy.cancel();
    shelf.put(4);
    assert_eq!(env.run_until(patient).unwrap(), 4);
    assert_eq!(shelf.items(), [3]);
}
