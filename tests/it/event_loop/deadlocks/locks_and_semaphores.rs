//! Deadlocks of locks and semaphores: who holds what the others wait for.

use yieldfrom::debug::WaitKind;
use yieldfrom::{Co, Event, Lock, Result, Semaphore, create_task, gather, yield_now};

use super::{cycles, deadlock, named, of, report};

fn take_both(co: &Co, first: &Lock, second: &Lock) -> Result<()> {
    let _first = co.yield_from(first.acquire())?;
    co.yield_from(yield_now())?;
    take_second(co, second)
}

fn take_second(co: &Co, lock: &Lock) -> Result<()> {
    let _second = co.yield_from(|co: &Co| co.yield_from(lock.acquire()))?;
    Ok(())
}

#[test]
fn two_locks_taken_crosswise_are_a_circle() {
    let error = deadlock(|co: &Co| {
        let (a, b) = (Lock::new(), Lock::new());
        let (c, d) = (a.clone(), b.clone());
        let one = named("one", create_task(move |co: &Co| take_both(co, &a, &b)));
        let two = named("two", create_task(move |co: &Co| take_both(co, &d, &c)));
        co.yield_from(gather([one, two])).map(drop)
    });
    let made_at = line!() - 4;
    let report = report(&error);
    assert_eq!(cycles(report), [["one", "two"]]);
    let reason = "Lock.acquire of <Lock locked, waiters:1>".to_owned();
    let stack = |task: &str| of(report, task).2;
    assert_eq!(
        of(report, "one"),
        (reason.clone(), vec!["two"], stack("one"))
    );
    assert_eq!(of(report, "two"), (reason, vec!["one"], stack("two")));
    assert_eq!(of(report, "Task-1").0, "gather");
    assert_eq!(of(report, "Task-1").1, ["one", "two"]);
    let one = report.find("one").unwrap();
    assert_eq!(one.waits_for().kind(), WaitKind::Sync);
    assert!(one.origin().file().ends_with(file!()) && one.origin().line() == made_at);
    let waiters = report.waiters_of(one);
    let waiters: Vec<_> = waiters.iter().map(|task| task.name()).collect();
    assert_eq!(waiters, ["Task-1", "two"]);
    let text = error.to_string();
    let cycle = "cycle: one waits for Lock.acquire of <Lock locked, waiters:1>, held by two, which \
                 waits for Lock.acquire of <Lock locked, waiters:1>, held by one\n";
    assert!(text.contains(cycle), "{text}");
    assert_eq!(text.matches(file!()).count(), 1 + 2 * 3, "{text}");
}

#[test]
fn a_lock_that_is_taken_twice_is_a_circle_of_one() {
    let error = deadlock(|co: &Co| {
        let lock = Lock::new();
        let _guard = co.yield_from(lock.acquire())?;
        co.yield_from(lock.acquire()).map(drop)
    });
    assert_eq!(cycles(report(&error)), [["Task-1"]]);
}

#[test]
fn a_lock_whose_holder_has_ended_has_no_holder() {
    let error = deadlock(|co: &Co| {
        let lock = Lock::new();
        let other = lock.clone();
        let careless = |co: &Co| {
            co.yield_from(lock.acquire())?.forget();
            Ok(())
        };
        co.yield_from(careless)?;
        let (inner, last) = (other.clone(), other.clone());
        let forgetful = create_task(move |co: &Co| {
            inner.release()?;
            co.yield_from(inner.acquire())?.forget();
            Ok(())
        });
        co.yield_from(forgetful)?;
        // It is given the place of the one that has ended.
        let waiter = create_task(move |co: &Co| co.yield_from(last.acquire()).map(drop));
        co.yield_from(waiter)
    });
    let report = report(&error);
    assert!(cycles(report).is_empty(), "{error}");
    assert_eq!(of(report, "Task-3").1, Vec::<&str>::new());
}

#[test]
fn a_semaphore_without_permits() {
    let error = deadlock(|co: &Co| co.yield_from(Semaphore::new(0).acquire()).map(drop));
    let reason = "Semaphore.acquire of <Semaphore locked, waiters:1>";
    assert_eq!(of(report(&error), "Task-1").0, reason);
}

fn take_both_permits(co: &Co, first: &Semaphore, second: &Semaphore) -> Result<()> {
    let _first = co.yield_from(first.acquire())?;
    co.yield_from(yield_now())?;
    co.yield_from(second.acquire()).map(drop)
}

#[test]
fn two_semaphores_of_one_permit_are_as_good_as_locks() {
    let error = deadlock(|co: &Co| {
        let (a, b) = (Semaphore::new(1), Semaphore::new(1));
        // They have had other holders before.
        drop(co.yield_from(a.acquire())?);
        drop(co.yield_from(b.acquire())?);
        let (c, d) = (a.clone(), b.clone());
        let one = named(
            "one",
            create_task(move |co: &Co| take_both_permits(co, &a, &b)),
        );
        let two = named(
            "two",
            create_task(move |co: &Co| take_both_permits(co, &d, &c)),
        );
        co.yield_from(gather([one, two])).map(drop)
    });
    assert_eq!(cycles(report(&error)), [["one", "two"]]);
}

#[test]
fn a_semaphore_of_several_permits_has_no_holder_that_is_known() {
    let error = deadlock(|co: &Co| {
        let semaphore = Semaphore::new(2);
        co.yield_from(semaphore.acquire())?.forget();
        co.yield_from(semaphore.acquire())?.forget();
        co.yield_from(semaphore.acquire()).map(drop)
    });
    assert!(cycles(report(&error)).is_empty(), "{error}");
}

#[test]
fn a_lock_that_was_passed_on_is_held_by_who_got_it() {
    let error = deadlock(|co: &Co| {
        let lock = Lock::new();
        let (second, third) = (lock.clone(), lock.clone());
        let guard = co.yield_from(lock.acquire())?;
        let waits = move |co: &Co| {
            let _guard = co.yield_from(second.acquire())?;
            co.yield_from(Event::new().wait())
        };
        let second = named("second", create_task(waits));
        let last = move |co: &Co| co.yield_from(third.acquire()).map(drop);
        let third = named("third", create_task(last));
        co.yield_from(yield_now())?;
        drop(guard);
        co.yield_from(gather([second, third])).map(drop)
    });
    assert_eq!(of(report(&error), "third").1, ["second"]);
    assert!(cycles(report(&error)).is_empty());
}
