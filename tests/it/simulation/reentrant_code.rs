//! Code of the program that the library calls, and that calls the library again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::simulation::{
    AnyProcess, Co, Env, Environment, FilterStore, Grant, ObservedResource, Observer, Observing,
    PriorityStore, Resource, ResourceObserver, Store, Usage,
};
use yieldfrom::{Result, RuntimeError};

#[test]
fn a_filter_puts_into_its_own_store_and_gets_from_it() {
    let env = Environment::new();
    let shelf = FilterStore::new(&env);
    let (again, asked) = (shelf.clone(), Cell::new(0));
    let wanted = shelf.get(move |item| {
        asked.set(asked.get() + 1);
        if asked.get() < 5 {
            again.put(asked.get());
            drop(again.get(|item| *item == 100));
        }
        *item == 4
    });
    shelf.put(0);
    assert_eq!(env.run_until(wanted).unwrap(), 4);
    env.run().unwrap();
    assert_eq!(shelf.items(), [0, 1, 2, 3]);
    assert_eq!((shelf.get_queue_len(), shelf.put_queue_len()), (4, 0));
}

#[test]
fn a_filter_cancels_requests_of_its_own_store() {
    let env = Environment::new();
    let shelf = FilterStore::new(&env);
    let (before, after) = (shelf.get(|_| false), Rc::new(RefCell::new(None)));
    let (victim, other) = (before.clone(), Rc::clone(&after));
    let wanted = shelf.get(move |item| {
        victim.cancel();
        if let Some(other) = other.take() {
            let other: yieldfrom::simulation::Get<i32> = other;
            other.cancel();
        }
        *item == 2
    });
    *after.borrow_mut() = Some(shelf.get(|_| true));
    let last = shelf.get(|item| *item == 1);
    shelf.put(1);
    shelf.put(2);
    env.run().unwrap();
    assert_eq!((wanted.value().unwrap(), last.value().unwrap()), (2, 1));
    assert!(!before.triggered() && shelf.get_queue_len() == 0 && shelf.is_empty());
}

/// An item whose order and whose clones use the store that it is in.
struct Meddler {
    number: i32,
    store: Rc<RefCell<Option<PriorityStore<Meddler>>>>,
}

impl Meddler {
    fn meddle(&self) {
        let store = self.store.take();
        if let Some(store) = store {
            let number = self.number + 100;
            store.put(Meddler {
                number,
                store: Rc::clone(&self.store),
            });
            drop(store.get());
            assert!(store.get_queue_len() > 0);
        }
    }
}

impl PartialEq for Meddler {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl PartialOrd for Meddler {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.meddle();
        self.number.partial_cmp(&other.number)
    }
}

impl Clone for Meddler {
    fn clone(&self) -> Self {
        self.meddle();
        Self {
            number: self.number,
            store: Rc::clone(&self.store),
        }
    }
}

#[test]
fn an_order_of_items_uses_the_store_of_the_items() {
    let env = Environment::new();
    let (store, cell) = (PriorityStore::new(&env), Rc::default());
    let item = |number| Meddler {
        number,
        store: Rc::clone(&cell),
    };
    store.put(item(5));
    *cell.borrow_mut() = Some(store.clone());
    store.put(item(3));
    env.run().unwrap();
    // One of three was given to the request of the order.
    let numbers: Vec<_> = store.items().iter().map(|item| item.number).collect();
    assert_eq!(numbers, [5, 103]);
    assert_eq!(store.get_queue_len(), 0);
}

#[test]
fn clones_of_items_use_the_store_of_the_items() {
    let env = Environment::new();
    let (store, cell) = (PriorityStore::new(&env), Rc::default());
    store.put(Meddler {
        number: 1,
        store: Rc::clone(&cell),
    });
    *cell.borrow_mut() = Some(store.clone());
    assert_eq!(store.items().len(), 1);
    env.run().unwrap();
    let numbers: Vec<_> = store.items().iter().map(|item| item.number).collect();
    assert_eq!(numbers, [101]);
}

#[test]
fn a_clone_of_a_value_asks_its_event_again() {
    struct Curious(
        Rc<RefCell<Option<yieldfrom::simulation::Event<Curious>>>>,
        u32,
    );
    impl Clone for Curious {
        fn clone(&self) -> Self {
            let event = self.0.take();
            let below = event.map_or(0, |event| event.value().unwrap().1);
            Self(Rc::clone(&self.0), below + 1)
        }
    }
    let env = Environment::new();
    let (event, cell) = (env.event(), Rc::default());
    event.succeed(Curious(Rc::clone(&cell), 0)).unwrap();
    *cell.borrow_mut() = Some(event.clone());
    assert_eq!(event.value().unwrap().1, 2);
}

#[test]
fn callbacks_trigger_wait_and_try_to_run() {
    let env = Environment::new();
    let (first, second) = (env.event::<i32>(), env.event::<i32>());
    let (handle, target) = (env.handle(), second.clone());
    first
        .add_callback(move |event| {
            assert!(handle.run().unwrap_err().is::<RuntimeError>());
            assert!(event.add_callback(|_| {}).unwrap_err().is::<RuntimeError>());
            target.trigger(event).unwrap();
            let handle_of_process = handle.clone();
            handle.process(move |co: &Co| co.yield_from(handle_of_process.timeout(3)));
        })
        .unwrap();
    first.succeed(8).unwrap();
    env.run().unwrap();
    assert_eq!((second.value().unwrap(), env.now()), (8, 3.0));
}

