//! Very many processes that are interrupted at one time: each takes as long as if it were alone.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use yieldfrom::simulation::{Co, Environment, Interrupt, Process, Resource};

/// Debug mode is slow.
const MANY: usize = if cfg!(debug_assertions) {
    100_000
} else {
    1_000_000
};

/// Each test takes gigabytes in release mode, so one runs at a time.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn interrupt_all(env: &Environment, processes: &[Process]) {
    env.run_until(1).unwrap();
    assert_eq!(env.waiting().len(), MANY);
    for process in processes {
        process.interrupt("all of you").unwrap();
    }
    env.run().unwrap();
    assert_eq!(env.now(), 1.0);
    assert!(processes.iter().all(|process| process.ok()));
}

#[test]
fn all_wait_for_one_event() {
    let _turn = one_at_a_time();
    let env = Environment::new();
    let never = env.event::<()>();
    let processes: Vec<_> = (0..MANY)
        .map(|_| {
            let never = never.clone();
            env.process(move |co: &Co| {
                let error = co.yield_from(&never).unwrap_err();
                assert!(error.is::<Interrupt>());
                Ok(())
            })
        })
        .collect();
    interrupt_all(&env, &processes);
    never.succeed(()).unwrap();
    env.run().unwrap();
}

#[test]
fn all_wait_in_the_queue_of_one_resource() {
    let _turn = one_at_a_time();
    let env = Environment::new();
    let slots = Resource::new(&env, 1).unwrap();
    let held = slots.request();
    let processes: Vec<_> = (0..MANY)
        .map(|_| {
            let slots = slots.clone();
            env.process(move |co: &Co| {
                let error = co.yield_from(slots.request()).unwrap_err();
                assert!(error.is::<Interrupt>());
                Ok(())
            })
        })
        .collect();
    interrupt_all(&env, &processes);
    assert_eq!((slots.count(), slots.queue_len()), (1, 0));
    drop(held);
    env.run().unwrap();
}

#[test]
fn all_go_on_when_their_event_comes_and_are_interrupted_in_the_same_moment() {
    let _turn = one_at_a_time();
    let env = Environment::new();
    let bell = env.event::<()>();
    let interrupted = Rc::new(Cell::new(0));
    let processes: Vec<_> = (0..MANY)
        .map(|_| {
            let (handle, bell, interrupted) = (env.handle(), bell.clone(), Rc::clone(&interrupted));
            env.process(move |co: &Co| {
                co.yield_from(&bell)?;
                if co.yield_from(handle.timeout(5)).is_err() {
                    interrupted.set(interrupted.get() + 1);
                }
                Ok(())
            })
        })
        .collect();
    env.run_until(1).unwrap();
    bell.succeed(()).unwrap();
    env.step().unwrap(); // what has ended the run
    env.step().unwrap(); // the bell: all of them wait for their timeouts now
    for process in &processes {
        process.interrupt(()).unwrap();
    }
    env.run().unwrap();
    assert_eq!(interrupted.get(), MANY);
}
