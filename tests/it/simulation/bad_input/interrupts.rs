//! Interrupts that cannot be.

use crate::simulation::{assert_refused, in_process};
use yieldfrom::RuntimeError;
use yieldfrom::simulation::{Co, Environment, Interrupt, Preempted, PreemptiveResource};

#[test]
fn the_dead_are_not_interrupted() {
    let env = Environment::new();
    let (ends, fails) = (
        env.process(|_: &Co| Ok(())),
        env.process(|_: &Co| -> yieldfrom::Result<()> { yieldfrom::bail!("failed") }),
    );
    env.run().unwrap_err();
    env.run().unwrap();
    assert_refused::<RuntimeError>(ends.interrupt("late"), "interrupt");
    assert_refused::<RuntimeError>(fails.interrupt("late"), "interrupt");
    assert_refused::<RuntimeError>(fails.to_any_process().interrupt(()), "interrupt");
    assert_eq!(env.scheduled_events(), 0);
}

#[test]
fn a_process_does_not_interrupt_itself() {
    let interrupted = in_process(|_, env| {
        let myself = env.active_process().expect("this one runs");
        myself.interrupt("myself")
    });
    assert_refused::<RuntimeError>(interrupted, "interrupt");
}

#[test]
fn an_interrupt_that_comes_after_the_end_is_lost() {
    let env = Environment::new();
    let handle = env.handle();
    let sleeper = env.process(move |co: &Co| {
        let error = co.yield_from(handle.timeout(9)).unwrap_err();
        Ok(error
            .downcast_ref::<Interrupt>()
            .and_then(Interrupt::cause::<&str>)
            .copied())
    });
    env.run_until(1).unwrap();
    sleeper.interrupt("first").unwrap();
    sleeper.interrupt("second").unwrap();
    assert_eq!(env.run_until(sleeper).unwrap(), Some("first"));
    env.run().unwrap();
}

#[test]
fn a_process_that_has_not_begun_begins_before_it_is_interrupted() {
    let env = Environment::new();
    let handle = env.handle();
    let begun = env.process(move |co: &Co| Ok(co.yield_from(handle.timeout(1)).is_err()));
    begun.interrupt(()).unwrap();
    assert!(env.run_until(begun).unwrap());
    assert_eq!(env.now(), 0.0);
}

#[test]
fn a_process_does_not_take_a_slot_from_itself() {
    let taken = in_process(|co, env| {
        let machine = PreemptiveResource::new(env, 1)?;
        let _first = co.yield_from(machine.request(1))?;
        co.yield_from(machine.request(0)).map(drop)
    });
    assert_refused::<RuntimeError>(taken, "interrupt");
}

#[test]
fn a_slot_whose_process_has_ended_cannot_be_taken() {
    let env = Environment::new();
    let machine = PreemptiveResource::new(&env, 1).unwrap();
    let forgotten = machine.clone();
    env.process(move |co: &Co| {
        let request = co.yield_from(forgotten.request(1))?;
        request.keep();
        Ok(())
    });
    env.run().unwrap();
    assert_eq!(machine.count(), 1);
    let wanted = machine.clone();
    let late = env.process(move |co: &Co| co.yield_from(wanted.request(0)).map(drop));
    assert_refused::<RuntimeError>(env.run_until(late), "interrupt");
}

#[test]
fn a_slot_that_no_process_has_asked_for_cannot_be_taken() {
    let env = Environment::new();
    let machine = PreemptiveResource::new(&env, 1).unwrap();
    let outside = machine.request(5);
    env.run_until(&outside).unwrap();
    let wanted = machine.clone();
    let process = env.process(move |co: &Co| co.yield_from(wanted.request(0)).map(drop));
    assert_refused::<RuntimeError>(env.run_until(process), "request");
}

#[test]
fn a_preemption_from_outside_of_processes_has_no_author() {
    let env = Environment::new();
    let machine = PreemptiveResource::new(&env, 1).unwrap();
    let (handle, mine) = (env.handle(), machine.clone());
    let user = env.process(move |co: &Co| {
        let _slot = co.yield_from(mine.request(1))?;
        let error = co.yield_from(handle.timeout(9)).unwrap_err();
        let interrupt = error
            .downcast_ref::<Interrupt>()
            .expect("nothing else is thrown in");
        Ok(interrupt
            .cause::<Preempted>()
            .expect("it was preempted")
            .by()
            .is_none())
    });
    env.run_until(1).unwrap();
    let _taken = machine.request(0);
    assert!(env.run_until(user).unwrap());
}