#[test]
fn a_callback_that_was_removed_is_not_called() {
    let env = Environment::new();
    let timeout = env.timeout(1);
    let called = Rc::new(Cell::new(0));
    let ids: Vec<_> = (0..3)
        .map(|number| {
            let called = Rc::clone(&called);
            timeout
                .add_callback(move |_| called.set(called.get() * 10 + number))
                .unwrap()
        })
        .collect();
    assert!(timeout.remove_callback(ids[1]) && !timeout.remove_callback(ids[1]));
    env.run().unwrap();
    assert!(!timeout.remove_callback(ids[0]));
    assert_eq!(called.get(), 2);
}

#[test]
fn a_condition_of_the_program_triggers_events_while_it_is_evaluated() {
    let env = Environment::new();
    let bell = env.event::<()>();
    let rung = bell.clone();
    let condition = env.condition(
        move |events, done| {
            if !rung.triggered() {
                rung.succeed(()).unwrap();
            }
            done == events.len()
        },
        [
            env.timeout(1).to_any(),
            env.timeout(2).to_any(),
            bell.to_any(),
        ],
    );
    assert_eq!(env.run_until(condition).unwrap().len(), 3);
    assert!(bell.processed() && env.now() == 2.0);
}

/// Adds another observer when it is told of the first process, and removes itself when it is told of the end of one.
struct Relay {
    env: Env,
    told: Rc<RefCell<Vec<&'static str>>>,
    added: RefCell<Option<Observing>>,
    mine: Rc<RefCell<Option<Observing>>>,
}

impl Observer for Relay {
    fn started(&self, _: f64, _: &AnyProcess) {
        self.told.borrow_mut().push("started");
        if self.added.borrow().is_none() {
            let mine = Rc::default();
            let next = Relay {
                env: self.env.clone(),
                told: Rc::clone(&self.told),
                added: RefCell::new(Some(self.env.observe(Rc::new(Silent)))),
                mine: Rc::clone(&mine),
            };
            let observing = self.env.observe(Rc::new(next));
            *self.added.borrow_mut() = Some(observing);
        }
    }

    fn ended(&self, _: f64, process: &AnyProcess) {
        assert!(!process.is_alive());
        self.told.borrow_mut().push("ended");
        drop(self.mine.take());
        self.env.timeout(1);
    }
}

struct Silent;

impl Observer for Silent {}

#[test]
fn an_observer_adds_observers_makes_events_and_removes_itself() {
    let env = Environment::new();
    let (told, mine) = (Rc::default(), Rc::new(RefCell::new(None)));
    let relay = Relay {
        env: env.handle(),
        told: Rc::clone(&told),
        added: RefCell::default(),
        mine: Rc::clone(&mine),
    };
    *mine.borrow_mut() = Some(env.observe(Rc::new(relay)));
    env.process(|_: &Co| Ok(()));
    env.run().unwrap();
    // Who was added in the middle is not told of what is being told.
    assert_eq!(told.take(), ["started", "ended", "ended"]);
    assert!(mine.borrow().is_none() && env.now() == 1.0);
    env.process(|_: &Co| Ok(()));
    env.run().unwrap();
    assert!(told.take().is_empty());
}

/// Uses the store that it observes.
struct Restocker {
    store: Store<i32>,
    left: Cell<i32>,
}

impl ResourceObserver for Restocker {
    fn usage(&self, usage: &Usage) {
        if usage.level == 0.0 && self.left.get() > 0 {
            self.left.set(self.left.get() - 1);
            self.store.put(self.left.get());
        }
    }
}

#[test]
fn an_observer_of_a_store_puts_into_it() {
    let env = Environment::new();
    let store = Store::new(&env);
    let restocker = Restocker {
        store: store.clone(),
        left: Cell::new(3),
    };
    let observing = store.observe(Rc::new(restocker));
    let got: Result<Vec<_>> = (0..3).map(|_| env.run_until(store.get())).collect();
    assert_eq!(got.unwrap(), [2, 1, 0]);
    drop(observing);
    assert!(store.is_empty());
}

#[test]
fn an_observer_of_a_resource_makes_requests() {
    struct Greedy(Resource, Cell<bool>);
    impl ResourceObserver for Greedy {
        fn granted(&self, grant: &Grant) {
            assert!(grant.process.is_none());
            if !self.1.replace(true) {
                self.0.request().keep();
            }
        }
    }
    let env = Environment::new();
    let slots = Resource::new(&env, 3).unwrap();
    let observing = slots.observe(Rc::new(Greedy(slots.clone(), Cell::new(false))));
    let request = slots.request();
    env.run().unwrap();
    assert_eq!((slots.count(), slots.queue_len()), (2, 0));
    drop((request, observing));
}
