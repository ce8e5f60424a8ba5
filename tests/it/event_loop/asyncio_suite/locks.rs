//! test_locks.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::sync::{Condition, Event, Lock, Semaphore};
use yieldfrom::{Co, EventLoop, Result, RuntimeError, Task};

use crate::support::{Journal, failed_with, run_virtual, settle, virtual_loop};

/// A task that notes its name when the wait is over.
fn notes_after<T: 'static>(
    event_loop: &EventLoop,
    journal: &Journal,
    name: &'static str,
    wait: impl FnOnce(&Co) -> Result<T> + 'static,
) -> Task<T> {
    let notes = journal.clone();
    event_loop.create_task(move |co: &Co| {
        let value = wait(co)?;
        notes.note(name);
        Ok(value)
    })
}

#[test]
fn who_waits_longest_for_a_lock_gets_it() {
    let (event_loop, journal, lock) = (virtual_loop(), Journal::default(), Lock::new());
    let acquire = |name| {
        let lock = lock.clone();
        notes_after(&event_loop, &journal, name, move |co| {
            co.yield_from(lock.acquire()).map(|guard| guard.forget())
        })
    };
    let tasks = ["a", "b", "c"].map(acquire);
    settle(&event_loop);
    assert_eq!(journal.take(), ["a"]);
    for (n, next) in ["b", "c"].into_iter().enumerate() {
        assert!(!tasks[n + 1].done() && lock.locked());
        lock.release().unwrap();
        settle(&event_loop);
        assert_eq!(journal.take(), [next]);
    }
    lock.release().unwrap();
    assert!(!lock.locked());
    assert!(failed_with::<RuntimeError, _>(lock.release()));
}

#[test]
fn who_is_cancelled_as_it_is_woken_passes_the_lock_on() {
    let (event_loop, journal, lock) = (virtual_loop(), Journal::default(), Lock::new());
    let holder = {
        let lock = lock.clone();
        event_loop.run_until_complete(move |co: &Co| co.yield_from(lock.acquire()))
    };
    let acquire = |name| {
        let lock = lock.clone();
        notes_after(&event_loop, &journal, name, move |co| {
            co.yield_from(lock.acquire()).map(|guard| guard.forget())
        })
    };
    let [first, second] = ["first", "second"].map(acquire);
    settle(&event_loop);
    drop(holder);
    assert!(first.cancel(), "after it was woken, before it runs");
    settle(&event_loop);
    assert!(first.cancelled() && second.done() && lock.locked());
    assert_eq!(journal.take(), ["second"]);
}

#[test]
fn an_event_that_is_cleared_at_once_has_let_all_through() {
    let (event_loop, journal, event) = (virtual_loop(), Journal::default(), Event::new());
    let waits = ["a", "b"].map(|name| {
        let event = event.clone();
        notes_after(&event_loop, &journal, name, move |co| {
            co.yield_from(event.wait())
        })
    });
    settle(&event_loop);
    event.set();
    event.clear();
    let late = event.clone();
    let late = event_loop.create_task(move |co: &Co| co.yield_from(late.wait()));
    settle(&event_loop);
    assert_eq!(journal.take(), ["a", "b"]);
    assert!(waits.iter().all(|wait| wait.done()) && !late.done() && !event.is_set());
    late.cancel();
    settle(&event_loop);
    assert!(late.cancelled() && !format!("{event:?}").contains("waiters"));
}

#[test]
fn a_condition_waits_for_a_predicate_under_its_lock_only() {
    run_virtual(|co| {
        let condition = Condition::new();
        let unlocked = co.yield_from(condition.wait_for(|| false));
        assert!(failed_with::<RuntimeError, _>(unlocked));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_predicate_is_asked_at_each_notification() {
    let (event_loop, condition) = (virtual_loop(), Condition::new());
    let (level, asked) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (theirs, seen, count) = (condition.clone(), Rc::clone(&level), Rc::clone(&asked));
    let waiting = event_loop.create_task(move |co: &Co| {
        let _guard = co.yield_from(theirs.acquire())?;
        let enough = move || {
            count.set(count.get() + 1);
            seen.get() >= 2
        };
        co.yield_from(theirs.wait_for(enough))
    });
    settle(&event_loop);
    for (n, woken) in [(1, false), (2, true)] {
        level.set(n);
        let theirs = condition.clone();
        let notify = move |co: &Co| {
            let _guard = co.yield_from(theirs.acquire())?;
            theirs.notify(1)
        };
        event_loop.run_until_complete(notify).unwrap();
        settle(&event_loop);
        assert_eq!((waiting.done(), asked.get()), (woken, n + 1));
    }
    assert!(waiting.result().unwrap() && !condition.locked());
}

#[test]
fn a_condition_wakes_as_many_as_asked_and_all_the_others_later() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let condition = Condition::new();
    for name in ["a", "b", "c", "d"] {
        let theirs = condition.clone();
        drop(notes_after(&event_loop, &journal, name, move |co| {
            let _guard = co.yield_from(theirs.acquire())?;
            co.yield_from(theirs.wait())
        }));
    }
    settle(&event_loop);
    for (n, woken) in [(1, &["a"][..]), (2, &["b", "c"]), (2048, &["d"])] {
        let theirs = condition.clone();
        let notify = move |co: &Co| {
            let _guard = co.yield_from(theirs.acquire())?;
            theirs.notify(n)
        };
        event_loop.run_until_complete(notify).unwrap();
        settle(&event_loop);
        assert_eq!(journal.take(), woken);
    }
}

#[test]
fn a_semaphore_of_zero_lets_nobody_in_until_it_is_released() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let permits = Semaphore::new(0);
    assert!(permits.locked());
    for name in ["a", "b", "c"] {
        let theirs = permits.clone();
        drop(notes_after(&event_loop, &journal, name, move |co| {
            co.yield_from(theirs.acquire())
                .map(|permit| permit.forget())
        }));
    }
    settle(&event_loop);
    assert!(journal.take().is_empty());
    permits.release().unwrap();
    settle(&event_loop);
    assert_eq!(journal.take(), ["a"]);
    permits.release().unwrap();
    permits.release().unwrap();
    settle(&event_loop);
    assert_eq!(journal.take(), ["b", "c"]);
    permits.release().unwrap();
    assert!(!permits.locked());
}
