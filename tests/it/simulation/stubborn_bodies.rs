//! Bodies that do not end when their environment does, and destructors that work on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use crate::support::{Census, Journal};
use yieldfrom::simulation::{Co, Container, Env, Environment, Resource, Store};
use yieldfrom::{Result, RuntimeError};

#[test]
fn a_body_that_ignores_its_end_is_unwound_at_its_next_wait() {
    let (env, journal) = (Environment::new(), Journal::default());
    for name in ["stubborn", "next"] {
        let (handle, noted) = (env.handle(), journal.clone());
        env.process(move |co: &Co| -> Result<()> {
            let _guard = noted.guard(name);
            loop {
                if co.yield_from(handle.timeout(1)).is_err() {
                    noted.note(format_args!("{name} ignores it"));
                }
            }
        });
    }
    env.run_until(5).unwrap();
    drop(env);
    let told = [
        "stubborn ignores it",
        "drop stubborn",
        "next ignores it",
        "drop next",
    ];
    assert_eq!(journal.take(), told);
}

#[test]
fn a_body_that_waits_on_for_all_kinds_of_things_is_unwound() {
    let (env, census) = (Environment::new(), Census::default());
    for kind in 0..5 {
        let (handle, one) = (env.handle(), census.one());
        env.process(move |co: &Co| -> Result<()> {
            let _one = one;
            let (slots, shelf) = (Resource::new(&handle, 1)?, Store::<i32>::new(&handle));
            let _first = co.yield_from(slots.request());
            loop {
                let waited = match kind {
                    0 => co
                        .yield_from(handle.timeout(9) & handle.event::<i32>())
                        .map(drop),
                    1 => co.yield_from(slots.request()).map(drop),
                    2 => co.yield_from(shelf.get()).map(drop),
                    3 => co.yield_from(Container::new(&handle).get(5)),
                    _ => co.yield_from(handle.event::<String>()).map(drop),
                };
                assert!(waited.is_err(), "none of these comes");
            }
        });
    }
    env.run_until(1).unwrap();
    assert_eq!(census.live(), 5);
    drop(env);
    assert_eq!(census.live(), 0);
}

/// Does all that can be done with an environment when it is dropped.
struct Busybody {
    env: Env,
    journal: Journal,
    one: Rc<()>,
    slots: Resource,
    shelf: Store<i32>,
}

impl Drop for Busybody {
    fn drop(&mut self) {
        let env = &self.env;
        let (event, one) = (env.event::<i32>(), Rc::clone(&self.one));
        let refused = event.succeed(1).unwrap_err().is::<RuntimeError>();
        self.journal.note(format_args!("refused {refused}"));
        let (timeout, never) = (env.timeout_with(1, Rc::clone(&self.one)), env.event::<()>());
        let _condition = (&timeout | &event) & &never;
        env.process(move |co: &Co| {
            let _one = one;
            co.yield_from(&never)
        });
        let _request = self.slots.request();
        drop(self.slots.request());
        self.shelf.put(1);
        drop(self.shelf.get());
        assert!(env.run().unwrap_err().is::<RuntimeError>());
        assert!(env.active_process().is_none() && env.waiting().len() < 3);
    }
}

#[test]
fn destructors_that_make_events_requests_and_processes_leave_nothing_behind() {
    let (journal, census) = (Journal::default(), Census::default());
    let env = Environment::new();
    let (slots, shelf) = (Resource::new(&env, 1).unwrap(), Store::new(&env));
    for _ in 0..2 {
        let one = census.one();
        let busybody = Busybody {
            env: env.handle(),
            journal: journal.clone(),
            one: census.one(),
            slots: slots.clone(),
            shelf: shelf.clone(),
        };
        let handle = env.handle();
        env.process(move |co: &Co| {
            let (_one, _busybody) = (one, busybody);
            co.yield_from(handle.event::<()>())
        });
    }
    env.run().unwrap();
    drop(env);
    assert_eq!(journal.take(), ["refused true", "refused true"]);
    assert_eq!(census.live(), 0);
}

#[test]
fn a_destructor_that_panics_does_not_keep_the_others() {
    struct Fragile;
    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("it breaks");
        }
    }
    let (env, journal) = (Environment::new(), Journal::default());
    for name in ["first", "second"] {
        let (handle, guard) = (env.handle(), journal.guard(name));
        env.process(move |co: &Co| {
            let (_guard, _fragile) = (guard, Fragile);
            co.yield_from(handle.event::<()>())
        });
    }
    env.run().unwrap();
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(env)));
    assert_eq!(journal.take(), ["drop first", "drop second"]);
    drop(dropped);
}
